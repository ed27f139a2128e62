import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd
from autograd import Value, sqrt, tanh, where
from autograd.graph import edges, order
from tests.viz.nets import cost, net
from viz.scene.graph_arrays import GraphArrays

OPERATIONS = {
    "add": autograd.add,
    "mul": autograd.mul,
    "tanh": lambda x, _: tanh(x),
    "relu": lambda x, _: autograd.relu(x),
    "power": lambda x, _: x**2,
    "dot": lambda x, y: autograd.dot([x, y, x], [y, 0.5, y], x),
    "first": lambda x, y: where(True, x, y),
}
programs = st.lists(
    st.tuples(st.sampled_from(sorted(OPERATIONS)), st.integers(0, 99), st.integers(0, 99)),
    min_size=1,
    max_size=20,
)


@settings(max_examples=60, deadline=None)
@given(program=programs, data=st.lists(st.integers(-8, 8), min_size=2, max_size=4))
def test_every_edge_has_the_engines_operand_partial_and_flow(program, data):
    values = [Value(k / 4) for k in data]
    for name, i, j in program:
        values.append(OPERATIONS[name](values[i % len(values)], values[j % len(values)]))
    C = values[-1]
    C.backward()
    graph = GraphArrays(C)
    assert [id(v) for v in graph.nodes] == [id(v) for v in order(C)]
    own = [graph.edge(e) for e in range(len(graph.operand))]
    assert [edge[1:] for edge in own] == [edge[1:] for edge in edges(C)]
    assert np.array_equal(graph.flow, [edge.flow for edge in edges(C)], equal_nan=True)
    assert graph.adds_up.all()


def test_nothing_flows_below_an_arm_that_is_not_taken_whatever_its_grad():
    x, y = Value(1.0), Value(2.0)
    arm = tanh(y) * 2.0
    C = where(True, x, arm) * x
    arm.backward()  # leaves a grad in the arm
    C.backward()
    graph = GraphArrays(C)
    below = [e for e in range(len(graph.operand)) if graph.nodes[graph.operand[e]] is y]
    assert below
    assert not graph.sends[below].any()
    assert not graph.flow[below].any()
    assert y.grad != 0.0


def test_a_result_without_gradient_sends_no_nan_through_an_infinite_partial():
    x = Value(0.0)
    C = sqrt(x) * 0.0 + x
    C.backward()
    graph = GraphArrays(C)
    assert np.isinf(graph.partial).any()
    assert not np.isnan(graph.flow).any()


def test_a_grad_that_holds_another_pass_does_not_add_up():
    C = cost(net(2, 3, 1), 3)
    C.backward()
    graph = GraphArrays(C)
    assert (graph.adds_up == ~graph.leaf).all()
