"""backward(): what it writes, what it adds, and that it is right."""

import copy
import math
import pickle

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from autograd import GraphError, Value, no_grad, relu, where
from autograd.ops import Interval
from autograd.testing.high_precision import NONE, HighPrecisionGraph
from autograd.testing.slow_backward import slow_sweep
from autograd.testing.strategies import Expression, expressions, points

INPUTS = 2


def recorded(program, xs):
    """The program's graph at xs, if it stays where numbers are neither nan nor huge."""
    leaves = [Value(x) for x in xs]
    C = program(*leaves)
    assume(isinstance(C, Value) and math.isfinite(C.data) and abs(C.data) < 1e100)
    return C, leaves


def gradient(C, leaves):
    for leaf in leaves:
        leaf.grad = 0.0
    C.backward()
    return [leaf.grad for leaf in leaves]


programs = expressions(INPUTS)
inputs = points(INPUTS, Interval(-4.0, 4.0))
CANCELLING = Expression(INPUTS, (("mean", (0, 0, 0)), ("sub", (2, 0))))  # ⅓ + ⅓ + ⅓ - 1

# ── on random programs with shared nodes ──


@given(programs, inputs)
def test_the_gradient_is_the_one_of_the_graph_at_50_digits(program, xs):
    C, leaves = recorded(program, xs)
    grads = gradient(C, leaves)
    assume(all(abs(g) < 1e100 for g in grads))
    adjoints = HighPrecisionGraph(C, leaves).adjoints()
    for leaf, g in zip(leaves, grads, strict=True):
        expected = adjoints.get(id(leaf), NONE)
        tolerance = 1e-9 * abs(g) + 1e-12 * expected.size
        assert abs(g - expected.nearest(g)) <= tolerance + 1e-15


@given(programs, inputs, st.integers(-8, 8))
def test_the_adjoint_is_linear_in_what_it_starts_from(program, xs, factor):
    assume(all(x == 0.0 or abs(x) > 1e-100 for x in xs))  # below, products underflow
    C, leaves = recorded(program, xs)
    once = gradient(C, leaves)
    for leaf in leaves:
        leaf.grad = 0.0
    C.backward(2.0**factor)  # a power of two multiplies without rounding
    assume(all(1e-200 < abs(g) < 1e200 or g == 0 for g in once))
    assert [leaf.grad for leaf in leaves] == [g * 2.0**factor for g in once]


@given(programs, inputs)
@example(CANCELLING, (0.0, 0.0))
def test_backward_twice_doubles_the_leaves_and_nothing_else(program, xs):
    C, leaves = recorded(program, xs)
    once = gradient(C, leaves)
    assume(C.op and all(map(math.isfinite, once)))
    interior = C.args[0].grad if C.args[0].op else None
    C.backward()
    size = slow_sweep(C, absolute=True)  # of what was added up, however much cancelled
    for leaf, g in zip(leaves, once, strict=True):
        assert abs(leaf.grad - 2 * g) <= 1e-12 * size.get(id(leaf), 0.0)
    assert interior is None or C.args[0].grad == interior


@given(programs, inputs)
@example(CANCELLING, (0.0, 0.0))
def test_two_roots_that_share_a_graph_give_the_sum(program, xs):
    leaves = [Value(x) for x in xs]
    results = [r for r in program.results(*leaves)[INPUTS:] if isinstance(r, Value)]
    first, second = results[0], results[-1]
    assume(all(math.isfinite(r.data) for r in results))
    g1, g2 = gradient(first, leaves), gradient(second, leaves)
    assume(all(map(math.isfinite, g1 + g2)))
    both = gradient(first, leaves)
    second.backward()
    sizes = [slow_sweep(root, absolute=True) for root in (first, second)]
    for leaf, a, b in zip(leaves, g1, g2, strict=True):
        size = sum(size.get(id(leaf), 0.0) for size in sizes)
        assert abs(leaf.grad - (a + b)) <= 1e-12 * size
    assert both == g1


@given(programs, inputs)
def test_a_leaf_changed_after_recording_does_not_change_the_gradient(program, xs):
    C, leaves = recorded(program, xs)
    before = gradient(C, leaves)
    for leaf in leaves:
        leaf.data = 17.25
    after = gradient(C, leaves)
    assert list(map(repr, after)) == list(map(repr, before))  # repr: nan is nan


@given(programs, inputs, st.sampled_from([copy.deepcopy, lambda v: pickle.loads(pickle.dumps(v))]))
def test_a_copy_has_the_same_gradient_and_leaves_the_original_alone(program, xs, duplicate):
    C, leaves = recorded(program, xs)
    expected = gradient(C, leaves)
    for leaf in leaves:
        leaf.grad = 0.0
    D, copies = duplicate((C, leaves))
    D.backward()
    assert [repr(v.grad) for v in copies] == list(map(repr, expected))
    assert all(v.grad == 0.0 for v in leaves)


# ── case by case ──


def test_backward_of_a_leaf_adds_one_to_its_own_gradient():
    x = Value(3.0)
    x.backward()
    x.backward()
    assert x.grad == 2.0


def test_backward_starts_from_the_gradient_it_is_given():
    x = Value(3.0)
    (x * x).backward(0.5)
    assert x.grad == 3.0
    with pytest.raises(TypeError, match="backward"):
        x.backward("1")


def test_backward_of_a_constant_says_why_there_is_nothing_to_do():
    x = Value(3.0)
    with no_grad():
        y = x * x
    with pytest.raises(GraphError, match="no_grad"):
        y.backward()


def test_nothing_flows_into_the_arm_that_was_not_taken_not_even_nan():
    x = Value(0.0)
    where(x > 0, x.log() / x, x * 2).backward()
    assert x.grad == 2.0  # log's infinity stays out
    y = Value(0.0)
    where(True, Value(1.0), y).backward(float("nan"))
    assert y.grad == 0.0


def test_a_value_that_the_cost_does_not_move_with_passes_nothing_on():
    x = Value(0.0)
    relu(-x.sqrt()).backward()  # 0 times the infinite slope of the root
    assert x.grad == 0.0


def test_max_of_a_value_with_itself_has_slope_one():
    x = Value(2.0)
    x.max(x).backward()
    assert x.grad == 1.0


def test_forty_nine_by_forty_nine_is_one():
    assert (Value(49.0) / 49).data == 1.0


def test_relu_of_nan_is_nan_and_so_is_its_derivative():
    y = relu(Value(float("nan")))
    assert math.isnan(y.data)
    assert math.isnan(y.partials[0])
