"""The house: who may import whom, and that its plan names every file."""

import ast
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("autograd", "nn", "viz", "examples", "benchmarks", "docs", "tests", "demo")
BUILD = (
    "formulas", "table", "printer", "check", "c", "kernels", "cython", "python", "tex", "emitted",
)  # fmt: skip
CHAIN = ("value", "graph", "linear", "derivatives", "operations")


def imported(path):
    """The modules that a file names in its imports, wherever they stand in it."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":  # Cython is no Python: its lines are read instead
        found = re.findall(r"^\s*(?:from|c?import) +([\w.]+)(?: +c?import +(\w+))?", text, re.M)
        return {part for module, name in found for part in (module, f"{module}.{name}")}
    names = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: imports are written in full"
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def files(room):
    return [p for p in sorted((ROOT / room).rglob("*")) if p.suffix in (".py", ".pyx", ".pxi")]


def inside(name, room):
    return name == room or name.startswith(f"{room}.")


@pytest.mark.parametrize(
    ("room", "allowed"),
    [("autograd", ("autograd",)), ("nn", ("nn", "autograd")), ("viz", ("viz", "autograd"))],
)
def test_a_room_imports_those_below_it_and_never_testing(room, allowed):
    assert files(room)
    for path in files(room):
        for name in imported(path):
            assert not any(inside(name, other) for other in ROOMS if other not in allowed), path
            if "testing" not in path.relative_to(ROOT).parts:
                assert not inside(name, "autograd.testing"), path


@pytest.mark.parametrize("k", range(len(BUILD)))
def test_what_the_build_runs_imports_the_standard_library_alone(k):
    earlier = {"autograd.ops", *(f"autograd.ops.{name}" for name in BUILD[:k])}
    for name in imported(ROOT / "autograd" / "ops" / f"{BUILD[k]}.py"):
        own = name in earlier or name.rpartition(".")[0] in earlier
        assert own or name.split(".")[0] in sys.stdlib_module_names


@pytest.mark.parametrize("k", range(1, len(CHAIN)))
def test_what_follows_the_engine_imports_what_stands_before_it(k):
    (path,) = (p for p in files("autograd") if p.stem == CHAIN[k] and p.suffix != ".pxi")
    for later in (*CHAIN[k + 1 :], "program", "compiling"):
        assert not any(inside(name, f"autograd.{later}") for name in imported(path))


def test_the_plan_of_the_house_names_every_file_of_the_engine_and_no_other():
    plan = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("| file | purpose |")[2]
    named = set()
    for row in re.findall(r"^\| `.*?\|", plan, re.M):
        named |= {text.removeprefix("autograd/") for text in re.findall(r"`([\w./]+)`", row)}
    there = {
        path.relative_to(ROOT / "autograd").as_posix()
        for path in [*(ROOT / "autograd").iterdir(), *(ROOT / "autograd" / "ops").iterdir()]
        if path.suffix in (".py", ".pyx", ".pxi", ".h") and path.name != "__init__.py"
    }
    assert named == there
