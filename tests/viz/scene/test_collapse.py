"""How far a graph is collapsed, read back from the SVG that is drawn."""

from autograd import Value, tanh
from tests.viz.drawing import named
from tests.viz.nets import cost, net
from viz.scene import collapse


def test_every_value_has_its_own_box_up_to_150_boxes(look):
    x = Value(1.0)
    C = x
    for _ in range(149):
        C = tanh(C)
    assert len(look(C).boxes) == 150
    assert named(look(tanh(C)))


def test_a_larger_net_is_drawn_by_neuron_and_a_large_one_by_layer(look):
    by_neuron = named(look(cost(net(2, 8, 8, 1), 20)))
    assert {f"layers.1.neurons.{k}" for k in range(8)} <= set(by_neuron)
    by_layer = named(look(cost(net(2, 20, 20, 1), 20)))
    assert {"layers.0", "layers.1", "layers.2"} <= set(by_layer)


def test_a_graph_of_very_many_values_is_not_tried_by_neuron(look, monkeypatch):
    monkeypatch.setattr(collapse, "HUGE", 300)
    assert "layers.0" in named(look(cost(net(2, 8, 8, 1), 20)))


def test_auto_collapses_above_max_nodes(look):
    C = cost(net(2, 2, 1), 1)
    assert not named(look(C))
    assert named(look(C, max_nodes=10))


def test_the_strongest_boxes_and_arrows_are_drawn_and_the_others_counted(look):
    C = cost(net(2, 8, 8, 1), 3)
    drawing = look(C, collapse="neuron", max_edges=20, max_nodes=10)
    assert len(drawing.boxes) <= 10
    assert len(drawing.arrows) <= 20
    assert "strongest of" in drawing.below
