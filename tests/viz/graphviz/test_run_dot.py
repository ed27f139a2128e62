"""The program that lays pictures out, and machines without one."""

import os
import subprocess
import sys
from pathlib import Path

import graphviz
import pytest
from graphviz.backend import dot_command

import viz
from tests.viz.nets import square
from viz.graphviz import run_dot

ROOT = Path(__file__).parents[3]


def test_a_picture_renders_itself_where_there_is_no_dot(only_packaged, tmp_path):
    picture = viz.draw(square())
    assert b"<svg" in picture.pipe()
    assert Path(picture.render(tmp_path / "x", cleanup=True)).read_bytes().startswith(b"<?xml")


def test_a_notebook_shows_it_where_there_is_no_dot(only_packaged):
    shown = viz.draw(square())._repr_mimebundle_()
    assert "<svg" in shown["image/svg+xml"]


def test_a_fresh_process_without_dot_draws_the_same_bytes_each_time(tmp_path, only_packaged):
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


@pytest.mark.skipif(os.name == "nt", reason="the stand-in for dot is a shell script")
def test_the_dot_of_the_system_comes_first(monkeypatch, tmp_path, plain):
    stand_in = tmp_path / "dot"
    stand_in.write_text("#!/bin/sh\necho from the system\n")
    stand_in.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert run_dot.find_dot() == stand_in
    assert viz.save(square(), tmp_path / "x.svg").read_text() == "from the system\n"
    assert Path("dot") == dot_command.DOT_BINARY


def test_a_dot_that_is_installed_later_is_found(monkeypatch, tmp_path, only_packaged):
    viz.draw(square())
    assert run_dot._packaged() == dot_command.DOT_BINARY
    (tmp_path / "dot").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    viz.draw(square())
    assert Path("dot") == dot_command.DOT_BINARY


def test_a_program_that_the_user_has_chosen_is_left_alone(monkeypatch):
    chosen = Path("/somewhere/else/dot")
    monkeypatch.setattr(dot_command, "DOT_BINARY", chosen)
    viz.draw(square())
    assert chosen == dot_command.DOT_BINARY


def test_the_error_without_any_program_names_both_remedies(without_any, tmp_path):
    with pytest.raises(viz.RenderError, match=r"pip install graphviz-pure.*install Graphviz"):
        viz.save(square(), tmp_path / "x.svg")
    assert not (tmp_path / "x.svg").exists()


def test_the_source_is_saved_without_any_program(without_any, tmp_path):
    path = viz.save(square(), tmp_path / "x.dot")
    assert path.read_text(encoding="utf-8").startswith("digraph")


def test_a_source_that_the_program_cannot_lay_out_is_a_render_error(tmp_path):
    picture = graphviz.Digraph(body=["this is { not dot"])
    with pytest.raises(viz.RenderError, match="could not lay the picture out"):
        viz.save(picture, tmp_path / "x.svg")
