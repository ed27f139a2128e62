import math

import pytest

import viz
from autograd import Value, exp, grad, no_grad, sqrt
from nn import MLP
from tests.viz.nets import net


def test_derivatives_are_those_of_grad_the_largest_first():
    def f(x):
        return exp(x[0]) * x[1] - 5 * x[2]

    rows = viz.sensitivity(f, [0.5, 2.0, 1.0]).rows
    exact = grad(f)([0.5, 2.0, 1.0])
    assert {row.name: row.derivative for row in rows} == {f"x[{k}]": exact[k] for k in range(3)}
    sizes = [abs(row.derivative) for row in rows]
    assert sizes == sorted(sizes, reverse=True)


def test_elasticity_is_percent_per_percent():
    (row,) = viz.sensitivity(lambda x: 3 * x**2, 5.0)
    assert row.name == "x"
    assert row.elasticity == pytest.approx(2.0)


def test_the_order_by_elasticity_may_differ():
    def f(x):
        return 10 * x[0] + x[1]

    assert viz.sensitivity(f, [0.01, 100.0]).rows[0].name == "x[0]"
    assert viz.sensitivity(f, [0.01, 100.0], by="elasticity").rows[0].name == "x[1]"


def test_weights_and_inputs_are_distinguished_and_no_grad_is_touched():
    model = net(2, 3, 1)
    for p in model.parameters():
        p.grad = 7.0
    report = viz.sensitivity(model, [1.0, -1.0])
    assert {row.kind for row in report} == {"weight", "input"}
    assert len(report) == len(model.parameters()) + 2
    assert all(p.grad == 7.0 for p in model.parameters())
    assert report.output == model([1.0, -1.0]).data


def test_derivatives_agree_with_finite_differences():
    model = net(2, 3, 1)
    weights = dict(model.named_parameters())
    for row in viz.sensitivity(model, [1.0, -1.0]):
        if row.kind == "weight":
            w, h = weights[row.name], 1e-6
            w.data += h
            after = model([1.0, -1.0]).data
            w.data -= 2 * h
            before = model([1.0, -1.0]).data
            w.data += h
            assert row.derivative == pytest.approx((after - before) / (2 * h), abs=1e-8)


def test_one_of_several_outputs_is_chosen():
    model = MLP(2, [3, 2])
    with pytest.raises(ValueError, match="there are 2 outputs: choose one, such as output=0"):
        viz.sensitivity(model, [1.0, 2.0])
    assert viz.sensitivity(model, [1.0, 2.0], output=1).output == model([1.0, 2.0])[1].data
    with pytest.raises(ValueError, match="no output 2"):
        viz.sensitivity(model, [1.0, 2.0], output=2)


def test_a_recorded_value_is_its_own_output():
    w, x = Value(2.0, label="w"), Value(3.0)
    rows = viz.sensitivity(w * x).rows
    assert [(row.name, row.derivative) for row in rows] == [("w", 3.0), ("leaf 1", 2.0)]


def test_a_closed_over_value_is_a_weight():
    w = Value(4.0, label="w")
    assert [row.kind for row in viz.sensitivity(lambda x: w * x, 3.0)] == ["input", "weight"]


def test_a_nan_comes_first_and_an_output_of_zero_has_no_elasticity():
    rows = viz.sensitivity(lambda x: x[0] + sqrt(x[1]) - sqrt(x[1]), [5.0, 0.0]).rows
    assert [row.name for row in rows] == ["x[1]", "x[0]"]
    assert math.isnan(rows[0].derivative)
    assert math.isnan(viz.sensitivity(lambda x: x - 1, 1.0).rows[0].elasticity)


def test_the_table_shows_twenty_and_counts_the_rest():
    text = str(viz.sensitivity(net(2, 8, 1), [1.0, 2.0]))
    assert len(text.splitlines()) == 23
    assert text.splitlines()[-1] == "and 15 more, each no larger; all in .rows"


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: viz.sensitivity(3.0, 1.0), TypeError),
        (lambda: viz.sensitivity(lambda x: 1.0, 1.0), TypeError),
        (lambda: viz.sensitivity(lambda x: x), ValueError),
        (lambda: viz.sensitivity(Value(1.0) * 2, 1.0), ValueError),
        (lambda: viz.sensitivity(lambda x: x, 1.0, by="size"), ValueError),
        (lambda: viz.sensitivity(lambda x: x, "a"), TypeError),
        (lambda: viz.sensitivity(lambda x: x, {"a": 1.0}), TypeError),
    ],
)
def test_senseless_arguments_are_refused(call, error):
    with pytest.raises(error):
        call()


def test_the_error_of_a_model_called_with_a_wrong_x_names_the_x():
    with pytest.raises(TypeError, match="the model cannot be called with x = 5: "):
        viz.sensitivity(MLP(2, [1]), 5)


def test_an_output_with_no_history_is_refused():
    def f(x):
        with no_grad():
            return x * 2

    with pytest.raises(ValueError, match="depends on no weight"):
        viz.sensitivity(f, 1.0)
