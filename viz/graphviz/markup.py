"""Any text as Graphviz draws it unchanged."""

from __future__ import annotations

from viz.text import spelled


def markup(text: str) -> str:
    """`text` for an HTML-like label of Graphviz.

    Newlines break the line.  Graphviz expands `\\N` and the like even there, so
    backslashes are doubled.
    """
    escaped = _entities(text).replace("\\", "\\\\")
    return "<BR/>".join(_printable(line) for line in escaped.split("\n"))


def quoted(text: str) -> str:
    """`text` for a tooltip, where Graphviz expands backslashes twice."""
    # The package `graphviz` takes "<...>" for HTML; with `<` as an entity it does not.
    lines = _entities(text).replace("\\", "\\\\\\\\").split("\n")
    return "\\n".join(_printable(line) for line in lines)


def table(rows: list[str]) -> str:
    """Rows as an HTML-like table."""
    opening = '<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1">'
    return f"{opening}{''.join(rows)}</TABLE>"


def heading(text: str) -> str:
    """One cell across the table."""
    return f'<TR><TD COLSPAN="2">{text}</TD></TR>'


def row(left: str, right: str) -> str:
    """Two cells, one at either side of the box."""
    return f'<TR><TD ALIGN="LEFT">{left} </TD><TD ALIGN="RIGHT">{right}</TD></TR>'


def _entities(text: str) -> str:
    text = text.replace("\r\n", "\n")
    pairs = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}
    for character, entity in pairs.items():
        text = text.replace(character, entity)
    return text


def _printable(text: str) -> str:
    """`text` with what no SVG can hold, control characters and half characters, spelled out."""
    return "".join(c if c.isprintable() else _spelled(c) for c in text)


def _spelled(c: str) -> str:
    """A character as Python would write it; the backslash doubled, as Graphviz needs it."""
    return "&#160;" if c.isspace() and c not in "\t\r\v\f" else spelled(c).replace("\\", "\\\\")
