"""A graph as data: order, edges, leaves; copies that stay whole at any depth."""

import copy
import pickle

import pytest

from autograd import Value, exp
from autograd.graph import edges, leaves, order

DEEP = 100_000


def chain(length=DEEP):
    x = Value(1.0, label="x")
    y = x
    for _ in range(length):
        y = y * 1.0
    return x, y


def test_order_lists_each_node_once_operands_first():
    a = Value(1.0)
    b = a + a
    c = b * a
    assert [v for v in order(c) if not v.constant] == [a, b, c]
    assert len(order(c, b)) == 3
    assert order(a) == [a]


def test_order_of_something_else_is_refused():
    with pytest.raises(TypeError, match="walked from a Value, not from float"):
        order(1.0)


def test_edges_know_operand_partial_and_flow():
    a, b = Value(2.0), Value(5.0)
    C = a * b
    C.backward()
    assert [(e.operand, e.k, e.partial, e.flow) for e in edges(C)] == [
        (a, 0, 5.0, 5.0),
        (b, 1, 2.0, 2.0),
    ]


def test_nothing_flows_below_what_the_cost_does_not_move_with():
    x = Value(0.0)
    C = (-x.sqrt()).relu()
    C.backward()
    assert [edge.flow for edge in edges(C)] == [0.0, 0.0, 0.0]


def test_leaves_are_the_weights_and_not_the_constants():
    a, b = Value(2.0), Value(5.0)
    assert leaves(a * b + 3 * a) == [a, b]


def test_a_copy_shares_the_operands_and_a_deepcopy_does_not():
    x = Value(2.0, label="x")
    y = exp(x * x)
    y.label = "y"
    shallow, deep = copy.copy(y), copy.deepcopy(y)
    assert shallow.args[0] is y.args[0]
    assert deep.args[0] is not y.args[0]
    for other in (shallow, deep):
        assert (other.data, other.op, other.partials, other.label) == (
            y.data,
            "exp",
            y.partials,
            "y",
        )
    assert deep.args[0].args[0].label == "x"


def test_graphs_that_are_copied_together_stay_connected():
    x = Value(2.0)
    h = x * x
    C = h + x
    for duplicate in (copy.deepcopy, lambda v: pickle.loads(pickle.dumps(v))):
        for group in ((x, h, C), (C, h, x), (h, C, x)):
            twin = duplicate(dict(zip("xyz", group, strict=True)))
            place = {id(v): name for name, v in zip("xyz", group, strict=True)}
            C2, h2, x2 = (twin[place[id(v)]] for v in (C, h, x))
            assert C2.args == (h2, x2)
            assert C2.args[0] is h2
            assert C2.args[1] is x2
            assert h2.args[0] is x2


def test_a_pickle_keeps_gradients_labels_and_the_arm_not_taken():
    x = Value(2.0, label="x")
    y = Value(-1.0)
    from autograd import where

    z = where(x > 0, x, y) * 3
    z.backward()
    twin = pickle.loads(pickle.dumps(z))
    assert twin.grad == 1.0
    chosen = twin.args[0]
    assert [chosen.carries(k) for k in range(3)] == [False, True, False]
    assert (chosen.args[1].label, chosen.args[1].grad) == ("x", 3.0)


def test_depth_does_not_matter_to_backward_copy_pickle_print_or_freeing():
    x, y = chain()
    y.backward()
    assert x.grad == 1.0
    assert "data=1.0" in repr(y)
    z = copy.deepcopy(y)
    z.backward()
    assert pickle.loads(pickle.dumps(y)).data == 1.0
    assert len(order(y)) == 2 * DEEP + 1
    del y, z


def test_one_shared_subgraph_is_not_traversed_twice():
    x = Value(1.0)
    y = x
    for _ in range(200):  # 2**200 paths
        y = y + y
    y.backward()
    assert x.grad == 2.0**200


def test_a_damaged_state_is_refused():
    from autograd.engine.value import make_node

    with pytest.raises(ValueError, match="do not fit together"):
        make_node(1, (), 0.0, (1.0,), 0.0, "", False, 0)
