"""What one reads when the import cannot work."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import autograd
from autograd.ops import TABLE

ROOT = Path(autograd.__file__).parent.parent


def importing(module, where, *options):
    """The last line of standard error of `import module`, with `where` as the folder."""
    run = subprocess.run(
        [sys.executable, *options, "-c", f"import {module}"],
        cwd=where, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return run.stderr.strip().splitlines()[-1] if run.returncode else ""


def test_the_exports_are_what_the_package_says():
    assert set(autograd.__all__) >= {"Value", "no_grad", *(op.name for op in TABLE)}
    assert all(hasattr(autograd, name) for name in autograd.__all__)
    assert len(set(autograd.__all__)) == len(autograd.__all__)


def test_an_unbuilt_tree_says_how_to_build_it(tmp_path):
    built = shutil.ignore_patterns("*.so", "*.pyd", "__pycache__")
    shutil.copytree(ROOT / "autograd", tmp_path / "autograd", ignore=built)
    # -S: an editable install would lend its engine to any tree
    said = importing("autograd", tmp_path, "-S")
    assert said.startswith("ImportError: autograd is not built here")
    assert "pip install -e ." in said


@pytest.mark.parametrize("package", ["nn", "viz"])
def test_a_foreign_autograd_is_recognised(tmp_path, package):
    shutil.copytree(ROOT / package, tmp_path / package)
    (tmp_path / "autograd").mkdir()
    (tmp_path / "autograd" / "__init__.py").write_text("def grad(f): ...\n", encoding="utf-8")
    said = importing(package, tmp_path)
    assert said.startswith(f"ImportError: {package} needs the autograd of dcdw")
    assert "pip uninstall autograd" in said
