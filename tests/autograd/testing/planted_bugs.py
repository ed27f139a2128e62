"""Bugs to plant: a checker must find them and name them."""

from autograd import Value
from autograd.engine.value import make_node, skip_mask
from autograd.graph import order


def forged(root, target, k, change):
    """The graph of `root` anew above the same leaves, with partial k of node `target`
    (by its place in `order`) replaced by change(partial)."""
    twins = {}
    for place, v in enumerate(order(root)):
        if not v.op:
            twins[id(v)] = v
            continue
        partials = list(v.partials)
        if place == target:
            partials[k] = change(partials[k])
        args = tuple(twins[id(x)] for x in v.args)
        twins[id(v)] = make_node(
            v._code, args, v.data, tuple(partials), 0.0, v.label, False, skip_mask(v)
        )
    return twins[id(root)]


# Wrong partials.

PARTIALS = {
    "wrong sign": lambda p: -p,
    "missing factor": lambda p: p / 2,
    "off by 1e-4": lambda p: p * (1 + 1e-4),
    "off by 1e-6": lambda p: p * (1 + 1e-6),
    "off by 1e-8": lambda p: p * (1 + 1e-8),
    "zeroed": lambda p: 0.0,
}


# Wrong traversals: each a backward pass with one fault.


def _pass_on(z, *, add=True):
    for k, (x, p) in enumerate(zip(z.args, z.partials, strict=True)):
        if z.carries(k):
            x.grad = (x.grad if add else 0.0) + p * z.grad


def _computed(root):
    return [v for v in order(root) if v.op]


def assigning(root):
    """= for +=: the last contribution wins."""
    root.grad = 1.0
    for z in reversed(_computed(root)):
        _pass_on(z, add=False)


def breadth_first(root):
    """Frontier by frontier, each node when it is first reached: not a topological order."""
    root.grad = 1.0
    seen, frontier = {id(root)}, [root]
    while frontier:
        arrived = [v.grad for v in frontier]
        following = []
        for z, z_bar in zip(frontier, arrived, strict=True):
            for k, (x, p) in enumerate(zip(z.args, z.partials, strict=True)):
                x.grad += p * z_bar if z.carries(k) else 0.0
                if x.op and id(x) not in seen:
                    seen.add(id(x))
                    following.append(x)
        frontier = following


def unsorted(root):
    """No topological sort: each contribution is passed on with all that came before it."""
    root.grad = 1.0
    stack = [root]
    while stack:
        z = stack.pop()
        _pass_on(z)
        stack += [x for x in z.args if x.op]


def missing_edge(root):
    """The second operand is forgotten."""
    root.grad = 1.0
    for z in reversed(_computed(root)):
        if z.carries(0):
            z.args[0].grad += z.partials[0] * z.grad


def stale(root):
    """Gradients of an earlier pass are not cleared from computed values."""
    Value.backward(root)
    for leaf in order(root):
        if not leaf.op:
            leaf.grad = 0.0
    root.grad = 1.0
    for z in reversed(_computed(root)):
        _pass_on(z)


TRAVERSALS = {f.__name__: f for f in (assigning, breadth_first, unsorted, missing_edge, stale)}
