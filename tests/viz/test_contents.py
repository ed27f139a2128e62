"""What `import viz` provides, and what it leaves alone."""

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import viz

ROOT = Path(__file__).parents[2]
BELOW = {  # what each folder may import of the others
    "scene": (),
    "graphviz": ("scene",),
    "page": ("scene", "graphviz"),
    "reports": ("scene", "plots"),  # a Watch plots itself
    "plots": ("reports",),
}


@pytest.mark.thorough
def test_pyplot_is_left_alone_and_matplotlib_imported_only_for_a_plot():
    code = (
        "import sys, viz; assert 'matplotlib' not in sys.modules;"
        "viz.plot_history([1.0, 2.0])._repr_svg_();"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


def test_viz_has_what_it_says_and_no_more():
    assert all(callable(getattr(viz, name)) for name in viz.__all__)
    with pytest.raises(AttributeError, match="no attribute 'plot_everything'"):
        viz.plot_everything  # noqa: B018


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


# ── the folders of viz ───────────────────────────────────────────────────────────


def name_of(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {name_of(path): path for path in sorted((ROOT / "viz").rglob("*.py"))}


def imported(path):
    """The modules of viz that a file imports, wherever in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in names if name in MODULES and name != "viz"}


@pytest.mark.parametrize("folder", BELOW)
def test_a_folder_imports_only_the_folders_below_it(folder):
    modules = [name for name in MODULES if name.startswith(f"viz.{folder}.")]
    assert modules
    for name in modules:
        for other in imported(MODULES[name]):
            other_folder = other.split(".")[1]
            assert other_folder in (folder, *BELOW[folder]) or other_folder not in BELOW, (
                name,
                other,
            )


def test_no_modules_import_each_other_in_a_circle():
    TopologicalSorter({name: imported(MODULES[name]) for name in MODULES}).prepare()


def test_the_plan_names_every_folder():
    for path in MODULES.values():
        folder = path.relative_to(ROOT / "viz").parts[0].removesuffix(".py")
        assert folder == "__init__" or folder in viz.__doc__.partition("What is where:")[2], folder


def test_the_plan_of_a_folder_names_every_file_in_it():
    for folder in BELOW:
        plan = (ROOT / "viz" / folder / "__init__.py").read_text(encoding="utf-8")
        for path in (ROOT / "viz" / folder).glob("*.py"):
            assert path.stem == "__init__" or path.stem in plan, path
