"""Costs, against their formulas in exact and in 50-digit arithmetic."""

import math

import mpmath
import numpy as np
import pytest

from autograd import Value, compile
from autograd.testing import check_grad
from nn import loss

Z, D = [0.5, -1.25, 3.0], [1.0, 0.0, 0.25]


def values(numbers):
    return [Value(x) for x in numbers]


def after_backward(cost, zs, d):
    """The cost and its gradient by every z."""
    leaves = values(zs)
    C = cost(leaves, d)
    C.backward()
    return C.data, [z.grad for z in leaves]


@pytest.mark.parametrize(
    ("cost", "y", "d", "C"),
    [
        (loss.quadratic, [1.0, 2.0], [0.0, 4.0], 2.5),
        (loss.mean_squared_error, [1.0, 2.0], [0.0, 4.0], 2.5),
        (loss.mean_squared_error, [[1.0, 2.0], [0.0, 0.0]], [[0.0, 4.0], [0.0, 1.0]], 1.5),
        (loss.hinge, [2.0, 0.5, -3.0], [1, 1, 1], 1.5),
        (loss.quadratic, 3.0, 1, 2.0),
        (loss.quadratic, [3.0], 1, 2.0),
        (loss.quadratic, np.array([1.0, 2.0]), np.array([[0.0, 4.0]])[0], 2.5),
    ],
)
def test_costs_are_their_formulas(cost, y, d, C):
    assert cost(y, d) == C
    graph = [values(row) for row in y] if np.ndim(y) == 2 else values(np.ravel(y))
    assert cost(graph, d).data == C


@pytest.mark.parametrize(
    ("cost", "d"),
    [
        (loss.quadratic, D),
        (loss.mean_squared_error, D),
        (loss.hinge, [1, -1, -1]),
        (loss.binary_cross_entropy_from_logits, D),
        (loss.cross_entropy_from_logits, 2),
        (loss.cross_entropy_from_logits, [0.25, 0.25, 0.5]),
    ],
)
def test_gradients_are_right_by_the_checker(cost, d):
    check_grad(lambda z: cost(z, d), Z)


@pytest.mark.parametrize("z", [-1000.0, -37.0, -20.0, -1.0, 0.0, 0.3, 20.0, 37.0, 1000.0])
@pytest.mark.parametrize("d", [0, 1, 0.25])
def test_binary_cross_entropy_is_exact_where_the_sigmoid_is_rounded(z, d):
    C, (slope,) = after_backward(loss.binary_cross_entropy_from_logits, [z], [d])
    with mpmath.workdps(500):
        s = 1 / (1 + mpmath.exp(-mpmath.mpf(z)))
        assert (
            pytest.approx(float(-d * mpmath.log(s) - (1 - d) * mpmath.log(1 - s)), rel=1e-15) == C
        )
        assert slope == pytest.approx(float(s - d), rel=1e-14)  # a - y (Nielsen, ch. 3)


@pytest.mark.parametrize("k", [0, 1, 2])
@pytest.mark.parametrize(
    "z", [[1000.0, -1000.0, 0.0], [40.0, 0.0, 0.1], [0.0, 0.0, 0.0], [-1000.0, -1000.0, -999.0]]
)
def test_cross_entropy_is_exact_where_the_softmax_is_rounded(z, k):
    C, slopes = after_backward(loss.cross_entropy_from_logits, z, k)
    with mpmath.workdps(1000):
        total = mpmath.fsum(mpmath.exp(mpmath.mpf(x)) for x in z)
        expected = float(mpmath.log(total / mpmath.exp(mpmath.mpf(z[k]))))
        assert pytest.approx(expected, rel=1e-14) == C
        for j, slope in enumerate(slopes):
            exact = mpmath.exp(mpmath.mpf(z[j])) / total - (j == k)
            assert slope == pytest.approx(float(exact), rel=1e-13)


def test_cross_entropy_of_a_class_and_of_its_probabilities_agree():
    by_class = after_backward(loss.cross_entropy_from_logits, Z, 1)
    by_share = after_backward(loss.cross_entropy_from_logits, Z, [0, 1, 0])
    assert by_class[0] == pytest.approx(by_share[0], rel=1e-15)
    assert by_class[1] == pytest.approx(by_share[1], rel=1e-14)


def test_cross_entropy_of_rows_is_the_mean():
    rows = [[0.5, 1.0], [2.0, -1.0]]
    each = [loss.cross_entropy_from_logits(row, k) for row, k in zip(rows, (1, 0), strict=True)]
    assert loss.cross_entropy_from_logits(rows, [1, 0]) == sum(each) / 2
    assert loss.cross_entropy_from_logits(rows, np.array([1, 0])) == sum(each) / 2
    assert loss.cross_entropy_from_logits(np.array(rows), [[0, 1], [1, 0]]) == pytest.approx(
        sum(each) / 2, rel=1e-15
    )


def test_targets_may_be_values_too():
    d = Value(0.0)
    z = Value(2.0)
    C = loss.binary_cross_entropy_from_logits(z, d)
    assert C.data == pytest.approx(math.log1p(math.exp(2.0)), rel=1e-15)
    assert loss.quadratic([z], [d]).data == 2.0


@pytest.mark.parametrize(
    ("cost", "d"),
    [
        (loss.quadratic, D),
        (loss.mean_squared_error, D),
        (loss.hinge, [1.0, -1.0, -1.0]),
        (loss.binary_cross_entropy_from_logits, D),
        (loss.cross_entropy_from_logits, [0.25, 0.25, 0.5]),
        (loss.cross_entropy_from_logits, [0.0, 1.0, 0.0]),
    ],
)
def test_targets_may_be_arguments_of_a_compiled_function(cost, d):
    compiled = compile(cost)
    rows = compiled(np.array([Z, Z]), np.array([d, d[::-1]]))
    assert rows.tolist() == pytest.approx([cost(Z, d), cost(Z, d[::-1])], rel=1e-14)
    assert len(compiled.programs) == 1


def test_l1_and_l2_have_the_derivatives_of_weight_decay():
    w = values([1.5, -2.0, 0.0])
    loss.l2(w, 0.1).backward()
    assert [x.grad for x in w] == pytest.approx([0.15, -0.2, 0.0], rel=1e-15)
    assert loss.l2([3.0, 4.0]) == 12.5
    assert loss.l1([3.0, -4.0], 2.0) == 14.0
    w = values([1.5, -2.0, 0.0])
    loss.l1(w, 0.1).backward()
    assert [x.grad for x in w] == [0.1, -0.1, 0.0]


@pytest.mark.parametrize(
    ("attempt", "error", "sentence"),
    [
        (lambda: loss.quadratic([1, 2], [1]), ValueError, "gives 2 numbers, but d has 1"),
        (lambda: loss.quadratic(Value(1.0), [1, 2]), ValueError, "gives 1 number, but d has 2"),
        (lambda: loss.hinge([[1, 2]], [[1]]), ValueError, "gives 2 numbers, but d has 1"),
        (lambda: loss.hinge([[1], [2]], [[1]]), ValueError, "gives 2 rows, but d has 1"),
        (lambda: loss.quadratic([], []), ValueError, "y is empty"),
        (lambda: loss.quadratic([1.0], [math.nan]), ValueError, "a target is nan"),
        (lambda: loss.quadratic([1.0], [None]), TypeError, "not None"),
        (lambda: loss.quadratic(["1"], [1.0]), TypeError, "not '1'"),
        (lambda: loss.quadratic([1.0], [[1.0]]), TypeError, "not a list"),
        (lambda: loss.hinge([1.0], [0]), ValueError, "targets of 1 or -1, but d is 0"),
        (
            lambda: loss.binary_cross_entropy_from_logits([1.0], [-1]),
            ValueError,
            "targets from 0 to 1, but d is -1",
        ),
        (
            lambda: loss.cross_entropy_from_logits(Z, 3),
            ValueError,
            "0 to 2 for 3 logits, but d is 3",
        ),
        (lambda: loss.cross_entropy_from_logits(Z, -1), ValueError, "but d is -1"),
        (lambda: loss.cross_entropy_from_logits(Z, 0.5), TypeError, "not 0.5"),
        (lambda: loss.cross_entropy_from_logits(Z, [0.5, 0.5]), ValueError, "gives 3 numbers"),
        (
            lambda: loss.cross_entropy_from_logits(Z, [1, 1, 0]),
            ValueError,
            "add up to 1, but the sum of d is 2",
        ),
        (
            lambda: loss.cross_entropy_from_logits([Z, Z], [1]),
            ValueError,
            "gives 2 rows, but d has 1",
        ),
        (lambda: loss.cross_entropy_from_logits(1.0, 0), TypeError, "z must be a list of numbers"),
        (lambda: loss.l2(Value(1.0)), TypeError, "weights must be a list"),
    ],
)
def test_outputs_and_targets_without_a_cost_are_refused_by_a_sentence(attempt, error, sentence):
    with pytest.raises(error, match=sentence):
        attempt()
