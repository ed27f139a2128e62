import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd
import viz
from autograd import Value, dot, log, no_grad, relu, tanh, where

BLUE, ORANGE, PURPLE, GREY = "#0072b2", "#d55e00", "#cc79a7", "#b8b8b8"


def flow_of(arrow):
    return float(arrow.tooltip.rsplit("= ", 1)[1])


def grad_of(box):
    return float(box.tooltip.rsplit("grad ", 1)[1])


def lesson():
    a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    C = tanh((a * b + a**2) / 8) ** 2
    C.label = "C"
    return C


# ── boxes and arrows ───────────────────────────────────────────────────────────


def test_every_value_is_a_box_and_every_operand_an_arrow(look):
    C = lesson()
    C.backward()
    drawing = look(C)
    assert len(drawing.boxes) == len(drawing.arrows) == 8
    assert drawing.boxes["n0"].lines == ["a", "data", "+2.000", "grad", "-0.058"]
    assert drawing.boxes["n1"].lines == ["b", "data", "-3.000", "grad", "-0.115"]
    assert drawing.named("C").lines == ["** 2", "C", "data", "+0.060", "grad", "+1.000"]


def test_flows_into_a_box_add_up_to_its_grad(look):
    C = lesson()
    C.backward()
    drawing = look(C)
    for id, box in drawing.boxes.items():
        if "C" not in box.lines:
            flows = math.fsum(map(flow_of, drawing.into(id)))
            assert flows == pytest.approx(grad_of(box), rel=1e-12)


operations = st.sampled_from(["add", "mul", "sub", "tanh", "dot"])
programs = st.lists(st.tuples(operations, st.integers(0, 99), st.integers(0, 99)), min_size=1)


@settings(max_examples=30, deadline=None)
@given(program=programs, data=st.lists(st.integers(-8, 8), min_size=2, max_size=4))
def test_flows_into_a_box_add_up_in_every_graph(look, program, data):
    values = [Value(k / 4) for k in data]
    for name, i, j in program:
        x, y = values[i % len(values)], values[j % len(values)]
        if name == "dot":
            values.append(dot([x, y, x], [y, x, x], y))
        else:
            values.append(tanh(x) if name == "tanh" else getattr(autograd, name)(x, y))
    C = values[-1]
    C.backward()
    drawing = look(C)
    root = f"n{len(autograd.graph.order(C)) - 1}"
    for id, box in drawing.boxes.items():
        flows = [flow_of(arrow) for arrow in drawing.into(id)]
        size = math.fsum(map(abs, flows))
        if id != root and math.isfinite(size):
            close = pytest.approx(grad_of(box), rel=1e-12, abs=1e-12 * size)
            assert math.fsum(flows) == close
            assert "*" not in box.rows["grad"]


def test_a_repeated_operand_has_two_arrows(look):
    x = Value(3.0, label="x")
    y = x * x
    y.backward()
    arrows = look(y).arrows
    assert list(arrows) == ["n1_0", "n1_1"]
    assert [arrow.title for arrow in arrows.values()] == ["n0->n1", "n0->n1"]
    assert [arrow.lines for arrow in arrows.values()] == [["+3.000"], ["+3.000"]]


def test_a_leaf_by_itself_is_drawn(look):
    assert look(Value(2.0, label="w")).boxes["n0"].lines == ["w", "data", "+2.000"]


def test_a_constant_by_itself_is_drawn(look):
    with no_grad():
        C = lesson()
    assert look(C).boxes["n0"].lines == ["C", "0.0599852"]


# ── sign and strength ──────────────────────────────────────────────────────────


def test_the_sign_of_a_flow_is_in_its_colour_and_its_text(look):
    x, y = Value(2.0, label="x"), Value(5.0, label="y")
    C = x - y
    C.backward()
    first, second = look(C).arrows.values()
    assert (first.looks["stroke"], first.lines) == (BLUE, ["+1.000"])
    assert (second.looks["stroke"], second.lines) == (ORANGE, ["-1.000"])


def test_width_follows_the_logarithm_over_three_decades(look):
    x = Value(1.0)
    C = x * 1.0 + x * 1e-1 + x * 1e-2 + x * 1e-3 + x * 1e-9
    C.backward()
    arrows = [arrow for arrow in look(C).arrows.values() if arrow.title.startswith("n0->")]
    widths = [float(arrow.looks.get("stroke-width", 1.0)) for arrow in arrows]
    largest = math.log10(x.grad) / 3  # the strongest gradient in the picture is that of x
    expected = [0.8 + 4.2 * max(0.0, 1 - k / 3 - largest) for k in (0, 1, 2, 3, 9)]
    assert widths == pytest.approx(expected, abs=0.01)


def test_everything_below_a_shut_relu_is_dashed_and_grey(look):
    w, x = Value(1.5, label="w"), Value(-3.0, label="x")
    C = relu(w * x) * 2
    C.backward()
    drawing = look(C)
    shut = next(box for box in drawing.boxes.values() if "ReLU" in box.lines)
    assert shut.rows["grad"] == "+2.000"
    assert shut.looks["stroke"] == BLUE
    for arrow in [*drawing.into(drawing.named("w").id), *drawing.into(drawing.named("x").id)]:
        assert arrow.lines == ["0"]
        assert arrow.looks["stroke"] == GREY
        assert "stroke-dasharray" in arrow.looks
    assert drawing.named("w").looks["stroke"] == GREY


def test_infinite_and_undefined_gradients_are_drawn(look):
    for data, grad, colour in [(0.0, "+inf", BLUE), (-1.0, "nan", PURPLE)]:
        x = Value(data, label="x")
        C = log(x)
        C.backward()
        drawing = look(C)
        assert drawing.named("x").rows["grad"] == grad
        assert drawing.named("x").looks["stroke"] == colour
        assert drawing.arrows["n1_0"].looks["stroke"] == colour
        assert float(drawing.arrows["n1_0"].looks["stroke-width"]) == 5.0


def test_an_arm_not_taken_gets_nothing(look):
    x, y = Value(1.0, label="x"), Value(0.0, label="y")
    C = where(1.0, x * 2, log(y))
    C.backward()
    drawing = look(C)
    assert drawing.named("y").rows["grad"] == "0"
    assert [arrow.lines for arrow in drawing.into(drawing.named("y").id)] == [["0"]]


# ── what the picture says ──────────────────────────────────────────────────────


def test_a_picture_before_backward_says_so_and_shows_no_zeros(look):
    drawing = look(lesson())
    assert "call backward()" in drawing.below
    assert all("grad" not in box.lines for box in drawing.boxes.values())
    assert ["+1.000"] in [arrow.lines for arrow in drawing.arrows.values()]  # a partial of +


def test_a_picture_before_backward_says_so_even_without_a_legend(look):
    assert "call backward()" in look(lesson(), legend=False).below


def test_a_legend_explains_the_colours_unless_it_is_switched_off(look):
    C = lesson()
    C.backward()
    assert "orange, diamond: negative" in look(C).below
    assert look(C, legend=False).below == ""


def test_a_title_is_written_below(look):
    assert "What <b>!" in look(lesson(), title="What <b>!").below


def test_a_grad_that_holds_more_than_this_pass_is_marked(look):
    C = lesson()
    C.backward()
    C.backward()
    drawing = look(C)
    assert drawing.named("a").rows["grad"] == "-0.115*"
    assert "*" not in drawing.named("C").rows["grad"]
    assert "another backward()" in drawing.below


# ── constants ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("make", "header"),
    [
        (lambda x: x**2, "** 2"),
        (lambda x: 1 - x, "1 -"),
        (lambda x: 0.5 * x, "0.5 *"),
        (lambda x: autograd.clip(x, 0, 1), "clip(., 0, 1)"),
        (lambda x: dot([x], [2.0], 1.0), "dot"),
        (lambda x: -x, "-"),
        (lambda x: x + Value(4.0, label="eps").detach(), "+ eps"),
    ],
)
def test_a_constant_is_hidden_and_named_by_its_operation(look, make, header):
    drawing = look(make(Value(0.5)))
    assert len(drawing.boxes) == 2
    assert drawing.boxes[max(drawing.boxes)].lines[0] == header


def test_a_constant_that_is_shown_has_no_arrowhead_and_no_flow(look):
    x = Value(3.0, label="x")
    C = x**2
    C.backward()
    drawing = look(C, hide_constants=False)
    assert drawing.boxes["n1"].lines == ["2"]
    assert drawing.boxes["n2"].lines[0] == "**"
    assert drawing.arrows["n2_1"].lines == []


# ── size ───────────────────────────────────────────────────────────────────────


def neuron(inputs):
    xs = [Value(k + 1.0, label=f"x{k}") for k in range(inputs)]
    ws = [Value(1e-3, label=f"w{k}") for k in range(inputs)]
    y = tanh(dot(xs, ws, Value(0.0, label="b")))
    y.backward()
    return y


def test_the_strongest_edges_are_shown_and_the_others_counted(look):
    drawing = look(neuron(8), collapse="none", max_edges=5)
    assert "The 5 strongest of 18 edges: 13 are not shown." in drawing.below
    labels = {box.lines[0] for box in drawing.boxes.values()}
    assert labels == {"tanh", "dot", "w7", "w6", "w5", "w4"}


def test_a_neuron_of_784_inputs_is_drawn_with_300_edges(look):
    drawing = look(neuron(784), collapse="none")
    assert len(drawing.arrows) == 300
    assert "1270 are not shown" in drawing.below


def test_the_arrows_that_are_drawn_are_connected():
    x = Value(1.0)
    C = x * 1e-6
    for _ in range(50):
        C = C * 2.0  # the flow grows on its way down
    C.backward()
    arrows = [
        line
        for line in viz.draw(C, collapse="none", max_edges=10).source.splitlines()
        if "->" in line
    ]
    ends = [line.split()[0] for line in arrows], [line.split()[2] for line in arrows]
    assert len(arrows) == 10
    assert len(set(ends[0]) | set(ends[1])) == 11


def test_ids_do_not_depend_on_what_is_hidden(look):
    C = lesson()
    some = look(C, collapse="none", max_edges=3)
    all_of_it = look(C, hide_constants=False)
    for id, box in some.boxes.items():
        assert box.tooltip == all_of_it.boxes[id].tooltip


@pytest.mark.thorough
def test_a_chain_of_a_hundred_thousand_operations_does_not_recurse():
    C = Value(1.0)
    for _ in range(100_000):
        C = C * 0.5
    assert viz.draw(C, collapse="none").source.count("->") == 300
    assert "100,001 Values" in viz.draw(C).source


# ── labels ─────────────────────────────────────────────────────────────────────

HOSTILE = [
    "<b>bold</b>", "<TABLE>", "<", "a|b{c}", "back\\slash", "\\N \\G \\l", "trailing\\", 'say "hi"',
    "n0:port", "&lt; &amp; &#38;", "-->", "]]>", "%(x)s", "σ ∂C 日本", "  two  spaces", "graph", "",
]  # fmt: skip


@pytest.mark.parametrize("label", HOSTILE)
def test_a_label_is_drawn_as_it_is(look, label):
    x = Value(2.0, label=label)
    C = x * x
    C.label = label
    C.backward()
    drawing = look(C)
    assert drawing.boxes["n0"].lines == [
        *filter(None, [label.strip()]),
        "data",
        "+2.000",
        "grad",
        "+4.000",
    ]
    assert drawing.boxes["n1"].lines[: 1 + bool(label)] == [*filter(None, ["*", label.strip()])]
    shown = drawing.boxes["n0"].tooltip.replace("\xa0", " ")
    assert shown == f"leaf {label}".rstrip() + "\ndata 2.0\ngrad 4.0"


def test_a_newline_in_a_label_breaks_the_line(look):
    assert look(Value(1.0, label="two\nlines")).boxes["n0"].lines[:2] == ["two", "lines"]


@pytest.mark.parametrize(
    ("label", "drawn"),
    [
        ("tab\there", "tab\\there"),
        ("nul\0", "nul\\x00"),
        ("\x1b[1m", "\\x1b[1m"),
        ("\ud800", "\\ud800"),
    ],
)
def test_unprintable_characters_are_spelled_out(look, label, drawn):
    assert look(Value(1.0, label=label)).boxes["n0"].lines[0] == drawn


def test_a_very_long_label_is_cut_in_the_picture_only(look):
    box = look(Value(1.0, label="x" * 500)).boxes["n0"]
    assert box.lines[0] == "x" * 77 + "..."
    assert "x" * 500 in box.tooltip


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=20))
def test_no_label_breaks_the_drawing(look, label):
    x = Value(1.0, label=label)
    assert len(look(x + x, title=label).boxes) == 2


# ── arguments ──────────────────────────────────────────────────────────────────


def test_one_graph_is_drawn_with_the_same_bytes_each_time():
    pictures = []
    for _ in range(2):
        C = lesson()
        C.backward()
        pictures.append(viz.draw(C).source)
    assert pictures[0] == pictures[1]


@pytest.mark.parametrize("direction", ["LR", "RL", "TB", "BT"])
def test_the_root_may_lie_on_any_side(look, direction):
    assert len(look(lesson(), rankdir=direction).boxes) == 8


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"rankdir": "up"}, "rankdir is one of"),
        ({"max_edges": 0}, "max_edges must be at least 1, not 0"),
        ({"title": 5}, "title is text, not 5"),
        ({"max_nodes": 0}, "max_nodes must be at least 1, not 0"),
        ({"max_nodes": "a"}, "max_nodes is a whole number, not 'a'"),
        ({"max_nodes": 1.5}, "max_nodes is a whole number, not 1.5"),
        ({"timeout": "a"}, "timeout is a number of seconds above 0, or None, not a"),
    ],
)
def test_an_option_that_does_not_exist_is_refused(options, error):
    with pytest.raises((ValueError, TypeError), match=error):
        viz.draw(lesson(), **options)


def test_a_constant_is_not_told_to_wait_for_backward():
    with no_grad():
        source = viz.draw(Value(1.0) * 2).source
    assert "A constant: nothing was recorded" in source
    assert "backward" not in source


@pytest.mark.parametrize("root", [2.0, None, [Value(1.0)]])
def test_only_a_value_is_drawn(root):
    with pytest.raises(TypeError, match="draw\\(\\) takes a Value"):
        viz.draw(root)


def test_every_operation_has_its_symbol_in_the_picture(look):
    for op in autograd.ops.TABLE:
        function = getattr(autograd, op.name)
        operands = [Value(0.5 + k) for k in range(len(op.operands) if not op.many else 3)]
        z = function(operands[:1], operands[1:2]) if len(op.sequences) == 2 else function(*operands)
        z = z[0] if op.each else z
        lines = itertools.chain(*(box.lines for box in look(z).boxes.values()))
        assert op.symbol in lines, op.name


def test_a_users_operation_is_drawn_with_its_symbol(look):
    cube = autograd.operation("cube_in_picture", lambda x: x**3, symbol="<^3>\\N")
    assert look(cube(Value(2.0))).boxes["n1"].lines[0] == "<^3>\\N"
