"""Every number that nn takes, against everything that is not such a number, in one table."""

import math
import random

import numpy as np
import pytest

from autograd import Value
from nn import (
    MLP,
    SGD,
    Adam,
    AdamW,
    Layer,
    Neuron,
    RMSprop,
    RNNCell,
    clip_grad_norm,
    fit,
    init,
    loss,
    schedule,
)
from nn.checks import Constraint, counted, described, quoted
from nn.table import hold_out

ONE = [Value(1.0)]


def trained(**settings):
    neuron = Neuron(1, rng=0)
    settings = {"epochs": 1, "progress": False} | settings
    return fit(neuron, [[1.0]], [1.0], loss.quadratic, SGD(neuron.parameters(), 0.1), **settings)


WHOLE = {
    "nin": [lambda n: Neuron(n), lambda n: Layer(n, 1), lambda n: MLP(n, [1]),
            lambda n: RNNCell(n, 1)],
    "nout": [lambda n: Layer(1, n), lambda n: MLP(1, [n])],
    "nhidden": [lambda n: RNNCell(1, n)],
    "epochs": [lambda n: trained(epochs=n)],
    "batch_size": [lambda n: trained(batch_size=n)],
    "patience": [lambda n: trained(patience=n)],
    "steps": [lambda n: schedule.linear(0.1, n), lambda n: schedule.cosine(0.1, n),
              lambda n: schedule.warm_up(n, schedule.constant(0.1))],
    "every": [lambda n: schedule.step(0.1, n)],
}  # fmt: skip
POSITIVE = {
    "lr": [lambda x: SGD(ONE, x), lambda x: RMSprop(ONE, x), lambda x: Adam(ONE, x),
           schedule.constant, lambda x: schedule.step(x, 1), lambda x: schedule.linear(x, 1),
           lambda x: schedule.cosine(x, 1)],
    "factor": [lambda x: schedule.step(0.1, 1, x)],
    "eps": [lambda x: RMSprop(ONE, eps=x), lambda x: Adam(ONE, eps=x)],
    "max_norm": [lambda x: clip_grad_norm(ONE, x)],
    "clip_norm": [lambda x: trained(clip_norm=x)],
    "r": [init.uniform],
    "sigma": [init.normal],
}  # fmt: skip
NOT_NEGATIVE = {
    "weight_decay": [lambda x: SGD(ONE, 0.1, weight_decay=x), lambda x: AdamW(ONE, weight_decay=x)],
    "l1": [lambda x: trained(l1=x)],
    "l2": [lambda x: trained(l2=x)],
    "min_delta": [lambda x: trained(min_delta=x)],
    "last": [lambda x: schedule.linear(0.1, 1, x), lambda x: schedule.cosine(0.1, 1, x)],
}
BELOW_ONE = {
    "momentum": [lambda x: SGD(ONE, 0.1, x), lambda x: RMSprop(ONE, momentum=x)],
    "shrink": [lambda x: SGD(ONE, 0.1, shrink=x)],
    "alpha": [lambda x: RMSprop(ONE, alpha=x)],
    "beta1": [lambda x: Adam(ONE, betas=(x, 0.9))],
    "beta2": [lambda x: Adam(ONE, betas=(0.9, x))],
}
NO_NUMBERS = ["1", b"1", None, 1j, [1.0], np.array([1.0, 2.0]), Value(1.0)]
OUTSIDE = [math.nan, math.inf, -math.inf, -1.0]


def cases(table):
    return [(name, call) for name, calls in table.items() for call in calls]


@pytest.mark.parametrize(("name", "call"), cases(POSITIVE | NOT_NEGATIVE | BELOW_ONE))
def test_things_that_are_no_numbers_are_refused_by_the_name_of_the_argument(name, call):
    for x in NO_NUMBERS:
        if not (x is None and name == "clip_norm"):
            with pytest.raises(TypeError, match=rf"^{name} must be a number, not "):
                call(x)


@pytest.mark.parametrize(("name", "call"), cases(POSITIVE | NOT_NEGATIVE | BELOW_ONE))
def test_a_number_outside_its_interval_is_refused_with_its_value(name, call):
    for x in [
        *OUTSIDE,
        *([0.0] if name in POSITIVE else []),
        *([1.0] if name in BELOW_ONE else []),
    ]:
        with pytest.raises(ValueError, match=rf"^{name} .* {x}$"):
            call(x)


@pytest.mark.parametrize(("name", "call"), cases(WHOLE))
def test_a_count_is_a_whole_number_from_1_up(name, call):
    for x in [*NO_NUMBERS, 1.5, math.nan]:
        if not (x is None and name in ("batch_size", "patience")):
            with pytest.raises(TypeError, match=rf"^{name} must be a whole number, not "):
                call(x)
    for n in (0, -3, np.int64(0)):
        with pytest.raises(ValueError, match=rf"^{name} must be at least 1, not {n}$"):
            call(n)


@pytest.mark.parametrize("share", [*OUTSIDE, 1.0, 1.5, "a", None])
def test_the_share_that_is_held_out_lies_below_1(share):
    with pytest.raises((TypeError, ValueError), match=r"^share "):
        hold_out(10, share, random.Random(0))


def test_numbers_of_numpys_types_are_numbers():
    assert SGD(ONE, np.float32(0.5), np.float64(0.5)).lr == 0.5
    assert len(Layer(np.int64(2), np.int32(3)).neurons) == 3
    assert len(trained(epochs=np.int8(2))) == 2


def test_a_constraint_names_the_first_number_that_breaks_it():
    small = Constraint(lambda x: abs(x) < 2, "small numbers only")
    small.check(1, "d")
    small.check(np.ones((2, 3)), "y")
    with pytest.raises(ValueError, match=r"^small numbers only, but d is 2.5$"):
        small.check(2.5, "d")
    with pytest.raises(ValueError, match=r"^small numbers only, but y\[1, 0\] is 3$"):
        small.check(np.array([[1.0, 0.0], [3.0, 4.0]]), "y")


def test_things_are_described_in_a_few_words():
    assert [counted(n, "row") for n in (0, 1, 2)] == ["0 rows", "1 row", "2 rows"]
    assert quoted(["a", "b"]) == "'a', 'b'"
    assert quoted(["a", "b", "c", "d", "e"]) == "'a', 'b', 'c' and 2 more"
    assert [described(x) for x in (1.5, "a", None, [1])] == ["1.5", "'a'", "None", "a list"]
