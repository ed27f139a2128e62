"""Numbers and labels as the picture writes them."""

from __future__ import annotations

import math

LONGEST = 80  # characters of a label that are drawn; its tooltip has all of them


def number(x: float) -> str:
    """`x` with its sign, to three decimals or, where those say little, two digits.

    >>> number(0.5), number(-1.25e-7), number(0.0)
    ('+0.500', '-1.2e-07', '0')
    """
    if x == 0.0:
        return "0"
    if x != x:
        return "nan"
    plain = math.isinf(x) or 1e-2 <= abs(x) < 1e5
    return f"{x:+.3f}" if plain else f"{x:+.1e}"


def size(x: float) -> str:
    """`x` without its sign, as `number` writes it."""
    return number(abs(x)).lstrip("+")


def shortened(label: str) -> str:
    """At most `LONGEST` characters of `label`."""
    return label if len(label) <= LONGEST else label[: LONGEST - 3] + "..."


def markup(text: str) -> str:
    """`text` for an HTML-like label of Graphviz, where it is drawn as it is.

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
    """A character as Python would write it; the backslash doubled, as Graphviz wants it."""
    return "&#160;" if c.isspace() and c not in "\t\r\v\f" else repr(c)[1:-1].replace("\\", "\\\\")
