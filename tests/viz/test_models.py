import io
import math

import numpy as np
import pytest
from matplotlib.patches import Rectangle

import viz
from autograd import Value, log
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


@pytest.mark.parametrize(
    ("X", "y", "sentence"),
    [
        ([[1.0]], [1], r"n rows of two numbers and n classes, not \(1, 1\) and \(1,\)"),
        ([[1.0, 2.0]], [1, 2], r"every row of X, which are 1; its shape is \(2,\)"),
        ([1.0, 2.0], [1, 1], "n rows of two"),
        ([], [], "n rows of two"),
        (None, [1], "X is made of numbers, in rows of one length, not of None"),
        ([[0.0, 1.0], [1.0]], [1, 1], r"in rows of one length, not of \[0.0, 1.0\]"),
        ([[0.0, math.nan]], [1], "X holds nan, for which a plane has no place"),
        ([[0.0, 1e308]], [1], r"X holds 1e\+308, for which"),
        ([[0.0, 1.0]], ["a"], "y is made of numbers, in rows of one length, not of 'a'"),
    ],
)
def test_examples_that_a_plane_has_no_place_for_are_refused(X, y, sentence):
    with pytest.raises((ValueError, TypeError), match=sentence):
        viz.plot_decision(net(2, 1), X, y)


@pytest.mark.parametrize(
    ("model", "options", "sentence"),
    [
        (None, {}, "None cannot be called"),
        (lambda x: None, {}, "a model gives a number, or one for every class, not None"),
        (net(2, 1), {"threshold": math.nan}, "threshold is a finite number, not nan"),
        (net(2, 1), {"threshold": "a"}, "threshold is a number, not 'a'"),
        (net(2, 1), {"margin": -1.0}, "margin is a number from 0 up, not -1.0"),
    ],
)
def test_a_model_or_an_option_that_makes_no_plane_is_refused(model, options, sentence):
    with pytest.raises((ValueError, TypeError), match=sentence):
        viz.plot_decision(model, X, [0, 1, 1, 0], **options)


def test_examples_may_be_arrays_iterators_and_values_and_classes_a_column():
    rows = [[Value(a), Value(b)] for a, b in X]
    for x in (np.array(X), iter(X), rows, [np.array(row) for row in X]):
        viz.plot_decision(net(2, 1), x, np.array([[0], [1], [1], [0]]))
    viz.plot_decision(net(2, 1), X, np.array([False, True, True, False]))


@pytest.mark.parametrize("level", [0.5, 0.0, math.nan])
def test_a_model_that_says_the_same_everywhere_is_drawn(level):
    figure = viz.plot_decision(lambda x: level + 0.0 * x[0], X, [0, 1, 1, 0])
    figure.savefig(io.BytesIO())


def test_outputs_that_are_not_finite_leave_the_others_their_colours():
    figure = viz.plot_decision(lambda x: log(x[0] - 0.5), X, [0, 1, 1, 0])
    low, high = figure.axes[0].collections[0].get_clim()
    assert 1.0 < high < 10.0
    assert low == -high


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


def test_an_infinite_weight_leaves_the_others_their_size():
    model = net(2, 3, 1)
    model.parameters()[1].data = math.inf
    patches = [p for p in viz.plot_weights(model).axes[0].patches if isinstance(p, Rectangle)]
    assert len(patches) == 6  # the biases are 0
    assert max(p.get_width() for p in patches) == pytest.approx(0.9)
    assert min(p.get_width() for p in patches) > 0.0
