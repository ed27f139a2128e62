from autograd import Value
from viz import draw, draw_dot, trace


def test_trace_gives_the_nodes_and_the_pairs_of_operand_and_result():
    a, b = Value(2.0), Value(2.0)
    c = a * b
    d = c + a
    nodes, edges = trace(d)
    assert nodes == {a, b, c, d}
    assert edges == {(a, c), (b, c), (c, d), (a, d)}


def test_values_with_the_same_number_are_different_nodes():
    a, b = Value(1.0), Value(1.0)
    assert len(trace(a + b)[0]) == 3


def test_a_repeated_operand_is_one_pair():
    x = Value(3.0)
    assert len(trace(x * x)[1]) == 1


def test_draw_dot_is_draw_with_the_arguments_of_micrograd():
    x = Value(3.0)
    assert draw_dot(x * x, "png", "TB").format == "png"
    assert draw_dot(x * x, format="svg", rankdir="LR").source == draw(x * x).source
