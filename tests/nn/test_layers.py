"""Neurons, layers, MLPs, and one after another."""

import random

import numpy as np
import pytest

from autograd import Value, compile, sigmoid, softmax, tanh
from nn import MLP, Layer, Neuron, RNNCell, Sequential


def test_a_neuron_is_one_dot_and_one_activation():
    n = Neuron(3, activation="tanh")
    a = n([1.0, 2.0, 3.0])
    assert (a.op, a.args[0].op) == ("tanh", "dot")
    assert a.args[0].args == (*n.w, 1.0, 2.0, 3.0, n.b)


def test_a_neuron_computes_sigma_of_w_x_plus_b():
    n = Neuron(2, activation="sigmoid")
    for p, number in zip(n.parameters(), (0.5, -1.0, 2.0), strict=True):
        p.data = number
    z = 0.5 * 3.0 - 1.0 * 4.0 + 2.0
    assert n([3.0, 4.0]).data == Value(z).sigmoid().data


def test_micrograds_signatures_work():
    assert Neuron(2, nonlin=False).activation == "linear"
    assert len(MLP(3, [4, 4, 1]).parameters()) == 41
    assert isinstance(MLP(3, [4, 1])([1.0, 2.0, 3.0]), Value)
    assert len(MLP(3, [4, 2])([1.0, 2.0, 3.0])) == 2
    assert len(Layer(2, 3)([1.0, 2.0])) == 3


def test_the_same_seed_gives_the_same_net():
    def weights(seed):
        return [p.data for p in MLP(3, [4, 1], rng=random.Random(seed)).parameters()]

    assert weights(1) == weights(1) != weights(2)


def test_zero_grad_clears_every_parameter():
    net = MLP(2, [2, 1], activation="tanh")
    net([1.0, 2.0]).backward()
    assert any(p.grad for p in net.parameters())
    net.zero_grad()
    assert not any(p.grad for p in net.parameters())


def test_reprs_say_sizes_and_activations():
    net = MLP(2, [16, 16, 1], output="sigmoid")
    assert repr(net) == "MLP(2 → 16 relu → 16 relu → 1 sigmoid)"
    assert repr(net.layers[0]) == "Layer(2 → 16, relu)"
    assert repr(net.layers[0].neurons[0]) == "Neuron(2, relu)"


@pytest.mark.parametrize(
    ("attempt", "sentence"),
    [
        (lambda: Neuron(0), "nin must be at least 1, not 0"),
        (lambda: Layer(2, 0), "nout must be at least 1, not 0"),
        (lambda: MLP(2, []), "at least one layer"),
        (lambda: Neuron(2, activation="swoosh"), "no activation 'swoosh'"),
        (lambda: Neuron(2, activation="atan2"), "no activation 'atan2'"),
        (lambda: Neuron(2, activation="sum"), "no activation 'sum'"),
        (lambda: Sequential(), "no layers"),
        (lambda: Neuron(2)([1.0]), "has 2 inputs, but 1 were given"),
        (lambda: MLP(2, [2, 1])([1.0, 2.0, 3.0]), "has 2 inputs, but 3 were given"),
    ],
)
def test_bad_sizes_are_refused_by_a_sentence(attempt, sentence):
    with pytest.raises(ValueError, match=sentence):
        attempt()


def test_the_default_start_is_micrograds_bit_for_bit():
    random.seed(5)
    net = MLP(2, [3, 1])
    random.seed(5)
    for neuron in (n for layer in net.layers for n in layer.neurons):
        assert [w.data for w in neuron.w] == [random.uniform(-1, 1) for _ in neuron.w]
        assert neuron.b.data == 0.0


def test_sequential_is_its_layers_one_after_another():
    layers = Layer(2, 3, activation="tanh"), Layer(3, 1), Layer(1, 2)
    net = Sequential(*layers, softmax)
    by_hand = softmax(layers[2]([layers[1](layers[0]([0.5, -1.0]))]))
    assert [y.data for y in net([0.5, -1.0])] == [y.data for y in by_hand]
    assert len(net.parameters()) == 9 + 4 + 4
    assert (len(net), net[1]) == (4, layers[1])
    assert repr(net).endswith("Layer(1 → 2, relu), softmax)")


def test_sequential_refuses_what_cannot_be_called():
    with pytest.raises(TypeError, match="modules and functions; number 2 is 'tanh'"):
        Sequential(Layer(2, 2), "tanh")


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: MLP(2, 3), "nouts must be a list of the neurons in each layer, not 3"),
        (lambda: MLP("2", [1]), "nin must be a whole number, not '2'"),
        (lambda: MLP(2, [1.5]), "nout must be a whole number, not 1.5"),
        (lambda: MLP(2.0, [1]), "nin must be a whole number, not 2.0"),
    ],
)
def test_sizes_that_are_no_whole_numbers_are_refused(make, sentence):
    with pytest.raises(TypeError, match=sentence):
        make()


def test_an_activation_that_is_exchanged_is_the_one_that_is_used():
    neuron = Neuron(1, activation="tanh", rng=0)
    f, x = compile(neuron), [0.5]
    z = sum(w.data * v for w, v in zip(neuron.w, x, strict=True)) + neuron.b.data
    assert f(x) == neuron(x).data == tanh(z)
    neuron.activation = "sigmoid"
    assert neuron(x).data == sigmoid(z)
    assert repr(neuron) == "Neuron(1, sigmoid)"
    for wrong in ("nonsense", tanh, None):
        with pytest.raises(ValueError, match="write 'linear' or the name of an operation"):
            neuron.activation = wrong
    assert neuron.activation == "sigmoid"


@pytest.mark.parametrize("rows", [2, 4])
@pytest.mark.parametrize("kind", [np.array, np.ndarray.tolist])
@pytest.mark.parametrize("make", [
    lambda: MLP(2, [3, 1]), lambda: Layer(2, 2), lambda: Neuron(2), lambda: RNNCell(2, 2),
    lambda: Sequential(Layer(2, 2)),
])  # fmt: skip
def test_a_model_called_with_rows_names_predict(make, kind, rows):
    X = kind(np.ones((rows, 2)))
    with pytest.raises(TypeError, match=r"one example at a time.*nn.predict"):
        make()(X)
