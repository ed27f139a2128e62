import xml.etree.ElementTree as ET

import viz


def test_a_figure_shows_itself_in_a_notebook_with_the_same_bytes_each_time():
    first, second = (viz.plot_history([3.0, 2.0, 1.5])._repr_svg_() for _ in range(2))
    assert first == second
    width = ET.fromstring(first).get("width")
    assert float(width.removesuffix("pt")) <= 72 * 7.0


def test_a_hostile_name_is_drawn_as_it_is():
    assert "svg" in viz.plot_history({"metric": [1.0], "metric_name": "$\\frac$"})._repr_svg_()
