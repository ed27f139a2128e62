"""Pictures and pages in files."""

import os
from pathlib import Path

import graphviz
import pytest

import viz
from autograd import Value
from tests.viz.nets import square


@pytest.mark.parametrize(
    ("name", "start"), [("x.svg", b"<?xml"), ("x.PNG", b"\x89PNG"), ("x.dot", b"digraph")]
)
def test_the_name_says_what_is_saved_and_nothing_is_left_beside_it(
    monkeypatch, tmp_path, name, start
):
    monkeypatch.chdir(tmp_path)
    assert viz.save(square(), name) == Path(name)
    assert Path(name).read_bytes().startswith(start)
    assert os.listdir() == [name]


def test_a_picture_that_is_already_drawn_is_saved_too(tmp_path):
    assert viz.save(viz.draw(square()), tmp_path / "x.svg").exists()
    assert viz.save(graphviz.Digraph(), tmp_path / "y.svg").exists()


def test_options_go_to_draw(tmp_path):
    assert "Hello" in viz.save(square(), tmp_path / "x.dot", title="Hello").read_text()
    with pytest.raises(TypeError, match="title: options are for a Value"):
        viz.save(viz.draw(square()), tmp_path / "x.dot", title="Hello")


@pytest.mark.parametrize("picture", [None, 3.0, [square()]])
@pytest.mark.parametrize("name", ["x.svg", "x.html", "x.dot"])
def test_objects_other_than_values_and_pictures_are_not_saved(tmp_path, picture, name):
    with pytest.raises(TypeError, match=r"save\(\) takes a Value, usually the cost, or a picture"):
        viz.save(picture, tmp_path / name)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["x.pdf", "x", "x.txt"])
def test_another_kind_of_file_is_refused(tmp_path, name):
    with pytest.raises(ValueError, match=r"saved as \.svg, \.png, \.dot, \.html, not as"):
        viz.save(square(), tmp_path / name)


def test_a_picture_that_cannot_be_written_leaves_the_old_one_and_no_draft(tmp_path, monkeypatch):
    x = Value(2.0)
    old = viz.save(x * x, tmp_path / "x.svg").read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    for name in ("x.svg", "x.dot", "x.html"):
        with pytest.raises(OSError, match="No space left"):
            viz.save(x * x * x, tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["x.svg"]
    assert (tmp_path / "x.svg").read_bytes() == old
