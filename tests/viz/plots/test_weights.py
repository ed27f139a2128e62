import math

import pytest
from matplotlib.patches import Rectangle

import viz
from nn import MLP
from tests.viz.nets import net
from viz.plots.weights import weight_matrices


def test_a_matrix_has_one_row_per_neuron_with_the_bias_last():
    model = net(2, 3, 1)
    first = weight_matrices(model)["layers.0"]
    neuron = model.layers[0].neurons[1]
    assert first.shape == (3, 3)
    assert first[1].tolist() == [*(w.data for w in neuron.w), neuron.b.data]


def test_signs_are_shapes_filled_and_hollow():
    model = MLP(2, [1], rng=1)
    for w, number in zip(model.parameters(), (1.0, -0.25, 0.0), strict=True):
        w.data = number
    squares = [p for p in viz.plot_weights(model).axes[0].patches if isinstance(p, Rectangle)]
    positive, negative = squares  # of a zero there is none
    assert positive.get_facecolor() != (1.0, 1.0, 1.0, 1.0)
    assert negative.get_facecolor() == (1.0, 1.0, 1.0, 1.0)
    assert positive.get_width() == pytest.approx(2 * negative.get_width())  # areas as 4 to 1


def test_a_large_layer_is_a_heat_map():
    figure = viz.plot_weights(MLP(100, [60, 1]))
    assert len(figure.axes[0].images) == 1
    assert not figure.axes[1].images


def test_weights_that_are_nan_or_all_zero_are_drawn():
    model = net(2, 2)
    for w in model.parameters():
        w.data = 0.0
    model.parameters()[0].data = float("nan")
    assert "svg" in viz.plot_weights(model)._repr_svg_()


def test_an_infinite_weight_leaves_the_others_their_size():
    model = net(2, 3, 1)
    model.parameters()[1].data = math.inf
    patches = [p for p in viz.plot_weights(model).axes[0].patches if isinstance(p, Rectangle)]
    assert len(patches) == 6  # the biases are 0
    assert max(p.get_width() for p in patches) == pytest.approx(0.9)
    assert min(p.get_width() for p in patches) > 0.0
