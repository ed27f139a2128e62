"""A collapsed graph, read back from the SVG that is drawn of it."""

import contextlib
import math
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd
import viz
from autograd import Value, named_scope, tanh
from nn import RNNCell
from tests.viz.nets import cost, net, without_modules

NUMBER = r"[+-]?(?:[\d.]+(?:e[+-]?\d+)?|inf|nan)"


def sums(tooltip):
    """What arrives, with its signs and without, in all its digits."""
    found = re.search(rf"(?:arrives|sum) ({NUMBER}), sizes ({NUMBER})", tooltip)
    return float(found[1]), float(found[2])


def named(drawing):
    """The boxes of groups, by name."""
    return {box.lines[0]: box for box in drawing.boxes.values() if box.id[0] == "g"}


def check_sums(drawing):
    """What the drawn arrows bring to a box is what the box says."""
    for box in drawing.boxes.values():
        arrows = drawing.into(box.id)
        flows = [sums(arrow.tooltip) for arrow in arrows]
        net_sum, sizes = math.fsum(f for f, _ in flows), math.fsum(s for _, s in flows)
        close = {"rel": 1e-9, "abs": 1e-11 * sizes}
        if box.id[0] == "g":
            assert sums(box.tooltip) == (
                pytest.approx(net_sum, **close),
                pytest.approx(sizes, rel=1e-9),
            )
        elif arrows:  # a single Value; nothing arrives at the root
            assert float(box.tooltip.rsplit("grad ", 1)[1]) == pytest.approx(net_sum, **close)


# ── what shares a box ──────────────────────────────────────────────────────────


def test_up_to_150_boxes_every_value_has_its_own(look):
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


def test_a_neuron_holds_its_weights_and_its_values_of_all_examples(look):
    box = named(look(cost(net(2, 3, 1), 20), collapse="neuron"))["layers.0.neurons.2"]
    assert box.rows["leaves"] == "3"
    assert box.rows["Values"] == "43"  # z and a of 20 examples, two weights and a bias


def test_a_penalty_on_the_weights_does_not_take_them_out_of_their_neurons(look):
    box = named(look(cost(net(2, 3, 1), 20, decay=0.1), collapse="neuron"))["layers.0.neurons.2"]
    assert box.rows["leaves"] == "3"


@pytest.mark.parametrize("collapse", ["neuron", "layer"])
def test_what_arrives_at_a_box_adds_up_to_what_stands_in_it(look, collapse):
    check_sums(look(cost(net(2, 5, 4, 1), 12, decay=0.01), collapse=collapse))


def test_the_norm_of_a_layers_gradient_stands_in_its_box(look):
    model = net(2, 5, 1)
    box = named(look(cost(model, 12), collapse="layer"))["layers.0"]
    norm = math.hypot(*(p.grad for p in model.layers[0].parameters()))
    assert float(box.tooltip.rsplit(" ", 1)[1]) == pytest.approx(norm, rel=1e-12)
    assert float(box.rows["|dC/dw|"]) == pytest.approx(norm, rel=1e-2)


operations = st.sampled_from(["add", "mul", "sub", "tanh", "max"])
programs = st.lists(
    st.tuples(operations, st.integers(0, 99), st.integers(0, 99), st.integers(0, 3))
)


@settings(max_examples=20, deadline=None)
@given(program=programs, data=st.lists(st.integers(-8, 8), min_size=2, max_size=4))
@pytest.mark.parametrize("collapse", ["neuron", "layer"])
def test_it_does_so_in_every_graph_and_nothing_goes_in_a_circle(look, collapse, program, data):
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
    while below:  # take away what rests on nothing that is left
        free = [box for box, operands in below.items() if not operands & set(below)]
        assert free
        for box in free:
            del below[box]


def test_a_cell_used_at_many_steps_has_a_box_a_step(look):
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


def test_of_very_many_values_neurons_are_not_looked_at(look, monkeypatch):
    monkeypatch.setattr(viz.collapse, "HUGE", 300)
    assert "layers.0" in named(look(cost(net(2, 8, 8, 1), 20)))


# ── without modules ────────────────────────────────────────────────────────────


def test_without_modules_what_one_formula_computes_shares_a_box(look):
    drawing = look(without_modules(3, 8, 10))
    assert len(drawing.boxes) < 15
    assert "are a formula each" in drawing.below
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


# ── what the picture says ──────────────────────────────────────────────────────


def test_what_is_hidden_is_counted(look):
    C = cost(net(2, 8, 8, 1), 20)
    drawing = look(C)
    edges = len([e for e in autograd.graph.edges(C) if not e.operand.constant])
    inside = int(re.search(r"([\d,]+) edges are hidden", drawing.below)[1].replace(",", ""))
    between = [int(re.search(r"(\d+) edge", a.tooltip)[1]) for a in drawing.arrows.values()]
    assert f"{edges:,} edges" in drawing.below
    assert inside + sum(between) == edges


def test_of_too_many_boxes_and_arrows_the_strongest_are_drawn_and_the_others_counted(look):
    C = cost(net(2, 8, 8, 1), 3)
    drawing = look(C, collapse="neuron", max_edges=20, max_nodes=10)
    assert len(drawing.boxes) <= 10
    assert len(drawing.arrows) <= 20
    assert "strongest of" in drawing.below


def test_max_nodes_says_from_where_on_auto_collapses(look):
    C = cost(net(2, 2, 1), 1)
    assert not named(look(C))
    assert named(look(C, max_nodes=10))


def test_before_backward_a_group_shows_no_gradient(look):
    C = cost(net(2, 8, 8, 1), 20)
    for v in autograd.graph.order(C):
        v.grad = 0.0
    drawing = look(C)
    assert "call backward()" in drawing.below
    assert all("arrives" not in box.lines for box in drawing.boxes.values())
    few = look(C, collapse="layer")
    assert all(re.fullmatch(r"[\d,]+ edges?", a.lines[0]) for a in few.arrows.values())


def test_the_sign_of_a_bundle_stands_in_its_text_and_in_the_shape_of_its_head(look):
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


# ── frames around modules ──────────────────────────────────────────────────────


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


# ── arguments ──────────────────────────────────────────────────────────────────


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
        ({"collapse": "some"}, "collapse is one of auto, none, neuron, layer, not 'some'"),
        ({"max_nodes": 0}, "max_nodes must be at least 1"),
        ({"timeout": 0}, "seconds above 0"),
        ({"timeout": math.nan}, "seconds above 0"),
    ],
)
def test_an_option_that_does_not_exist_is_refused(options, error):
    with pytest.raises(ValueError, match=error):
        viz.draw(Value(1.0), **options)


# ── time, notebook ─────────────────────────────────────────────────────────────


@pytest.fixture
def slow_in_detail(monkeypatch):
    """A program that takes forever over more than a dozen boxes."""
    real = viz.layout.subprocess.run

    def run(command, *, input, timeout, **others):
        if input.count(b"->") > 12:
            raise viz.layout.subprocess.TimeoutExpired(command, timeout)
        return real(command, input=input, timeout=timeout, **others)

    monkeypatch.setattr(viz.layout.subprocess, "run", run)


def test_what_takes_too_long_is_collapsed_further_and_says_so(slow_in_detail, look, tmp_path):
    C = cost(net(2, 8, 4, 1), 9)
    picture = viz.draw(C, collapse="neuron", timeout=3)
    drawing = look(picture)
    assert "could not be laid out in 3 s" in drawing.below
    assert "layers.0" in named(drawing)
    assert viz.save(picture, tmp_path / "x.svg").read_bytes() == picture.pipe("svg")
    rendered = Path(picture.render("y", tmp_path, cleanup=True))
    assert rendered.read_bytes() == picture.pipe("svg")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.svg", "y.svg"]


def test_what_cannot_be_collapsed_further_is_an_error_that_says_what_to_do(monkeypatch):
    def run(command, *, timeout, **others):
        raise viz.layout.subprocess.TimeoutExpired(command, timeout)

    monkeypatch.setattr(viz.layout.subprocess, "run", run)
    with pytest.raises(viz.RenderError, match=r"longer than 20 seconds; .* longer `timeout`"):
        viz.draw(Value(1.0) * 2).pipe()


def test_the_program_really_is_stopped():
    C = cost(net(2, 8, 4, 1), 9)
    with pytest.raises(viz.RenderError, match="longer than 1e-06 seconds"):
        viz.draw(C, timeout=1e-6).pipe()


def test_in_a_notebook_a_picture_is_no_wider_than_its_cell():
    shown = viz.draw(cost(net(2, 8, 4, 1), 9))._repr_mimebundle_()["image/svg+xml"]
    assert '<svg style="max-width: 100%; height: auto"' in shown
