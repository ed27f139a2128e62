"""grad and its relatives: right, nested without confusion, and clear about what they refuse."""

import math

import numpy as np
import pytest
from hypothesis import assume, given

import autograd
from autograd import (
    GraphError,
    StaleGraphError,
    Value,
    exp,
    grad,
    gradients,
    hessian,
    hvp,
    jacobian,
    jvp,
    log,
    ndtr,
    no_grad,
    prod,
    sin,
    sqrt,
    tan,
    tanh,
    value_and_grad,
    vjp,
)
from autograd.ops import Interval
from autograd.testing.strategies import expressions, points

# ── one way against another, on random programs with shared nodes ──

INPUTS = 3
programs = expressions(INPUTS)
inputs = points(INPUTS, Interval(-2.0, 2.0))


def close(result, expected, scale=1.0):
    """Up to the rounding of sums in another order."""
    result, expected = np.asarray(result, dtype=float), np.asarray(expected, dtype=float)
    size = max(scale, float(np.max(np.abs(expected), initial=0.0)))
    return bool(np.all(np.abs(result - expected) <= 1e-9 * size))


def tame(*arrays):
    """Neither nan nor so large that rounding shows."""
    assume(all(np.all(np.abs(np.asarray(a, dtype=float)) < 1e6) for a in arrays))


@given(programs, inputs)
def test_forward_and_reverse_mode_agree(program, xs):
    f = lambda x: program(*x)  # noqa: E731
    g = grad(f)(xs)
    tame(g)
    columns = [jvp(f, (xs,), ([float(j == k) for j in range(INPUTS)],))[1] for k in range(INPUTS)]
    assert close(columns, g)


@given(programs, inputs)
def test_a_jacobian_is_the_same_by_rows_and_by_columns(program, xs):
    wide = lambda x: program.results(*x)[INPUTS:]  # noqa: E731
    J = np.array(jacobian(wide)(xs))
    tame(J)
    _, pullback = vjp(wide, xs)
    rows = [pullback([float(i == k) for i in range(len(J))])[0] for k in range(len(J))]
    assert close(rows, J)
    assert close(jacobian(wide, sparse=True)(xs).toarray(), J)


@given(programs, inputs)
def test_a_hessian_is_symmetric_and_is_the_jacobian_of_the_gradient(program, xs):
    f = lambda x: program(*x)  # noqa: E731
    H = np.array(hessian(f)(xs))
    tame(H)
    assert np.array_equal(H, H.T)
    assert close(H, jacobian(grad(f))(xs))
    assert close(H, hessian(f, sparse=True)(xs).toarray())


@given(programs, inputs, points(INPUTS))
def test_hvp_is_the_hessian_times_the_vector(program, xs, v):
    f = lambda x: program(*x)  # noqa: E731
    H = np.array(hessian(f)(xs))
    tame(H)
    assert close(hvp(f, (xs,), (v,)), H @ v, scale=1.0 + 12 * np.max(np.abs(H)))


@given(programs, inputs)
def test_gradients_of_recorded_values_are_those_of_the_function(program, xs):
    leaves = [Value(x) for x in xs]
    C = program(*leaves)
    assume(isinstance(C, Value) and not C.constant)
    expected = grad(lambda x: program(*x))(xs)
    tame(expected)
    assert gradients(C, leaves) == expected
    assert close([g.data for g in gradients(C, leaves, create_graph=True)], expected)


# ── perturbation confusion: a derivative inside a derivative ──


def test_the_inner_derivative_does_not_see_the_outer_variable():
    # d/dx (x · d/dy (x + y)) = 1 (Siskind & Pearlmutter, 2005)
    assert grad(lambda x: x * grad(lambda y: x + y)(1.0))(1.0) == 1.0


def test_the_inner_derivative_at_the_outer_variable_itself():
    # d/dx d/dy (x·y) at y = x is d/dx x = 1
    assert grad(lambda x: grad(lambda y: x * y)(x))(3.0) == 1.0


def test_the_outer_variable_flows_through_the_inner_result():
    # d/dx (x · d/dy (x·y²) at y = 2) = d/dx 4x² = 8x
    assert grad(lambda x: x * grad(lambda y: x * y**2)(2.0))(3.0) == 24.0


def test_the_amazing_bug():
    # Manzyuk et al., 2019: a derivative that returns a function of the variable
    def shifted(u):
        return lambda f: lambda x: f(x + u)

    hat = [grad(lambda u, y=y: exp(y + u))(0.0) for y in (0.0, 1.0)]
    assert hat == pytest.approx([1.0, math.e])
    nested = grad(lambda u: grad(lambda v: shifted(u)(shifted(v)(exp))(0.5))(0.0))(0.0)
    assert nested == pytest.approx(math.exp(0.5))


def test_forward_and_reverse_mode_nest_in_either_order():
    f = lambda x: jvp(sin, (x,), (x,))[1]  # x·cos x  # noqa: E731
    assert grad(f)(0.7) == pytest.approx(math.cos(0.7) - 0.7 * math.sin(0.7))
    g = lambda x: x * grad(sin)(x)  # noqa: E731
    assert jvp(g, (0.7,), (1.0,))[1] == pytest.approx(math.cos(0.7) - 0.7 * math.sin(0.7))


def test_three_levels_with_all_variables_used_inside():
    # ∂³/∂x∂y∂z xy²z³ = 2y·3z²
    def f(x):
        return grad(lambda y: grad(lambda z: x * y**2 * z**3)(5.0))(3.0)

    assert grad(f)(2.0) == 2 * 3.0 * 3 * 25.0


def test_a_derivative_inside_no_grad_is_a_number():
    with no_grad():
        assert grad(lambda x: x**3)(2.0) == 12.0
        g = grad(lambda x: x**3)(Value(2.0))
    assert g == 12.0


# ── closed forms ──


def test_speelpennings_product_has_its_known_derivatives():
    x = [0.5 + 0.1 * k for k in range(20)]
    whole = math.prod(x)
    assert grad(prod)(x) == pytest.approx([whole / v for v in x], rel=1e-14)
    H = np.array(hessian(prod)(x))
    expected = [
        [0.0 if i == j else whole / (a * b) for j, b in enumerate(x)] for i, a in enumerate(x)
    ]
    assert pytest.approx(np.array(expected), rel=1e-13) == H


def test_a_product_with_zeros_keeps_its_second_derivative():
    assert hessian(prod)([0.0, 0.0, 3.0]) == [[0, 3, 0], [3, 0, 0], [0, 0, 0]]


def test_the_lighthouse():
    # Griewank's example: where the beam, turning by ωt, meets the quay y = γx.
    nu, gamma, omega, t = 1.5, 0.7, 0.4, 0.9

    def y1(nu, gamma, omega, t):
        return nu * tan(omega * t) / (gamma - tan(omega * t))

    T = math.tan(omega * t)
    by_T = nu * gamma / (gamma - T) ** 2 * (1 + T * T)
    expected = (T / (gamma - T), -nu * T / (gamma - T) ** 2, by_T * t, by_T * omega)
    assert grad(y1, argnums=(0, 1, 2, 3))(nu, gamma, omega, t) == pytest.approx(expected, rel=1e-14)


def rosenbrock(x):
    return autograd.sum(
        [100 * (x[k + 1] - x[k] ** 2) ** 2 + (1 - x[k]) ** 2 for k in range(len(x) - 1)]
    )


def test_rosenbrocks_valley_has_its_known_derivatives():
    a, b = 1.2, 0.7
    assert grad(rosenbrock)([a, b]) == pytest.approx(
        [-400 * a * (b - a * a) - 2 * (1 - a), 200 * (b - a * a)]
    )
    assert np.array(hessian(rosenbrock)([a, b])) == pytest.approx(
        np.array([[1200 * a * a - 400 * b + 2, -400 * a], [-400 * a, 200.0]])
    )


def black_scholes(S, sigma, K=100.0, r=0.03, T=0.5):
    d1 = (log(S / K) + (r + sigma**2 / 2) * T) / (sigma * math.sqrt(T))
    d2 = d1 - sigma * math.sqrt(T)
    return S * ndtr(d1) - K * math.exp(-r * T) * ndtr(d2)


def test_the_greeks_of_black_and_scholes():
    S, sigma, K, r, T = 105.0, 0.25, 100.0, 0.03, 0.5
    root = math.sqrt(T)
    d1 = (math.log(S / K) + (r + sigma**2 / 2) * T) / (sigma * root)
    d2 = d1 - sigma * root
    phi = math.exp(-d1 * d1 / 2) / math.sqrt(2 * math.pi)
    vega = S * phi * root
    (gamma, vanna), (vanna2, volga) = hessian(black_scholes, argnums=(0, 1))(S, sigma)
    assert grad(black_scholes, (0, 1))(S, sigma) == pytest.approx((ndtr(d1), vega), rel=1e-13)
    assert gamma == pytest.approx(phi / (S * sigma * root), rel=1e-12)
    assert vanna == vanna2 == pytest.approx(-phi * d2 / sigma, rel=1e-12)
    assert volga == pytest.approx(vega * d1 * d2 / sigma, rel=1e-11)


def test_the_solution_of_an_equation_by_newtons_method_differentiated():
    # y(a) with y³ + y = a has y' = 1/(3y² + 1) and y'' = -6y·y'³
    def solved(a):
        y = a / 2
        for _ in range(30):
            residual = lambda y: y**3 + y - a  # noqa: E731
            y = y - residual(y) / grad(residual)(y)
        return y

    y = solved(2.5)
    assert y**3 + y == pytest.approx(2.5)
    assert grad(solved)(2.5) == pytest.approx(1 / (3 * y * y + 1), rel=1e-13)
    assert grad(grad(solved))(2.5) == pytest.approx(-6 * y / (3 * y * y + 1) ** 3, rel=1e-12)


# ── arguments and results ──


def test_numpys_functions_work_on_arrays_inside():
    x = np.array([0.25, 0.5])
    g = grad(lambda x: np.sum(np.arcsin(x) * np.arctan2(x, 2.0)))(x)
    same = grad(lambda x: sum(autograd.asin(v) * autograd.atan2(v, 2.0) for v in x))(x)
    assert g == pytest.approx(same, rel=1e-15)


def test_argnums_selects_and_keywords_pass_through():
    f = lambda x, y, scale=1.0: scale * x * y  # noqa: E731
    assert grad(f, argnums=1)(2.0, 3.0, scale=10.0) == 20.0
    assert grad(f, argnums=(0, -1))(2.0, 3.0) == (3.0, 2.0)
    assert value_and_grad(f)(2.0, 3.0) == (6.0, 3.0)
    assert grad(lambda x, how: x if how == "plain" else -x)(1.0, "plain") == 1.0


def test_values_in_give_values_out_and_floats_give_floats():
    w = Value(2.0)
    assert type(grad(sin)(0.5)) is float
    assert isinstance(grad(sin)(w), Value)
    closed_over = grad(lambda x: w * x)(1.0)
    closed_over.backward()
    assert w.grad == 1.0
    assert type(grad(lambda x: 2 * x)(Value(1.0).detach())) is float


def test_a_function_that_ignores_its_argument_has_derivative_zero():
    assert grad(lambda x: 3.0)(1.0) == 0.0
    assert hessian(lambda x: x[0])([1.0, 2.0]) == [[0.0, 0.0], [0.0, 0.0]]
    assert jvp(lambda x: 3.0, (1.0,), (1.0,)) == (3.0, 0.0)
    assert grad(lambda x: x[0] * 2)([1.0, 5.0]) == [2.0, 0.0]


# ── recorded Values ──


def test_gradients_are_of_leaves_and_of_computed_values():
    w = Value(3.0)
    h = w * w
    C = h * h
    assert gradients(C, [w, h]) == [108.0, 18.0]
    assert w.grad == 0.0  # backward() is not what happens here
    (second,) = gradients(gradients(C, w, create_graph=True), [w])
    assert second == 108.0


def test_a_weight_that_the_cost_does_not_use_has_gradient_zero_or_none():
    w, u = Value(3.0), Value(1.0)
    assert gradients(w * w, {"w": w, "u": u}) == {"w": 6.0, "u": 0.0}
    assert gradients(w * w, [w, u], allow_unused=True) == [6.0, None]


def test_a_stale_graph_is_refused_and_names_the_leaf():
    w = Value(3.0, label="w")
    C = w * w
    w.data = 4.0
    assert gradients(C, [w]) == [6.0]  # at the recorded point
    with pytest.raises(StaleGraphError, match="label='w'"):
        gradients(C, [w], create_graph=True)


def test_gradients_of_what_has_no_history_say_so():
    with pytest.raises(GraphError, match="constant"):
        gradients(Value(1.0).detach(), [Value(2.0)])
    with pytest.raises(TypeError, match="C must be a Value, not float"):
        gradients(1.0, [Value(2.0)])
    with pytest.raises(TypeError, match=r"weight 0 is 2\.0"):
        gradients(Value(1.0), [2.0])


@pytest.mark.parametrize("number", [1000, True, np.float32(2), np.int64(3), Value(2.0)])
@pytest.mark.parametrize("kind", [list, tuple])
def test_numbers_of_every_type_make_lists_of_one_shape(kind, number):
    x, v = kind([number, 1.0]), kind([1.0, 0.0])
    assert jvp(autograd.sum, (x,), (v,))[1] == 1.0
    assert jvp(autograd.sum, (v,), (kind([1, 0]),))[1] == 1.0


# ── refused, with a sentence ──

REFUSED = [
    (lambda: grad(lambda x: [x, x])(1.0), "is a list of 2; use jacobian"),
    (lambda: hessian(lambda x: (x, x))(1.0), "hessian needs a function that returns one number"),
    (lambda: grad(sin)("0.3"), "argument 0 is '0.3'"),
    (lambda: grad(sin)(1j), "argument 0 is 1j"),
    (lambda: grad(sin)(None), "argument 0 is None"),
    (lambda: grad(lambda x: None)(1.0), "the result of <lambda> is None"),
    (lambda: grad(sin, argnums=1)(1.0), "argnums names argument 1, but the call has 1 positional"),
    (lambda: jvp(sin, (1.0,), (1.0, 2.0)), "1 primals need as many tangents, not 2"),
]


@pytest.mark.parametrize(("attempt", "sentence"), REFUSED)
def test_a_function_that_cannot_be_differentiated_is_refused_by_a_sentence(attempt, sentence):
    with pytest.raises(TypeError, match=sentence):
        attempt()


@pytest.mark.parametrize("argnums", [(0, 0), (0, -2)])
def test_an_argument_named_twice_is_refused(argnums):
    with pytest.raises(TypeError, match="argument 0 twice"):
        grad(lambda x, y: x * y, argnums=argnums)(2.0, 3.0)


@pytest.mark.parametrize(("f", "x"), [(log, -1.0), (sin, math.nan), (lambda x: x * x, math.nan)])
def test_every_derivative_is_nan_where_the_value_is(f, x):
    for _ in range(4):
        f = grad(f)
        assert math.isnan(f(x))
    assert math.isnan(hvp(lambda x, y: log(x * y), (1.0, -1.0), (0.0, 1.0))[0])


def test_a_derived_function_says_what_it_is():
    assert grad(tanh).__name__ == "grad(tanh)"
    assert "See autograd.hessian" in hessian(sqrt).__doc__
