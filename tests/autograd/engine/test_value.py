"""What a Value is: a number, its history, and what it refuses."""

import math

import numpy as np
import pytest

import autograd
from autograd import Value, no_grad


def test_a_leaf_has_no_history():
    v = Value(2, label="v")
    assert (v.data, v.grad, v.op, v.args, v.partials, v.label) == (2.0, 0.0, "", (), (), "v")
    assert isinstance(v.data, float)


# ── data, detach, constants ──


def test_the_data_of_a_leaf_can_be_set_and_of_a_computed_value_not():
    x = Value(1.0)
    x.data = 5
    assert x.data == 5.0
    with pytest.raises(AttributeError, match=r"data of a computed Value \('add'\).*leaf"):
        (x + 1).data = 3.0


def test_a_detached_value_is_a_constant_with_the_same_number():
    x = Value(3.0)
    d = (x * x).detach()
    assert (d.data, d.op, d.constant) == (9.0, "", True)
    y = x * d
    y.backward()
    assert x.grad == 9.0


def test_constants_alone_record_nothing():
    c = Value(2.0).detach()
    assert (c * 3).op == ""
    assert autograd.sum([c, c]).constant


# ── as a number ──


def test_equal_values_are_different_keys():
    a, b = Value(1.0), Value(1.0)
    assert a == b
    assert len({a, b}) == 2


def test_truth_is_being_different_from_zero():
    assert Value(0.1)
    assert not Value(0.0)


def test_the_number_comes_out_by_data_item_and_format():
    v = Value(math.pi)
    assert v.item() == v.data == math.pi
    assert f"{v:.3f}" == "3.142"
    assert repr(Value(1.0, "w")) == "Value(data=1.0, grad=0.0, label='w')"


# ── micrograd's names ──


def test_micrograds_names_work():
    a, b = Value(2.0), Value(3.0)
    assert (a * b)._prev == {a, b}
    assert [(a + b)._op, (a * b)._op, (a**3)._op, a.relu()._op] == ["+", "*", "**3", "ReLU"]
    assert a._op == ""


def test_a_value_cannot_be_subclassed_or_given_attributes():
    with pytest.raises(TypeError):
        type("V", (Value,), {})
    with pytest.raises(AttributeError):
        Value(1.0).nickname = "w"


# ── NumPy ──


def test_a_number_of_numpy_is_taken_as_data():
    assert Value(np.float32(0.5)).data == 0.5
    v = Value(1.0)
    v.data = np.float64(3.0)
    assert v.data == 3.0


def test_no_grad_gives_plain_constants():
    w = Value(2.0)
    with no_grad():
        y = w * w + 1
    assert (y.op, y.constant, y.data) == ("", True, 5.0)
