"""Which Values share a box, read back from the SVG that is drawn."""

import re

import autograd
from autograd import Value, named_scope, tanh
from nn import RNNCell
from tests.viz.drawing import check_sums, named
from tests.viz.nets import cost, net, without_modules


def test_a_neuron_holds_its_weights_and_its_values_for_all_examples(look):
    box = named(look(cost(net(2, 3, 1), 20), collapse="neuron"))["layers.0.neurons.2"]
    assert box.rows["leaves"] == "3"
    assert box.rows["Values"] == "43"  # z and a of 20 examples, two weights and a bias


def test_weights_with_a_penalty_stay_in_their_neurons(look):
    box = named(look(cost(net(2, 3, 1), 20, decay=0.1), collapse="neuron"))["layers.0.neurons.2"]
    assert box.rows["leaves"] == "3"


def test_a_cell_used_at_many_steps_has_one_box_per_step(look):
    cell = RNNCell(2, 3, rng=1)
    with named_scope("cell"):
        C = autograd.sum(cell.run([[1.0, -1.0]] * 5)[-1])
    C.backward()
    drawing = look(C, collapse="layer")
    steps = [name for name in named(drawing) if re.fullmatch(r".*\(\d of 5\)", name)]
    assert len(steps) == 5
    assert any(name.startswith("weights of") for name in named(drawing))
    check_sums(drawing)


def test_modules_that_feed_one_another_are_not_one_layer(look):
    x = Value(1.0)
    for k in range(3):
        with named_scope(f"blocks.{k}"):
            x = tanh(x * 0.5)
    assert {"blocks.0", "blocks.1"} <= set(named(look(x * 2, collapse="layer")))


def test_heads_that_do_not_feed_one_another_are_one_layer(look):
    x, heads = Value(1.0), []
    for k in range(3):
        with named_scope(f"heads.{k}"):
            heads.append(tanh(x * 0.5))
    assert "heads" in named(look(autograd.sum(heads), collapse="layer"))


def test_values_of_one_formula_share_a_box_where_there_are_no_modules(look):
    drawing = look(without_modules(3, 8, 10))
    assert len(drawing.boxes) < 15
    assert "are each a formula" in drawing.below
    assert any("tanh" in name for name in named(drawing))
    check_sums(drawing)


def test_a_long_chain_of_different_formulas_becomes_a_few_dozen_stages(look):
    C = Value(0.5)
    for _ in range(300):
        C = tanh(C * 0.9)
    C.backward()
    drawing = look(C)
    assert 20 <= len(drawing.boxes) <= 45
    assert "stage" in drawing.below
    check_sums(drawing)
