"""Numbers and names as text."""

from __future__ import annotations

import math

LONGEST = 80  # characters of a label that are drawn; its tooltip has all of them


def number(x: float) -> str:
    """`x` with its sign, to three decimals or, where those show little, two digits.

    >>> number(0.5), number(-1.25e-7), number(0.0)
    ('+0.500', '-1.2e-07', '0')
    """
    if x == 0.0:
        return "0"
    if x != x:
        return "nan"
    fixed = math.isinf(x) or 1e-2 <= abs(x) < 1e5
    return f"{x:+.3f}" if fixed else f"{x:+.1e}"


def size(x: float) -> str:
    """`x` without its sign, as `number` writes it."""
    return number(abs(x)).lstrip("+")


def digits(x: float) -> str:
    """Three digits: `0.0123`, `1.23e-09`."""
    return f"{x:.3g}"


def percent(share: float) -> str:
    """A share of 1 in percent; nearly 0 or 1 is not rounded to 0 % or 100 %."""
    if 0.0 < share < 0.01:
        return "<1%"
    return ">99%" if 0.99 < share < 1.0 else f"{share:.0%}"


def shortened(label: str) -> str:
    """At most `LONGEST` characters of `label`."""
    return label if len(label) <= LONGEST else label[: LONGEST - 3] + "..."


def printable(text: str) -> str:
    """`text` with unprintable characters, such as control characters, as Python spells them."""
    return "".join(c if c.isprintable() else spelled(c) for c in text)


def spelled(c: str) -> str:
    """A character as Python writes it: `\\x1b`."""
    return repr(c)[1:-1]
