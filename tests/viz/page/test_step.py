"""What the page of `viz.step` holds, read from its file; `test_browser.py` opens it."""

import json
import math
import re
from html.parser import HTMLParser

import pytest

import viz
from autograd import Value, tanh, where
from autograd.graph import edges, order
from tests.viz.nets import square
from viz.graphviz import run_dot
from viz.page import places as page_places


class Elements(HTMLParser):
    """The elements of a page, and the text of its scripts."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.scripts, self.inside = [], {}, None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self.inside = dict(attributes).get("type", "") if tag == "script" else None

    def handle_data(self, data):
        if self.inside is not None:
            self.scripts[self.inside] = self.scripts.get(self.inside, "") + data

    def handle_endtag(self, tag):
        self.inside = None


@pytest.fixture
def held(tmp_path):
    """The trace that the page of a Value holds."""

    def held(C, **options):
        text = viz.step(C, tmp_path / "page.html", **options).read_text(encoding="utf-8")
        return json.loads(Elements(text).scripts["application/json"])

    return held


def diamond():
    x = Value(0.5, label="x")
    a, b = tanh(x), x * 3.0
    a.label, b.label = "a", "b"
    C = a * b
    C.backward()
    return C


# ── the trace ──────────────────────────────────────────────────────────────────


def test_every_value_and_every_edge_has_the_engines_numbers(held):
    C = diamond()
    trace = held(C)
    drawn = [v for v in order(C) if not v.constant]
    assert [(n["data"], n["grad"]) for n in trace["nodes"]] == [(v.data, v.grad) for v in drawn]
    flows = [edge.flow for edge in edges(C) if not edge.operand.constant]
    assert [edge["flow"] for edge in trace["edges"]] == flows
    for edge in trace["edges"]:
        operand, result = (drawn[k] for k in edge["ends"])
        assert edge["partial"] in result.partials
        assert operand in result.args


def test_a_frontier_holds_all_whose_prerequisites_are_done(held):
    nodes = {n["name"]: (n["f"], n["b"]) for n in held(diamond())["nodes"]}
    assert nodes == {"x": (0, 2), "a": (1, 1), "b": (1, 1), "C": (2, 0)}


def test_a_trace_without_backward_has_no_gradients_not_even_zeros(held):
    x = Value(3.0, label="x")
    trace = held(x * x)
    assert not trace["flowed"]
    assert not any("grad" in node for node in trace["nodes"])


def test_numbers_that_json_lacks_are_spelled(held):
    x = Value(math.inf, label="x")
    C = x * 0.0 + x
    C.backward()
    nodes = held(C)["nodes"]
    assert [node["data"] for node in nodes] == ["inf", "nan", "nan"]


def test_the_edge_to_the_arm_not_taken_is_blocked(held):
    x, y = Value(1.0, label="x"), Value(2.0, label="y")
    C = where(True, x, y)
    C.backward()
    blocked = {e["ends"][0]: e.get("blocked", False) for e in held(C)["edges"]}
    names = [n["name"] for n in held(C)["nodes"]]
    assert blocked == {names.index("x"): False, names.index("y"): True}


def test_two_values_with_one_label_have_different_names(held):
    a, b, odd = Value(1.0, label="w"), Value(2.0, label="w"), Value(3.0, label="n1")
    names = [n["name"] for n in held(a * b * odd)["nodes"]]
    assert names[:2] == ["w (n0)", "w (n1)"]
    assert len(set(names)) == len(names)


def test_constants_are_left_out_unless_requested(held):
    assert [n.get("symbol") for n in held(diamond())["nodes"]] == [None, "tanh", "* 3", "*"]
    shown = held(diamond(), hide_constants=False)["nodes"]
    assert sum("constant" in n for n in shown) == 1


# ── the file ───────────────────────────────────────────────────────────────────


def test_the_same_graph_gives_the_same_bytes(tmp_path):
    one = viz.step(diamond(), tmp_path / "1.html").read_bytes()
    assert one == viz.step(diamond(), tmp_path / "2.html").read_bytes()


def test_save_makes_the_page_too(tmp_path):
    C = square()
    saved = viz.save(C, tmp_path / "x.html", title="Hello")
    assert saved.read_bytes() == viz.step(C, tmp_path / "y.html", title="Hello").read_bytes()
    with pytest.raises(ValueError, match=r"made from a Value, not from a picture .* viz\.step\(C"):
        viz.save(viz.draw(C), tmp_path / "x.html")


def test_forty_values_are_less_than_eighty_kilobytes(tmp_path):
    x = Value(0.1, label="x")
    C = x
    for _ in range(20):
        C = tanh(C * x)
    C.backward()
    assert len(order(C)) == 41
    assert viz.step(C, tmp_path / "x.html").stat().st_size < 80_000


def test_nothing_is_loaded_and_nothing_else_may_run(tmp_path):
    text = viz.step(square(), tmp_path / "x.html").read_text(encoding="utf-8")
    tags = Elements(text).tags
    assert not any({"src", "href", "style"} & attributes.keys() for _, attributes in tags)
    assert not any(name.startswith("on") for _, attributes in tags for name in attributes)
    (policy,) = (a["content"] for t, a in tags if t == "meta" and "http-equiv" in a)
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert "http" not in re.sub(r"http-equiv|http://www\.w3\.org/2000/svg", "", text)


@pytest.mark.parametrize(
    "label",
    [
        "</script><script>alert(1)</script>",
        "<!--<script>",
        "<img src=x onerror=alert(1)>",
        "\u2028",
        "$trace $policy ${style}",
        "\x00\x1b\ud800",
        "a\nb",
        '"',
        "\\",
    ],
)
def test_no_label_leaves_the_json(held, label, tmp_path):
    x = Value(1.0, label=label)
    trace = held(x * x, title=label)
    assert trace["nodes"][0]["label"] == trace["title"] == label
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert [tag for tag, _ in Elements(text).tags].count("script") == 2
    assert text.count("<!--") == 0


# ── large graphs ───────────────────────────────────────────────────────────────


def layers(width, depth):
    """Layers of `width` units, each of which reads the whole layer below."""
    xs = [Value(0.1 * k, label=f"x{k}") for k in range(width)]
    for _ in range(depth):
        total = sum(xs[1:], start=xs[0])
        xs = [tanh(total * x) for x in xs]
    C = sum(xs[1:], start=xs[0])
    C.backward()
    return C


def test_a_graph_too_large_for_a_page_is_collapsed_as_its_picture_is(held):
    C = layers(30, 8)
    trace = held(C)
    collapsed = trace["collapsed"]
    values = sum(n["group"]["values"] if "group" in n else 1 for n in trace["nodes"])
    drawn = sum(e["edges"] for e in trace["edges"])
    assert len(trace["nodes"]) <= 300
    assert values == collapsed["values"] == len([v for v in order(C) if not v.constant])
    assert drawn + collapsed["inside"] == collapsed["edges"]


def test_flows_into_a_group_add_up_to_what_arrives_in_it(held):
    trace = held(layers(30, 8))
    for place, node in enumerate(trace["nodes"]):
        flows = [e["flow"] for e in trace["edges"] if e["ends"][0] == place]
        if flows:
            assert node["grad"] == pytest.approx(math.fsum(flows), rel=1e-9)


def test_the_user_chooses_how_far_a_page_is_collapsed(held, tmp_path):
    C = layers(3, 2)
    assert "collapsed" not in held(C)
    assert held(C, collapse="layer")["collapsed"]["by"] == "formula"
    with pytest.raises(ValueError, match="collapse must be one of auto, none, neuron, layer, not"):
        viz.step(C, tmp_path / "x.html", collapse="all")


def test_a_page_that_is_not_laid_out_in_time_is_collapsed_further_and_says_so(held, monkeypatch):
    lay_out, calls = run_dot.lay_out, []

    def slow_at_first(*args):
        calls.append(args)
        if len(calls) == 1:
            raise run_dot.RenderTimeoutError("too slow")
        return lay_out(*args)

    monkeypatch.setattr(page_places, "lay_out", slow_at_first)
    trace = held(layers(3, 2))
    assert trace["tooSlow"] == 20.0
    assert trace["collapsed"]["by"] == "formula"


def test_a_page_that_is_never_laid_out_in_time_is_an_error(monkeypatch, tmp_path):
    def slow(*args):
        raise run_dot.RenderTimeoutError("too slow")

    monkeypatch.setattr(page_places, "lay_out", slow)
    with pytest.raises(viz.RenderError, match="too slow"):
        viz.step(layers(3, 2), tmp_path / "x.html")
    assert not (tmp_path / "x.html").exists()


def test_a_graph_too_large_for_a_page_in_full_is_refused(tmp_path):
    C = layers(30, 8)
    boxes = len([v for v in order(C) if not v.constant])
    with pytest.raises(
        ValueError, match=rf"holds at most 300 boxes .* this graph has {boxes:,} and"
    ):
        viz.step(C, tmp_path / "x.html", collapse="none")
    assert not (tmp_path / "x.html").exists()


# ── what is refused ────────────────────────────────────────────────────────────


def test_an_object_that_is_no_value_has_no_page(tmp_path):
    with pytest.raises(TypeError, match="takes a Value, usually the cost, not float"):
        viz.step(1.0, tmp_path / "x.html")


def test_another_kind_of_file_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"a page is saved as \.html, not as 'x\.svg'"):
        viz.step(square(), tmp_path / "x.svg")


def test_an_unknown_direction_is_refused(tmp_path):
    with pytest.raises(ValueError, match="rankdir must be one of LR, RL, TB, BT, not 'UP'"):
        viz.step(square(), tmp_path / "x.html", rankdir="UP")
