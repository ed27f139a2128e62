"""Batches: repeatable, every example once per epoch, and each setting at every step."""

import random

import numpy as np
import pytest

import autograd
from autograd import Value
from nn import SGD, Module, evaluate, fit, loss, schedule
from tests.nn.training.learning import ROWS, X, Y, learned, mlp, numbers


def test_the_same_seed_gives_the_same_bits_and_another_seed_others():
    first, second, other = (learned(mlp(), seed=seed) for seed in (3, 3, 4))
    assert first[1] == second[1] != other[1]
    assert first[0].loss == second[0].loss


def test_a_run_without_a_seed_is_repeated_by_pythons_generator():
    result = []
    for _ in range(2):
        random.seed(5)
        result.append(learned(mlp(), seed=None)[1])
    assert result[0] == result[1] != learned(mlp(), seed=None)[1]


def test_every_epoch_has_an_order_of_its_own_and_each_example_once():
    seen = []

    class Spy(Module):
        def __init__(self):
            self.w = Value(0.5)

        def __call__(self, x):
            seen.append(x[0] if isinstance(x[0], float) else None)
            return self.w * x[0]

    learned(Spy(), x=np.arange(12.0).reshape(-1, 1), y=np.zeros(12), epochs=2, compiled=False)
    first, second = seen[-24:-12], seen[-12:]
    assert first != second
    assert sorted(first) == sorted(second) == list(range(12))


def test_a_seed_means_nothing_without_shuffling():
    assert learned(mlp(), shuffle=False, seed=1)[1] == learned(mlp(), shuffle=False, seed=2)[1]


def test_a_schedule_sets_the_rate_of_every_step():
    model, twin = mlp(), mlp()
    rate = schedule.linear(0.1, 6, 0.01)
    history, _ = learned(model, schedule=rate, batch_size=8, epochs=2, shuffle=False)
    optimizer = SGD(twin.parameters(), 1.0)
    for t in range(6):
        optimizer.lr = rate(t)
        part = slice(8 * (t % 3), 8 * (t % 3) + 8)
        fit(twin, X[part], Y[part], loss.quadratic, optimizer, 1, None, progress=False)
    assert numbers(model) == numbers(twin)
    assert history.lr == [rate(2), rate(5)]


@pytest.mark.parametrize("max_norm", [1e-3, 1e3])
def test_the_gradient_is_clipped_before_the_step(max_norm):
    model = mlp()
    before = np.array(numbers(model))
    learned(model, lambda p: SGD(p, 1.0), epochs=1, batch_size=None, clip_norm=max_norm)
    moved = np.linalg.norm(np.array(numbers(model)) - before)
    assert moved == pytest.approx(1e-3, rel=1e-2) if max_norm < 1 else moved > 0.01


def test_l1_and_l2_pull_the_weights_but_not_the_biases():
    plain, twin = mlp(), mlp()
    lam1, lam2 = 0.01, 0.02
    weights = [w for layer in twin.layers for neuron in layer.neurons for w in neuron.w]
    optimizer = SGD(twin.parameters(), 0.1)
    optimizer.zero_grad()
    C = autograd.mean([loss.quadratic(twin(x), y) for x, y in zip(ROWS, Y.tolist(), strict=True)])
    (C + loss.l1(weights, lam1) + loss.l2(weights, lam2)).backward()
    optimizer.step()
    learned(plain, lambda p: SGD(p, 0.1), epochs=1, batch_size=None, l1=lam1, l2=lam2)
    assert numbers(plain) == pytest.approx(numbers(twin), rel=1e-12)


def test_penalties_act_on_what_is_named_and_leave_the_reported_loss():
    model = mlp()
    b = model.layers[0].neurons[0].b
    b.data = 1.0
    before = evaluate(model, X, Y, loss.quadratic).loss
    history, _ = learned(model, lambda p: SGD(p, 1e-3), epochs=1, batch_size=None,
                         l2=900.0, regularize=[b])  # fmt: skip
    assert history.loss == pytest.approx([before], rel=1e-13)
    assert b.data == pytest.approx(0.1, abs=0.01)


def test_the_parameters_of_an_optimizer_are_chosen_once():
    optimizer = SGD(mlp().parameters(), 0.1)
    with pytest.raises(AttributeError):
        optimizer.params = []
    with pytest.raises(AttributeError):
        optimizer.params.append(Value(1.0))
