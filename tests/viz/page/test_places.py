import pytest

from viz.page.places import places


def test_boxes_do_not_overlap_and_arrows_end_at_them():
    boxes = [("a", 80.0, 50.0), ("b", 90.0, 50.0), ("c", 80.0, 50.0)]
    layout = places(boxes, [("e", "a", "c"), ("f", "b", "c"), ("g", "b", "c")], "LR")
    (ax, ay), (bx, by), (cx, cy) = (layout.boxes[key] for key in "abc")
    assert abs(ay - by) >= 50
    assert cx > max(ax, bx) + 80
    for curve in layout.curves.values():
        away = abs(curve.head[0] - cx) - 40, abs(curve.head[1] - cy) - 25
        assert max(away) == pytest.approx(0, abs=2)
