"""What `import viz` gives, and what it leaves alone."""

import subprocess
import sys
from pathlib import Path

import pytest

import viz

ROOT = Path(__file__).parents[2]


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
