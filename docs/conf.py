"""How the documentation is built: `python -m sphinx -W docs docs/_build`.

Pages are Markdown.  What follows from the code is written into `docs/generated/` first:
the table of operations with its measured errors, the pages of the reference, the
pictures.
"""

import shutil
import sys
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.util.logging import getLogger

HERE = Path(__file__).parent
GENERATED = HERE / "generated"
sys.path.insert(0, str(HERE.parent))

project = "dcdw"
copyright = "dcdw"
extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "docs.tools.mathml",
    "docs.tools.docstrings",
]
exclude_patterns = ["_build", "tools"]
myst_enable_extensions = ["attrs_block", "attrs_inline", "dollarmath"]
myst_heading_anchors = 3
html_math_renderer = "mathml"

default_role = "py:obj"  # `Value` in a docstring is a link
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the docstrings say it
napoleon_google_docstring = False
napoleon_use_ivar = True
napoleon_use_rtype = False

html_theme = "furo"
html_title = "dcdw"
html_static_path = ["static"]
html_css_files = ["pages.css"]
html_copy_source = False
html_theme_options: dict[str, Any] = {"footer_icons": []}
highlight_language = "none"  # blocks of Markdown name theirs; docstrings line text up
pygments_style = "default"
pygments_dark_style = "github-dark"


def generate(app: Sphinx) -> None:
    """Write what follows from the code."""
    from docs.tools import accuracy, operations, pictures, reference

    GENERATED.mkdir(exist_ok=True)
    shutil.rmtree(GENERATED / "reference", ignore_errors=True)
    getLogger(__name__).info("measuring the operations, drawing pictures")
    errors, points = accuracy.measured(kept=GENERATED / "accuracy.json")
    page = operations.page(errors, points, accuracy.machine())
    (GENERATED / "operations.md").write_text(page, encoding="utf-8")
    reference.write(GENERATED / "reference")
    pictures.draw(GENERATED)


def setup(app: Sphinx) -> dict[str, Any]:
    """Generate before pages are looked for."""
    app.connect("config-inited", lambda app, config: generate(app))
    return {}
