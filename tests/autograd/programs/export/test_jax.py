"""A program in JAX is the same program: its values, and its derivatives of every order."""

import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import autograd
from autograd import Program, Value, compile, exp, log, sin, sqrt, where
from autograd.ops import TABLE, Interval
from autograd.testing.sample_points import called, ordinary
from autograd.testing.slow_backward import slow_sweep
from autograd.testing.strategies import expressions, floats_in

jax = pytest.importorskip("jax", reason="to_jax is tested where JAX is installed")
jnp = jax.numpy

SMALL = floats_in(Interval(-2.0, 2.0))
STEPS = {"floor", "ceil", "round", "sign", "mod"}  # a last place decides between two values
OTHERS = [op.name for op in TABLE if op.name not in STEPS]


@pytest.fixture(autouse=True)
def _double_precision():
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", before)


def of_row(op, numbers):
    """One operation as a program, and the same in JAX."""
    leaves = [Value(x) for x in numbers]
    program = Program(called(op, leaves), leaves)
    return program, program.to_jax()


def same(a, b, size=0.0):
    if math.isnan(a) or math.isnan(b) or math.isinf(a) or math.isinf(b):
        return a == b or (math.isnan(a) and math.isnan(b))
    return abs(a - b) <= 1e-12 * max(abs(a), size) + 1e-300


@pytest.mark.parametrize("op", TABLE, ids=lambda op: op.name)
def test_every_operation_has_its_value_and_partials_in_jax(op):
    for point in ordinary(op, count=8):
        program, f = of_row(op, point)
        value, grads = program.value_and_grad(*point)
        places = tuple(range(len(point)))
        result, slopes = jax.value_and_grad(f, places)(*point)
        assert same(value, float(result)), point
        assert all(map(same, grads, map(float, slopes))), point


@pytest.mark.parametrize("op", [op for op in TABLE if op.edges], ids=lambda op: op.name)
def test_operations_have_their_declared_derivatives_at_edges(op):
    for point in op.edges:
        numbers = list(map(float, point))
        program, f = of_row(op, numbers)
        _, own = program.value_and_grad(*numbers)
        assert all(map(same, own, map(float, jax.grad(f, tuple(range(len(point))))(*numbers))))


def gradients(f, x):
    """Our gradient at x, and the sizes of what was added up in it."""
    leaves = [Value(v) for v in x]
    z = f(*leaves)
    program = Program(z, leaves)
    flow = slow_sweep(z, absolute=True)
    value, grads = program.value_and_grad(*x)
    return program, value, np.array(grads), np.array([flow.get(id(v), 0.0) for v in leaves])


def compared(f, x):
    """Ours and JAX's gradient at x agree to 1e-12, and to what our own gradient moves by
    when x moves by 1e-13: at a tie or a kink, or close to a pole, roundings decide."""
    program, value, own, size = gradients(f, x)
    assume(np.isfinite([value, *own, *size]).all())
    near = [gradients(f, [v * (1 + h) for v in x])[2] for h in (-1e-13, 1e-13)]
    unsure = np.abs(np.array(near) - own).max(axis=0)
    assume(np.isfinite(unsure).all())
    assume((np.abs([value, *size]) < 1e100).all())
    assume((unsure <= 1e-6 * size).all())
    places = tuple(range(len(x)))
    result, slopes = jax.value_and_grad(program.to_jax(), places)(*x)
    assert abs(result - value) <= 1e-12 * abs(value) + 1e-12 * size @ np.abs(x) + 1e-300
    assert (np.abs(np.array(slopes) - own) <= 1e-12 * size + unsure + 1e-300).all()


@settings(max_examples=60)
@given(expressions(2, max_nodes=8), st.tuples(SMALL, SMALL))
def test_random_smooth_programs_have_the_same_gradient(f, x):
    compared(f, x)


@settings(max_examples=60)
@given(expressions(3, max_nodes=8, ops=OTHERS), st.tuples(SMALL, SMALL, SMALL))
def test_random_programs_of_the_whole_table_have_the_same_gradient(f, x):
    compared(f, x)


@settings(max_examples=6)
@given(expressions(2, max_nodes=5), st.lists(st.tuples(SMALL, SMALL), min_size=2, max_size=4))
def test_jit_of_vmap_of_grad_is_the_gradient_row_by_row(f, rows):
    program, *_ = gradients(f, rows[0])
    columns = [np.array(c) for c in zip(*rows, strict=True)]
    values, grads = program.value_and_grad(*columns)
    assume(np.isfinite([values, *grads]).all())
    batched = jax.jit(jax.vmap(jax.value_and_grad(program.to_jax(), (0, 1))))
    result, slopes = batched(*columns)
    sizes = [gradients(f, row)[3].max() + 1e-300 for row in rows]
    assert (np.abs(result - values) <= 1e-10 * (np.abs(values) + sizes)).all()
    for slope, grad in zip(slopes, grads, strict=True):
        assert (np.abs(slope - grad) <= 1e-10 * np.array(sizes)).all()


@settings(max_examples=3)
@given(expressions(2, max_nodes=3), st.tuples(SMALL, SMALL))
def test_second_derivatives_are_ours_in_all_four_orders_of_the_modes(f, x):
    program, *_ = gradients(f, x)
    own = program.hessian(*x)
    assume(np.isfinite(own).all() and np.abs(own).max() < 1e6)
    g = program.to_jax()
    for outer in (jax.jacfwd, jax.jacrev):
        for inner in (jax.jacfwd, jax.jacrev):
            result = outer(inner(lambda v: g(*v)))(jnp.array(x))
            assert np.allclose(result, own, rtol=1e-9, atol=1e-9 * (1 + np.abs(own).max()))


def test_the_arm_that_is_not_taken_gives_zero_and_not_nan():
    x = Value(0.0)
    f = Program(where(x > 0, sqrt(x), 2 * x) + where(x, log(x), 0.0), [x]).to_jax()
    assert jax.grad(f)(0.0) == 2.0
    assert jax.grad(jax.grad(f))(0.0) == 0.0


def test_no_gradient_flows_through_what_is_detached():
    x, w = Value(0.5), Value(3.0)
    program = Program(x * sin(x).detach() + autograd.stop_gradient(x * w), [x])
    f = program.to_jax()
    assert math.isclose(jax.grad(f)(0.5), math.sin(0.5))
    assert jax.grad(lambda w: f(0.5, weights=w))(jnp.array([3.0])) == 0.0


def test_weights_are_those_of_the_moment_or_given_to_differentiate_by():
    x, w, b = Value(0.5), Value(2.0), Value(1.0)
    program = Program(exp(x * w) + b, [x])
    f = program.to_jax()
    place = [program.weights.index(w), program.weights.index(b)]
    w.data = 3.0
    assert math.isclose(f(0.5), math.exp(1.5) + 1.0)
    given_ = jnp.zeros(2).at[jnp.array(place)].set(jnp.array([4.0, -1.0]))
    slopes = jax.grad(lambda w: f(0.5, weights=w))(given_)[np.array(place)]
    assert np.allclose(slopes, [0.5 * math.exp(2.0), 1.0])
    assert program.weights[place[0]].data == 3.0


def test_a_layer_of_weights_and_inputs_is_the_same():
    import nn

    model = nn.MLP(5, [4, 2], activation="tanh", rng=1)
    inputs = [Value(0.1 * k) for k in range(5)]
    program = Program(model(inputs), inputs)
    rows = np.random.default_rng(1).normal(size=(5, 7))
    result = program.to_jax()(*rows)
    assert isinstance(result, list)
    assert np.allclose(result, program(*rows), rtol=1e-13)


def test_inputs_of_several_shapes_broadcast_and_a_constant_output_follows_them():
    x, y = Value(1.0), Value(2.0)
    f = Program([x * y, Value(7.0)], [x, y]).to_jax()
    product, seven = f(np.arange(3.0)[:, None], np.arange(2.0))
    assert product.tolist() == [[0.0, 0.0], [0.0, 1.0], [0.0, 2.0]]
    assert seven.shape == (3, 2)
    assert f(2, 3)[0] == 6.0


def test_values_and_gradients_are_nan_where_decisions_do_not_hold():
    @compile
    def decided(x):
        return x * x if x > 0 else -x

    assert decided(3.0) == 9.0
    (program,) = decided.programs
    outputs = program.to_jax()
    f = lambda x: outputs(x)[0]  # noqa: E731 (a compiled function's program gives a list)
    at = np.array([3.0, -1.0])
    assert f(at)[0] == 9.0
    assert np.isnan(f(at)[1])
    slopes = jax.jit(jax.vmap(jax.grad(f)))(at)
    assert slopes[0] == 6.0
    assert np.isnan(slopes[1])


def test_a_long_program_is_traced_without_recursion():
    x, w = Value(0.5), Value(0.999)
    z = x
    for _ in range(5_000):
        z = sin(z) * w
    traced = jax.make_jaxpr(Program(z, [x]).to_jax())(0.5)
    assert len(traced.eqns) >= 10_000


def test_wrong_numbers_of_inputs_and_weights_are_one_sentence():
    x, w = Value(1.0), Value(2.0)
    f = Program(x * w, [x]).to_jax()
    with pytest.raises(TypeError, match="this program takes 1 input, not 2"):
        f(1.0, 2.0)
    with pytest.raises(ValueError, match=r"1 weights, so weights is an array of shape \(1,\)"):
        f(1.0, weights=[1.0, 2.0])
    with pytest.raises(TypeError, match="input 0 is an array of complex128; real numbers"):
        f(1j)
    with pytest.raises(TypeError, match="input 0 is a Value; a function of JAX takes numbers"):
        f(x)
    with pytest.raises(TypeError, match="input 0 is 'one'; real numbers are needed"):
        f("one")


def test_a_batch_of_no_rows_has_no_results():
    x = Value(1.0)
    assert Program(sin(x), [x]).to_jax()(np.empty(0)).shape == (0,)


def test_a_function_of_c_that_jax_has_not_is_named(monkeypatch):
    from autograd.ops import jax as rows_in_jax

    monkeypatch.delitem(rows_in_jax.LIBM, "libm.sinh")
    rows_in_jax.differentiable.cache_clear()
    rows_in_jax.function.cache_clear()
    x = Value(1.0)
    with pytest.raises(
        autograd.GraphError, match=r"libm\.sinh is not known in JAX: add it to LIBM"
    ):
        Program(autograd.sinh(x), [x]).to_jax()(1.0)


def test_single_precision_is_announced():
    jax.config.update("jax_enable_x64", False)
    x = Value(1.0)
    with pytest.warns(UserWarning, match="JAX computes in float32 here"):
        f = Program(sin(x), [x]).to_jax()
    assert f(1.0).dtype == np.float32


def test_without_jax_the_error_says_what_to_install():
    code = (
        "import sys; sys.modules['jax'] = None\n"
        "from autograd import Program, Value\n"
        "x = Value(1.0)\n"
        "Program(x * x, [x]).to_jax()"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    said = run.stderr.strip().splitlines()[-1]
    assert said.startswith("ImportError: to_jax needs JAX")
    assert said.endswith('pip install "dcdw[jax]"')
