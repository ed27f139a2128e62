"""A compiled function sees at its next call that other Values stand where it found some."""

import functools

import numpy as np
import pytest

import nn
from autograd import Value, compile, dot, tanh
from autograd.programs.reachable_values import structure

SCALE = Value(2.0)
FEW = {"a": Value(0.5)}


class Net(nn.Module):
    """Layers in a list, more in a dict and a tuple, a gain, and a log of numbers."""

    def __init__(self):
        self.layers = [nn.Layer(2, 2, activation="tanh", rng=k) for k in range(2)]
        self.heads = {"main": nn.Neuron(2, rng=3)}
        self.pair = ([Value(0.25)], Value(0.5))
        self.table = np.array([[Value(0.5), Value(-1.0)]], dtype=object)
        self.gain = Value(1.5)
        self.log = []

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        heads = [head(x) for head in self.heads.values()]
        return self.gain * sum(heads) + self.pair[0][0] * self.pair[1] + self.cost()

    def cost(self):
        return self.gain * self.gain * SCALE + self.table[0, 0] * self.table[0, 1]


def replaced(net):
    net.layers[0] = nn.Layer(2, 2, activation="relu", rng=9)


def appended(net):
    net.layers.append(nn.Layer(2, 2, rng=10))


def deleted(net):
    del net.layers[1]


def swapped(net):
    net.layers.reverse()


def a_new_list(net):
    net.layers = [nn.Layer(2, 2, rng=11)]


def a_weight(net):
    net.layers[0].neurons[1].w[0] = Value(-2.0)


def a_bias(net):
    net.layers[1].neurons[0].b = Value(3.0)


def a_neuron(net):
    net.layers[0].neurons[0] = nn.Neuron(2, rng=12)


def an_attribute(net):
    net.gain = Value(-0.5)


def in_a_tuple(net):
    net.pair[0][0] = Value(4.0)


def in_an_array(net):
    net.table[0, 1] = Value(7.0)


def a_tuple(net):
    net.pair = ([Value(1.0)], Value(2.0))


def in_a_dict(net):
    net.heads["main"] = nn.Neuron(2, rng=13)


def one_more_in_a_dict(net):
    net.heads["other"] = nn.Neuron(2, rng=14)


def a_global(net):
    globals()["SCALE"] = Value(float(SCALE.data) + 1.0)


CHANGES = [
    replaced, appended, deleted, swapped, a_new_list, a_weight, a_bias, a_neuron, an_attribute,
    in_a_tuple, in_an_array, a_tuple, in_a_dict, one_more_in_a_dict, a_global,
]  # fmt: skip

WAYS = {
    "a closure": lambda net: lambda x: net(x),
    "the model": lambda net: net,
    "its method": lambda net: net.__call__,
    "a function inside": lambda net: _inner(net),
    "a partial": lambda net: functools.partial(lambda model, x: model(x), net),
    "a compiled function": lambda net: _outer(compile(net)),
    "a list": lambda net: (lambda nets: lambda x: nets[0](x))([net]),
    "a default": lambda net: _default(net),
}


def _inner(net):
    def call(x):
        return net(x)

    def f(x):
        return call(x)

    return f


def _outer(compiled):
    return lambda x: compiled(x)


def _default(net):
    def f(x, *, model=net):
        return model(x)

    return f


ROW, X = [0.5, -0.25], np.array([[0.5, -0.25], [1.0, 0.75]])


def agrees(f, net):
    expected = net([Value(v) for v in ROW])
    assert f(np.array([ROW])).tolist() == [expected.data]
    assert f(X).tolist() == [net([Value(v) for v in row]).data for row in X.tolist()]
    for v in (*net.parameters(), SCALE):
        v.grad = 0.0
    expected.backward()
    own = [v.grad for v in (*net.parameters(), SCALE)]
    for v in (*net.parameters(), SCALE):
        v.grad = 0.0
    f.backward(np.array([ROW]))
    assert np.allclose([v.grad for v in (*net.parameters(), SCALE)], own, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("change", CHANGES, ids=lambda f: f.__name__)
def test_exchanges_after_tracing_are_seen(change, way):
    net = Net()
    f = compile(WAYS[way](net))
    agrees(f, net)
    change(net)
    agrees(f, net)
    change(net) if change is not deleted else None
    agrees(f, net)


def test_a_name_that_is_bound_to_another_model_is_seen():
    net = Net()

    def f(x):
        return net(x)

    compiled = compile(f)
    agrees(compiled, net)
    net = Net()
    replaced(net)
    agrees(compiled, net)


def test_numbers_logs_and_moved_weights_cost_no_tracing():
    net = Net()
    f = compile(lambda x: net(x))
    agrees(f, net)
    before = f.programs
    nn.flatten(net)
    net.gain.data = 0.125
    net.log.append(0.5)
    net.log.append({"loss": 0.25})
    net.seen = np.ones(3)
    agrees(f, net)
    assert [id(p) for p in f.programs] == [id(p) for p in before]


def test_a_function_of_its_arguments_alone_leads_nowhere():
    assert len(structure(lambda x: tanh(x) * 2.0 + dot([x], [x]))) == 0
    assert len(structure(lambda x: x * FEW["a"])) > 0


def test_structures_take_lists_dicts_and_cells_alone():
    result = structure(lambda x: x)
    for add, wrong in (
        (result.add_list, (1,)),
        (result.add_entry, (1, 2, 3)),
        (result.add_cell, (1, 2)),
    ):
        with pytest.raises(TypeError):
            add(*wrong)
