"""Arrays of no rows, of no columns; programs without inputs; as many arguments as one likes."""

import itertools

import numpy as np
import pytest

from autograd import Program, Value, compile, exp

SHAPES = [(), (0,), (3,), (3, 0), (0, 3), (0, 0), (3, 2), (3, 0, 2), (3, 2, 0), (0, 2, 2), (1, 0)]


def leaves(x):
    """The numbers of a row."""
    return [leaf for part in x for leaf in leaves(part)] if isinstance(x, list) else [x]


def cost(*xs):
    total = Value(0.5).detach()
    for k, leaf in enumerate(leaves(list(xs)), 1):
        total = total + k * leaf * leaf
    return total


def expected(arguments):
    """The cost and its gradients, row by row, of arrays and numbers."""
    rows = [len(x) for x in arguments if np.ndim(x)]
    count = rows[0] if rows else 1
    value, k, grads = np.full(count, 0.5), 1, []
    for x in arguments:
        width = int(np.prod(np.shape(x)[1:]))
        own = np.reshape(x, (len(x) if np.ndim(x) else 1, width))
        table = np.broadcast_to(own, (count, width))
        factors = np.arange(k, k + width)
        value = value + (table**2 * factors).sum(axis=1)
        grads.append((2 * table * factors).reshape(count, *np.shape(x)[1:]))
        k += width
    return value, grads


def numbers(shape, seed=0):
    return np.asarray(np.random.default_rng(seed).integers(-8, 8, shape) / 4)


def agrees(f, arguments):
    """Value, gradients and backward of compiled rows are what arithmetic says."""
    value, grads = expected(arguments)
    single = not any(np.ndim(x) for x in arguments)
    assert np.array_equal(np.ravel(f(*arguments)), value)
    result, by = f.value_and_grad(*arguments)
    assert np.array_equal(np.ravel(result), value)
    for g, own in zip(by, grads, strict=True):
        assert np.shape(g) == (() if single else own.shape)
        assert np.allclose(np.ravel(g), np.ravel(own), rtol=1e-13)
    if len(value):
        assert f.backward(*arguments) == pytest.approx(value.mean(), rel=1e-13)
    assert f.backward(*arguments, reduce="sum") == pytest.approx(value.sum(), rel=1e-13)


def agreeing(shapes):
    """Whether all arrays have the same number of rows."""
    return len({shape[0] for shape in shapes if shape}) <= 1


@pytest.mark.parametrize("writable", [True, False])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_arrays_of_any_shape_in_any_place_are_arguments(count, writable):
    f = compile(cost)
    for shapes in itertools.product(SHAPES, repeat=count):
        if agreeing(shapes):
            arguments = [numbers(shape, k) for k, shape in enumerate(shapes)]
            for x in arguments:
                x.flags.writeable = writable
            agrees(f, arguments)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("shape", SHAPES)
def test_any_number_of_arrays_without_columns_does_no_harm(shape, threads):
    f = compile(cost, threads=threads)
    for empty in (0, 1, 2, 7, 50, 70):
        rows = shape[0] if shape else 5
        arguments = [np.zeros((rows, 0))] * empty + [numbers(shape)] * 2
        agrees(f, arguments)
        agrees(f, arguments[::-1])


def test_zero_to_seventy_arguments_are_taken():
    for count in range(71):
        xs = [Value(k / 4) for k in range(count)]
        row = [x.data for x in xs]
        program, f = Program(cost(*xs), xs), compile(cost)
        value, grads = expected(row)
        assert program(*row) == f(*row) == value[0]
        assert program.value_and_grad(*row) == f.value_and_grad(*row)
        assert list(program.value_and_grad(*row)[1]) == [g[0] for g in grads]
        buffer = program.buffer()
        buffer.inputs[:] = row
        buffer()
        assert buffer.outputs.tolist() == value.tolist()
        assert buffer.grads.tolist() == [g[0] for g in grads]
        if count % 10 < 2:
            assert np.array_equal(program.hessian(*row), np.diag(2.0 * np.arange(1, count + 1)))


def test_a_program_without_inputs_answers_every_question():
    w = Value(0.5)
    program = Program(exp(w * 2.0), [])
    assert program() == np.exp(1.0)
    assert program.value_and_grad() == (np.exp(1.0), ())
    assert program.jvp([], []) == (np.exp(1.0), 0.0)
    assert program.jacobian().shape == (1, 0)
    assert program.hessian().shape == (0, 0)
    assert program.backward() == np.exp(1.0)
    assert w.grad == 2 * np.exp(1.0)
    buffer = program.buffer()
    buffer()
    assert buffer.outputs.tolist() == [np.exp(1.0)]
    assert buffer.weight_grads.tolist() == [2 * np.exp(1.0)]
    assert buffer.grads.tolist() == buffer.inputs.tolist() == []


def test_a_program_without_outputs_answers_with_nothing():
    x = Value(1.0)
    program = Program([], [x])
    assert program(2.0) == program(np.ones(3)) == []
    assert program.jvp([1.0], [1.0]) == ([], [])
    assert program.jacobian(1.0).shape == (0, 1)
    program.buffer()()


@pytest.mark.parametrize("rows", [0, 1, 5])
def test_a_batch_of_any_number_of_rows_has_hessians(rows):
    x = Value(1.0)
    program = Program(x * x * x, [x])
    assert np.array_equal(
        program.hessian(np.arange(rows, dtype=float)).ravel(), 6.0 * np.arange(rows)
    )
    assert program.jacobian(np.ones(rows)).shape == (rows, 1, 1)


def test_arrays_without_columns_stand_in_lists_and_dicts_too():
    f = compile(lambda a, b=None: cost(a["x"], *a["rest"]) + cost(b))
    empty, x = np.zeros((3, 0)), np.arange(3.0)
    result = f({"x": empty, "rest": [empty, x, empty.astype(int)]}, b=empty)
    assert result.tolist() == (1.0 + x**2).tolist()
    _, (by,) = f.value_and_grad({"x": empty, "rest": (x, empty, empty)}, b=x)
    assert by["x"].shape == by["rest"][2].shape == (3, 0)
    assert by["rest"][0].tolist() == (2.0 * x).tolist()
