"""Machines without a program that lays pictures out."""

import importlib.metadata
from pathlib import Path

import pytest
from graphviz.backend import dot_command

from viz.graphviz import run_dot


@pytest.fixture
def plain(monkeypatch):
    """As if no program had been looked for yet."""
    monkeypatch.setattr(dot_command, "DOT_BINARY", Path("dot"))


@pytest.fixture
def without_dot(monkeypatch, tmp_path, plain):
    """A PATH on which no dot is found."""
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.setenv("PATH", str(empty))


@pytest.fixture
def only_packaged(without_dot):
    """graphviz-pure, and no dot."""
    if run_dot.find_dot() is None:
        pytest.skip("graphviz-pure has no wheel for this machine")


@pytest.fixture
def without_any(monkeypatch, without_dot):
    """Neither dot nor graphviz-pure."""

    def files(package):
        raise importlib.metadata.PackageNotFoundError(package)

    monkeypatch.setattr(importlib.metadata, "files", files)
