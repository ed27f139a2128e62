"""Optimisers against PyTorch's numbers, step by step; SGD against the rule of 1986."""

import copy
import math
import pickle
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from autograd import Value
from nn import SGD, Adam, AdamW, Neuron, RMSprop, clip_grad_norm
from tests.nn.pytorch_numbers import STEPS, G, W


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
    for g, expected in zip(G, steps, strict=True):
        assert moved(optimizer, g) == pytest.approx(expected, rel=1e-13, abs=1e-15)


@pytest.mark.parametrize(
    ("name", "settings", "steps"), STEPS, ids=[f"{name}-{settings}" for name, settings, _ in STEPS]
)
def test_every_step_of_weights_in_one_vector_is_pytorchs_too(name, settings, steps):
    optimizer = getattr(nn, name)(weights(), **settings)
    nn.flatten(optimizer.params)
    for g, expected in zip(G, steps, strict=True):
        assert moved(optimizer, g) == pytest.approx(expected, rel=1e-13, abs=1e-15)


share = st.floats(0.0, 0.99)
strength = st.sampled_from([0.0, 0.1, 3.0])
rate = st.floats(1e-6, 10.0)
MADE = st.one_of(
    st.builds(
        lambda momentum, nesterov, **rest: (
            SGD,
            {"momentum": momentum, "nesterov": nesterov and momentum > 0.0, **rest},
        ),
        momentum=st.one_of(st.just(0.0), share), nesterov=st.booleans(),
        weight_decay=strength, shrink=share, lr=rate,
    ),
    st.tuples(st.just(RMSprop), st.fixed_dictionaries(
        {"lr": rate, "alpha": share, "momentum": share, "weight_decay": strength})),
    st.tuples(st.sampled_from([Adam, AdamW]), st.fixed_dictionaries(
        {"lr": rate, "betas": st.tuples(share, share), "weight_decay": strength})),
)  # fmt: skip
number = st.one_of(st.floats(-10, 10), st.sampled_from([0.0, -0.0, 1e-300, 1e300, math.inf]))


class Written:
    """The rules as the docstrings of `nn` have them, for one weight, in Python's own numbers."""

    def __init__(self, kind, w, **settings):
        self.w, self.kind = w, kind
        self.m = self.v = self.dw = 0.0
        self.t = 0
        vars(self).update(
            {"momentum": 0.0, "nesterov": False, "shrink": 0.0, "alpha": 0.99,
             "betas": (0.9, 0.999), "eps": 1e-8, **settings}
        )  # fmt: skip

    def step(self, g):
        self.t += 1
        if self.weight_decay and self.kind is not AdamW:
            g = g + self.weight_decay * self.w
        if self.kind is SGD:
            self.sgd(g)
        elif self.kind is RMSprop:
            self.v = self.alpha * self.v + (1.0 - self.alpha) * g * g
            self.dw = self.momentum * self.dw + g / (math.sqrt(self.v) + self.eps)
            self.w -= self.lr * self.dw
        else:
            self.adam(g)
        return self.w

    def sgd(self, g):
        down = self.lr * g
        self.dw = self.momentum * self.dw - down if self.momentum else -down
        dw = self.momentum * self.dw - down if self.nesterov else self.dw
        self.w = (self.w + dw) * (1.0 - self.shrink)

    def adam(self, g):
        if self.kind is AdamW:
            self.w *= 1.0 - self.lr * self.weight_decay
        beta1, beta2 = self.betas
        if beta1 > 0.5:
            self.m += (g - self.m) * (1.0 - beta1)
        else:
            self.m = g - (g - self.m) * beta1
        self.v = beta2 * self.v + (1.0 - beta2) * g * g
        rate, root = self.lr / (1.0 - beta1**self.t), math.sqrt(1.0 - beta2**self.t)
        self.w -= rate * self.m / (math.sqrt(self.v) / root + self.eps)


@given(
    made=MADE,
    starts=st.lists(number, min_size=3, max_size=3),
    gradients=st.lists(st.lists(number, min_size=3, max_size=3), min_size=2, max_size=6),
    flattened_at=st.integers(0, 3),
)
def test_a_rule_is_what_it_says_bit_for_bit_wherever_the_weights_live(
    made, starts, gradients, flattened_at
):
    kind, settings = made
    optimizer, written = (
        kind(weights(starts), **settings),
        [Written(kind, w, **settings) for w in starts],
    )
    for k, g in enumerate(gradients):
        if k == flattened_at:
            nn.flatten(optimizer.params)
        steps = [each.step(x) for each, x in zip(written, g, strict=True)]
        assert bits(moved(optimizer, g)) == bits(steps)


def test_a_look_ahead_needs_no_momentum_once_it_was_made():
    optimizer = SGD(weights([1.0]), 0.5, 0.9, nesterov=True)
    optimizer.momentum = 0.0
    assert moved(optimizer, [1.0]) == [0.5]


def bits(numbers):
    """Numbers as text, every nan alike."""
    return [x.hex() for x in numbers]


def test_the_state_of_an_optimiser_survives_every_move_of_its_weights():
    plain, other = (Adam(weights(), 0.1) for _ in range(2))
    for k, g in enumerate(G):
        if k == 2:
            nn.flatten(other.params)
        if k == 4:  # apart again: no one vector holds just these
            nn.flatten(other.params[:1])
        assert moved(plain, g) == moved(other, g)


@pytest.mark.parametrize("kind", [SGD, RMSprop, Adam, AdamW])
@pytest.mark.parametrize("flat", [False, True])
def test_an_optimiser_goes_back_to_a_snapshot(kind, flat):
    optimizer = kind(weights(), 0.1)
    if flat:
        nn.flatten(optimizer.params)
    moved(optimizer, G[0])
    snapshot, before = optimizer.snapshot(), [p.data for p in optimizer.params]
    first = [moved(optimizer, g) for g in G[1:3]]
    optimizer.lr = 7.0
    optimizer.restore(snapshot)
    for p, x in zip(optimizer.params, before, strict=True):
        p.data = x
    assert [moved(optimizer, g) for g in G[1:3]] == first


@pytest.mark.parametrize("kind", [SGD, RMSprop, Adam, AdamW])
@pytest.mark.parametrize("copied", [copy.deepcopy, lambda o: pickle.loads(pickle.dumps(o))])
def test_a_copy_moves_its_own_weights_and_goes_on_as_the_first_does(kind, copied):
    first = kind(weights(), 0.1)
    nn.flatten(first.params)
    moved(first, G[0])
    other = copied(first)
    assert other.params[0] is not first.params[0]
    assert moved(other, G[1]) == moved(first, G[1])


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
    expected = [0.998 * (w - 0.1 * g) for w, g in zip(W, G[0], strict=True)]
    assert moved(optimizer, G[0]) == pytest.approx(expected, rel=1e-15)


def test_the_two_rates_of_1986_keep_the_previous_step_as_it_was():
    optimizer = SGD(weights([0.0]), lr=0.005, momentum=0.5)
    moved(optimizer, [1.0])
    optimizer.lr, optimizer.momentum = 0.01, 0.9
    assert moved(optimizer, [1.0]) == pytest.approx([-0.005 + (-0.01 + 0.9 * -0.005)], rel=1e-15)


def test_adams_first_step_is_the_learning_rate_whatever_the_gradient():
    for size in (1e-3, 1.0, 1e6):
        assert moved(Adam(weights([0.0]), 0.1), [size]) == pytest.approx([-0.1], rel=1e-4)


def test_an_optimiser_says_what_it_is_set_to():
    ws = [Value(1.0), Value(2.0)]
    said = "SGD(2 parameters, lr=0.1, momentum=0.9, weight_decay=0.0, shrink=0.0)"
    assert repr(SGD(ws, 0.1, 0.9)) == said
    assert "nesterov=True" in repr(SGD(ws, 0.1, 0.9, nesterov=True))
    assert repr(Adam(ws, 0.02)).startswith("Adam(2 parameters, lr=0.02, ")


def test_a_weight_that_is_listed_twice_moves_once():
    w = Value(1.0)
    assert moved(SGD([w, w], 0.5), [1.0]) == [0.5]


@pytest.mark.parametrize(
    ("attempt", "error", "sentence"),
    [
        (lambda w: SGD([], 0.1), ValueError, "SGD was given no parameters"),
        (lambda w: Adam([]), ValueError, "Adam was given no parameters"),
        (lambda w: SGD(w, 0.1), TypeError, "SGD takes a list of parameters, not Value"),
        (lambda w: SGD(Neuron(2), 0.1), TypeError, r"not Neuron.*: write model.parameters\(\)"),
        (lambda w: SGD([w], "a"), TypeError, "lr must be a number, not 'a'"),
        (lambda w: SGD([w], 0.1, momentum=None), TypeError, "momentum must be a number, not None"),
        (lambda w: SGD([w], 0.0), ValueError, "lr must be a positive number, not 0.0"),
        (lambda w: SGD([w], float("nan")), ValueError, "lr must be a positive"),
        (lambda w: SGD([w], "fast"), TypeError, "lr must be a number, not 'fast'"),
        (lambda w: SGD([w], 0.1, momentum=1.0), ValueError, "momentum .* not 1.0"),
        (lambda w: SGD([w], 0.1, nesterov=True), ValueError, "nesterov needs momentum"),
        (lambda w: SGD([w], 0.1, shrink=1.0), ValueError, "shrink .* not 1.0"),
        (lambda w: SGD([w], 0.1, weight_decay=-1.0), ValueError, "weight_decay .* not -1.0"),
        (lambda w: SGD([w * 2], 0.1), TypeError, "SGD takes leaves"),
        (lambda w: SGD([w.detach()], 0.1), TypeError, "takes leaves"),
        (lambda w: SGD([3.0], 0.1), TypeError, "takes leaves"),
        (lambda w: RMSprop([w], alpha=1.0), ValueError, "alpha"),
        (lambda w: RMSprop([w], eps=0.0), ValueError, "eps must be a positive number"),
        (lambda w: Adam([w], betas=(0.9, 1.0)), ValueError, "beta2 .* not 1.0"),
        (lambda w: AdamW([w], weight_decay=math.nan), ValueError, "weight_decay"),
        (lambda w: clip_grad_norm([w], 0.0), ValueError, "max_norm must be a positive"),
        (lambda w: clip_grad_norm([], 1.0), ValueError, "clip_grad_norm was given no"),
    ],
)
def test_an_optimiser_that_cannot_train_is_refused(attempt, error, sentence):
    with pytest.raises(error, match=sentence):
        attempt(Value(1.0))


def test_adam_without_memory_moves_by_the_gradient_over_its_own_size():
    """PyTorch's betas (0, 0): the mean is the gradient itself, to the last bit."""
    w = Value(0.5)
    adam = Adam([w], 0.1, betas=(0.0, 0.0))
    for g in (1e-3, 0.7, 3e8, -2e-9, 0.1):
        before, w.grad = w.data, g
        adam.step()
        assert adam._means[0] == g
        assert w.data == before - 0.1 * g / (abs(g) + 1e-8)
