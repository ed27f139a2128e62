import math

import numpy as np
import pytest

import viz
from nn import MLP, SGD, flatten
from tests.viz.nets import cost, net


def train(model, steps, watch, lr=0.1):
    optimiser = SGD(model.parameters(), lr=lr)
    for _ in range(steps):
        optimiser.zero_grad()
        cost(model, 4)
        watch()
        optimiser.step()
    return watch


def test_a_record_holds_the_norms_of_every_layer():
    model = net(2, 3, 1)
    watch = viz.Watch(model)
    cost(model, 4)
    watch.record()
    for k, layer in enumerate(model.layers):
        g, w = (np.array([getattr(p, x) for p in layer.parameters()]) for x in ("grad", "data"))
        assert watch.gradients[0, k] == pytest.approx(np.linalg.norm(g), rel=1e-14)
        assert watch.weights[0, k] == pytest.approx(np.linalg.norm(w), rel=1e-14)
    assert np.isnan(watch.changes).all()


def test_weights_in_one_vector_give_the_same_records():
    plain, flat = net(2, 3, 1), net(2, 3, 1)
    watches = [viz.Watch(plain), viz.Watch(flat)]
    flatten(flat)  # after the watch was made
    for model, watch in zip((plain, flat), watches, strict=True):
        train(model, 5, watch)
    assert np.allclose(watches[0].gradients, watches[1].gradients, rtol=1e-12)
    assert np.allclose(watches[0].changes[1:], watches[1].changes[1:], rtol=1e-9)


def test_the_change_of_the_weights_is_the_step_divided_by_their_size():
    model = net(2, 3, 1)
    watch = train(model, 2, viz.Watch(model), lr=0.1)
    expected = 0.1 * watch.gradients[0] / watch.weights[1]
    assert watch.changes[1] == pytest.approx(expected, rel=1e-9)


def test_calls_are_recorded_every_nth_time_only():
    model = net(2, 3, 1)
    watch = train(model, 10, viz.Watch(model, every=4))
    assert watch.steps.tolist() == [1, 5, 9]
    assert len(watch) == len(watch.gradients) == 3


def test_a_watch_can_be_passed_as_a_callback():
    watch = viz.Watch(net(2, 3, 1))
    watch("epoch", 1)
    assert len(watch) == 1


def test_dead_units_have_no_gradient_in_the_last_tenth():
    model = MLP(2, [4, 1], activation="relu", rng=3)
    for neuron in model.layers[0].neurons[:2]:
        neuron.b.data = -100.0
    row = train(model, 10, viz.Watch(model)).report().rows[0]
    assert row.dead >= 2
    assert any("of 4 units are dead" in text for text in row.warnings)


def test_vanishing_gradients_are_found_whatever_their_scale():
    model = MLP(2, [4, 4, 4, 4, 1], activation="sigmoid", rng=1)
    for p in model.parameters():
        p.data *= 0.1
    report = train(model, 3, viz.Watch(model)).report()
    assert any("vanishing" in text for text in report.rows[0].warnings)
    assert not report.rows[-1].warnings


def test_a_layer_that_does_not_move_is_named():
    model = net(2, 3, 1)
    report = train(model, 5, viz.Watch(model), lr=1e-9).report()
    assert any("hardly learns" in text for text in report.warnings)


def test_nan_is_counted():
    model = net(2, 3, 1)
    watch = viz.Watch(model)
    model.parameters()[0].grad = math.nan
    watch()
    assert "nan or infinite in 1 of 1 records" in watch.report().warnings[0]


def test_the_table_has_one_line_per_layer():
    model = net(2, 3, 1)
    lines = str(train(model, 5, viz.Watch(model)).report()).splitlines()
    assert lines[0].startswith("5 records")
    assert [line.split()[0] for line in lines[2:4]] == ["layers.0", "layers.1"]


def test_one_figure_shows_all_layers():
    model = net(2, 3, 1)
    figure = train(model, 5, viz.Watch(model)).plot()
    assert [len(axis.lines) for axis in figure.axes] == [2, 2, 2]


def test_a_watch_without_records_refuses_to_report():
    watch = viz.Watch(net(2, 3, 1))
    for what in (watch.report, watch.plot):
        with pytest.raises(ValueError, match="call the watch after backward"):
            what()


def test_every_is_at_least_one():
    with pytest.raises(ValueError, match="every must be at least 1, not 0"):
        viz.Watch(net(2, 3, 1), every=0)
