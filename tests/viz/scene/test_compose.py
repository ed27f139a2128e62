"""The sums in boxes and on arrows, read back from the SVG that is drawn."""

import contextlib
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd
from autograd import Value, named_scope, tanh
from tests.viz.drawing import check_sums, named
from tests.viz.nets import cost, net
from viz.scene.collapse import arranged

operations = st.sampled_from(["add", "mul", "sub", "tanh", "max"])

programs = st.lists(
    st.tuples(operations, st.integers(0, 99), st.integers(0, 99), st.integers(0, 3))
)


@pytest.mark.parametrize("collapse", ["neuron", "layer"])
def test_arrows_into_a_box_add_up_to_what_stands_in_it(look, collapse):
    check_sums(look(cost(net(2, 5, 4, 1), 12, decay=0.01), collapse=collapse))


def test_the_norm_of_a_layers_gradient_stands_in_its_box(look):
    model = net(2, 5, 1)
    box = named(look(cost(model, 12), collapse="layer"))["layers.0"]
    norm = math.hypot(*(p.grad for p in model.layers[0].parameters()))
    assert float(box.tooltip.rsplit(" ", 1)[1]) == pytest.approx(norm, rel=1e-12)
    assert float(box.rows["|dC/dw|"]) == pytest.approx(norm, rel=1e-2)


@settings(max_examples=20, deadline=None)
@given(program=programs, data=st.lists(st.integers(-8, 8), min_size=2, max_size=4))
@pytest.mark.parametrize("collapse", ["neuron", "layer"])
def test_sums_are_right_and_boxes_acyclic_in_every_graph(look, collapse, program, data):
    values = [Value(k / 4) for k in data]
    for name, i, j, module in program:
        x, y = values[i % len(values)], values[j % len(values)]
        scope = ["a.neurons.0", "a.neurons.1", "b", None][module]
        with named_scope(scope) if scope else contextlib.nullcontext():
            values.append(tanh(x) if name == "tanh" else getattr(autograd, name)(x, y))
    C = values[-1]
    C.backward()
    drawing = look(C, collapse=collapse)
    check_sums(drawing)
    below = {}
    for arrow in drawing.arrows.values():
        operand, result = arrow.title.split("->")
        below.setdefault(result, set()).add(operand)
    while below:  # take away what depends on nothing that is left
        free = [box for box, operands in below.items() if not operands & set(below)]
        assert free
        for box in free:
            del below[box]


@pytest.mark.parametrize("collapse", ["none", "neuron", "layer"])
def test_no_gradient_in_a_picture_exceeds_the_largest(collapse):
    x, heads = Value(1.0, label="x"), []
    for k in range(3):
        with named_scope(f"heads.{k}"):
            heads.append(tanh(x * 0.5))
    C = autograd.sum(heads)
    C.backward()  # three arrows arrive at x, whose grad is their sum
    scene = arranged(C, collapse, True, None, 300)
    singles = [abs(box.value.grad) for box in scene.boxes if box.value is not None]
    assert scene.largest == max(singles + [arrow.sizes for arrow in scene.arrows])
    assert scene.largest >= x.grad > 1.0
