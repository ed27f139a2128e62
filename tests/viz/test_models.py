import numpy as np
import pytest
from matplotlib.patches import Rectangle

import viz
from autograd import Value
from nn import MLP
from tests.viz.nets import net
from viz.models import evaluated, weight_matrices

X = [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]


def test_the_plane_is_coloured_by_what_the_model_says_there():
    model = net(2, 4, 1)
    points = np.array(X)
    expected = [[model(list(row)).data] for row in X]
    assert evaluated(model, points) == pytest.approx(np.array(expected), rel=1e-12)


def test_a_model_that_cannot_be_compiled_is_evaluated_one_point_at_a_time():
    def model(x):
        return Value(float(x[0].data if isinstance(x[0], Value) else x[0]) ** 2) + x[1]

    assert evaluated(model, np.array(X)).ravel().tolist() == [0.0, 1.0, 1.0, 2.0]


def test_evaluating_records_nothing_and_leaves_gradients_alone():
    model = net(2, 4, 1)
    viz.plot_decision(model, X, [0, 1, 1, 0])
    assert all(p.grad == 0.0 for p in model.parameters())


@pytest.mark.parametrize("outputs", [1, 3])
def test_every_class_has_a_marker_of_its_own(outputs):
    figure = viz.plot_decision(MLP(2, [3, outputs], rng=1), X, [0, 1, 2, 1])
    labels = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert labels == ["class 0", "class 1", "class 2"]


@pytest.mark.parametrize(
    ("output", "classes", "level"),
    [("sigmoid", [0, 1, 1, 0], "0.5"), ("linear", [-1, 1, 1, -1], "0")],
)
def test_the_line_between_the_classes_fits_the_outputs(output, classes, level):
    model = MLP(2, [3, 1], output=output, rng=1)
    bar = viz.plot_decision(model, X, classes).axes[1]
    assert bar.get_ylabel().endswith(f"black line at {level}")


@pytest.mark.parametrize(("X", "y"), [([[1.0]], [1]), ([[1.0, 2.0]], [1, 2]), ([1.0, 2.0], [1, 1])])
def test_examples_of_another_shape_are_refused(X, y):
    with pytest.raises((ValueError, TypeError)):
        viz.plot_decision(net(2, 1), X, y)


def test_a_matrix_has_a_row_a_neuron_and_the_bias_last():
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
