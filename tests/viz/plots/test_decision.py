import io
import math

import numpy as np
import pytest

import viz
from autograd import Value, log
from nn import MLP
from tests.viz.nets import net
from viz.plots.decision import evaluated

X = [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]


def test_the_plane_is_coloured_by_the_outputs_of_the_model():
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
        (
            [[1.0, 2.0]],
            [1, 2],
            r"one class for each of the 1 rows of X; its shape is \(2,\)",
        ),
        ([1.0, 2.0], [1, 1], "n rows of two"),
        ([], [], "n rows of two"),
        (None, [1], "X needs numbers, in rows of one length, not None"),
        ([[0.0, 1.0], [1.0]], [1, 1], r"in rows of one length, not \[0.0, 1.0\]"),
        ([[0.0, math.nan]], [1], "X holds nan, which cannot be drawn"),
        ([[0.0, 1e308]], [1], r"X holds 1e\+308, which"),
        ([[0.0, 1.0]], ["a"], "y needs numbers, in rows of one length, not 'a'"),
    ],
)
def test_examples_that_cannot_be_drawn_are_refused(X, y, sentence):
    with pytest.raises((ValueError, TypeError), match=sentence):
        viz.plot_decision(net(2, 1), X, y)


@pytest.mark.parametrize(
    ("model", "options", "sentence"),
    [
        (None, {}, "None cannot be called"),
        (lambda x: None, {}, "a model must return a number, or one for every class, not None"),
        (net(2, 1), {"threshold": math.nan}, "threshold must be a finite number, not nan"),
        (net(2, 1), {"threshold": "a"}, "threshold must be a number, not 'a'"),
        (net(2, 1), {"margin": -1.0}, "margin must be a number from 0 up, not -1.0"),
    ],
)
def test_models_and_options_that_cannot_be_drawn_are_refused(model, options, sentence):
    with pytest.raises((ValueError, TypeError), match=sentence):
        viz.plot_decision(model, X, [0, 1, 1, 0], **options)


def test_examples_may_be_arrays_iterators_or_values_and_classes_a_column():
    rows = [[Value(a), Value(b)] for a, b in X]
    for x in (np.array(X), iter(X), rows, [np.array(row) for row in X]):
        viz.plot_decision(net(2, 1), x, np.array([[0], [1], [1], [0]]))
    viz.plot_decision(net(2, 1), X, np.array([False, True, True, False]))


@pytest.mark.parametrize("level", [0.5, 0.0, math.nan])
def test_a_constant_model_is_drawn(level):
    figure = viz.plot_decision(lambda x: level + 0.0 * x[0], X, [0, 1, 1, 0])
    figure.savefig(io.BytesIO())


def test_outputs_that_are_not_finite_leave_the_others_their_colours():
    figure = viz.plot_decision(lambda x: log(x[0] - 0.5), X, [0, 1, 1, 0])
    low, high = figure.axes[0].collections[0].get_clim()
    assert 1.0 < high < 10.0
    assert low == -high
