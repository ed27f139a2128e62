"""Floats in, floats out: Values come back only where a Value from outside is at stake."""

import copy

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.sparse import issparse

from autograd import (
    Value,
    compile,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    no_grad,
    stop_gradient,
    value_and_grad,
    vjp,
    where,
)
from nn import MLP

POINT = [0.5, -1.25, 2.0]
STEP = [1.0, 0.5, -2.0]


def type_of(x):
    return np.array if isinstance(x, np.ndarray) else type(x)


def by_pullback(f):
    def both(x):
        value, pullback = vjp(f, x)
        return value, pullback(1.0)

    return both


DERIVATIVES = {
    "grad": grad,
    "value_and_grad": value_and_grad,
    "jacobian": jacobian,
    "hessian": hessian,
    "jvp": lambda f: lambda x: jvp(f, (x,), (type_of(x)(STEP),)),
    "vjp": by_pullback,
    "hvp": lambda f: lambda x: hvp(f, (x,), (type_of(x)(STEP),)),
    "grad of hvp": lambda f: grad(lambda x: sum(hvp(f, (x,), (type_of(x)(STEP),)))),
    "grad of a gradient's square": lambda f: grad(lambda x: sum(g * g for g in grad(f)(x))),
    "hessian of a gradient's square": lambda f: hessian(lambda x: sum(g * g for g in grad(f)(x))),
    "grad of a sum of a hessian": lambda f: grad(lambda x: sum(map(sum, hessian(f)(x)))),
    "jacobian of grad": lambda f: jacobian(grad(f)),
}


def plain(x):
    total = 0.0
    for v in x:
        total = total + v * v * v
    return total


def from_a_leaf(x):
    total = Value(0.0)
    for v in x:
        total += v * v * v
    return total


def from_copies(x):
    start = Value(0.0)
    return plain(x) + copy.copy(start) + copy.deepcopy(start)


def with_a_loop_of_newton(x):
    root = 1.0
    for _ in range(3):
        root = root - (root**2 - 2.0) / grad(lambda r: r**2 - 2.0)(root)
    assert type(root) is float
    return plain(x) + 0.0 * root


def with_a_derivative_of_its_own(x):
    slope = grad(lambda t: Value(2.0) * t * t)(0.25)
    assert slope == 1.0
    assert type(slope) is float
    return plain(x) * slope


CONSTANT = Value(7.0).detach()


def with_a_constant_from_outside(x):
    return plain(x) + 0.0 * CONSTANT


FUNCTIONS = [
    plain,
    from_a_leaf,
    from_copies,
    with_a_loop_of_newton,
    with_a_derivative_of_its_own,
    with_a_constant_from_outside,
]


def numbers_in(x):
    if isinstance(x, np.ndarray):
        return list(x.ravel())
    if isinstance(x, list | tuple):
        return [number for part in x for number in numbers_in(part)]
    return [x]


@pytest.mark.parametrize("name", DERIVATIVES)
@pytest.mark.parametrize("f", FUNCTIONS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("make", [list, tuple, np.array], ids=lambda make: make.__name__)
def test_plain_numbers_give_plain_numbers(name, f, make):
    result = numbers_in(DERIVATIVES[name](f)(make(POINT)))
    assert {type(number) for number in result} <= {float, np.float64}
    assert result == pytest.approx(numbers_in(DERIVATIVES[name](plain)(POINT)))


@pytest.mark.parametrize("name", DERIVATIVES)
def test_a_value_from_outside_makes_values(name):
    w = Value(2.0)

    def f(x):
        return sum(Value(1.0) * w * w * v * v * v for v in x)

    result = numbers_in(DERIVATIVES[name](f)(POINT))
    assert {type(number) for number in result} == {Value}
    some = next(number for number in result if number.data)
    some.backward()
    # All are homogeneous in w·w, of the first degree or, where gradients were squared, the second.
    assert w.grad in (some.data, 2 * some.data)


def test_the_outermost_of_nested_derivatives_alone_gives_floats():
    seen = []

    def outer(x):
        inner = grad(lambda y: Value(1.0) * x * y**3)(2.0)
        seen.append(type(inner))
        return inner * x

    assert grad(outer)(3.0) == 72.0
    assert seen == [Value]
    assert type(grad(outer)(3.0)) is float


def test_a_leaf_made_between_two_inner_derivatives_is_outside_the_second():
    def f(x):
        first = grad(lambda y: y * y)(1.0)
        made = Value(3.0)
        second = grad(lambda y: made * y * y)(1.0)
        assert type(first) is float
        assert type(second) is Value
        return second * x

    assert grad(f)(5.0) == 6.0
    assert type(grad(f)(5.0)) is float


def test_a_lagrangian_gives_floats():
    def lagrangian(q, v):
        kinetic = Value(0.0)
        for u in v:
            kinetic += 0.5 * u * u
        return kinetic - q[0] ** 2 - q[0] * q[1]

    def acceleration(q, v):
        mass = hessian(lagrangian, 1)(q, v)
        force = grad(lagrangian, 0)(q, v)
        return np.linalg.solve(mass, force)

    a = acceleration(np.array([1.0, 2.0]), np.array([0.5, 0.5]))
    assert a.dtype == float
    assert a.tolist() == [-4.0, -1.0]


@pytest.mark.parametrize("derivative", [jacobian, hessian])
def test_a_leaf_made_inside_leaves_a_sparse_derivative_sparse(derivative):
    f = from_a_leaf if derivative is hessian else lambda x: [v * Value(2.0) for v in x]
    matrix = derivative(f, sparse=True)(POINT)
    assert issparse(matrix)
    assert matrix.dtype == float
    assert matrix.toarray().tolist() == np.array(derivative(f)(POINT)).tolist()


def test_scipy_takes_gradients_of_a_function_that_makes_leaves():
    def f(x):
        total = Value(0.0)
        for v in x:
            total += (v - 1.0) ** 4 + v**2
        return total

    found = minimize(
        value_and_grad(f),
        np.array([2.0, -1.0]),
        jac=True,
        hess=hessian(f),
        method="trust-exact",
    )
    assert found.success
    assert grad(f)(found.x) == pytest.approx(0.0, abs=1e-5)


def test_a_model_made_inside_is_not_from_outside_and_one_made_before_is():
    model = MLP(1, [1])
    assert type(grad(lambda x: MLP(1, [1])([x]))(0.5)) is float
    assert type(grad(lambda x: model([x]))(0.5)) is Value
    with no_grad():
        assert type(grad(lambda x: model([x]))(0.5)) is float


def test_a_tangent_or_an_adjoint_that_is_a_value_gives_values():
    w = Value(2.0)
    assert type(jvp(from_a_leaf, (POINT,), ([w, w, w],))[1]) is Value
    _, pullback = vjp(from_a_leaf, POINT)
    assert {type(x_bar) for x_bar in pullback(w)[0]} == {Value}
    assert {type(x_bar) for x_bar in pullback(1.0)[0]} == {float}


INSIDE_A_TRACE = {
    "a leaf": lambda x: grad(lambda y: y * y * x)(2.0),
    "a choice": lambda x: grad(lambda y: where(x - 1.0, y, 3.0 * y))(2.0),
    "a stopped gradient": lambda x: grad(lambda y: y * stop_gradient(x))(2.0),
    "the result": lambda x: value_and_grad(lambda y: y + stop_gradient(x))(2.0)[0],
}


@pytest.mark.parametrize("name", INSIDE_A_TRACE)
def test_a_derivative_inside_a_trace_follows_every_number_from_outside(name):
    f = INSIDE_A_TRACE[name]
    compiled = compile(f)
    for x in (1.0, 2.0, 1.0, -3.0):
        assert compiled(x) == f(x)
