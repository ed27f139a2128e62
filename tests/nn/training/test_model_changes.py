"""What a callback changes in the model takes effect during training, or is refused."""

import copy
import random
import types

import pytest

from nn import MLP, SGD, Layer, fit, loss
from tests.nn.training.learning import X, Y, learned, mlp, numbers


def at_epoch_2(change):
    return lambda state: change(state) if state.epoch == 2 else None


def linear_now(state):
    for neuron in state.model.layers[0].neurons:
        neuron._sigma = None


def shares_a_neuron(state):
    state.model.layers[0].neurons[1] = state.model.layers[0].neurons[0]


def one_layer_less(state):
    state.model.layers = [state.model.layers[0], *state.model.layers[2:]]


def hotter(state):
    state.model.heat = 3.0


class Heated(MLP):
    heat = 1.0

    def __call__(self, x):
        return [self.heat * v for v in super().__call__(x)]


@pytest.mark.parametrize("change", [linear_now, shares_a_neuron, one_layer_less, hotter])
def test_a_change_of_the_model_by_a_callback_is_seen_in_the_next_epoch(change):
    losses = []
    for compiled in (True, False):
        model = Heated(3, [2, 2, 2], activation="tanh", rng=0)
        history, _ = learned(model, epochs=5, compiled=compiled, callbacks=at_epoch_2(change))
        losses.append(history.loss)
    assert losses[0] == pytest.approx(losses[1], rel=1e-12)
    plain, _ = learned(Heated(3, [2, 2, 2], activation="tanh", rng=0), epochs=5)
    assert plain.loss[:2] == losses[0][:2]
    assert plain.loss[2] != losses[0][2]


def another_layer(state):
    state.model.layers[0] = Layer(3, 4, activation="tanh", rng=5)


def a_layer_more(state):
    state.model.layers.append(Layer(2, 2, rng=5))


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("change", [another_layer, a_layer_more])
def test_weights_that_a_callback_adds_are_refused_with_what_to_do(change, compiled):
    model = mlp()
    with pytest.raises(ValueError, match="weights that the optimizer does not move: set"):
        learned(model, epochs=5, compiled=compiled, callbacks=at_epoch_2(change))

    def and_stop(state):
        change(state)
        state.stop = True

    history, _ = learned(mlp(), epochs=5, compiled=compiled, callbacks=at_epoch_2(and_stop))
    assert history.epoch == [1, 2]
    learned(model, epochs=2, compiled=compiled)  # an optimizer of the parameters as they are now


@pytest.mark.parametrize("what", ["schedule", "metric"])
def test_every_function_of_a_user_may_change_the_model_and_is_followed_by_a_look(what):
    model = mlp()

    def change(*arguments):
        another_layer(types.SimpleNamespace(model=model))
        return 0.1

    with pytest.raises(ValueError, match="weights that the optimizer does not move"):
        learned(model, epochs=5, **{what: change})


def wider(state):
    state.model.layers[-1].neurons += state.model.layers[-1].neurons


@pytest.mark.parametrize(("change", "sentence"), [
    (wider, "gives 4 numbers, but d has 2"),
    (lambda s: setattr(s, "optimizer", SGD(s.model.parameters(), 0.1)), "cannot be exchanged"),
    (lambda s: setattr(s, "model", mlp()), "cannot be exchanged"),
])  # fmt: skip
def test_a_change_that_cannot_be_followed_is_refused(change, sentence):
    with pytest.raises(ValueError, match=sentence):
        learned(mlp(), epochs=5, callbacks=at_epoch_2(change))


@pytest.mark.parametrize("compiled", [True, False])
def test_a_callback_that_changes_nothing_changes_no_bit(compiled):
    drawn = random.Random(0)
    models = [mlp(), mlp()]

    def noisy(model):
        return lambda x: [v * (1.0 if compiled else drawn.random()) for v in model(x)]

    results = []
    for model, callbacks in zip(models, [(), lambda state: None], strict=True):
        drawn.seed(1)
        fit(noisy(model), X, Y, loss.quadratic, SGD(model.parameters(), 0.05), 3, 5, seed=0,
            progress=False, compiled=compiled, callbacks=callbacks)  # fmt: skip
        results.append(numbers(model))
    assert results[0] == results[1]


def test_a_copy_of_the_model_beside_it_is_no_change_of_it():
    def keep(state):
        state.model.average = copy.deepcopy(state.model.layers)

    for compiled in (True, False):
        assert len(learned(mlp(), epochs=3, compiled=compiled, callbacks=keep)[0]) == 3
