"""The plain twin held to the engine: the same rows, the same numbers, the same gradients."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd
from autograd import plain
from autograd.ops import BY_NAME, TABLE
from autograd.ops.floats import python
from autograd.testing.strategies import Expression, expressions, floats_in, op_inputs

# Where numerics.h takes more care than plain Python can; and Python has a hypot of its own.
OTHERS = ("cube_root", "exp_diff", "gauss", "ndtr", "hypot")
ROUGH = [row for row in TABLE if any(name in python([row]) for name in OTHERS)]
SAME_BITS = [row for row in TABLE if row not in ROUGH]


def called(functions, row, operands):
    """The row's function on a flat list of operands."""
    function = getattr(functions, row.name)
    if not row.many:
        return function(*operands)
    m = (len(operands) - len(row.operands) + len(row.sequences)) // len(row.sequences)
    groups = [operands[k * m : (k + 1) * m] for k in range(len(row.sequences))]
    z = function(*groups, *operands[m * len(groups) :])
    return z[0] if row.each else z


def run(functions, program, point):
    """Every step of a program, recorded and swept by the engine or by its twin."""
    found = [functions.Value(x) for x in point]
    for name, places in program.steps:
        found.append(called(functions, BY_NAME[name], [found[k] for k in places]))
    found[-1].backward()
    return found


def numbers(values):
    return [(v.data, v.grad) for v in values]


def python_can(values):
    """Whether every value and partial is finite; elsewhere Python may raise, and of a norm
    that is 0 too, since the squares of 0 / 0 are computed before it is seen that none is needed."""
    zeros = any(v.op == "norm" and v.data == 0.0 for v in values)
    return not zeros and all(math.isfinite(x) for v in values for x in (v.data, *v.partials))


@given(st.data(), expressions(3, [row.name for row in SAME_BITS], max_nodes=12))
def test_a_program_has_the_same_numbers_and_gradients_to_the_last_bit(data, program):
    point = [data.draw(floats_in()) for _ in range(program.inputs)]
    engine = run(autograd, program, point)
    if python_can(engine):
        assert numbers(run(plain, program, point)) == numbers(engine)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
@settings(max_examples=25)
@given(data=st.data())
def test_a_row_gives_the_engines_number_and_partials(row, data):
    point = data.draw(op_inputs(row))
    program = Expression(len(point), ((row.name, tuple(range(len(point)))),))
    engine = run(autograd, program, point)
    if not python_can(engine):
        return
    for twin, exact in zip(run(plain, program, point), engine, strict=True):
        close = pytest.approx((exact.data, exact.grad), rel=1e-12, abs=1e-300)
        assert (twin.data, twin.grad) == (close if row in ROUGH else (exact.data, exact.grad))


def test_operators_mix_values_and_numbers_from_either_side():
    def f(x, y):
        return (2 - x) * 3 / y + (-x) ** 2 - 2**y + 7 % y + abs(x % 2) + 1

    point = [-0.75, 1.5]
    engine, twin = [autograd.Value(x) for x in point], [plain.Value(x) for x in point]
    C, D = f(*engine), f(*twin)
    C.backward()
    D.backward()
    assert numbers([D, *twin]) == numbers([C, *engine])


def test_operands_that_may_be_left_out_may_be_left_out():
    x = plain.Value(-2.0)
    assert plain.leaky_relu(x).data == -0.02
    assert plain.dot([x], [3.0]).data == -6.0
    with pytest.raises(TypeError, match="missing 2 required positional arguments"):
        plain.atan2()


def test_leaves_add_up_and_computed_values_do_not():
    w = plain.Value(3.0)
    u = w * w
    C = u * u
    C.backward()
    C.backward()
    assert (w.grad, u.grad, C.grad) == (2 * 4 * 3.0**3, 2 * 3.0**2, 1.0)


def test_a_choice_has_no_edge_to_what_it_did_not_choose():
    x, y = plain.Value(1.0), plain.Value(2.0)
    assert plain.where(True, x, y).args == (x,)
    assert plain.stop_gradient(x).args == ()


def test_a_chain_of_ten_thousand_steps_needs_no_recursion():
    x = z = plain.Value(0.0)
    for _ in range(10_000):
        z = z + 1.0
    z.backward()
    assert (z.data, x.grad) == (10_000.0, 1.0)


def test_an_operation_that_no_row_has_is_refused():
    with pytest.raises(AttributeError, match="no operation 'tangent'"):
        plain.tangent  # noqa: B018
