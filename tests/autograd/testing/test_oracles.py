"""The checker's own references are right: 50 digits, differences, recordings."""

import math
import random

import pytest
from hypothesis import find, given
from right_functions import RIGHT, drawn

import autograd
from autograd import Value, exp, operation, relu, sin, sqrt, tanh
from autograd.modes import detect_anomaly, noted_origins
from autograd.ops import TABLE
from autograd.testing import Verdict, check_grad, high_precision
from autograd.testing import strategies as ag
from autograd.testing.differences import five_point, one_sided, partial_of_floats
from autograd.testing.high_precision import HighPrecisionGraph
from autograd.testing.jets import Jet, exactly, mp
from autograd.testing.nearby_points import rays
from autograd.testing.recordings import Recording
from autograd.testing.reference import TEXTBOOK, slopes
from autograd.testing.sample_points import called, ordinary

# ── 50 digits ──

FLOWING = [op for op in TABLE if op.name != "stop_gradient"]
INSIDE = {"acosh": (1.1, 5.0), "asin": (-0.9, 0.9), "acos": (-0.9, 0.9), "atanh": (-0.9, 0.9)}


@pytest.mark.parametrize("name", TEXTBOOK)
def test_a_textbook_derivative_is_that_of_its_function(name):
    textbook, rng = TEXTBOOK[name], random.Random(name)
    for _ in range(10):
        x = [mp.mpf(rng.uniform(*INSIDE.get(name, (0.1, 3.0)))) for _ in textbook.slopes]
        for k, slope in enumerate(textbook.slopes):
            by_k = mp.diff(lambda t, k=k, x=x: textbook.value(*x[:k], t, *x[k + 1 :]), x[k])
            assert abs(slope(*x, textbook.value(*x)) - by_k) <= mp.mpf(10) ** -20 * abs(by_k)


@pytest.mark.parametrize("op", FLOWING, ids=lambda op: op.name)
def test_partials_at_50_digits_are_those_of_the_row_and_of_its_edges(op):
    for point in [*ordinary(op, 12), *(tuple(map(float, edge)) for edge in op.edges)]:
        z = called(op, [Value(x) for x in point])
        value, partials = slopes(op, list(map(exactly, point)), range(len(point)))
        for k, p in enumerate(z.partials):
            right = partials[k].nearest(p)
            assert mp.isnan(right) == math.isnan(p) or mp.isinf(right), (point, k)
            assert math.isnan(p) or p == right or abs(p - right) <= 1e-14 * abs(right) + 1e-300
        assert not mp.isfinite(value) or abs(z.data - value) <= 1e-14 * max(
            abs(value), *map(abs, point)
        )


@pytest.mark.parametrize(
    ("name", "point", "expected"),
    [
        ("abs", (0.0,), [(-1, 1)]),
        ("relu", (0.0,), [(0, 1)]),
        ("max", (2.0, 2.0), [(0, 1), (0, 1)]),
        ("min", (2.0, 2.0, 3.0), [(0, 1), (0, 1), (0, 0)]),
        ("norm", (0.0, 0.0), [(-1, 1), (-1, 1)]),
        ("hypot", (0.0, 0.0), [(-1, 1), (-1, 1)]),
        ("clip", (1.0, 1.0, 2.0), [(0, 1), (0, 1), (0, 0)]),
        ("floor", (2.0,), [(-mp.inf, mp.inf)]),
        ("round", (0.5,), [(-mp.inf, mp.inf)]),
        ("round", (1.0,), [(0, 0)]),
        ("sign", (0.0,), [(-mp.inf, mp.inf)]),
        # choices that leave no kink
        ("sigmoid", (0.0,), [(0.25, 0.25)]),
        ("softplus", (0.0,), [(0.5, 0.5)]),
        ("sech", (0.0,), [(0, 0)]),
        ("logsumexp", (3.0, 3.0), [(0.5, 0.5), (0.5, 0.5)]),
        ("norm", (3.0, -3.0), [(math.sqrt(0.5), math.sqrt(0.5)), (-math.sqrt(0.5),) * 2]),
        ("pow", (3.0, 2.0), [(6, 6), (9 * math.log(3),) * 2]),
        ("elu", (0.0, 1.0), [(1, 1), (0, 0)]),
    ],
)
def test_a_kink_has_the_slopes_of_both_sides_and_a_choice_without_one_has_one(
    name, point, expected
):
    op = autograd.ops.BY_NAME[name]
    _, partials = slopes(op, list(map(exactly, point)), range(len(point)))
    for k, (low, high) in enumerate(expected):
        assert partials[k].low == pytest.approx(low, abs=1e-15)
        assert partials[k].high == pytest.approx(high, abs=1e-15)
        assert partials[k].kinked == (low != high)


@pytest.mark.thorough
def test_the_derivatives_of_a_thousand_weights_take_one_pass(monkeypatch):
    calls = []

    def counted(op, operands, active):
        calls.append(op.name)
        return slopes(op, operands, active)

    monkeypatch.setattr(high_precision, "slopes", counted)
    report = check_grad(lambda w: sum(sin(x) * x for x in w), [0.001 * k for k in range(1, 1001)])
    assert report.verdict is Verdict.PASS
    assert len(calls) == 3000


def test_adjoints_of_inner_nodes_and_of_constants_come_from_the_same_pass():
    x, c = Value(0.5), Value(2.0).detach()
    h = tanh(x)
    root = h * h * c
    adjoints = HighPrecisionGraph(root, [x, c]).adjoints()
    assert float(adjoints[id(h)].low) == pytest.approx(4 * math.tanh(0.5), rel=1e-15)
    assert float(adjoints[id(c)].low) == pytest.approx(math.tanh(0.5) ** 2, rel=1e-15)


def test_adjoints_below_a_kink_are_intervals():
    x, y = Value(0.0), Value(3.0)
    adjoints = HighPrecisionGraph(relu(x) * y - abs(x), [x, y]).adjoints()
    assert tuple(map(float, adjoints[id(x)][:2])) == (-1.0, 4.0)
    assert adjoints[id(y)].low == adjoints[id(y)].high == 0


def test_jets_of_equal_numbers_that_move_alike_are_equal():
    x = Jet(mp.mpf(2), {0: mp.mpf(1)})
    assert x == x + 0
    assert not x < x * 1
    assert max([x, x * 1]).v == 2


# ── differences ──

SMOOTH = {
    "sin": (math.sin, math.cos),
    "sin(x²)": (lambda x: math.sin(x * x), lambda x: 2 * x * math.cos(x * x)),
    "sin(50 x)": (lambda x: math.sin(50 * x), lambda x: 50 * math.cos(50 * x)),
    "exp(sin x)": (
        lambda x: math.exp(math.sin(x)),
        lambda x: math.cos(x) * math.exp(math.sin(x)),
    ),
    "tanh": (math.tanh, lambda x: 1 / math.cosh(x) ** 2 if abs(x) < 300 else 0.0),
    "x³": (lambda x: x**3, lambda x: 3 * x * x),
    "1 / x": (lambda x: 1 / x, lambda x: -1 / x**2),
    "3": (lambda x: 3.0, lambda x: 0.0),
    "(x + 1e8) - 1e8": (lambda x: (x + 1e8) - 1e8, lambda x: 1.0),
    "stairs and a curve": (
        lambda x: math.tanh(20 + x) + 1e-13 * x,
        lambda x: 1 / math.cosh(20 + x) ** 2 + 1e-13 if abs(x) < 300 else 1e-13,
    ),
}


@pytest.mark.parametrize("name", SMOOTH)
@pytest.mark.parametrize("size", [1e-3, 3.0, 1000.0])
def test_an_estimate_is_off_by_no_more_than_its_error(name, size):
    f, slope = SMOOTH[name]
    rng = random.Random(name)
    for _ in range(50):
        x = rng.uniform(-size, size)
        for estimate in (five_point(f, x), *one_sided(f, x)):
            assert not abs(estimate.value - slope(x)) > 10 * estimate.error + 1e-300, x


def test_partials_of_floats_are_intervals_at_a_kink_and_at_a_jump():
    low, high = partial_of_floats(abs, [0.0], 0)
    assert (low, high) == pytest.approx((-1, 1), abs=1e-6)
    low, high = partial_of_floats(math.floor, [2.0], 0)
    assert low < -10
    assert high > 10
    low, high = partial_of_floats(lambda x, y: x * math.sin(y), [2.0, 0.5], 1)
    assert low <= 2 * math.cos(0.5) <= high
    assert high - low < 1e-9


@pytest.mark.parametrize("name", RIGHT)
@pytest.mark.parametrize("sampling", ["uniform in ±3", "uniform in ±1000"])
def test_a_case_that_differences_cannot_decide_is_no_failure(name, sampling):
    for x in drawn(RIGHT[name], sampling, 8, seed=3):
        check_grad(RIGHT[name], *x, oracle="blackbox")


@pytest.mark.parametrize("error", [1e-3, 1e-6])
def test_a_wrong_partial_of_an_operation_of_floats_is_named(error):
    bad = operation("bad_floats", math.sin, lambda x, z: (1 + error) * autograd.cos(x))
    report = check_grad(lambda x, y: exp(bad(x * y)), 0.4, 1.5, raises=False)
    assert report.verdict is Verdict.RULE
    assert "= bad_floats(t0 = 0.6): the partial by operand 0" in report.detail
    good = operation("good_floats", math.sin, lambda x, z: autograd.cos(x))
    assert check_grad(lambda x, y: exp(good(x * y)), 0.4, 1.5).verdict is Verdict.PASS
    corner = operation("corner_of_floats", math.fabs, lambda x, z: autograd.sign(x))
    assert check_grad(lambda x: corner(x) * 2.0, 0.0).ok


WAVES = {
    "sin x": (math.sin, autograd.cos, (3, 15)),
    "sin 5000 x": (lambda x: math.sin(5e3 * x), lambda x: 5e3 * autograd.cos(5e3 * x), (0, 13)),
    "sin(1 / x)": (lambda x: math.sin(1 / x), lambda x: -autograd.cos(1 / x) / (x * x), (-16, 0)),
    "x + sin 5000 x": (
        lambda x: x + math.sin(5e3 * x), lambda x: 1 + 5e3 * autograd.cos(5e3 * x), (0, 12)
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WAVES)
def test_a_wave_shorter_than_the_steps_of_differences_is_no_failure(name):
    f, slope, magnitudes = WAVES[name]
    op, rng = operation("a_wave", f, lambda x, z: slope(x)), random.Random(name)
    for x in [1e12, 1e8, 1e-13, *(10 ** rng.uniform(*magnitudes) for _ in range(60))]:
        for report in (check_grad(op, x), check_grad(f, x, expected=lambda v: slope(Value(v)))):
            assert report.verdict in (Verdict.PASS, Verdict.INCONCLUSIVE)


@pytest.mark.parametrize(("f", "x"), [(math.sin, 1e12), (lambda x: math.sin(5e3 * x), 1e8)])
def test_differences_know_nothing_of_a_wave_shorter_than_their_steps(f, x):
    blind = operation("blind", f, lambda x, z: 17.0)
    assert check_grad(blind, x).verdict is Verdict.INCONCLUSIVE
    assert check_grad(f, x, expected=lambda x: 17.0).verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize("name", ["sin x", "sin 5000 x", "sin(1 / x)", "x + sin 5000 x"])
def test_a_wrong_slope_of_a_wave_longer_than_the_steps_is_found(name):
    f, slope, _ = WAVES[name]
    for x in (0.3, 0.71, 2.5):
        report = check_grad(f, x, expected=lambda v: 1.01 * slope(Value(v)), raises=False)
        assert report.verdict is Verdict.RULE


def test_differences_below_the_normal_numbers_are_no_error():
    assert check_grad(math.sin, 1e-320, expected=math.cos).ok


# ── recordings ──


def test_recordings_of_one_function_have_one_structure_and_other_numbers():
    f = lambda x: tanh(x[0]) * x[1] + 3.0  # noqa: E731
    a, b = Recording(f, [0.5, 1.5]), Recording(f, [0.25, -1.0])
    assert a.structure == b.structure
    assert [v.data for v in a.nodes] != [v.data for v in b.nodes]
    assert Recording(lambda x: tanh(x[0]) * x[1] + x[0], [0.5, 1.5]).structure != a.structure


@pytest.mark.parametrize("mode", [noted_origins, detect_anomaly])
def test_an_operation_knows_its_line_where_that_is_noted(mode):
    x = Value(0.5)
    with mode():
        y = tanh(x)
    assert y.origin.startswith(f"{__file__}:")
    assert y.origin.endswith(" in test_an_operation_knows_its_line_where_that_is_noted")
    assert tanh(x).origin == x.origin == ""


def test_noting_origins_raises_nothing():
    with noted_origins():
        assert math.isnan(autograd.log(Value(-1.0)).data)


def test_a_weight_from_outside_and_a_constant_are_fixed():
    w = Value(2.0)
    made = Recording(lambda x: x[0] * w + 3.0, [1.0])
    assert sorted(made.nodes[k].data for k in made.fixed) == [2.0, 3.0]


@pytest.mark.parametrize("x", [1.0, -3e200, 1e-300, 0.0])
def test_rays_go_from_beside_x_to_a_sixteenth_of_it_and_farther_where_it_is_small(x):
    here = Recording(lambda v: v[0] * 2.0, [x])
    around = rays(lambda v: v[0] * 2.0, here)
    away = sorted(abs(made.at[0] - x) for ray in around for _, made in ray.made)
    positive = [h for h in away if h]
    assert positive[0] <= math.ulp(x)
    assert positive[-1] >= max(abs(x), 1.0 if abs(x) < 0.01 else 0.0) / 32


# ── points ──


@given(ag.points(sqrt))
def test_points_have_a_finite_derivative(x):
    assert x > 0  # at 0 it is infinite


def test_points_leave_the_gradients_of_weights_alone():
    w = Value(2.0)
    w.grad = 5.0
    find(ag.points(lambda x: x * w), lambda x: True)
    assert w.grad == 5.0


@pytest.mark.parametrize("special", [0.0, 1.0, -1.0])
def test_special_points_are_among_the_points(special):
    assert find(ag.points(lambda x, y: relu(x) * y), lambda p: p[0] == p[1] == special)
