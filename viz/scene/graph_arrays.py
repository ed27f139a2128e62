"""A recorded graph as arrays, with what flows along every edge, which is computed only here."""

from __future__ import annotations

from array import array
from itertools import chain

import numpy as np

from autograd import Value
from autograd.graph import Edge, order


class GraphArrays:
    """The graph below `root`, with what `backward()` sends along every edge.

    Attributes
    ----------
    nodes : list of Value
        Operands before results; everywhere here a Value is named by its index in it.
    args : list of lists of int
        For each node, its operands.
    grad, constant, leaf : arrays
        For each node; a leaf is neither computed nor constant.
    scopes : list of str
        For each node, the module that recorded it.
    flowed : bool
        Whether any Value has a gradient; if none has, backward() was not called.
    operand, result, index, partial : arrays
        For each edge, in the order of the results; `index` says which operand it is.
    sends : array of bool
        For each edge, whether backward() sends a derivative along it: not to a constant,
        not to the arm that `where` did not take, not from below such an arm.
    flow : array
        For each edge, what it sends: partial × grad of the result.
    adds_up : array of bool
        For each node, whether its grad is the sum of what flows in, up to rounding.
    """

    def __init__(self, root: Value) -> None:
        self.root = root
        self.nodes = nodes = order(root)
        index_of = {id(v): k for k, v in enumerate(nodes)}.__getitem__
        self.args = [[index_of(id(x)) for x in v.args] for v in nodes]
        self.scopes = [v.scope for v in nodes]
        self.grad = np.array([v.grad for v in nodes])
        self.flowed = bool((self.grad != 0.0).any())
        self.constant = np.array([v.constant for v in nodes])
        counts = np.array([len(args) for args in self.args])
        self.leaf = (counts == 0) & ~self.constant
        self.operand = np.array(array("q", chain.from_iterable(self.args)), dtype=np.int64)
        self.result = np.repeat(np.arange(len(nodes)), counts)
        self.index = np.arange(len(self.operand)) - np.repeat(np.cumsum(counts) - counts, counts)
        self.partial = np.array(array("d", chain.from_iterable(v.partials for v in nodes)))
        carries = self._carries()
        self.sends = carries & self._reached(carries)[self.result]
        upstream = self.grad[self.result]
        # As in backward(), a result that C does not depend on sends nothing, not even 0 × inf.
        with np.errstate(all="ignore"):  # inf and nan are gradients to be shown too
            self.flow = np.where(self.sends & (upstream != 0.0), self.partial * upstream, 0.0)
        self.adds_up = self._adding_up()

    def __len__(self) -> int:
        return len(self.nodes)

    def edge(self, e: int) -> Edge:
        """Edge number `e`, as `autograd.graph.edges` has it."""
        z, k = self.nodes[self.result[e]], int(self.index[e])
        return Edge(z, k, self.nodes[self.operand[e]], float(self.partial[e]), z.carries(k))

    def _adding_up(self) -> np.ndarray:
        """For each node, whether its grad is the sum of what flows in, up to rounding."""
        n = len(self.nodes)
        total = np.bincount(self.operand, self.flow, n)
        size = np.bincount(self.operand, np.abs(self.flow), n)
        with np.errstate(all="ignore"):
            close = np.isclose(total, self.grad, rtol=1e-9, atol=0.0)
            close |= np.abs(total - self.grad) <= 1e-12 * size
        result: np.ndarray = close | self.constant | ~np.isfinite(size)
        result[-1] = True  # nothing flows into the root: its grad is 1
        return result

    def _carries(self) -> np.ndarray:
        """For each edge, whether a derivative can flow along it at all."""
        carries: np.ndarray = ~self.constant[self.operand]
        # An edge that carries nothing has a partial of 0, and few others have.
        for e in np.flatnonzero(carries & (self.partial == 0.0)).tolist():
            carries[e] = self.nodes[self.result[e]].carries(int(self.index[e]))
        return carries

    def _reached(self, carries: np.ndarray) -> np.ndarray:
        """For each node, whether backward() from the root reaches it."""
        if (carries | self.constant[self.operand]).all():  # the usual case, without a walk
            return np.ones(len(self), dtype=bool)
        reached = [False] * len(self)
        reached[-1] = True
        edges = zip(self.result.tolist(), self.operand.tolist(), carries.tolist(), strict=True)
        for result, operand, carried in reversed(list(edges)):
            if carried and reached[result]:
                reached[operand] = True
        return np.array(reached)
