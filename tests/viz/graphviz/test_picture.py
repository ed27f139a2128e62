"""A picture that is laid out in limited time."""

from pathlib import Path

import pytest

import viz
from autograd import Value
from tests.viz.drawing import named
from tests.viz.nets import cost, net, square
from viz.graphviz import picture as picture_module
from viz.graphviz import run_dot


@pytest.fixture
def slow_in_detail(monkeypatch):
    """A program that takes forever over more than a dozen boxes."""
    real = run_dot.subprocess.run

    def run(command, *, input, timeout, **others):
        if input.count(b"->") > 12:
            raise run_dot.subprocess.TimeoutExpired(command, timeout)
        return real(command, input=input, timeout=timeout, **others)

    monkeypatch.setattr(run_dot.subprocess, "run", run)


def test_a_slow_picture_is_collapsed_further_and_says_so(slow_in_detail, look, tmp_path):
    C = cost(net(2, 8, 4, 1), 9)
    picture = viz.draw(C, collapse="neuron", timeout=3)
    drawing = look(picture)
    assert "could not be laid out in 3 s" in drawing.below
    assert "layers.0" in named(drawing)
    assert viz.save(picture, tmp_path / "x.svg").read_bytes() == picture.pipe("svg")
    rendered = Path(picture.render("y", tmp_path, cleanup=True))
    assert rendered.read_bytes() == picture.pipe("svg")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.svg", "y.svg"]


def test_a_timeout_that_collapsing_cannot_avoid_names_the_remedy(monkeypatch):
    def run(command, *, timeout, **others):
        raise run_dot.subprocess.TimeoutExpired(command, timeout)

    monkeypatch.setattr(run_dot.subprocess, "run", run)
    with pytest.raises(viz.RenderError, match=r"longer than 20 seconds; .* longer `timeout`"):
        viz.draw(Value(1.0) * 2).pipe()


def test_the_program_really_is_stopped():
    C = cost(net(2, 8, 4, 1), 9)
    with pytest.raises(viz.RenderError, match="longer than 1e-06 seconds"):
        viz.draw(C, timeout=1e-6).pipe()


def test_a_picture_is_no_wider_than_a_notebooks_cell():
    shown = viz.draw(cost(net(2, 8, 4, 1), 9))._repr_mimebundle_()["image/svg+xml"]
    assert '<svg style="max-width: 100%; height: auto"' in shown


@pytest.mark.parametrize(
    "write",
    [
        lambda picture: picture.pipe("pdf"),
        lambda picture: picture.render(format="pdf"),
        lambda picture: picture.render(format="pdf", engine="dot"),
    ],
)
def test_a_format_that_needs_graphviz_itself_says_so_in_one_sentence(
    write, only_packaged, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    sentence = r"^graphviz-pure cannot write pdf: choose svg or png, or install Graphviz \(https"
    with pytest.raises(viz.RenderError, match=sentence):
        write(viz.draw(square()))
    assert not list(tmp_path.glob("*.pdf"))


def test_a_leaf_that_is_never_laid_out_in_time_is_an_error(monkeypatch):
    def lay_out(*_):
        raise run_dot.RenderTimeoutError("too slow")

    monkeypatch.setattr(picture_module, "lay_out", lay_out)
    with pytest.raises(viz.RenderError, match="too slow"):
        viz.draw(Value(1.0)).pipe()
