"""A recurrent net is a layered net with tied weights."""

import copy
import math

import pytest

import autograd
from autograd import Value
from nn import RNNCell

XS = [[0.5, -1.0], [1.5, 0.25], [-0.75, 2.0]]


def test_the_recurrent_cell_is_elmans_written_out():
    cell = RNNCell(1, 1, rng=0)
    (neuron,) = cell.layer.neurons
    w, u, b = neuron.w[0].data, neuron.w[1].data, neuron.b.data
    first = math.tanh(w * 0.5 + b)
    second = math.tanh(w * -2.0 + u * first + b)
    states = cell.run([[0.5], [-2.0]])
    assert [h[0].data for h in states] == pytest.approx([first, second], rel=1e-14)


def test_t_steps_are_t_layers_with_tied_weights_gradient_for_gradient():
    cell = RNNCell(2, 3, rng=1)
    layers = [copy.deepcopy(cell) for _ in XS]
    h = first = [0.5, -0.25, 1.0]
    for layer, x in zip(layers, XS, strict=True):
        h = layer(x, h)
    autograd.sum(h).backward()
    autograd.sum(cell.run(XS, first)[-1]).backward()
    copies = zip(*(layer.parameters() for layer in layers), strict=True)
    for p, tied in zip(cell.parameters(), copies, strict=True):
        assert p.grad == pytest.approx(math.fsum(c.grad for c in tied), rel=1e-13)
        assert all(c.grad for c in tied)


def test_a_run_goes_on_from_a_state():
    cell = RNNCell(2, 3, rng=1)
    whole = cell.run(XS)
    assert [h.data for h in cell.run(XS[1:], whole[0])[-1]] == [h.data for h in whole[-1]]


def test_a_first_state_can_be_learned():
    cell, h0 = RNNCell(2, 2, rng=1), [Value(0.0), Value(0.0)]
    autograd.sum(cell.run(XS, h0)[-1]).backward()
    assert all(h.grad for h in h0)


def test_a_cell_says_its_sizes_and_has_each_weight_once():
    cell = RNNCell(2, 3)
    assert repr(cell) == "RNNCell(2 → 3, tanh)"
    assert len(cell.parameters()) == 3 * (2 + 3 + 1)
    assert cell.run([]) == []


@pytest.mark.parametrize(
    ("attempt", "sentence"),
    [
        (lambda: RNNCell(0, 2), "nin must be at least 1, not 0"),
        (lambda: RNNCell(2, 0), "nhidden must be at least 1, not 0"),
        (lambda: RNNCell(2, 3)([1.0]), "this cell has 2 inputs, but 1 were given"),
        (lambda: RNNCell(2, 3)([1.0, 2.0], [0.0]), "has 3 hidden units, but 1 were given"),
    ],
)
def test_wrong_sizes_are_refused(attempt, sentence):
    with pytest.raises(ValueError, match=sentence):
        attempt()
