"""Derivatives come in the structures of arguments and results; structures that differ are
refused."""

from collections import namedtuple

import numpy as np
import pytest

import autograd
from autograd import grad, hessian, jacobian, jvp, sin, vjp

Point = namedtuple("Point", "x y")


def test_a_gradient_comes_back_in_the_arguments_own_structure():
    def f(p):
        return p["a"] * p["b"][0] + p["c"].x * p["b"][1] ** 2 + autograd.sum(p["d"].ravel())

    point = {"a": 2, "b": [3.0, 5.0], "c": Point(7.0, 1.0), "d": np.ones((2, 2))}
    g = grad(f)(point)
    assert (g["a"], g["b"], g["c"]) == (3.0, [2.0, 70.0], Point(25.0, 0.0))
    assert np.array_equal(g["d"], np.ones((2, 2)))
    assert g["d"].dtype == float


def test_integers_are_taken_as_real_numbers():
    assert grad(lambda x: x**2)(3) == 6.0
    assert grad(lambda x: x[0] * x[1])(np.array([2, 3])).dtype == float


def test_empty_structures_have_empty_gradients():
    assert grad(lambda x, y: y * 2)([], 1.0) == []
    assert jacobian(lambda x: [])(1.0) == []
    assert hessian(lambda x: 0.0 * autograd.sum(x))([]) == []


def test_empty_arrays_have_empty_jacobians_of_the_right_shape():
    total = lambda x: autograd.sum(list(x)) * 1.0  # noqa: E731
    assert hessian(total)(np.zeros(0)).shape == (0, 0)
    assert jacobian(lambda x: x[:0])(np.ones(3)).shape == (0, 3)


def test_jacobians_and_hessians_of_arrays_are_arrays():
    f = lambda A: A @ A.T  # noqa: E731
    J = jacobian(f)(np.arange(6.0).reshape(2, 3))
    assert J.shape == (2, 2, 2, 3)
    assert hessian(lambda A: autograd.sum(A.ravel() ** 2))(np.ones((2, 2))).shape == (2, 2, 2, 2)
    assert jacobian(lambda x: np.array([x, x**2]))(3.0) == pytest.approx([1.0, 6.0])


def test_jacobians_of_dicts_nest():
    J = jacobian(lambda p: {"sum": p["a"] + p["b"], "product": p["a"] * p["b"]})(
        {"a": 2.0, "b": 3.0}
    )
    assert J == {"sum": {"a": 1.0, "b": 1.0}, "product": {"a": 3.0, "b": 2.0}}


def test_tangents_and_adjoints_find_their_numbers_by_key_not_by_order():
    def product(x):
        return x["a"] * x["b"] ** 2

    at = {"a": 1.0, "b": 3.0}
    assert jvp(product, (at,), ({"b": 1.0, "a": 0.0},)) == (9.0, 6.0)
    _, pullback = vjp(lambda x: {"a": 2 * x, "b": 3 * x}, 1.0)
    assert pullback({"b": 1.0, "a": 0.0}) == (3.0,)


def test_a_tangent_unlike_its_primal_is_refused_at_any_depth():
    def first(x):
        return x[0][0]

    with pytest.raises(TypeError, match=r"tangents\[0\]\[0\] is a list of 1"):
        jvp(first, ([[1.0, 2.0], [3.0]],), ([[1.0], [2.0, 3.0]],))
    with pytest.raises(TypeError, match=r"has the keys \['b'\]"):
        jvp(lambda x: x["a"], ({"a": 1.0},), ({"b": 1.0},))


REFUSED = [
    (lambda: grad(lambda x: x["a"][1])({"a": [1.0, "b"]}), r"argument 0\['a'\]\[1\] is 'b'"),
    (lambda: grad(autograd.sum)(np.array([1j])), "array of complex128"),
    (lambda: grad(autograd.sum)(np.array([[1.0], [1.0, 2.0]], dtype=object)), "ragged"),
    (
        lambda: jvp(sin, (1.0,), ([1.0],)),
        r"tangents\[0\] is a list of 1, but primals\[0\] is a number",
    ),
    (lambda: vjp(lambda x: [x, x], 1.0)[1]([1.0]), "they must be alike"),
]


@pytest.mark.parametrize(("attempt", "sentence"), REFUSED)
def test_a_structure_that_does_not_fit_is_refused_by_a_sentence(attempt, sentence):
    with pytest.raises(TypeError, match=sentence):
        attempt()
