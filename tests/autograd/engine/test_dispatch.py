"""How operators and functions reach the recorders, and what they refuse."""

import math
from fractions import Fraction

import numpy as np
import pytest

import autograd
from autograd import Value
from autograd.ops import TABLE


def test_every_operation_is_a_function_and_a_method_of_one_name():
    for op in TABLE:
        assert callable(getattr(autograd, op.name))
        assert callable(getattr(Value, op.name))
    assert Value(0.5).tanh().data == autograd.tanh(0.5)
    assert Value(0.5).max(2.0, -1.0).data == 2.0
    assert Value(0.5).dot(4.0, 1.0).data == 3.0
    assert Value(3.0).leaky_relu(0.1).data == 3.0


def test_functions_of_floats_give_floats():
    assert isinstance(autograd.tanh(0.5), float)
    assert isinstance(autograd.sum([1, 2.5]), float)
    assert autograd.softmax([0.0, 0.0]) == [0.5, 0.5]


@pytest.mark.parametrize("number", [2, 2.5, True, Fraction(1, 2), np.float32(0.5), np.int64(3)])
def test_numbers_stand_on_either_side_of_an_operator(number):
    v, x = Value(3.0), float(number)
    assert (v + number).data == 3.0 + x
    assert (number + v).data == x + 3.0
    assert (number - v).data == x - 3.0
    assert (number / v).data == x / 3.0
    assert (number % v).data == x % 3.0
    assert (number**v).data == pytest.approx(x**3.0, rel=1e-15)


def test_a_plain_number_is_an_operand_but_no_gradient_flows_to_it():
    x = Value(3.0)
    y = x**2
    assert y.args[1].constant
    assert y.partials == (6.0, 0.0)
    assert [y.carries(k) for k in (0, 1)] == [True, False]
    y.backward()
    assert y.args[1].grad == 0.0


def test_a_function_over_many_operands_is_one_node():
    xs = [Value(float(k)) for k in range(784)]
    ws = [Value(1.0) for _ in xs]
    z = autograd.dot(ws, xs, Value(0.5))
    assert z.op == "dot"
    assert len(z.args) == 2 * 784 + 1
    assert z.args[0] is ws[0]
    assert z.args[784] is xs[0]
    assert autograd.sum(xs).args == tuple(xs)


@pytest.mark.parametrize(("name", "of_nothing"), [("sum", 0.0), ("prod", 1.0), ("norm", 0.0)])
def test_of_no_operands_what_has_a_neutral_element_gives_it(name, of_nothing):
    assert getattr(autograd, name)([]) == of_nothing


@pytest.mark.parametrize("name", ["max", "min", "mean", "logsumexp"])
def test_of_no_operands_what_has_no_answer_says_so(name):
    with pytest.raises(ValueError, match=f"{name} needs at least one operand"):
        getattr(autograd, name)([])


def test_dot_of_empty_lists_is_the_bias():
    b = Value(1.5)
    y = autograd.dot([], [], b)
    y.backward()
    assert (y.data, b.grad) == (1.5, 1.0)


def test_rounding_follows_python():
    v = Value(2.5)
    assert math.floor(v).data == 2.0
    assert math.ceil(v).data == 3.0
    assert round(v).data == 2.0  # half to even
    with pytest.raises(TypeError, match="format it"):
        round(v, 2)


REFUSED = [
    (lambda v: Value("2.0"), r"write float\('2.0'\)"),
    (lambda v: Value(None), "not None"),
    (lambda v: Value(1j), "z.real"),
    (lambda v: Value(np.ones(2)), r"Value\(number\) for number in array"),
    (lambda v: Value([1.0]), "one by one"),
    (lambda v: Value(v), r"v.detach\(\)"),
    (lambda v: v + "1", r"write float\('1'\)"),
    (lambda v: 2j * v, "z.real"),
    (lambda v: v**None, "not None"),
    (lambda v: math.exp(v), "autograd.exp"),
    (lambda v: float(v), "v.data"),
    (lambda v: int(v), "int"),
    (lambda v: complex(v), "v.data"),
    (lambda v: autograd.exp("x"), "exp takes a real number"),
    (lambda v: autograd.exp(np.ones(3)), "NumPy's function"),
    (lambda v: autograd.sum("abc"), "one list"),
    (lambda v: autograd.sum([v, "b"]), "sum takes a real number, not str"),
    (lambda v: autograd.dot([v], ["b"]), "dot takes a real number, not str"),
    (lambda v: pow(v, 2, 3), "modulus"),
    (lambda v: setattr(v, "grad", None), "grad takes a real number, not None"),
    (lambda v: setattr(v, "label", 3), "a label is a str"),
    (lambda v: np.spacing(v), "np.spacing cannot be differentiated"),
]


@pytest.mark.parametrize(("attempt", "advice"), REFUSED)
def test_bad_input_is_refused_with_a_sentence_that_says_what_to_write(attempt, advice):
    with pytest.raises(TypeError, match=advice):
        attempt(Value(2.0))


def test_dot_of_different_lengths_names_both():
    with pytest.raises(ValueError, match="of 2 and 1"):
        autograd.dot([1, 2], [Value(3.0)])


def test_an_integer_too_large_for_a_double_is_pythons_error():
    with pytest.raises(OverflowError):
        Value(10**400)


def test_numpy_scalars_and_functions_give_values():
    v = Value(0.5)
    assert isinstance(np.float64(2) * v, Value)
    assert isinstance(np.exp(v), Value)
    assert np.arctan2(v, 2.0).op == "atan2"
    assert np.maximum(v, v).op == "max"
    assert (np.float64(1.0) > v) == True  # noqa: E712 (NumPy's bool)


def test_a_value_times_an_array_is_an_array_of_values():
    v = Value(2.0)
    for product in (v * np.array([1.0, 2.0]), np.array([1.0, 2.0]) * v):
        assert product.dtype == object
        assert [p.data for p in product] == [2.0, 4.0]
    assert np.sum(np.exp(np.array([v, v]))).data == 2 * math.exp(2.0)
