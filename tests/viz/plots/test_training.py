import pickle
from types import SimpleNamespace

import numpy as np
import pytest

import nn
import viz
from autograd import Value
from tests.viz.nets import cost, net


def history(**lists):
    return SimpleNamespace(**({"loss": [3.0, 2.0, 1.5]} | lists))


def test_a_history_shows_what_it_has():
    figure = viz.plot_history(history(val_loss=[3.0, 2.5, 2.6], metric=[0.1, 0.2, 0.3]))
    cost_axis, metric_axis = figure.axes
    assert [line.get_label() for line in cost_axis.lines] == ["training", "validation"]
    assert metric_axis.lines[0].get_ydata().tolist() == [0.1, 0.2, 0.3]


def test_the_two_lines_differ_in_their_dashes():
    lines = viz.plot_history(history(val_loss=[1.0, 2.0, 3.0])).axes[0].lines
    assert len({line.get_linestyle() for line in lines}) == 2


def test_a_mapping_and_plain_numbers_are_histories_too():
    assert len(viz.plot_history({"loss": [1.0, 0.5], "lr": [0.1, 0.01]}).axes) == 2
    assert len(viz.plot_history([Value(1.0), 0.5]).axes) == 1


def test_a_wide_range_is_drawn_on_a_logarithmic_scale():
    assert viz.plot_history([1.0, 0.5, 0.3]).axes[0].get_yscale() == "linear"
    assert viz.plot_history([1.0, 1e-3]).axes[0].get_yscale() == "log"
    assert viz.plot_history([1.0, 1e-3, 0.0]).axes[0].get_yscale() == "linear"


def test_nan_and_missing_epochs_are_gaps():
    y = viz.plot_history([1.0, float("nan"), None, 0.5]).axes[0].lines[0].get_ydata()
    assert np.isnan(y).tolist() == [False, True, True, False]


def test_nothing_to_plot_is_an_error():
    with pytest.raises(ValueError, match="nothing to plot"):
        viz.plot_history({})
    with pytest.raises(TypeError, match="loss must be a list of numbers"):
        viz.plot_history({"loss": ["a"]})


def test_gradient_flow_is_one_bar_per_layer():
    model = net(2, 3, 3, 1)
    C = cost(model, 3)
    for source in (model, C, viz.gradient_report(model)):
        (axis,) = viz.plot_gradient_flow(source).axes
        widths = [bar.get_width() for bar in axis.patches]
        assert widths == [row.mean for row in viz.gradient_report(model)]


def test_a_history_holds_the_gradients_of_a_watched_training():
    model = nn.MLP(2, [3, 1], activation="tanh", rng=1)
    watch = viz.Watch(model)
    history = nn.fit(
        model, [[0, 1], [1, 0]], [0, 1], nn.loss.mean_squared_error,
        nn.SGD(model.parameters(), 0.1), epochs=4, callbacks=watch, progress=False,
    )  # fmt: skip
    lines = viz.plot_gradient_flow(history).axes[0].lines
    assert [line.get_ydata().tolist() for line in lines] == watch.gradients.T.tolist()
    assert list(history.gradients) == watch.layers
    assert pickle.loads(pickle.dumps(history)).gradients == history.gradients
    with pytest.raises(ValueError, match=r"callbacks=viz\.Watch"):
        viz.plot_gradient_flow(nn.History())


def test_a_number_between_gaps_is_a_dot():
    nan = float("nan")
    line = viz.plot_history([1.0, nan, 2.0, 3.0, nan, 4.0]).axes[0].lines[0]
    assert line.get_marker() == "o"
    assert line.get_markevery() == [0, 5]
    assert viz.plot_history([1.0]).axes[0].lines[0].get_markevery() == [0]
    assert viz.plot_history([1.0, 2.0]).axes[0].lines[0].get_marker() == "None"


def test_epochs_are_counted_in_whole_numbers():
    axis = viz.plot_history([3.0, 2.0, 1.0]).axes[0]
    assert all(tick == round(tick) for tick in axis.get_xticks())
