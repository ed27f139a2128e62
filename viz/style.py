"""How the strength and the sign of a gradient map to width and colour.

The scale is logarithmic, three decades wide: on a linear one the layers far from
the cost vanish.  The colours are told apart with any colour vision, and the
sign stands in the text as well.
"""

from __future__ import annotations

import math

POSITIVE, NEGATIVE = "#0072B2", "#D55E00"
ZERO = "#B8B8B8"
UNDEFINED = "#CC79A7"  # nan
NEGATIVE_TEXT, UNDEFINED_TEXT = "#B04E00", "#A3457D"  # dark enough to be read on white
NEUTRAL = "#606060"  # no gradient has flowed yet
FAINT_TEXT = "#767676"  # the lightest grey that is still easy to read on white
FRAME_TEXT = "#555555"  # the names of modules
FONT = "Courier"  # measured right also where Graphviz has no fonts to look up
DECADES = 3.0


def strength(g: float, largest: float) -> float:
    """From 0 (a thousandth of `largest`, or less) to 1 (`largest`); 1 for nan and infinities."""
    if g == 0.0:
        return 0.0
    if not math.isfinite(g) or largest == 0.0:
        return 1.0
    return min(1.0, max(0.0, 1.0 + (math.log10(abs(g)) - math.log10(largest)) / DECADES))


def width(s: float) -> float:
    """The width of a line of strength `s`, in points."""
    return 0.8 + 4.2 * s


def colour(g: float) -> str:
    """The colour of a gradient's sign."""
    if g != g:
        return UNDEFINED
    return POSITIVE if g > 0.0 else NEGATIVE if g < 0.0 else ZERO


def text_colour(g: float) -> str:
    """The colour in which a gradient is written on white."""
    if g != g:
        return UNDEFINED_TEXT
    return POSITIVE if g > 0.0 else NEGATIVE_TEXT if g < 0.0 else FAINT_TEXT


def fill(g: float, s: float) -> str:
    """The colour of a box whose gradient is `g`, of strength `s`: its sign's, in white."""
    return "#FFFFFF" if g == 0.0 else mixed_into_white(colour(g), 0.08 + 0.37 * s)


def mixed_into_white(hexadecimal: str, share: float) -> str:
    """A colour such as #0072B2, of which only a share is left; the rest is white."""
    parts = (int(hexadecimal[k : k + 2], 16) for k in (1, 3, 5))
    return "#" + "".join(f"{round(255 - share * (255 - part)):02X}" for part in parts)
