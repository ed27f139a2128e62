"""The house: its plan in CONTRIBUTING.md names every file, and imports point one way."""

import ast
import re
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("autograd", "nn", "viz")
CODE = (".py", ".pyx", ".pxd", ".pxi", ".h", ".js", ".html", ".css")
ABOVE = ("demo", "examples", "benchmarks", "docs", "tests")  # they may import everything
SECTION = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("\n## The house\n")[2]
ARROWS = re.search(r"`(\w+(?: → \w+)+)`", SECTION)[1].split(" → ")


# ── the plan ──


def planned(text):
    """The files that a plan names: folders end in "/", what is in them stands further right."""
    files, folders = [], []
    for line in text.splitlines():
        indent = (len(line) - len(line.lstrip())) // 2
        names = re.split(r"\s{2,}", line.strip())[0].split()
        if names[0].endswith("/"):
            folders[indent:] = [names[0]]
            names = names[1:]
        files += ["".join(folders[: indent + (name == "")]) + name for name in names]
    return files


def existing():
    """The files of the packages, but for the contents page of each folder."""
    return sorted(
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.suffix in CODE and path.name != "__init__.py" and path.stem != "value.pyi"
    )


def test_the_plan_names_every_file_once_and_no_other():
    assert sorted(planned(SECTION.partition("```text\n")[2].partition("```")[0])) == existing()


def test_a_plan_is_read_by_its_folders():
    text = "a/         one\n  b.py c.py  two\n  d/         three\n    e.h\n  f.py\ng/\n  h.py"
    assert planned(text) == ["a/b.py", "a/c.py", "a/d/e.h", "a/f.py", "g/h.py"]


@pytest.mark.parametrize("package", PACKAGES)
def test_every_folder_of_tests_mirrors_a_folder_of_the_package(package):
    there = [
        p for p in (ROOT / "tests" / package).rglob("*") if p.is_dir() and p.name[0] not in "._"
    ]
    for folder in there:
        assert (ROOT / folder.relative_to(ROOT / "tests")).is_dir(), folder


# ── imports ──


def imported(path):
    """The modules that a file names in its imports, wherever they stand in it."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":  # Cython is no Python: its lines are read instead
        imports = re.findall(r"^\s*(?:from|c?import) +([\w.]+)(?: +c?import +(\w+))?", text, re.M)
        return {part for module, name in imports for part in (module, f"{module}.{name}")}
    names = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: imports are written in full"
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def compiled(path):
    """The module that an included file is part of: the one of its folder."""
    (module,) = path.parent.glob("*.pyx")
    return module


def module_of(path):
    """The name of the module that a file is, or is compiled into."""
    path = path if path.suffix in (".py", ".pyx") else compiled(path)
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


SOURCES = [
    path
    for package in PACKAGES
    for path in sorted((ROOT / package).rglob("*"))
    if path.suffix in (".py", ".pyx", ".pxd", ".pxi")
]
MODULES = {module_of(path) for path in SOURCES}


def graph():
    """By module, the modules that it imports, also where it does so within a function."""
    arrows = {module: set() for module in MODULES}
    for path in SOURCES:
        arrows[module_of(path)] |= imported(path) & MODULES - {module_of(path)}
    return arrows


def floor(module):
    """The place of a module of `autograd` in the arrows."""
    return ARROWS.index(module.split(".")[1])


def test_no_imports_go_in_a_circle():
    arrows = graph()
    for module, names in arrows.items():  # `from autograd import tanh` names no module below
        names -= {name for name in names if module.startswith(f"{name}.")}
    TopologicalSorter(arrows).prepare()  # raises CycleError, which shows the circle


def test_within_the_engine_imports_point_the_way_of_the_arrows():
    for module, names in graph().items():
        for name in names:
            if module.startswith("autograd.") and name.startswith("autograd."):
                assert floor(name) <= floor(module), f"{module} imports {name}"


@pytest.mark.parametrize(
    ("package", "allowed"),
    [
        ("autograd", ("autograd",)),
        ("nn", ("nn", "autograd")),
        ("viz", ("viz", "autograd", "nn")),
    ],
)
def test_a_package_imports_those_below_it_and_never_testing(package, allowed):
    for path in SOURCES:
        if path.relative_to(ROOT).parts[0] != package:
            continue
        for name in imported(path):
            first = name.split(".")[0]
            assert first in allowed or first not in (*PACKAGES, *ABOVE), f"{path} imports {name}"
            if "testing" not in path.relative_to(ROOT).parts:
                assert not name.startswith("autograd.testing"), path


def test_nn_and_viz_know_the_engine_by_its_public_names_and_its_internals_alone():
    public = {"autograd", "autograd.graph", "autograd.errors", "autograd.internals"}
    for module, names in graph().items():
        if not module.startswith("autograd"):
            private = {name for name in names if name.startswith("autograd")} - public
            assert not private, f"{module} imports {private}"


def test_viz_knows_nn_by_its_public_names_alone():
    for module, names in graph().items():
        if module.startswith("viz"):
            assert not any(name.startswith("nn.") for name in names), module


def test_modules_that_the_build_runs_import_the_standard_library_alone():
    for path in (ROOT / "autograd" / "ops").glob("*.py"):
        for name in imported(path) if path.stem != "jax" else ():
            first, ours = name.split(".")[0], name.startswith("autograd.ops") or name == "autograd"
            assert ours or first in sys.stdlib_module_names, f"{path} imports {name}"
