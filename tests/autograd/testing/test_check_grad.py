"""The checker, checked: planted bugs are found and named, and right gradients pass."""

import functools
import inspect
import itertools
import math
import os
import pickle
import random
import subprocess
import sys

import hypothesis
import pytest
from bug_hunts import detection, false_alarms, one_operation
from hypothesis import given, settings
from planted_bugs import PARTIALS, TRAVERSALS, assigning, breadth_first, unsorted

import autograd
from autograd import Value, exp, log, operation, relu, sin, sqrt, stop_gradient, tanh, where
from autograd.ops import TABLE
from autograd.testing import DerivativeMismatch, Verdict, check_grad, nearby_points, recordings
from autograd.testing import strategies as ag
from autograd.testing.sample_points import called, ordinary, width


def verdict(f, *x, **options):
    return check_grad(f, *x, raises=False, **options).verdict


# ── a wrong partial ──


def plantable():
    for row, (bug, change) in itertools.product(TABLE, PARTIALS.items()):
        if row.name not in ("stop_gradient", "floor", "ceil", "round", "sign"):
            for k in range(width(row, each=2)):
                yield pytest.param(row, k, change, id=f"{row.name}-{k}-{bug.replace(' ', '-')}")


@pytest.mark.parametrize(("row", "k", "change"), list(plantable()))
def test_a_wrong_partial_is_found_and_its_operation_and_operand_named(row, k, change):
    count = width(row, each=2)
    for point in ordinary(row, 3):
        x = point[:count]
        partial = called(row, [Value(v) for v in x]).partials[k]
        if abs(partial) < 1e-6:  # nothing is planted by changing nothing
            continue
        report = check_grad(one_operation(row, k, change), *x, oracle="replay", raises=False)
        assert report.verdict is Verdict.RULE, report
        assert f"= {row.name}(" in report.detail
        assert f"by operand {k} is" in report.detail


def test_a_wrong_exponent_in_the_rule_of_pow_is_found():
    bad = operation("bad_pow", lambda x, y: x**y, lambda x, y, z: (y * x**y, z * log(x)))
    report = check_grad(lambda x: bad(sin(x), 3.0), 0.7, raises=False)
    assert report.verdict is Verdict.RULE
    assert "t1 = bad_pow(t0 = 0.644218, 3): the partial by operand 0" in report.detail


@pytest.mark.thorough
@pytest.mark.parametrize(("size", "least"), [(1e-4, 0.99), (1e-6, 0.99), (1e-8, 0.95)])
def test_small_errors_on_random_graphs_are_found(size, least):
    detected, named = detection(size)
    assert detected >= least
    assert named >= least - 0.01


# ── a wrong traversal ──


@pytest.mark.parametrize("backward", TRAVERSALS.values(), ids=TRAVERSALS)
def test_a_wrong_traversal_is_distinguished_from_a_wrong_rule(backward):
    def f(x):
        a = sin(x)
        b = a * a  # a is shared
        return b * tanh(b + a) + x * b

    report = check_grad(f, 0.7, backward=backward, raises=False, oracle="replay")
    assert report.verdict is Verdict.TRAVERSAL
    assert "all partials are right" in report.detail


SEEDS = range(20)


def smallest(wrong, ops, seed):
    """The minimal program that hypothesis finds for a bug."""
    return hypothesis.find(
        ag.expressions(1, ops=ops),
        wrong,
        settings=settings(max_examples=1000, database=None, deadline=None),
        random=random.Random(seed),
    )


def fails(program, **options):
    report = check_grad(program, 0.75, oracle="replay", raises=False, **options)
    return report.verdict in (Verdict.RULE, Verdict.TRAVERSAL)


@pytest.mark.thorough
@pytest.mark.parametrize("seed", SEEDS)
def test_a_division_bug_shrinks_to_one_node(seed):
    bad = operation("bad_div", lambda x, y: x / y, lambda x, y, z: (1 / y, z / y))
    assert bad.name == "bad_div"  # alive, to be drawn by its name
    program = smallest(fails, ["neg", "add", "mul", "sin", "bad_div"], seed)
    assert repr(program) == "t0=bad_div(x0,x0)"


@pytest.mark.thorough
@pytest.mark.parametrize("seed", SEEDS)
def test_a_missing_topological_sort_shrinks_to_two_nodes(seed):
    program = smallest(lambda p: fails(p, backward=unsorted), ["neg", "add", "mul", "sin"], seed)
    assert repr(program) == "t0=neg(x0); t1=add(t0,t0)"


@pytest.mark.thorough
@pytest.mark.parametrize("seed", SEEDS)
def test_a_breadth_first_order_shrinks_to_three_nodes(seed):
    program = smallest(
        lambda p: fails(p, backward=breadth_first), ["neg", "add", "mul", "sin"], seed
    )
    assert len(program.steps) == 3


@pytest.mark.parametrize("seed", SEEDS)
def test_assigning_instead_of_adding_shrinks_to_one_node(seed):
    program = smallest(lambda p: fails(p, backward=assigning), ["neg", "add", "sin"], seed)
    assert repr(program) == "t0=add(x0,x0)"


# ── what the graph does not hold ──


def test_a_path_that_left_the_graph_is_detached():
    report = check_grad(lambda x: x * math.exp(x.data), 0.25, raises=False)
    assert report.verdict is Verdict.DETACHED
    assert "left the graph" in report.detail


def test_a_missing_edge_through_a_float_is_detached():
    assert verdict(lambda x: x.data * 2.0, 0.25) is Verdict.DETACHED


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x * math.exp(x.data),
        lambda x: x.data * 2.0,
        lambda x: x * x.detach(),
        lambda x: sin(x) + 1e-6 * x.data,
        lambda x: x + float(f"{x:.17g}"),
        lambda x: x * (1.0 + 1e-9 * x.item()),
    ],
)
@pytest.mark.parametrize("x", [0.25, -3.0, 1e-200, 600.0])
def test_a_constant_that_moves_is_named_with_its_line(f, x):
    report = check_grad(f, x, raises=False)
    if abs(x) == 1e-200 and "1e-09" in inspect.getsource(f):
        return  # there it does not move
    assert report.verdict is Verdict.DETACHED
    assert "the constant" in report.detail
    assert "moves as x does" in report.detail
    assert "test_check_grad.py:" in report.detail or "which is the result" in report.detail


def test_the_argument_that_moves_a_constant_is_named():
    def f(x):
        return x[0] * x[1] + math.sin(x[37].data) * x[2]

    report = check_grad(f, [0.1 * k + 1.0 for k in range(50)], raises=False)
    assert "operand 1 of t" in report.detail or "operand 0 of t" in report.detail
    assert "moves as x[37] does" in report.detail


def test_an_operation_that_closes_over_what_moves_is_detached():
    factor = [1.0]
    scaled = operation("scaled_from_outside", lambda x: x * factor[0], lambda x, z: factor[0])

    def f(x):
        factor[0] = math.exp(x.data)
        return scaled(x)

    report = check_grad(f, 0.5, oracle="auto", raises=False)
    assert report.verdict is Verdict.DETACHED
    assert "depends on something besides them" in report.detail


def test_a_function_that_changes_its_argument_is_reported():
    def f(x):
        y = x * 2.0
        x.data = 7.0
        return y

    report = check_grad(f, 0.5, raises=False)
    assert report.verdict is Verdict.DETACHED
    assert "changes the data of its argument from 0.5 to 7.0" in report.detail


RIGHT_WITH_CONSTANTS = {
    "shift": lambda x, y: log(exp(x - x.data) + exp(y - x.data)) + x.data,
    "newton": lambda x, y: 0.5 * (math.sqrt(x.data) + x / math.sqrt(x.data)) * y,
    "one": lambda x, y: x * y * (math.sin(x.data) ** 2 + math.cos(x.data) ** 2),
    "slope": lambda x, y: (2.0 if x > 0.25 else 3.0) * x + y,
    "stairs": lambda x, y: math.floor(50 * x.data) * x + y,
    "sign": lambda x, y: math.copysign(1.0, x.data) * x * y,
    "stopped": lambda x, y: stop_gradient(x) * y + x,
}


@pytest.mark.parametrize("name", RIGHT_WITH_CONSTANTS)
@pytest.mark.parametrize("x", [(0.3, 0.7), (30.0, 1.0), (0.26, 3.0), (0.2500001, 1.0)])
def test_a_constant_that_moves_nothing_is_no_detached_path(name, x):
    assert check_grad(RIGHT_WITH_CONSTANTS[name], *x).verdict in (Verdict.PASS, Verdict.KINK)


def log_by_halves(x):
    n = 0
    while x * 2.0**n < 1:
        n += 1
    return log(x * 2.0**n) - n * math.log(2)


def root_by_exponent(x):
    half = math.frexp(x.data)[1] // 2
    return sqrt(x * 4.0**-half) * 2.0**half


def log_by_exponent(x):
    exponent = math.frexp(x.data)[1]
    return log(x * 2.0**-exponent) + exponent * math.log(2)


@pytest.mark.parametrize("f", [log_by_halves, root_by_exponent, log_by_exponent])
@pytest.mark.parametrize("x", [3e-2, 1e-9, 1.7e-12, 1e-14, 3e-100])
def test_a_range_reduction_by_exponents_is_no_detached_path(f, x):
    assert check_grad(f, x).verdict is Verdict.PASS
    assert check_grad(lambda x, y: f(x) * exp(y), x, 0.0).verdict is Verdict.PASS


@pytest.mark.parametrize("x", [0.0, 1e-9, 1e-100, 0.03])
def test_a_path_that_left_the_graph_near_0_is_detached(x):
    assert verdict(lambda x: x * 2.0 + x.data, x) is Verdict.DETACHED
    assert verdict(lambda x, y: x * 2.0 + y.data * y, 1e-9, x + 1.0) is Verdict.DETACHED
    assert verdict(lambda x, y: y * 2.0 + (x.data + 1.0), x, 0.0) is Verdict.DETACHED


def test_another_branch_nearby_is_a_note():
    def f(x):
        if x > 1.0001:
            return x * x
        return tanh(x)

    (note,) = check_grad(f, 1.0).notes
    assert note.startswith("another branch begins within 2**-9 |x|: there f computes")
    assert "test_check_grad.py:" in note
    (note,) = check_grad(lambda x: (2.0 if x > 1.0001 else 3.0) * x, 1.0).notes
    assert "the constant 3 (operand 0 of t0 = mul(3, x0 = 1)" in note
    assert "is 2 there" in note
    assert check_grad(f, 2.0).notes == ()


def test_the_replay_alone_cannot_see_what_was_not_recorded():
    assert verdict(lambda x: x * math.exp(x.data), 0.25, oracle="replay") is Verdict.PASS


def test_a_weight_that_changes_after_its_use_is_said_to_change():
    def f(x):
        w = Value(2.0)
        z = x * w
        w.data = 3.0
        return z

    report = check_grad(f, 1.0, raises=False)
    assert report.verdict is Verdict.DETACHED
    assert "gave 2.0, and its operands now give 3.0: f changes the data of one" in report.detail


def test_a_detached_path_that_is_meant_passes_as_its_message_advises():
    said = check_grad(lambda x: x * math.exp(x.data), 0.5, raises=False).detail
    assert "if it is meant, compute it from stop_gradient(x)" in said
    assert check_grad(lambda x: x * exp(stop_gradient(x)), 0.5).ok


# ── kinks, domains ──


def test_a_kink_passes_if_the_gradient_lies_between_the_slopes():
    report = check_grad(relu, 0.0)
    assert (report.verdict, report.ok) == (Verdict.KINK, True)
    with pytest.raises(DerivativeMismatch, match="KINK"):
        check_grad(relu, 0.0, kinks="error")


def test_a_gradient_outside_the_slopes_passes_only_if_kinks_are_skipped():
    bad = operation("bad_abs", lambda x: abs(x), lambda x, z: 2.0)
    assert not check_grad(bad, 0.0, raises=False).ok
    assert check_grad(bad, 0.0, kinks="skip").ok


def test_a_branch_at_its_edge_is_a_kink_of_the_function():
    f = lambda x: 2 * x if x > 0 else -x  # noqa: E731
    assert verdict(f, 0.0) is Verdict.KINK
    assert verdict(f, 1.0) is Verdict.PASS


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (lambda x: sin(x) / x if x != 0 else 1.0 + 0.0 * x, 0.0),
        (lambda x: (x * x - 1.0) / (x - 1.0) if x != 1 else x + 1.0, 1.0),
        (lambda x: x**1.5 if x > 0 else 0.0 * x, 0.0),
        (lambda x: sqrt(x * x) if x != 0 else 0.0 * x, 0.0),
        (lambda x: (2.0 if x > 3 else 1.0) * x, 3.0),
    ],
)
def test_a_right_branch_at_its_edge_passes(f, x):
    report = check_grad(f, x)
    assert report.verdict is Verdict.KINK
    assert "another branch begins right beside the point" in report.detail
    assert "lies between" in report.detail


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize(
    ("f", "x"),
    [
        (lambda x, y: x**y, (0.0, 1.0)),
        (lambda x, y: x**y, (0.0, 1.5)),
        (lambda x, y: x**y, (0.0, 2.5)),
        (lambda x: x**2.5, (0.0,)),
        (lambda x: abs(x) ** 2.5, (0.0,)),
        (lambda x, y: autograd.hypot(x, y) ** 3, (0.0, 0.0)),
        (lambda a: a**2 * sin(1 / a) if a != 0 else a * 0, (0.0,)),
        (lambda a: a * log(a) if a > 0 else a * 0, (0.0,)),
    ],
)
def test_nothing_is_said_where_the_slopes_beside_are_unknown_or_vary(f, x, order):
    assert check_grad(f, *x, order=order).verdict in (Verdict.PASS, Verdict.KINK, Verdict.DOMAIN)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: sin(x) if x != 0 else 3.0 * x,
        lambda x: x * x * 1.0 if x != 0 else 1e-3 * x,
        lambda x: exp(x) if x > 0 else (1.0 + sin(x) if x < 0 else 1.0 + 1.01 * x),
    ],
)
def test_a_branch_that_is_wrong_at_0_alone_is_found(f):
    report = check_grad(f, 0.0, raises=False)
    assert (report.verdict, report.ok) == (Verdict.KINK, False)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: sin(x) if x != 2 else 3.0 * x,
        lambda x: (1.0 if x != 2 else 5.0) * x,
        lambda x: x * x * 1.0 if x > 2 else (x**3 if x < 2 else x),
    ],
)
def test_a_branch_that_is_wrong_at_its_edge_alone_is_found(f):
    report = check_grad(f, 2.0, raises=False)
    assert (report.verdict, report.ok) == (Verdict.KINK, False)
    assert "the gradient lies outside" in report.detail
    assert check_grad(f, 2.5).verdict is Verdict.PASS


@pytest.mark.parametrize("op", [autograd.floor, autograd.ceil, autograd.sign])
def test_a_jump_of_an_operation_is_said(op):
    report = check_grad(lambda x: op(x) * x, 0.0)
    assert report.verdict is Verdict.PASS  # x is 0, and so is what the jump does
    report = check_grad(lambda x: op(x) * (x + 1.0), 0.0)
    assert report.verdict is Verdict.KINK
    assert "jumps here as operand 0 moves" in report.detail


def test_a_jump_is_never_a_pass():
    f = lambda x: x * x if x > 1 else x + 3  # noqa: E731
    report = check_grad(f, 1.0, oracle="blackbox", expected=lambda x: 77.0, raises=False)
    assert report.verdict in (Verdict.KINK, Verdict.INCONCLUSIVE)


def test_an_older_operation_of_the_same_name_is_checked_by_its_own_value():
    old = operation("renewed", lambda x: x**2, lambda x, z: 2 * x)
    operation("renewed", lambda x: x**3, lambda x, z: 3 * x**2)
    assert check_grad(lambda x: old(x) * 2, 0.7).ok


@pytest.mark.parametrize(
    ("f", "x", "said"),
    [
        (log, -1.0, "log(x0 = -1) is nan"),
        (sqrt, 0.0, "sqrt(x0 = 0) has the partial inf by operand 0"),
        (lambda x: exp(x) - exp(x), 1000.0, "exp(x0 = 1000) is inf"),
        (lambda x: (x * 1e200) * 1e200, 0.0, "too large for a double"),
    ],
)
def test_an_end_of_the_domain_is_said_and_passes(f, x, said):
    report = check_grad(f, x)
    assert report.verdict is Verdict.DOMAIN
    assert said in report.detail
    assert not check_grad(f, x, kinks="error", raises=False).ok


@pytest.mark.parametrize("wrong", [math.nan, math.inf])
def test_a_partial_that_is_not_finite_without_need_is_wrong(wrong):
    bad = operation("never_finite", lambda x: x * x, lambda x, z: wrong)
    report = check_grad(bad, 1.5, raises=False)
    assert report.verdict is Verdict.RULE
    assert "the exact one is an ordinary number" in report.detail


def test_an_underflow_on_the_way_is_said():
    (note,) = check_grad(lambda x: x / (1 + x * x), 1e140).notes
    assert "t2 = div(x0 = 1e+140, t1 = 1e+280) or its partial is too small" in note


HUGE = (1e200, 1e200, 1e-200, 1e-200)
OUT_OF_RANGE = {
    "prod": (lambda a, b, c: autograd.prod([a, b, c]), HUGE[:3]),
    "prod that underflows": (lambda a, b, c, d: autograd.prod([c, d, a, b]), HUGE),
    "mean": (lambda a: autograd.mean([a, a, a]), (1e308,)),
    "sum": (lambda a, b: autograd.sum([a, a, b, b]), (1e308, -1e308)),
    "dot": (lambda a, b: autograd.dot([a, b], [a, -b]), HUGE[:2]),
    "an operation": (
        operation("product_of_3", lambda a, b, c: a * b * c, lambda a, b, c, z: (b * c, a * c, a)),
        HUGE[:3],
    ),
}


@pytest.mark.parametrize("name", OUT_OF_RANGE)
def test_an_overflow_within_a_row_over_many_operands_is_a_domain(name):
    f, x = OUT_OF_RANGE[name]
    report = check_grad(f, *x)
    assert report.verdict is Verdict.DOMAIN
    assert "on the way is out of the range of doubles" in report.detail


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", ["prod", "sum", "mean", "norm", "logsumexp", "dot", "max"])
def test_no_size_of_the_operands_of_a_row_over_many_is_a_fault(name, seed):
    rng, over = random.Random(seed), getattr(autograd, name)
    if name == "dot":
        over = lambda xs: autograd.dot(xs, xs[::-1])  # noqa: E731
    for _ in range(20):
        x = [rng.choice((1, -1)) * 10 ** rng.uniform(-300, 300) for _ in range(3)]
        check_grad(lambda a, b, c: over([a, b, c, a]), *x)
        check_grad(lambda a, b, c: abs(over([c, a, b, c])) ** (1 / 3), *x)


def test_a_wrong_partial_that_is_infinite_without_an_overflow_on_its_way_is_wrong():
    bad = operation("bad_3", lambda a, b, c: a * b * c, lambda a, b, c, z: (math.inf, a * c, a * b))
    assert verdict(lambda a, b, c: bad(a, b, c), 2.0, 3.0, 5.0) is Verdict.RULE


# ── noise ──


def test_noise_is_found_and_its_place_named():
    rng = random.Random(0)

    def noisy(x):
        return sin(x) * x.data + 1e-3 * rng.random()

    with pytest.raises(DerivativeMismatch, match="NOISE: two calls at one point differ in the con"):
        check_grad(noisy, 1.0)
    assert "test_check_grad.py:" in check_grad(noisy, 1.0, raises=False).detail


@pytest.mark.parametrize("every", [2, 5])
def test_a_function_that_changes_its_ways_now_and_then_is_noise(every):
    calls = itertools.count()
    report = check_grad(lambda x: sin(x) if next(calls) % every else x * 3.0, 1.0, raises=False)
    assert report.verdict is Verdict.NOISE
    assert "compute different things" in report.detail


def test_an_operation_that_remembers_is_noise():
    state = itertools.count()
    remembering = operation(
        "remembering", lambda x: float(next(state)) + 0.0 * math.sin(x), lambda x, z: 0.0
    )
    assert verdict(lambda x: remembering(x) * 2.0, 1.0) is Verdict.NOISE


def test_a_value_kept_from_another_call_is_noise_and_said_so():
    kept = {}

    def cached(x):
        return kept.setdefault(x.data, x * x) * 2.0

    report = check_grad(cached, 3.0, raises=False)
    assert report.verdict is Verdict.NOISE
    assert "the argument 3 (operand 0 of t0 = mul(" in report.detail
    assert "then the constant 3 (operand 0 of t0 = mul(" in report.detail
    assert "Value kept from another call" in report.detail


def test_a_counter_is_noise_with_advice_that_fits():
    calls = itertools.count()
    report = check_grad(lambda x: x * float(next(calls)), 3.0, raises=False)
    assert report.verdict is Verdict.NOISE
    assert "on no counter, clock or Value kept" in report.detail


# ── formulas typed in by hand, arguments, orders ──


def test_a_hand_written_gradient_is_checked_in_place_of_the_engines():
    f = lambda x, y: sin(x) * y  # noqa: E731
    right = lambda x, y: (math.cos(x) * y, math.sin(x))  # noqa: E731
    wrong = lambda x, y: (math.cos(x) * y, math.cos(x))  # noqa: E731
    assert check_grad(f, 1.0, 2.0, expected=right).ok
    report = check_grad(f, 1.0, 2.0, expected=wrong, raises=False)
    assert not report.ok
    assert "the engine's is right" in report.detail


def test_structures_keywords_and_chosen_arguments_are_checked():
    f = lambda p, s, t: p["a"][0] * s + exp(p["b"]) * t  # noqa: E731
    report = check_grad(f, {"a": [1.0, 5.0], "b": 0.5}, 2.0, 3.0, wrt=0)
    assert report.gradient["a"] == [2.0, 0.0]
    assert check_grad(f, {"a": [1.0], "b": 0.5}, 2.0, 3.0, wrt=(1, 2)).gradient == (
        1.0,
        math.exp(0.5),
    )


def test_order_two_finds_a_partial_that_is_right_in_value_and_wrong_as_a_function():
    frozen = operation(
        "frozen", lambda x: x**3, lambda x, z: 3 * Value(getattr(x, "data", x)).data ** 2
    )
    f = lambda x: frozen(x)  # noqa: E731
    assert check_grad(f, 0.5).ok
    assert not check_grad(f, 0.5, order=2, raises=False).ok
    assert check_grad(lambda x: tanh(x) ** 3, 0.5, order=3).ok


def test_a_hand_written_gradient_of_a_float_function_is_checked_by_differences():
    f = lambda x, y: math.sin(x) * y  # noqa: E731
    right = lambda x, y: (math.cos(x) * y, math.sin(x))  # noqa: E731
    assert check_grad(f, 1.0, 2.0, expected=right).verdict is Verdict.PASS
    wrong = lambda x, y: (math.cos(x) * y, math.sin(x) * 1.00001)  # noqa: E731
    with pytest.raises(DerivativeMismatch, match="the derivative by x1 is wrong"):
        check_grad(f, 1.0, 2.0, expected=wrong)
    rounded = lambda x: math.trunc(x * 10) / 10  # noqa: E731
    assert verdict(rounded, 0.75, expected=lambda x: 1.0) is Verdict.INCONCLUSIVE
    with pytest.raises(TypeError, match="not converted to a float"):
        check_grad(f, 1.0, 2.0)


def test_another_gradient_at_a_kink_is_allowed_if_it_lies_between():
    assert check_grad(relu, 0.0, expected=lambda x: 0.5).verdict is Verdict.KINK
    assert not check_grad(relu, 0.0, expected=lambda x: 1.5, raises=False).ok


def test_no_class_of_the_checker_holds_a_lock_that_a_forked_child_could_find_taken():
    for module in (nearby_points, recordings):
        for held in filter(inspect.isclass, vars(module).values()):
            assert not any(isinstance(v, functools.cached_property) for v in vars(held).values())


def test_values_stand_for_their_numbers():
    assert check_grad(sin, Value(0.5)).gradient == math.cos(0.5)


# ── the message ──


def test_the_message_names_the_place_the_error_and_how_to_reproduce_it():
    bad_tanh = operation("bad_tanh", lambda x: tanh(x), lambda x, z: 1 - z)

    def f(x):
        return bad_tanh(x[0]) * x[1]

    with pytest.raises(DerivativeMismatch) as caught:
        check_grad(f, [0.25, 2.0])
    line = f.__code__.co_firstlineno + 1
    assert str(caught.value).splitlines() == [
        "RULE: t0 = bad_tanh(x0 = 0.25): the partial by operand 0 is 0.755081, "
        f"should be 0.940015 ({__file__}:{line} in f)",
        "∂f/∂x[0] at ([0.25, 2.0],): reverse 1.51016, reference 1.88003 (mpmath, 50 digits); "
        "relative error 2.0e-01 > 1e-09",
        "reproduce: check_grad(f, [0.25, 2.0])",
    ]
    assert caught.value.report.verdict is Verdict.RULE


FAILING = """
import math
from autograd import operation
from autograd.testing import check_grad, check_op

def test_of_a_function():
    check_grad(lambda x: x * math.exp(x.data), 0.5)

def test_of_an_operation():
    check_op(operation("bad_square", lambda x: x * x, lambda x, z: 3 * x))

def test_of_a_function_that_fails():
    check_grad(lambda x: math.exp(x), 0.5)
"""


@pytest.mark.thorough
def test_pytest_shows_the_frame_of_the_test_and_what_is_wrong(tmp_path):
    (tmp_path / "test_failing.py").write_text(FAILING, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "test_failing.py"]
    said = subprocess.run(
        command, cwd=tmp_path, env=os.environ | {"COLUMNS": "200"}, capture_output=True,
        text=True, check=False,
    ).stdout  # fmt: skip
    assert "DerivativeMismatch: DETACHED: the constant 1.64872 (operand 1 of t0 = mul(" in said
    assert "DerivativeMismatch: operation bad_square: partials agree with mpmath: RULE" in said
    assert os.path.join("autograd", "testing") not in said
    summary = said[said.index("short test summary info") :]
    assert "DETACHED: the constant" in summary


def test_arguments_are_chosen_as_by_argnums():
    assert check_grad(lambda x, y: x * y, 2.0, 3.0, wrt=-1).gradient == 2.0
    with pytest.raises(TypeError, match="wrt names argument 3"):
        check_grad(sin, 1.0, wrt=3)


@pytest.mark.parametrize(
    ("attempt", "sentence"),
    [
        (lambda: check_grad(sin, 1.0, oracle="magic"), "oracle must be one of 'auto'"),
        (lambda: check_grad(sin, 1.0, kinks="no"), "kinks must be one of"),
        (lambda: check_grad(sin, 1.0, order=0), "order must be 1 or more"),
        (lambda: check_grad(sin, 1.0, expected=lambda x: [1.0, 2.0]), "has 2 numbers"),
    ],
)
def test_bad_options_are_refused_by_a_sentence(attempt, sentence):
    with pytest.raises(ValueError, match=sentence):
        attempt()


# ── no false alarms ──


@pytest.mark.thorough
def test_random_graphs_over_the_whole_table_raise_no_false_alarm():
    assert false_alarms(3000, seed=1) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10, 20))
def test_a_hundred_thousand_random_graphs_raise_no_false_alarm(seed):
    assert false_alarms(10_000, seed) == []


@given(ag.expressions(2), ag.points(2, autograd.ops.Interval(-2.0, 2.0)))
@settings(max_examples=100)
def test_smooth_programs_pass_both_oracles(program, xs):
    report = check_grad(program, *xs, raises=False)
    assert report.ok, report


def test_the_arm_not_taken_is_no_fault():
    assert check_grad(lambda x: where(x > 0, x, log(x)), 0.5).ok


def test_a_higher_order_is_checked_by_the_chosen_arguments_only():
    wrong = operation("wrong_second", lambda x: x**3, lambda x, z: wrong_first(x))
    wrong_first = operation("wrong_first", lambda x: 3 * x * x, lambda x, z: 6.01 * x)

    def f(name, x, y):
        return wrong(x) * y if name == "wrong" else y

    assert check_grad(f, "wrong", 0.5, 2.0, wrt=2, order=2).ok
    with pytest.raises(DerivativeMismatch, match="wrong_first"):
        check_grad(f, "wrong", 0.5, 2.0, wrt=1, order=2)


def test_a_failure_of_a_higher_order_is_reproduced_by_a_call_of_check_grad():
    wrong = operation("wrong_slope", lambda x: 3 * x * x, lambda x, z: 6.01 * x)
    cube = operation("cube_of_wrong_slope", lambda x: x**3, lambda x, z: wrong(x))

    def f(x):
        return cube(x)

    call = check_grad(f, 0.5, order=3, raises=False).call
    assert call == "check_grad(f, 0.5, order=3)"
    assert not eval(call.removesuffix(")") + ", raises=False)", {**globals(), "f": f}).ok


def test_the_report_shows_the_digits_that_differ_and_no_false_infinite_error():
    off = check_grad(lambda x: x * x, 0.25, expected=lambda x: 2 * x + 1e-8, raises=False)
    assert "expected 0.50000001" in str(off)
    assert "relative error 0.0e+00" in str(check_grad(lambda x: 3.0, 1.0))


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (lambda x: (x + 1.0) ** 2 - x * x - 2.0 * x, 1e8),
        (lambda x: sin(x) - x, 1e-9),
        (lambda x: (x - 1.0 / 3.0) * (x + 1.0 / 3.0), 1e-320),
    ],
)
@pytest.mark.parametrize("oracle", ["auto", "blackbox"])
def test_a_report_never_says_that_a_larger_error_is_smaller(f, x, oracle):
    for line in str(check_grad(f, x, oracle=oracle)).splitlines():
        if "≤" in line:
            left, right = line.rpartition("error ")[2].split(" ≤ ")
            assert float(left) <= float(right), line


def test_the_exception_names_the_package_that_one_imports_it_from():
    assert DerivativeMismatch.__module__ == "autograd.testing"
    assert pickle.loads(pickle.dumps(DerivativeMismatch)) is DerivativeMismatch
