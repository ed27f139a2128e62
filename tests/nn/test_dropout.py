"""Random draws: fresh for every example, the same numbers compiled and recorded."""

import random
import time

import numpy as np
import pytest

from autograd import GraphError, Value
from nn import (
    MLP,
    SGD,
    Dropout,
    GaussianNoise,
    Layer,
    Module,
    Sequential,
    evaluate,
    fit,
    loss,
    noise,
    predict,
)
from tests.nn.training.learning import X, Y, numbers

RNGS = {
    "seed": lambda: 3,
    "python": lambda: random.Random(3),
    "numpy": lambda: np.random.default_rng(3),
    "global": lambda: None,
}


class Own(Module):
    """Draws of every kind, from two generators, in a layer of a user's."""

    def __init__(self, rng):
        self.net, self.rng, self.log_sigma = MLP(3, [4, 2], rng=1), rng, Value(-1.0)

    def __call__(self, x):
        sigma = self.log_sigma.exp()
        x = [v + noise.normal(0.0, sigma, rng=self.rng) * noise.uniform(0.5, 1.5) for v in x]
        return [v * noise.bernoulli(0.8, rng=self.rng) for v in self.net(x)]


class Depth(Module):
    """Skips a layer at random: a branch on a draw."""

    def __init__(self, rng):
        self.net, self.rng = MLP(3, [3, 3], activation="tanh", rng=1), rng
        self.out = Layer(3, 2, nonlin=False, rng=2)

    def __call__(self, x):
        if noise.uniform(rng=self.rng) < 0.5:
            x = self.net(x)
        return self.out(x)


def net(rng):
    return Sequential(
        GaussianNoise(0.1, rng=rng), Layer(3, 6, activation="tanh", rng=1), Dropout(0.4, rng=rng),
        Layer(6, 2, nonlin=False, rng=2),
    )  # fmt: skip


@pytest.mark.parametrize("rng", RNGS)
@pytest.mark.parametrize("make", [net, Own, Depth])
def test_one_seed_gives_the_same_losses_compiled_and_recorded(make, rng):
    made = RNGS[rng]()
    if make is not net and rng == "seed":
        made = random.Random(made)
    results = []
    for compiled in (True, False):
        random.seed(5)
        model = make(RNGS[rng]() if made is None or make is net else type(made)(3)
                     if isinstance(made, random.Random) else RNGS[rng]())  # fmt: skip
        history = fit(model, X, Y, loss.quadratic, SGD(model.parameters(), 0.05), 4, 5, seed=0,
                      validation=(X, Y), progress=False, compiled=compiled)  # fmt: skip
        results.append((history.loss, history.val_loss if make is net else [], numbers(model)))
    for one, other in zip(*results, strict=True):
        assert one == pytest.approx(other, rel=1e-12)


@pytest.mark.parametrize("rng", [random, random.Random(3), np.random.default_rng(3)])
@pytest.mark.parametrize("rows", [1, 3, 400, 2000])
@pytest.mark.parametrize("kinds", [["uniform", "bernoulli"], ["normal"], ["normal", "uniform"]])
def test_draws_of_many_examples_are_those_of_one_after_another(rng, rows, kinds):
    draws = [noise.Draw(kind, 0.3, rng) for kind in kinds]
    before = noise.states(draws)
    found = noise.table(draws, rows)
    after = [draw.number() for draw in draws]
    noise.restore(before)
    assert found.tolist() == [[draw.number() for draw in draws] for _ in range(rows)]
    assert after == [draw.number() for draw in draws]


def test_every_example_of_every_batch_has_draws_of_its_own():
    x, seen = np.ones((6, 1)), []
    w = Value(1.0)
    gauge = noise.normal

    def model(x):
        return w * gauge() + 0.0 * x[0]

    random.seed(1)
    fit(model, x, np.zeros(6), lambda out, t: (out - t) ** 2, SGD([w], 1e-300), 2, 3, seed=0,
        progress=False, metric=lambda y, t: seen.extend(y) or 0.0)  # fmt: skip
    assert len(set(seen)) == 12


def test_a_net_with_dropout_predicts_without_it():
    model = net(0)
    plain = Sequential(model[1], model[3])
    state = model[2].rng.getstate()
    for compiled in (True, False):
        assert predict(model, X, compiled=compiled).tolist() == predict(plain, X).tolist()
        assert evaluate(model, X, Y, loss.quadratic, compiled=compiled) == evaluate(
            plain, X, Y, loss.quadratic, compiled=compiled
        )
    assert model[2].rng.getstate() == state
    with noise.training():
        assert any(v == 0.0 for v in model[2]([1.0] * 20))


OWN, RANDOM, COUNT = np.random.default_rng(0), random.Random(0), iter(range(10**9))


@pytest.mark.parametrize("draw", [
    random.random, lambda: random.gauss(0, 1), np.random.rand, OWN.random, RANDOM.random,
    lambda: next(COUNT), time.perf_counter,
    lambda: 0.0 * random.random(),
])  # fmt: skip
def test_other_random_numbers_are_refused_and_the_advice_works(draw):
    def train(**options):
        model = MLP(3, [2], rng=1)
        return fit(lambda x: [v * draw() for v in model(x)], X, Y, loss.quadratic,
                   SGD(model.parameters(), 1e-9), 2, progress=False, **options)  # fmt: skip

    with pytest.raises(GraphError, match=r"compiled=False"):
        train()
    assert len(train(compiled=False)) == 2


def test_draws_that_depend_on_a_draw_are_refused():
    w = Value(1.0)

    def model(x):
        return w * x[0] if noise.uniform() < 0.5 else w * noise.normal()

    with pytest.raises(GraphError, match=r"compiled=False"):
        fit(model, X, Y[:, 0], lambda out, t: (out - t) ** 2, SGD([w], 0.01), 2, progress=False)


def test_a_seed_is_no_generator_of_a_draw():
    with pytest.raises(TypeError, match="a seed would give the same number"):
        noise.normal(rng=3)
