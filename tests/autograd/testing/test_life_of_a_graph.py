"""A state machine over the life of a graph, beside a slow plain model of it.

Record, backward, zero, change data, detach, no_grad, copy, pickle, drop: after
every step each Value has the number and the gradient that the model says.
"""

import copy
import math
import pickle

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
)

from autograd import Value, no_grad


class Plain:
    """A node of the model: everything written out, nothing shared, nothing fast."""

    def __init__(self, data, args=(), partials=(), constant=False):
        self.data, self.grad = data, 0.0
        self.args, self.partials, self.constant = args, partials, constant

    def below(self):
        """All nodes below in a topological order, operands first."""
        done, order = set(), []

        def visit(node):
            if id(node) not in done:
                done.add(id(node))
                for x in node.args:
                    visit(x)
                order.append(node)

        visit(self)
        return order

    def backward(self):
        nodes = self.below()
        for node in nodes:
            if node.args:
                node.grad = 0.0
        self.grad += 1.0
        for node in reversed(nodes):
            for x, partial in zip(node.args, node.partials, strict=True):
                if not x.constant and node.grad != 0.0:
                    x.grad += partial * node.grad


OPERATIONS = {
    "add": (lambda x, y: x + y, lambda x, y: (x + y, (1.0, 1.0))),
    "sub": (lambda x, y: x - y, lambda x, y: (x - y, (1.0, -1.0))),
    "mul": (lambda x, y: x * y, lambda x, y: (x * y, (y, x))),
    "max": (
        lambda x, y: x.max(y),
        lambda x, y: (max(x, y), (0.5, 0.5) if x == y else (float(x > y), float(y > x))),
    ),
}
numbers = st.integers(-6, 6).map(lambda k: k / 2)


class LifeOfAGraph(RuleBasedStateMachine):
    nodes = Bundle("nodes")

    def __init__(self):
        super().__init__()
        self.alive = []  # pairs of a Value and its model

    def born(self, value, plain):
        pair = (value, plain)
        self.alive.append(pair)
        return pair

    @initialize(target=nodes)
    def first(self):
        return multiple(self.born(Value(1.5), Plain(1.5)), self.born(Value(-2.0), Plain(-2.0)))

    @rule(target=nodes, data=numbers)
    def leaf(self, data):
        return self.born(Value(data), Plain(data))

    @rule(target=nodes, op=st.sampled_from(sorted(OPERATIONS)), x=nodes, y=nodes)
    def record(self, op, x, y):
        function, model = OPERATIONS[op]
        data, partials = model(x[1].data, y[1].data)
        if x[1].constant and y[1].constant:
            return self.born(function(x[0], y[0]), Plain(data, constant=True))
        return self.born(function(x[0], y[0]), Plain(data, (x[1], y[1]), partials))

    @rule(target=nodes, op=st.sampled_from(sorted(OPERATIONS)), x=nodes, y=nodes)
    def record_nothing(self, op, x, y):
        function, model = OPERATIONS[op]
        with no_grad():
            return self.born(
                function(x[0], y[0]), Plain(model(x[1].data, y[1].data)[0], constant=True)
            )

    @rule(root=nodes)
    def backward(self, root):
        if not root[1].constant:
            root[0].backward()
            root[1].backward()

    @rule(node=nodes)
    def zero(self, node):
        node[0].grad = node[1].grad = 0.0

    @rule(node=nodes, data=numbers)
    def change(self, node, data):
        if not node[1].args:
            node[0].data = node[1].data = data

    @rule(target=nodes, node=nodes)
    def detach(self, node):
        return self.born(node[0].detach(), Plain(node[1].data, constant=True))

    @rule(way=st.sampled_from([copy.deepcopy, lambda v: pickle.loads(pickle.dumps(v))]))
    def go_on_with_copies(self, way):
        """The old ones stay as they are; what follows happens to copies."""
        values = way([value for value, _ in self.alive])
        plains = copy.deepcopy([plain for _, plain in self.alive])
        before = [(v.data, v.grad) for v, _ in self.alive]
        for value, plain in zip(values, plains, strict=True):
            if not plain.constant:
                value.backward()
                plain.backward()
        for value, plain in zip(values, plains, strict=True):
            assert (value.data, value.grad) == (plain.data, plain.grad)
        assert [(v.data, v.grad) for v, _ in self.alive] == before

    @rule(node=consumes(nodes))
    def drop(self, node):
        self.alive.remove(node)

    @invariant()
    def every_value_is_what_the_model_says(self):
        for value, plain in self.alive:
            same_grad = value.grad == plain.grad or not math.isfinite(plain.grad)
            assert value.data == plain.data or not math.isfinite(plain.data)
            assert same_grad
            assert value.constant == plain.constant
            assert len(value.args) == len(plain.args)


LifeOfAGraph.TestCase.settings = settings(max_examples=100, stateful_step_count=25, deadline=None)
test_the_life_of_a_graph = LifeOfAGraph.TestCase
