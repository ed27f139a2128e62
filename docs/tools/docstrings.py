"""Our docstrings as Sphinx wants them.

They are written to be read in a terminal: names in `backticks`, `Parameters`,
`Raises` and the like as NumPy has them, formulas in plain text, and aligned text is meant to stay
aligned.  Here the bars of |w| are escaped, aligned text becomes a literal block, and an empty line
ends a section.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the tests look at docstrings without the generator
    from sphinx.application import Sphinx

SECTION = re.compile(r"^-{3,}$")
ALIGNED = re.compile(r"\S {3,}\S")
CODE = re.compile(r"`[^`]*`")
ATTRIBUTES = {"`data`", "`grad`", "`label`", "`op`", "`args`", "`partials`"}


def setup(app: Sphinx) -> dict[str, bool]:
    """Run before napoleon reads a docstring."""
    app.connect("autodoc-process-docstring", process, priority=100)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def process(_app: Any, what: str, _name: str, _obj: Any, _options: Any, lines: list[str]) -> None:
    """Change the lines in place."""
    if what in ("attribute", "property"):
        # napoleon would take "A: b" in the first line for a type and a meaning
        lines[:1] = lines[0].replace(": ", ":\n", 1).splitlines()
    text, in_section = "", False
    for paragraph in re.split(r"\n\n+", "\n".join(lines).strip("\n")):
        headed = any(map(SECTION.match, paragraph.splitlines()))
        if in_section and not headed:
            text += "\n"  # two empty lines end a section: what follows is no parameter
        in_section = headed
        text += block(paragraph) + "\n\n"
    lines[:] = text.splitlines()


def block(text: str) -> str:
    """One paragraph of a docstring."""
    rows = text.splitlines()
    if not rows or rows[0].startswith(">>>"):
        return text
    if any(map(SECTION.match, rows)):
        return escaped(text)
    if any(map(ALIGNED.search, rows)) or is_formula(rows):
        return "::\n\n" + "\n".join("    " + row for row in rows)
    return escaped(text)


def is_formula(rows: list[str]) -> bool:
    """Whether the lines must stay as they are: indented, attached to a name, or derivatives."""
    inner = [row.startswith("    ") for row in rows]
    hung = any(inner) and re.search(r"[^.] {2}\S", rows[0])
    return all(inner) or bool(hung) or rows[0].startswith("∂")


def escaped(text: str) -> str:
    """Bars outside `backticks` are not markup; `grad` of a Value is not a link to `grad`."""
    parts = [re.sub(r"\|", r"\\|", part) for part in CODE.split(text)]
    codes = [
        f"`{code}`" if code.replace("`.", "`") in ATTRIBUTES else code
        for code in CODE.findall(text)
    ]
    return "".join(a + b for a, b in zip(parts, [*codes, ""], strict=True))
