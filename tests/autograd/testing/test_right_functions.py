"""Thirty right functions: nothing is said against them, and what is planted is found and named."""

import collections
import math
import random

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from right_functions import POINTS, RIGHT, arity, detached, drawn, flipped, noisy

from autograd import Value
from autograd.testing import Verdict, check_grad
from autograd.testing import strategies as ag
from autograd.testing.case import Case
from autograd.testing.recordings import Recording, gradient_of

FEW, MANY = 12, 10_000
NAMES = list(RIGHT)


def is_ordinary(f, x):
    """Whether f and its gradient are finite numbers at x."""
    made = Recording(Case(f, x).on_flat, x)
    return all(map(math.isfinite, [made.root.data, *gradient_of(made)]))


def checked(f, x, verdicts):
    report = check_grad(f, *x)  # raises what is wrong
    ordinary = is_ordinary(f, x)
    verdicts[report.verdict if ordinary else Verdict.DOMAIN] += 1
    assert (report.verdict is Verdict.DOMAIN) == (not ordinary), report
    assert report.verdict in (Verdict.PASS, Verdict.KINK, Verdict.DOMAIN, Verdict.INCONCLUSIVE)


def sampled(name, sampling, count, number):
    verdicts = collections.Counter()
    for x in drawn(RIGHT[name], sampling, count, number):
        checked(RIGHT[name], x, verdicts)
    return verdicts


def from_points(name, count, number):
    verdicts = collections.Counter()
    f = RIGHT[name]

    @seed(number)
    @settings(
        max_examples=count, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(ag.points(f))
    def run(x):
        checked(f, list(x) if arity(f) > 1 else [x], verdicts)

    run()
    return verdicts


def hardly_undecided(verdicts):
    ordinary = sum(verdicts.values()) - verdicts[Verdict.DOMAIN]
    return verdicts[Verdict.INCONCLUSIVE] <= 0.01 * ordinary


# ── nothing is said against them ──


@pytest.mark.parametrize("name", NAMES)
def test_a_right_function_is_not_accused(name):
    for sampling in POINTS:
        assert hardly_undecided(sampled(name, sampling, FEW, number=1))
    verdicts = from_points(name, FEW, number=1)
    assert hardly_undecided(verdicts)
    assert not verdicts[Verdict.DOMAIN]


@pytest.mark.slow
@pytest.mark.parametrize("sampling", POINTS)
@pytest.mark.parametrize("name", NAMES)
def test_a_right_function_is_not_accused_at_ten_thousand_points(name, sampling):
    number = random.randrange(2**32)
    print("seed", number)
    verdicts = sampled(name, sampling, MANY, number)
    print(verdicts)
    assert hardly_undecided(verdicts)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_right_function_is_not_accused_at_ten_thousand_of_its_points(name):
    number = random.randrange(2**32)
    print("seed", number)
    verdicts = from_points(name, MANY, number)
    print(verdicts)
    assert hardly_undecided(verdicts)
    assert not verdicts[Verdict.DOMAIN]


# ── what is planted is found and named ──


def plant(name, sampling, count, number):
    """Plants at points where the function itself passes; how many were planted."""
    f, rng, planted = RIGHT[name], random.Random(number), 0
    for x in drawn(f, sampling, count, number):
        before = check_grad(f, *x)
        if before.verdict is not Verdict.PASS:
            continue
        planted += 1
        j = rng.randrange(len(x))
        a_path_is_named(check_grad(detached(f, j), *x, raises=False))
        noise_is_named(check_grad(noisy(f, number), *x, raises=False))
        edge = x[j] * (1 + rng.choice((-1, 1)) * 2 ** rng.uniform(-43, -6))
        report = check_grad(flipped(f, j, edge), *x)
        said = report.detail + " ".join(report.notes)
        assert "another branch begins" in said, report
        assert "in planted" in said or before.notes, report  # another may be nearer
    return planted


def a_path_is_named(report):
    assert report.verdict is Verdict.DETACHED, report
    assert "the constant" in report.detail
    assert "of t" in report.detail  # the operation
    assert "right_functions.py:" in report.detail  # the line


def noise_is_named(report):
    assert report.verdict is Verdict.NOISE, report
    assert "= mul(" in report.detail
    assert "right_functions.py:" in report.detail


@pytest.mark.parametrize("name", NAMES)
def test_what_is_planted_in_a_right_function_is_found_and_named(name):
    assert sum(plant(name, sampling, 5, number=2) for sampling in POINTS) > 0


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_what_is_planted_a_thousand_times_is_found_and_named(name):
    number = random.randrange(2**32)
    print("seed", number)
    print(sum(plant(name, sampling, 1000 // 3, number) for sampling in POINTS), "planted")


def test_weights_from_outside_keep_their_gradients():
    w, h = Value(2.0), Value(3.0) * 4.0
    w.grad, h.grad = 5.0, 7.0
    check_grad(lambda x: w * x * h, 1.5)
    assert (w.grad, h.grad, h.args[0].grad) == (5.0, 7.0, 0.0)
