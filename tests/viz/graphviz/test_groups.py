"""Groups and bundles of a collapsed graph, read back from the SVG that is drawn of it."""

import math
import re

import pytest

import autograd
import viz
from autograd import Value, named_scope, tanh
from tests.viz.drawing import named
from tests.viz.nets import cost, net


def test_hidden_edges_are_counted(look):
    C = cost(net(2, 8, 8, 1), 20)
    drawing = look(C)
    edges = len([e for e in autograd.graph.edges(C) if not e.operand.constant])
    inside = int(re.search(r"([\d,]+) edges are hidden", drawing.below)[1].replace(",", ""))
    between = [int(re.search(r"(\d+) edge", a.tooltip)[1]) for a in drawing.arrows.values()]
    assert f"{edges:,} edges" in drawing.below
    assert inside + sum(between) == edges


def test_a_group_before_backward_shows_no_gradient(look):
    C = cost(net(2, 8, 8, 1), 20)
    for v in autograd.graph.order(C):
        v.grad = 0.0
    drawing = look(C)
    assert "call backward()" in drawing.below
    assert all("arrives" not in box.lines for box in drawing.boxes.values())
    few = look(C, collapse="layer")
    assert all(re.fullmatch(r"[\d,]+ edges?", a.lines[0]) for a in few.arrows.values())


def test_the_sign_of_a_bundle_is_in_its_text_and_in_the_shape_of_its_head(look):
    x = Value(1.0, label="x")
    with named_scope("a"):
        y = tanh(x) * 2
    with named_scope("b"):
        z = y * -3
    z.backward()
    dot = viz.draw(z, collapse="neuron").source
    assert "arrowtail=diamond" in dot
    drawing = look(z, collapse="neuron")
    assert all(arrow.lines[0][0] in "+-" for arrow in drawing.arrows.values())


def test_a_grad_that_holds_more_than_this_pass_is_marked(look):
    C = cost(net(2, 5, 1), 5)
    C.backward()
    drawing = look(C, collapse="layer")
    assert named(drawing)["layers.0"].rows["arrives"].endswith("*")
    assert "another backward()" in drawing.below


def test_infinite_and_undefined_gradients_are_drawn_in_groups(look):
    with named_scope("a"):
        x = Value(0.0)
        y = autograd.log(x) + autograd.log(Value(1.0))
    C = y * 2
    C.backward()
    assert "inf" in named(look(C, collapse="neuron"))["a"].rows["|dC/dw|"]


def test_modules_are_framed_while_there_are_few_boxes():
    assert "cluster" in viz.draw(cost(net(2, 2, 1), 1)).source
    assert "layers.0.neurons.1" in viz.draw(cost(net(2, 2, 1), 1)).source
    big = viz.draw(cost(net(2, 10, 4, 1), 1), collapse="none", max_edges=1000).source
    assert "cluster" not in big


HOSTILE = ["<b>", "a|b", "\\N", "back\\", '"', "..", "a.", ".a", "]]>", "node", "σ", "x\ny", "\0"]


@pytest.mark.parametrize("scope", HOSTILE)
@pytest.mark.parametrize("collapse", ["none", "neuron", "layer"])
def test_a_scope_is_drawn_as_it_is_and_breaks_nothing(look, scope, collapse):
    x = Value(2.0)
    try:
        with named_scope(scope):
            y = tanh(x * x)
    except (ValueError, TypeError):
        pytest.skip("the engine refuses this name")
    C = y + 1
    C.backward()
    assert len(look(C, collapse=collapse).boxes) >= 2


@pytest.mark.parametrize("collapse", ["auto", "none", "neuron", "layer"])
def test_one_graph_is_drawn_with_the_same_bytes_each_time(collapse):
    sources = {viz.draw(cost(net(2, 8, 4, 1), 9), collapse=collapse).source for _ in range(2)}
    assert len(sources) == 1


@pytest.mark.parametrize("collapse", ["auto", "none", "neuron", "layer"])
def test_a_leaf_and_a_constant_by_themselves_are_drawn(look, collapse):
    assert len(look(Value(2.0), collapse=collapse).boxes) == 1
    assert len(look(Value(2.0).detach(), collapse=collapse).boxes) == 1


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"collapse": "some"}, "collapse must be one of auto, none, neuron, layer, not 'some'"),
        ({"max_nodes": 0}, "max_nodes must be at least 1"),
        ({"timeout": 0}, "seconds above 0"),
        ({"timeout": math.nan}, "seconds above 0"),
    ],
)
def test_an_option_that_does_not_exist_is_refused(options, error):
    with pytest.raises(ValueError, match=error):
        viz.draw(Value(1.0), **options)
