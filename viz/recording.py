"""A recorded graph as arrays: what its pictures and reports of many Values are made from."""

from __future__ import annotations

from array import array
from functools import cached_property
from itertools import chain

import numpy as np

from autograd import Value
from autograd.engine.value import gaps
from autograd.graph import order


class Recording:
    """The graph below `root`, with what `backward()` sends along every edge.

    Attributes
    ----------
    nodes : list of Value
        Operands before results; a Value's place is its number everywhere here.
    args : list of lists of int
        Of every node, the places of its operands.
    grad, constant, leaf : arrays
        Of every node; a leaf is neither computed nor constant.
    operand, result, flow : arrays
        Of every edge to an operand that is no constant.
    """

    def __init__(self, root: Value) -> None:
        self.root = root
        self.nodes = nodes = order(root)
        place = {id(v): k for k, v in enumerate(nodes)}
        find = place.__getitem__
        self.args = [[find(id(x)) for x in v.args] for v in nodes]
        self.grad = np.array([v.grad for v in nodes])
        self.constant = np.array([v.constant for v in nodes])
        self.leaf = np.array([not args for args in self.args]) & ~self.constant
        counts = np.array([len(args) for args in self.args])
        operand = np.array(array("q", chain.from_iterable(self.args)), dtype=np.int64)
        result = np.repeat(np.arange(len(nodes)), counts)
        partial = np.array(array("d", chain.from_iterable(v.partials for v in nodes)))
        carries = ~self.constant[operand] & ~self._gaps(counts)
        reached = self._reached(carries, counts)
        upstream = self.grad[result]
        sent = carries & reached[result] & (upstream != 0.0)
        with np.errstate(all="ignore"):  # 0 × inf and overflow are gradients to be shown too
            flow = np.where(sent, partial * upstream, 0.0)
        shown = ~self.constant[operand]
        self.operand, self.result, self.flow = operand[shown], result[shown], flow[shown]

    def __len__(self) -> int:
        return len(self.nodes)

    @cached_property
    def scopes(self) -> list[str]:
        """Of every node, the module that recorded it."""
        return [v.scope for v in self.nodes]

    @cached_property
    def flowed(self) -> bool:
        """Whether any Value has a gradient; if none has, backward() was not called."""
        return bool((self.grad != 0.0).any())

    @cached_property
    def adds_up(self) -> np.ndarray:
        """Of every node, whether its grad is the sum of what flows in, but for rounding."""
        n = len(self.nodes)
        total = np.bincount(self.operand, self.flow, n)
        size = np.bincount(self.operand, np.abs(self.flow), n)
        with np.errstate(all="ignore"):
            close = np.isclose(total, self.grad, rtol=1e-9, atol=0.0)
            close |= np.abs(total - self.grad) <= 1e-12 * size
        found: np.ndarray = close | self.constant | ~np.isfinite(size)
        found[-1] = True  # nothing flows into the root: its grad is 1
        return found

    def _gaps(self, counts: np.ndarray) -> np.ndarray:
        """Of every edge, whether it is that of an arm that was not taken."""
        absent = np.zeros(int(counts.sum()), dtype=bool)
        first = np.cumsum(counts) - counts
        for k, v in enumerate(self.nodes):
            if self.args[k] and gaps(v):
                for j in range(counts[k]):
                    absent[first[k] + j] = not v.carries(j)
        return absent

    def _reached(self, carries: np.ndarray, counts: np.ndarray) -> np.ndarray:
        """Of every node, whether the root moves with it as backward() sees it."""
        n = len(self.nodes)
        to_constants = self.constant[np.fromiter(chain.from_iterable(self.args), np.int64)]
        if (carries | to_constants).all() and not (self.constant & (counts > 0)).any():
            return np.ones(n, dtype=bool)  # all edges carry: the usual case, without a walk
        reached, first = [False] * n, (np.cumsum(counts) - counts).tolist()
        reached[-1] = True
        for k in range(n - 1, -1, -1):
            if reached[k]:
                for j, operand in enumerate(self.args[k], first[k]):
                    if carries[j]:
                        reached[operand] = True
        return np.array(reached)
