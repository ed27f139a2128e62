"""The measured errors: measured if they are not known, kept for the same engine and machine."""

import json

import pytest

pytest.importorskip("mpmath")

from autograd.ops import BY_NAME
from docs.tools import accuracy


@pytest.fixture
def short(monkeypatch):
    monkeypatch.setattr(accuracy, "TABLE", (BY_NAME["tanh"],))


def test_the_largest_errors_of_an_operation_are_measured_at_many_points(short):
    errors, points = accuracy.measured()
    assert set(errors["tanh"]) == {"tanh", "∂tanh/∂x"}
    assert all(0.4 < ulps < 4.0 for ulps in errors["tanh"].values())  # rounded, and not worse
    assert points["tanh"] > 100


def test_errors_of_this_engine_on_this_machine_are_not_measured_again(short, tmp_path):
    kept = tmp_path / "accuracy.json"
    first = accuracy.measured(kept)
    saved = json.loads(kept.read_text(encoding="utf-8"))
    saved["points"]["tanh"] = 3
    kept.write_text(json.dumps(saved), encoding="utf-8")
    assert accuracy.measured(kept) == (first[0], {"tanh": 3})


def test_errors_of_another_engine_are_measured_again(short, tmp_path, monkeypatch):
    kept = tmp_path / "accuracy.json"
    accuracy.measured(kept)
    monkeypatch.setattr(accuracy, "machine", lambda: "another machine")
    before = kept.read_text(encoding="utf-8")
    accuracy.measured(kept)
    assert kept.read_text(encoding="utf-8") != before
