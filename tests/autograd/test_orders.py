"""Derivatives of order 1 to 4 of every smooth operation, against mpmath at 50 digits."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
from autograd import grad
from autograd.ops import BY_NAME, TABLE, Op
from autograd.testing.reference import mp, value

# Without a second derivative worth the name, or by choice of an arm.
NOT_SMOOTH = {"abs", "sign", "floor", "ceil", "round", "mod", "relu", "leaky_relu", "elu", "max"}
NOT_SMOOTH |= {"min", "clip", "where", "stop_gradient", "identity"}
SMOOTH = [op for op in TABLE if op.name not in NOT_SMOOTH]
ORDERS = (1, 2, 3, 4)


def called(op: Op, operands):
    """The operation's function on a flat list of operands."""
    function = getattr(autograd, op.name)
    if not op.many:
        return function(*operands)
    if op.each:
        return function(list(operands))[0]
    if len(op.sequences) == 2:
        half = len(operands) // 2
        return function(operands[:half], operands[half : 2 * half], *operands[2 * half :])
    return function(list(operands))


def along(op: Op, operands, k):
    """The operation as a function of operand k alone."""
    return lambda x: called(op, [*operands[:k], x, *operands[k + 1 :]])


def reference(op: Op, operands, k, order):
    """Its derivative by operand k, and the size of what rounds in it."""
    point = [mp.mpf(x) for x in operands]

    def f(x):
        return value(op, [*point[:k], x, *point[k + 1 :]])

    return mp.diff(f, point[k], order, h=mp.mpf(10) ** -8)


def points(op: Op):
    """Ordinary points of every operand's domain."""
    count = len(op.operands)
    if op.many:  # three operands, or two pairs and a bias
        count = 3 if count == 1 else 5
    grid = [0.3, 0.75, -0.4, 1.7, -2.5, 3.1]
    inside = [[x for x in grid if x in op.domain[min(k, len(op.domain) - 1)]] for k in range(count)]
    if op.name == "acosh":
        inside = [[1.5, 3.1]]
    for shift in range(3):
        yield [values[(shift + k) % len(values)] for k, values in enumerate(inside)]


@pytest.mark.parametrize("op", SMOOTH, ids=lambda op: op.name)
def test_every_order_up_to_four_agrees_with_mpmath(op):
    for operands in points(op):
        for k in range(len(operands)):
            f = along(op, operands, k)
            for order in ORDERS:
                f = grad(f)
                expected = reference(op, operands, k, order)
                assert abs(f(operands[k]) - expected) <= 1e-11 * (1 + abs(expected))


@pytest.mark.parametrize(
    "op", [op for op in SMOOTH if len(op.operands) > 1], ids=lambda op: op.name
)
def test_mixed_derivatives_agree_with_mpmath(op):
    for operands in points(op):
        point = [mp.mpf(x) for x in operands]
        last = len(operands) - 1

        def mixed(x, operands=operands, last=last):
            return grad(lambda y: along(op, [x, *operands[1:-1], y], last)(y))(operands[-1])

        def f(x, y, point=point):
            return value(op, [x, *point[1:-1], y])

        expected = mp.diff(f, (point[0], point[-1]), (1, 1), h=mp.mpf(10) ** -8)
        assert abs(grad(mixed)(operands[0]) - expected) <= 1e-11 * (1 + abs(expected))


FLAT_FAR_OUT = [
    "tanh",
    "sech",
    "sigmoid",
    "softplus",
    "erf",
    "erfc",
    "gauss",
    "ndtr",
    "gelu",
    "silu",
]


@pytest.mark.parametrize("name", FLAT_FAR_OUT)
@pytest.mark.parametrize("x", [-1000.0, -40.0, 0.0, 40.0, 1000.0])
def test_far_out_every_order_is_finite_and_exact(name, x):
    f = getattr(autograd, name)
    for order in ORDERS:
        f = grad(f)
        expected = reference(BY_NAME[name], [x], 0, order)
        assert math.isfinite(f(x))
        assert abs(f(x) - expected) <= 1e-12 * abs(expected) + 1e-300 + 1e-15 * (x == 0)


@pytest.mark.parametrize("exponent", [0, 1, 2, 3, 4, 5])
@pytest.mark.parametrize("x", [0.0, -2.0, 3.0])
def test_a_whole_power_has_all_its_derivatives_at_zero_and_below(exponent, x):
    f = lambda x: x**exponent  # noqa: E731
    expected, factor = exponent, 1.0
    for order in ORDERS:
        f = grad(f)
        factor *= exponent - order + 1
        expected = factor * x ** max(exponent - order, 0) if factor else 0.0
        assert f(x) == expected


def test_operations_that_are_constant_piece_by_piece_have_no_second_derivative():
    for name in ("relu", "abs", "floor", "sign"):
        assert grad(grad(getattr(autograd, name)))(0.7) == 0.0
    assert grad(grad(lambda x: autograd.max(x, x * x)))(2.0) == 2.0
    assert grad(grad(lambda x: autograd.clip(x**3, -1, 1)))(0.5) == 3.0


def test_the_gradient_does_not_pass_a_stop():
    assert grad(lambda x: x * autograd.stop_gradient(x))(3.0) == 3.0
    assert grad(grad(lambda x: x**3 * autograd.stop_gradient(x)))(2.0) == 24.0
    assert autograd.stop_gradient(2.0) == 2.0


@given(st.lists(st.integers(-12, 12).map(lambda k: k / 4), min_size=1, max_size=4))
def test_the_cumulants_of_logsumexp(xs):
    """Along one operand the derivatives of logsumexp are the cumulants of a coin
    that falls with the probability p = softmax."""
    f = lambda x: autograd.logsumexp([x, *xs])  # noqa: E731
    p = autograd.softmax([0.5, *xs])[0]
    q = sum(autograd.softmax([0.5, *xs])[1:])
    expected = [p, p * q, p * q * (q - p), p * q * (1 - 6 * p * q)]
    for each in expected:
        f = grad(f)
        assert f(0.5) == pytest.approx(each, rel=1e-10, abs=1e-14)
