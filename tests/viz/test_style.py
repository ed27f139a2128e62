import math

import pytest

from viz import style

PAPER = "#FFFFFF"
READABLE = 4.5  # WCAG 2.2, 1.4.3


def luminance(colour):
    parts = (int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    light, dark = sorted([luminance(one), luminance(other)], reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_measured_as_the_standard_says():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("g", [1.0, -1.0, math.nan, math.inf, -math.inf, 0.0])
@pytest.mark.parametrize("strength", [k / 20 for k in range(21)])
def test_black_text_is_readable_on_every_fill(g, strength):
    assert contrast("#000000", style.fill(g, strength)) >= READABLE


@pytest.mark.parametrize("g", [1.0, -1.0, math.nan, math.inf, 0.0])
def test_every_gradient_is_readable_on_white(g):
    assert contrast(style.text_colour(g), PAPER) >= READABLE


@pytest.mark.parametrize("colour", [style.FAINT_TEXT, style.FRAME_TEXT, style.NEUTRAL])
def test_other_text_on_white_is_readable(colour):
    assert contrast(colour, PAPER) >= READABLE


def test_a_box_without_gradient_whose_text_is_faint_is_white():
    assert style.fill(0.0, 0.0) == PAPER


def test_the_colours_of_the_signs_differ_in_lightness_too():
    assert contrast(style.POSITIVE, style.NEGATIVE) > 1.2


def test_gradients_as_far_apart_as_doubles_go_have_a_strength():
    assert style.strength(5e-324, 1e308) == 0.0
    assert style.strength(1e308, 5e-324) == 1.0
    assert style.strength(-1e-300, 1e-299) == pytest.approx(2 / 3)
