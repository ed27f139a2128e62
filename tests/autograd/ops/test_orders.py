"""Derivatives of higher order of every operation.

Orders 2 and 3 are held to their exact counterparts (`tests/autograd/ops/oracle.py`) in units in the
last place: all over the domain, huge, tiny, negative and subnormal operands among them,
and on both sides of every point where a rule of the row takes another arm
(`tests/autograd/ops/switch_points.py`), mixed derivatives in every order of their operands.

They are not held where they do not exist (`is_smooth`), nor where the numbers on the way
leave the doubles (`is_in_range`).  There is no second derivative at a kink
(`oracle.KINKS`: what the engine gives is that of the arm it took), at the end of a domain
(inf, or nan as at asin(1)), of a power of a negative base by its exponent (nan), and of
0 ** y by x as often as y or more and by y as well (0, inf or nan).
"""

import itertools
import math
import os
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
from autograd import Program, Value, grad, gradients, hvp, jvp
from autograd.ops import BY_NAME, TABLE, Op, Point
from autograd.testing.reference import mp, value
from tests.autograd.ops import oracle
from tests.autograd.ops.oracle import Higher, call, grid
from tests.autograd.ops.switch_points import switches

# ── orders 2 and 3, in ulp ─────────────────────────────────────────────────────

LIMIT = 16.0  # a sum or product of a few rounded terms; the worst found is 14
TINY_AND_HUGE = (5e-324, 1e-310, 2.3e-308, 1.7e308)
each_operation = pytest.mark.parametrize("op", TABLE, ids=lambda op: op.name)


def is_smooth(op: Op, point: Point) -> bool:
    """Whether all derivatives exist there: inside the domain, and not at a kink.

    A power is smooth in its base, too, at 0 and below, where the exponent is whole.
    """
    if op.name in oracle.KINKS and oracle.KINKS[op.name](*point):
        return False
    domains = op.domain if not op.many else [op.domain[0]] * len(point)
    return all(x in d and x not in (d.low, d.high) for x, d in zip(point, domains, strict=True))


def is_in_range(op: Op, point: Point, order: int) -> bool:
    """Whether the numbers on the way to a derivative are doubles.

    Where the value itself overflows, nothing is left to differentiate.  The slopes of x**y
    divide by x as often as they are differentiated, so they are held where the reciprocals of
    x, x² and x³ are doubles by far, and where x**y has not vanished before it is divided.
    """
    if not math.isfinite(call(op, point)):
        return False
    if op.name != "pow":
        return True
    x, y = point
    size, widest = math.log10(abs(x)), (150 if order < 3 else 100)
    has_vanished = y * size < -290 and (y - order) * size > -310
    return abs(size) <= widest and not has_vanished


def recorded_tensors(op: Op, point: Point, highest: int) -> dict[tuple[int, ...], float]:
    """All derivatives of order 2 to `highest`, in every order of the operands: gradients
    of gradients."""
    xs = [Value(x) for x in point]
    level = {(): call(op, xs)}
    partials = {}
    for _ in range(highest):
        level = {
            (*by, k): g
            for by, v in level.items()
            if not v.constant
            for k, g in enumerate(gradients(v, xs, create_graph=True))
        }
        partials.update({by: v.data for by, v in level.items()})
    every = (b for n in range(2, highest + 1) for b in itertools.product(range(len(xs)), repeat=n))
    return {by: partials.get(by, 0.0) for by in every}


def hold(op: Op, point: Point, limit: float = LIMIT) -> None:
    """The property: all derivatives of order 2 and 3 lie within the limit at `point`."""
    orders = [n for n in (2, 3) if is_in_range(op, point, n)]
    if not orders:
        return
    higher = Higher(op, point)
    for by, computed in recorded_tensors(op, point, max(orders)).items():
        if len(by) in orders:
            assert higher.error(by, computed, limit) <= limit, (
                f"∂{op.name} by operands {by} at {point}: {computed!r}, not "
                f"{mp.nstr(higher.exact(by), 20)}"
            )


def few(op: Op, point: Point) -> bool:
    """Few enough operands for all tensors."""
    return len(point) <= (5 if len(op.sequences) == 2 else 3)


def spread_points(op: Op, rng: random.Random, count: int) -> list[Point]:
    """Smooth points all over the domain, tiny and huge ones among them."""
    everywhere = [p for p in grid(op) if few(op, p)]
    extremes = [x * sign for x in TINY_AND_HUGE for sign in (1, -1)] + [0.75, -3.0]
    if not op.many:
        everywhere += itertools.product(extremes, repeat=len(op.operands))
    points = [p for p in everywhere if is_smooth(op, p) and not (op.name == "div" and not p[1])]
    return rng.sample(points, min(count, len(points)))


def edges(op: Op) -> set[Point]:
    return {tuple(map(float, at)) for at in op.edges}


def switch_points(op: Op, rng: random.Random, each: int) -> list[Point]:
    """Smooth points on both sides of every switch, of each as many, and those the row names."""
    chosen = set()
    for points in [*switches(op), edges(op)]:
        smooth = sorted(p for p in points if few(op, p) and is_smooth(op, p))
        chosen |= set(rng.sample(smooth, min(each, len(smooth))))
    return sorted(chosen)


@pytest.mark.thorough
@each_operation
def test_second_and_third_derivatives_are_exact_all_over_the_domain(op: Op) -> None:
    for point in spread_points(op, random.Random(op.name), 16 // len(op.operands)):
        hold(op, point)


@pytest.mark.thorough
@each_operation
def test_higher_derivatives_are_exact_on_both_sides_of_every_switch(op: Op) -> None:
    for point in switch_points(op, random.Random(op.name), 9 // len(op.operands)):
        hold(op, point)


def unit(n: int, k: int) -> list[float]:
    return [float(j == k) for j in range(n)]


def by_every_route(op: Op, point: Point) -> dict[str, list[list[float]]]:
    """The second derivatives by all the ways there are to them."""
    n, x = len(point), list(point)
    f = lambda v: call(op, v)  # noqa: E731
    xs = [Value(y) for y in point]
    program = Program(call(op, xs), xs)
    return {
        "hessian": autograd.hessian(f)(x),
        "grad of grad": [grad(lambda v, k=k: grad(f)(v)[k])(x) for k in range(n)],
        "jvp of grad": [jvp(grad(f), (x,), (unit(n, k),))[1] for k in range(n)],
        "grad of jvp": [grad(lambda v, k=k: jvp(f, (v,), (unit(n, k),))[1])(x) for k in range(n)],
        "jvp of jvp": [
            [
                jvp(lambda v, k=k: jvp(f, (v,), (unit(n, k),))[1], (x,), (unit(n, j),))[1]
                for j in range(n)
            ]
            for k in range(n)
        ],
        "hvp": [hvp(f, (x,), (unit(n, k),)) for k in range(n)],
        "Program.hessian": program.hessian(*point).tolist(),
        "compiled": autograd.compile(autograd.hessian(f))(x),
    }


@each_operation
def test_every_route_to_the_second_derivatives_gives_them_exactly(op: Op) -> None:
    rng = random.Random(op.name)
    points = switch_points(op, rng, 1) + spread_points(op, rng, 3)
    for point in [p for p in points if is_in_range(op, p, 2)]:
        higher = Higher(op, point)
        for route, rows in by_every_route(op, point).items():
            for by in itertools.product(range(len(point)), repeat=2):
                computed = rows[by[0]][by[1]]
                assert higher.error(by, computed, LIMIT) <= LIMIT, (route, point, by, computed)


def third(i: int, j: int):
    """The derivatives of x**y by operands i, j and either, compiled."""
    return autograd.compile(grad(grad(grad(autograd.pow, i), j), (0, 1)))


@pytest.mark.parametrize("point", [(3.0, 1.0), (3.0, 2.0), (3.0, 3.0), (0.5, 0.0), (1.0, 2.0)])
def test_a_power_at_a_whole_exponent_keeps_its_mixed_derivatives(point: Point) -> None:
    hold(BY_NAME["pow"], point)
    higher = Higher(BY_NAME["pow"], point)
    second = autograd.hessian(lambda v: v[0] ** v[1])(list(point))
    for i, j in itertools.product((0, 1), repeat=2):
        assert higher.error((i, j), second[i][j], LIMIT) <= LIMIT
        for k, computed in enumerate(third(i, j)(*point)):
            assert higher.error((i, j, k), computed, LIMIT) <= LIMIT


@pytest.mark.parametrize("x", [-3.0, -1e-5])
@pytest.mark.parametrize("y", [-2.0, 0.0, 1.0, 2.0, 3.0, 4.0])
def test_a_power_of_a_negative_base_has_derivatives_by_the_base_alone(x: float, y: float) -> None:
    higher = Higher(BY_NAME["pow"], (x, y))
    for by, computed in recorded_tensors(BY_NAME["pow"], (x, y), 3).items():
        if any(by):
            assert math.isnan(computed)
        else:
            assert higher.error(by, computed, LIMIT) <= LIMIT


@pytest.mark.parametrize("y", [1.0, 1.5, 2.0, 2.5, 3.0, 3.5])
def test_a_power_of_zero_has_the_mixed_derivatives_that_exist(y: float) -> None:
    """∂ᵃ⁺ᵇ(x**y)/∂xᵃ∂yᵇ at x = 0 is 0 for a < y; for a >= y and b >= 1 it is infinite."""
    for by, computed in recorded_tensors(BY_NAME["pow"], (0.0, y), 3).items():
        if by.count(0) < y:
            assert computed == 0.0, by


@each_operation
def test_mixed_derivatives_agree_in_every_order_even_where_none_exist(op: Op) -> None:
    """At kinks, at ends of the domain and outside of it: of 0 ** y see above."""
    everywhere = edges(op).union(grid(op), *switches(op))
    points = [p for p in everywhere if few(op, p) and not is_smooth(op, p)]
    for point in random.Random(op.name).sample(sorted(points), min(60, len(points))):
        partials = recorded_tensors(op, point, 3)
        for by, computed in partials.items():
            if op.name == "pow" and (point[0] == 0 or math.isnan(point[0])):
                continue
            other = partials[tuple(sorted(by))]
            both_fail = not math.isfinite(computed) and not math.isfinite(other)
            assert computed == pytest.approx(other, rel=1e-14) or both_fail, (point, by)


@pytest.mark.parametrize("name", ["asin", "acos", "atanh"])
@pytest.mark.parametrize("x", [1e-300, -1e-100, 1e-16, -1e-12, 1e-3])
def test_a_second_derivative_close_to_zero_is_not_what_two_slopes_leave(
    name: str, x: float
) -> None:
    hold(BY_NAME[name], (x,))


@pytest.mark.thorough
@pytest.mark.parametrize("name", ["gauss", "gelu", "ndtr", "erf"])
@pytest.mark.parametrize("x", [38.6, -40.0, 1e154, 1e155, -1e300, 1.7e308])
def test_a_third_derivative_far_out_is_0_and_never_nan(name: str, x: float) -> None:
    hold(BY_NAME[name], (x,))


@pytest.mark.slow
@each_operation
def test_higher_derivatives_are_exact_wherever_a_hunt_looks(op: Op) -> None:
    seed = int(os.environ.get("DCDW_SEED", random.randrange(2**32)))
    print(f"DCDW_SEED={seed}")
    rng = random.Random(seed)
    for point in spread_points(op, rng, 150):
        hold(op, point, 2 * LIMIT)
    for point in switch_points(op, rng, 1000):
        hold(op, point, 2 * LIMIT)
    for _ in range(100):
        count = rng.randint(1, 2) * len(op.sequences) + len(op.singles)
        domains = op.domain if not op.many else [op.domain[0]] * count
        point = tuple(oracle.any_in(d, rng) for d in domains)
        if is_smooth(op, point):
            hold(op, point, 2 * LIMIT)


# Without a second derivative worth the name, or by choice of an arm.
NOT_SMOOTH = {"abs", "sign", "floor", "ceil", "round", "mod", "relu", "leaky_relu", "elu", "max"}
NOT_SMOOTH |= {"min", "clip", "where", "stop_gradient", "identity"}
SMOOTH = [op for op in TABLE if op.name not in NOT_SMOOTH]
ORDERS = (1, 2, 3, 4)


def along(op: Op, operands, k):
    """The operation as a function of operand k alone."""
    return lambda x: call(op, [*operands[:k], x, *operands[k + 1 :]])


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
    "sigmoid_prime",
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
def test_every_order_of_derivative_is_finite_and_exact_far_out(name, x):
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
