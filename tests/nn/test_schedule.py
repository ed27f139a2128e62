"""Schedules against PyTorch's numbers."""

import pytest

from nn.schedule import constant, cosine, linear, step, warm_up
from tests.nn.pytorch_numbers import RATES

SCHEDULES = {
    "step": step(0.5, every=3, factor=0.1),
    "cosine": cosine(0.5, steps=10, last=0.05),
    "linear": linear(0.5, steps=8, last=0.1),
    "warm_up": warm_up(4, cosine(0.5, steps=8)),
}


@pytest.mark.parametrize("name", SCHEDULES)
def test_every_rate_is_pytorchs(name):
    rates = [SCHEDULES[name](t) for t in range(len(RATES[name]))]
    assert rates == pytest.approx(RATES[name], rel=1e-13)


def test_a_constant_rate_is_constant():
    assert {constant(0.1)(t) for t in range(100)} == {0.1}


def test_a_schedule_stays_as_it_is_after_its_last_step():
    assert cosine(0.5, steps=10, last=0.05)(1000) == 0.05
    assert linear(0.5, steps=10, last=0.1)(1000) == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("attempt", "error", "sentence"),
    [
        (lambda: constant(0.0), ValueError, "lr must be a positive number, not 0.0"),
        (lambda: step(0.1, every=0), ValueError, "every must be at least 1, not 0"),
        (lambda: step(0.1, every=2, factor=-1), ValueError, "factor must be a positive"),
        (lambda: cosine(0.1, steps=0), ValueError, "steps must be at least 1"),
        (lambda: linear(0.1, steps=5, last=-1.0), ValueError, "last .* not -1.0"),
        (lambda: warm_up(5, 0.1), TypeError, r"a schedule, such as constant\(0.1\), not 0.1"),
    ],
)
def test_a_schedule_with_wrong_numbers_is_refused(attempt, error, sentence):
    with pytest.raises(error, match=sentence):
        attempt()
