import math
import re

import numpy as np
import pytest

import viz
from autograd import Value, dot, named_scope, relu
from nn import MLP, Module, RNNCell, flatten
from tests.viz.nets import cost, net, without_modules


class Weights(Module):
    """One layer for each list of gradients, which its weights have."""

    def __init__(self, *gradients):
        self.layers = [MLP(len(g) - 1, [1]) for g in gradients]
        for layer, numbers in zip(self.layers, gradients, strict=True):
            for p, g in zip(layer.parameters(), numbers, strict=True):
                p.grad = g


def test_every_layer_has_a_row_with_its_sizes():
    model = net(2, 3, 1)
    cost(model, 4)
    for row, layer in zip(viz.gradient_report(model), model.layers, strict=True):
        g = np.array([p.grad for p in layer.parameters()])
        assert row.weights == len(g)
        assert row.norm == pytest.approx(np.linalg.norm(g), rel=1e-14)
        assert row.mean == pytest.approx(abs(g).mean(), rel=1e-14)
        assert row.largest == abs(g).max()
        assert row.units == len(layer.neurons)
    first, last = viz.gradient_report(model)
    assert first.ratio == first.mean / last.mean
    assert math.isnan(last.ratio)


def test_the_report_is_the_same_for_model_cost_and_flattened_weights():
    model = net(2, 3, 3, 1)
    C = cost(model, 4)
    rows = viz.gradient_report(model).rows
    assert [row.norm for row in viz.gradient_report(C)] == [row.norm for row in rows]
    assert [row.name for row in viz.gradient_report(C)] == [row.name for row in rows]
    flatten(model)
    assert str(viz.gradient_report(model)) == str(viz.gradient_report(C))


def test_the_table_reads_from_the_inputs_to_the_cost():
    model = net(2, 3, 1)
    cost(model, 4)
    lines = str(viz.gradient_report(model)).splitlines()
    assert re.split(r"\s\s+", lines[0])[0] == "layer"
    assert [line.split()[0] for line in lines[1:]] == ["layers.0", "layers.1"]


def test_vanishing_and_exploding_are_relative_to_the_layers_after():
    report = viz.gradient_report(Weights([1e-9, 1e-9], [1e-5, 1e-5], [1e-5, 2e-5]))
    assert [bool(row.warnings) for row in report] == [True, False, False]
    assert "vanishing" in report.warnings[0]
    assert not viz.gradient_report(Weights([1e-9] * 2, [2e-9] * 2)).warnings  # small, but even
    (warning,) = viz.gradient_report(Weights([1.0] * 2, [1e-3] * 2)).warnings
    assert "exploding" in warning


def test_dead_units_are_counted():
    model = MLP(2, [4, 1], activation="relu", rng=1)
    model.layers[0].neurons[2].b.data = -100.0
    cost(model, 5)
    row = viz.gradient_report(model).rows[0]
    assert row.dead >= 1
    assert row.zeros >= 0.25
    assert "of 4 units are dead" in row.warnings[0]


def test_warnings_about_nan_and_infinity_come_first():
    report = viz.gradient_report(Weights([math.nan, 1.0], [math.inf, 1.0], [0.0, 1.0]))
    assert [row.warnings[0][:11] for row in report.rows[:2]] == ["1 gradients"] * 2
    assert math.isnan(report.rows[0].norm)


def test_a_report_without_gradients_asks_whether_backward_was_called():
    assert "was backward() called?" in str(viz.gradient_report(net(2, 3, 1)))


def test_norms_neither_overflow_nor_underflow():
    report = viz.gradient_report(Weights([3e200, 4e200], [3e-200, 4e-200]))
    assert report.rows[0].norm == pytest.approx(5e200)
    assert viz.gradient_report(Weights([3e-200, 4e-200])).rows[0].norm == pytest.approx(5e-200)


def test_weights_of_the_model_itself_are_named_by_their_attribute():
    class Own(Module):
        def __init__(self):
            self.wq, self.wk = [[Value(1.0)] * 1, [Value(2.0)]], [Value(3.0)]
            self.cell = RNNCell(1, 2)

    assert [row.name for row in viz.gradient_report(Own())] == ["wq", "wk", "cell.layer"]


def test_leaves_without_modules_are_named_after_their_formula():
    report = viz.gradient_report(without_modules(3, 4, 5))
    assert sum(row.weights for row in report) == 16
    assert len(report) == 2


def test_leaves_outside_modules_have_a_row_of_their_own():
    x = Value(1.0)
    with named_scope("a"):
        w = Value(2.0)
        z = relu(dot([w], [x]))
    z.backward()
    assert {row.name for row in viz.gradient_report(z)} >= {"(no module)"}


@pytest.mark.parametrize("bad", [None, [Value(1.0)], 3.0])
def test_an_object_without_parameters_is_refused(bad):
    with pytest.raises(TypeError, match=r"named_parameters\(\), like nn\.Module; .* does not"):
        viz.gradient_report(bad)


def test_no_weights_at_all_is_an_error():
    with pytest.raises(ValueError, match="no parameters"):
        viz.gradient_report(Module())
    with pytest.raises(ValueError, match="depends on no leaves"):
        viz.gradient_report(Value(1.0).detach())


def test_a_hostile_name_cannot_write_to_the_terminal():
    class Own(Module):
        def __init__(self):
            self.w = {"\x1b[2J\n": [Value(1.0)]}

    assert "\x1b" not in str(viz.gradient_report(Own()))
    assert len(str(viz.gradient_report(Own())).splitlines()) == 3


def test_a_class_is_refused_with_the_remedy():
    with pytest.raises(TypeError, match=r"an instance, not a class: write MLP\("):
        viz.gradient_report(MLP)


def test_a_leaf_is_a_cost_of_one_weight():
    w = Value(2.0, label="w")
    w.backward()
    (row,) = viz.gradient_report(w)
    assert (row.name, row.weights, row.norm) == ("leaves of w", 1, 1.0)
