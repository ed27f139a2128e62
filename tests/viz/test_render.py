import importlib.metadata
import os
import subprocess
import sys
from pathlib import Path

import graphviz
import pytest
from graphviz.backend import dot_command

import viz
from autograd import Value
from viz import dot

ROOT = Path(__file__).parents[2]


@pytest.fixture
def plain(monkeypatch):
    """As if nobody had yet looked for a program."""
    monkeypatch.setattr(dot_command, "DOT_BINARY", Path("dot"))


@pytest.fixture
def without_dot(monkeypatch, tmp_path, plain):
    """A PATH on which no dot is found."""
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.setenv("PATH", str(empty))


@pytest.fixture
def without_any(monkeypatch, without_dot):
    """Neither dot nor graphviz-pure."""

    def files(package):
        raise importlib.metadata.PackageNotFoundError(package)

    monkeypatch.setattr(importlib.metadata, "files", files)


def square():
    x = Value(3.0, label="x")
    y = x * x
    y.backward()
    return y


needs_packaged = pytest.mark.skipif(
    dot._packaged() is None, reason="graphviz-pure has no wheel for this machine"
)


# ── without dot ────────────────────────────────────────────────────────────────


@needs_packaged
def test_a_picture_renders_itself_where_there_is_no_dot(without_dot, tmp_path):
    picture = viz.draw(square())
    assert b"<svg" in picture.pipe()
    assert Path(picture.render(tmp_path / "x", cleanup=True)).read_bytes().startswith(b"<?xml")


@needs_packaged
def test_a_notebook_shows_it_where_there_is_no_dot(without_dot):
    shown = viz.draw(square())._repr_mimebundle_()
    assert "<svg" in shown["image/svg+xml"]


@needs_packaged
def test_a_fresh_process_without_dot_draws_the_same_bytes_each_time(tmp_path):
    code = (
        "from autograd import Value; import viz, sys; x = Value(3.0, label='x');"
        "y = (x * x + x).tanh(); y.backward(); viz.save(y, sys.argv[1])"
    )
    for seed, name in (("1", "a.svg"), ("2", "b.svg")):
        subprocess.run(
            [sys.executable, "-W", "error", "-c", code, str(tmp_path / name)],
            env=os.environ | {"PATH": str(tmp_path), "PYTHONHASHSEED": seed},
            cwd=ROOT,
            check=True,
        )
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


# ── which program ──────────────────────────────────────────────────────────────


@pytest.mark.skipif(os.name == "nt", reason="the stand-in for dot is a shell script")
def test_the_dot_of_the_system_comes_first(monkeypatch, tmp_path, plain):
    stand_in = tmp_path / "dot"
    stand_in.write_text("#!/bin/sh\necho from the system\n")
    stand_in.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert dot.find_dot() == stand_in
    assert viz.save(square(), tmp_path / "x.svg").read_text() == "from the system\n"
    assert Path("dot") == dot_command.DOT_BINARY


@needs_packaged
def test_a_dot_that_is_installed_later_is_found(monkeypatch, tmp_path, without_dot):
    viz.draw(square())
    assert dot._packaged() == dot_command.DOT_BINARY
    (tmp_path / "dot").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    viz.draw(square())
    assert Path("dot") == dot_command.DOT_BINARY


def test_a_program_that_the_user_has_chosen_is_left_alone(monkeypatch):
    chosen = Path("/somewhere/else/dot")
    monkeypatch.setattr(dot_command, "DOT_BINARY", chosen)
    viz.draw(square())
    assert chosen == dot_command.DOT_BINARY


def test_with_no_program_at_all_the_error_names_both_remedies(without_any, tmp_path):
    with pytest.raises(viz.RenderError, match=r"pip install graphviz-pure.*install Graphviz"):
        viz.save(square(), tmp_path / "x.svg")
    assert not (tmp_path / "x.svg").exists()


def test_the_source_is_saved_with_no_program_at_all(without_any, tmp_path):
    path = viz.save(square(), tmp_path / "x.dot")
    assert path.read_text(encoding="utf-8").startswith("digraph")


# ── files ──────────────────────────────────────────────────────────────────────


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


def test_a_picture_that_is_drawn_already_is_saved_too(tmp_path):
    assert viz.save(viz.draw(square()), tmp_path / "x.svg").exists()
    assert viz.save(graphviz.Digraph(), tmp_path / "y.svg").exists()


def test_options_go_to_draw(tmp_path):
    assert "Hello" in viz.save(square(), tmp_path / "x.dot", title="Hello").read_text()
    with pytest.raises(TypeError, match="title: options are for a Value"):
        viz.save(viz.draw(square()), tmp_path / "x.dot", title="Hello")


@pytest.mark.parametrize("picture", [None, 3.0, [square()]])
@pytest.mark.parametrize("name", ["x.svg", "x.html", "x.dot"])
def test_what_is_no_picture_is_not_saved(tmp_path, picture, name):
    with pytest.raises(TypeError, match=r"save\(\) takes a Value, usually the cost, or a picture"):
        viz.save(picture, tmp_path / name)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["x.pdf", "x", "x.txt"])
def test_another_kind_of_file_is_refused(tmp_path, name):
    with pytest.raises(ValueError, match=r"saved as \.svg, \.png, \.dot, \.html, not as"):
        viz.save(square(), tmp_path / name)


def test_what_the_program_cannot_lay_out_is_an_error_of_ours(tmp_path):
    picture = graphviz.Digraph(body=["this is { not dot"])
    with pytest.raises(viz.RenderError, match="could not lay the picture out"):
        viz.save(picture, tmp_path / "x.svg")


# ── a foreign autograd ─────────────────────────────────────────────────────────


@pytest.mark.parametrize("package", ["viz", "nn"])
def test_a_foreign_autograd_is_named_in_one_sentence(tmp_path, package):
    (tmp_path / "autograd").mkdir()
    (tmp_path / "autograd" / "__init__.py").touch()
    code = f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(ROOT)!r}]; import {package}"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path
    )
    last = done.stderr.splitlines()[-1]
    assert last.startswith(f"ImportError: {package} needs the autograd of dcdw, but another")
    assert "pip uninstall autograd" in last


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
