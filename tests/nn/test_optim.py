"""Optimisers against PyTorch's numbers, step by step; SGD against the rule of 1986."""

import math
import random

import pytest
from pytorch_numbers import CLIPPED, STEPS, G, W

import nn
from autograd import Value
from nn import SGD, Adam, AdamW, RMSprop, clip_grad_norm


def weights(numbers=W):
    return [Value(x) for x in numbers]


def moved(optimizer, gradients):
    """The weights after a step along `gradients`."""
    for p, g in zip(optimizer.params, gradients, strict=True):
        p.grad = g
    optimizer.step()
    return [p.data for p in optimizer.params]


@pytest.mark.parametrize(
    ("name", "settings", "steps"), STEPS, ids=[f"{name}-{settings}" for name, settings, _ in STEPS]
)
def test_every_step_is_pytorchs(name, settings, steps):
    optimizer = getattr(nn, name)(weights(), **settings)
    for g, wanted in zip(G, steps, strict=True):
        assert moved(optimizer, g) == pytest.approx(wanted, rel=1e-13, abs=1e-15)


def test_sgd_is_the_rule_of_1986():
    w = Value(1.0)
    epsilon, alpha = 0.1, 0.9
    optimizer = SGD([w], lr=epsilon, momentum=alpha)
    expected, delta = 1.0, 0.0
    for _ in range(20):
        optimizer.zero_grad()
        (w * w).backward()
        delta = -epsilon * (2 * expected) + alpha * delta
        expected += delta
        optimizer.step()
        assert w.data == pytest.approx(expected, rel=1e-12)


def test_plain_sgd_is_bit_for_bit_what_it_says():
    rng = random.Random(0)
    w, dw = rng.gauss(0, 1), 0.0
    optimizer = SGD([Value(w)], lr=0.3, momentum=0.7)
    for _ in range(1000):
        g = rng.gauss(0, 1)
        dw = 0.7 * dw - 0.3 * g
        w += dw
        assert moved(optimizer, [g]) == [w]


def test_shrink_takes_its_share_after_each_change():
    optimizer = SGD(weights(), lr=0.1, shrink=0.002)
    wanted = [0.998 * (w - 0.1 * g) for w, g in zip(W, G[0], strict=True)]
    assert moved(optimizer, G[0]) == pytest.approx(wanted, rel=1e-15)


def test_the_two_rates_of_1986_keep_the_previous_step_as_it_was():
    optimizer = SGD(weights([0.0]), lr=0.005, momentum=0.5)
    moved(optimizer, [1.0])
    optimizer.lr, optimizer.momentum = 0.01, 0.9
    assert moved(optimizer, [1.0]) == pytest.approx([-0.005 + (-0.01 + 0.9 * -0.005)], rel=1e-15)


def test_adams_first_step_is_the_learning_rate_whatever_the_gradient():
    for size in (1e-3, 1.0, 1e6):
        assert moved(Adam(weights([0.0]), 0.1), [size]) == pytest.approx([-0.1], rel=1e-4)


def test_a_weight_given_twice_moves_once():
    w = Value(1.0)
    assert moved(SGD([w, w], 0.5), [1.0]) == [0.5]


@pytest.mark.parametrize("max_norm", CLIPPED)
def test_gradients_are_clipped_as_pytorch_clips_them(max_norm):
    ws = weights([0.0, 0.0, 0.0])
    for w, g in zip(ws, (3.0, -4.0, 12.0), strict=True):
        w.grad = g
    assert clip_grad_norm(ws, max_norm) == 13.0
    assert [w.grad for w in ws] == pytest.approx(CLIPPED[max_norm], rel=1e-15)


def test_huge_gradients_are_clipped_too():
    w = Value(0.0)
    w.grad = -1e200
    assert clip_grad_norm([w], 1.0) == 1e200
    assert w.grad == pytest.approx(-1.0)


@pytest.mark.parametrize("g", [math.nan, math.inf])
def test_a_gradient_that_is_no_number_is_not_spread(g):
    ws = weights([0.0, 0.0])
    ws[0].grad, ws[1].grad = g, 2.0
    with pytest.raises(ValueError, match=f"norm of the gradients is {g}; .*detect_anomaly"):
        clip_grad_norm(ws, 1.0)
    assert ws[1].grad == 2.0


@pytest.mark.parametrize(
    ("attempt", "error", "sentence"),
    [
        (lambda w: SGD([], 0.1), ValueError, "SGD was given no parameters"),
        (lambda w: Adam([]), ValueError, "Adam was given no parameters"),
        (lambda w: SGD([w], 0.0), ValueError, "must be positive, not 0.0"),
        (lambda w: SGD([w], float("nan")), ValueError, "must be positive"),
        (lambda w: SGD([w], 0.1, momentum=1.0), ValueError, "momentum .* not at 1.0"),
        (lambda w: SGD([w], 0.1, nesterov=True), ValueError, "nesterov needs momentum"),
        (lambda w: SGD([w], 0.1, shrink=1.0), ValueError, "shrink .* not at 1.0"),
        (lambda w: SGD([w], 0.1, weight_decay=-1.0), ValueError, "weight_decay .* not -1.0"),
        (lambda w: SGD([w * 2], 0.1), TypeError, "SGD moves leaves"),
        (lambda w: SGD([w.detach()], 0.1), TypeError, "moves leaves"),
        (lambda w: SGD([3.0], 0.1), TypeError, "moves leaves"),
        (lambda w: RMSprop([w], alpha=1.0), ValueError, "alpha"),
        (lambda w: RMSprop([w], eps=0.0), ValueError, "eps must be a positive number"),
        (lambda w: Adam([w], betas=(0.9, 1.0)), ValueError, "beta2 .* not at 1.0"),
        (lambda w: AdamW([w], weight_decay=math.nan), ValueError, "weight_decay"),
        (lambda w: clip_grad_norm([w], 0.0), ValueError, "max_norm must be a positive"),
        (lambda w: clip_grad_norm([], 1.0), ValueError, "clip_grad_norm was given no"),
    ],
)
def test_what_cannot_train_is_refused(attempt, error, sentence):
    with pytest.raises(error, match=sentence):
        attempt(Value(1.0))
