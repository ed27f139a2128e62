"""Initial weights: the spread that each rule promises, and repeatable."""

import math
import random

import numpy as np
import pytest

from nn import MLP, Layer, Neuron, RNNCell, init

N_IN, N_OUT = 50, 200


def drawn(start):
    """Weights and biases of a layer of `N_OUT` neurons."""
    neurons = Layer(N_IN, N_OUT, init=start, rng=0).neurons
    return [w.data for n in neurons for w in n.w], [n.b.data for n in neurons]


@pytest.mark.parametrize(
    ("start", "weights", "biases"),
    [
        (init.uniform(), 1 / math.sqrt(3), 0.0),
        (init.uniform(0.3, biases=True), 0.3 / math.sqrt(3), 0.3 / math.sqrt(3)),
        (init.normal(), 1.0, 1.0),
        (init.normal(0.1, biases=False), 0.1, 0.0),
        (init.nielsen(), 1 / math.sqrt(N_IN), 1.0),
        (init.xavier(), math.sqrt(2 / (N_IN + N_OUT)), 0.0),
        (init.he(), math.sqrt(2 / N_IN), 0.0),
    ],
    ids=repr,
)
def test_weights_and_biases_have_the_deviation_of_their_rule(start, weights, biases):
    w, b = drawn(start)
    for numbers, deviation in (w, weights), (b, biases):
        n = len(numbers)
        result = math.sqrt(math.fsum(x * x for x in numbers) / n)
        assert abs(result - deviation) <= 5 * deviation / math.sqrt(2 * n)  # 5 standard errors
        assert abs(math.fsum(numbers) / n) <= 5 * deviation / math.sqrt(n)


@pytest.mark.parametrize(
    ("start", "bound"),
    [(init.uniform(0.3), 0.3), (init.xavier(), math.sqrt(6 / (N_IN + N_OUT)))],
    ids=repr,
)
def test_uniform_weights_fill_their_interval_and_no_more(start, bound):
    sizes = [abs(x) for x in drawn(start)[0]]
    assert 0.99 * bound < max(sizes) <= bound


@pytest.mark.parametrize(
    "rng",
    [
        lambda: 7,
        lambda: np.int64(7),
        lambda: random.Random(7),
        lambda: np.random.default_rng(7),
    ],
    ids=["seed", "NumPy seed", "random.Random", "NumPy generator"],
)
@pytest.mark.parametrize(
    "start", [init.uniform(), init.normal(), init.nielsen(), init.xavier(), init.he()], ids=repr
)
def test_the_same_rng_gives_the_same_net_to_the_last_bit(rng, start):
    one, two = (MLP(3, [4, 2], init=start, rng=rng()).state_dict() for _ in range(2))
    assert one == two
    assert len({abs(x) for x in one.values() if x}) == sum(x != 0.0 for x in one.values())


def test_a_seed_and_its_random_random_are_the_same():
    assert MLP(2, [2], rng=3).state_dict() == MLP(2, [2], rng=random.Random(3)).state_dict()
    assert RNNCell(2, 2, rng=3).state_dict() == RNNCell(2, 2, rng=random.Random(3)).state_dict()


def test_an_rng_argument_leaves_the_global_generator_alone():
    random.seed(1)
    before = random.getstate()
    MLP(2, [2, 1], init=init.normal(), rng=3)
    assert random.getstate() == before


@pytest.mark.parametrize(
    ("attempt", "error", "sentence"),
    [
        (lambda: init.uniform(-1.0), ValueError, "r must be a positive number, not -1.0"),
        (lambda: init.uniform(math.inf), ValueError, "positive number, not inf"),
        (lambda: init.normal(math.nan), ValueError, "sigma must be a positive number, not nan"),
        (lambda: Neuron(2, init="he"), TypeError, "as init.he\\(\\), not 'he'"),
        (lambda: Neuron(2, init=init.he), TypeError, "as init.he\\(\\), not <function"),
        (lambda: MLP(2, [1], rng="7"), TypeError, "rng must be a seed .* not '7'"),
        (lambda: MLP(2, [1], rng=0.5), TypeError, "rng must be a seed .* not 0.5"),
    ],
)
def test_numbers_that_cannot_start_a_net_are_refused(attempt, error, sentence):
    with pytest.raises(error, match=sentence):
        attempt()
