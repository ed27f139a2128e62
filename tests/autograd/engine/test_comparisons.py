"""Comparisons: of data, exactly, and decided anew at every call of a compiled function."""

import math
import operator
from decimal import Decimal, InvalidOperation
from fractions import Fraction

import numpy as np
import pytest

import autograd
from autograd import GraphError, Value, compile

OPERATORS = [operator.lt, operator.le, operator.eq, operator.ne, operator.gt, operator.ge]


class Amount:
    """A number of a user's, which compares itself with any other."""

    def __init__(self, x):
        self.x = x

    def __float__(self):
        return self.x

    def __lt__(self, other):
        return self.x < other

    def __le__(self, other):
        return self.x <= other

    def __eq__(self, other):
        return self.x == other

    def __ne__(self, other):
        return self.x != other

    def __gt__(self, other):
        return self.x > other

    def __ge__(self, other):
        return self.x >= other

    __hash__ = None


class Convertible:
    """It has a float and says nothing of comparisons."""

    def __float__(self):
        return 0.5


NUMBERS = {
    "float": 0.5, "nan": math.nan, "inf": math.inf, "int": 1, "bool": True,
    "an int between doubles": 2**53 + 1, "one beyond all doubles": 10**400,
    "one below them": -(10**400), "Decimal": Decimal("0.5"),
    "a Decimal between doubles": Decimal("0.1"), "an infinite Decimal": Decimal("-inf"),
    "Fraction": Fraction(1, 2), "a Fraction between doubles": Fraction(1, 10),
    "complex": 0.5 + 0j, "a complex off the line": 0.5 + 1j,
    "np.float64": np.float64(0.5), "np.float32": np.float32(0.1), "np.float16": np.float16(0.1),
    "np.longdouble": np.longdouble(1) / 10, "np.int64": np.int64(1), "np.uint8": np.uint8(1),
    "np.bool_": np.bool_(True), "np.complex128": np.complex128(0.5),
}  # fmt: skip
ARRAYS = {
    "0-d": np.array(0.5), "0-d float32": np.array(0.1, np.float32), "0-d int": np.array(1),
    "0-d bool": np.array(True), "1-d": np.array([0.5, 0.1, 1.0]), "empty": np.zeros(0),
    "2-d float32": np.array([[0.1, 1.0]], np.float32),
    "0-d longdouble": np.array(np.longdouble(1) / 10),
    "longdouble": np.array([1, 2], np.longdouble) / 10,
    "objects": np.array([0.5, Fraction(1, 10), Value(1.0)], dtype=object),
}  # fmt: skip
NOT_NUMBERS = {
    "None": None, "str": "a", "bytes": b"a", "list": [0.5], "tuple": (0.5,), "dict": {},
    "object": object(), "function": lambda: 0.5, "Convertible": Convertible(),
}  # fmt: skip
POINTS = [
    0.5, 1.0, 0.1, 0.0, -0.0, -1.0, 2.0, 2.0**53, 2.0**53 + 2, math.inf, -math.inf, math.nan,
    math.nextafter(0.1, 0), math.nextafter(0.1, 1), float(np.float32(0.1)), float(np.float16(0.1)),
]  # fmt: skip


def told(f, *args):
    """What a function returns, or the kind of error it raises."""
    try:
        return f(*args)
    except (TypeError, ArithmeticError) as error:
        return TypeError if isinstance(error, TypeError) else type(error)


def decided(compare, other, mirrored):
    """1 where all of the comparison holds, 2 where some of it does, else 0."""

    def f(x):
        holds = compare(other, x) if mirrored else compare(x, other)
        count = np.size(holds)
        return (1.0 if np.all(holds) else 2.0 if np.any(holds) else 0.0) + 4.0 * count

    return f


KINDS = {**NUMBERS, **ARRAYS, **NOT_NUMBERS, "Amount": Amount(0.5)}


@pytest.mark.parametrize("mirrored", [False, True], ids=["x ? other", "other ? x"])
@pytest.mark.parametrize("compare", OPERATORS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("kind", KINDS)
def test_a_comparison_decides_at_every_call_or_is_refused(kind, compare, mirrored):
    f = decided(compare, KINDS[kind], mirrored)
    for first in (0.5, 1.0, 0.1, math.nan):
        compiled = compile(f)
        if kind == "Amount" and not mirrored:
            with pytest.raises(GraphError, match=r"write x .* float"):
                compiled(first)
            return
        for x in (first, *POINTS):
            assert told(compiled, x) == told(f, Value(x)), (first, x)
    eager = [told(f, Value(x)) for x in POINTS]
    if TypeError not in eager:
        assert compile(f)(np.array(POINTS)).tolist() == eager


@pytest.mark.parametrize("compare", OPERATORS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("kind", NUMBERS)
def test_numbers_of_every_type_are_compared_exactly_from_either_side(kind, compare):
    y = NUMBERS[kind]
    exact = y.item() if isinstance(y, np.generic) and not isinstance(y, np.longdouble) else y
    for x in POINTS:
        expected = told(compare, np.longdouble(x) if isinstance(y, np.longdouble) else x, exact)
        if expected is InvalidOperation:
            expected = False  # a Decimal would raise at nan, and comparisons of Values do not
        assert told(compare, Value(x), y) == expected
    mirror = OPERATORS[[4, 5, 2, 3, 0, 1][OPERATORS.index(compare)]]
    for x in POINTS:
        assert told(mirror, y, Value(x)) == told(compare, Value(x), y)


def test_advice_on_a_number_of_a_user_s_works():
    limit = Amount(0.5)
    f = compile(lambda x: 100 * x if x > float(limit) else -x)
    assert [f(1.0), f(0.25)] == [100.0, -0.25]


WAYS = {
    "bool": lambda x, y: 1.0 if bool(x) else 0.0,
    "not": lambda x, y: 1.0 if not x else 0.0,
    "and": lambda x, y: x and y,
    "in a list": lambda x, y: 1.0 if x in [0.5, 1, Fraction(1, 10), Decimal(2)] else 0.0,
    "in an array": lambda x, y: 1.0 if x in np.array([0.5, 0.1]) else 0.0,
    "list.index": lambda x, y: [x, 0.5, 1, 2][1:].index(x) * 1.0 if x in (0.5, 1, 2) else -1.0,
    "list.count": lambda x, y: float([0.5, 1, y, None].count(x)),
    "min": lambda x, y: min(x, y, 0.25),
    "max": lambda x, y: max([x, y, Fraction(1, 4)]),
    "sorted": lambda x, y: sorted([x, y, 0.25, 1])[1] * 2.0,
    "sorted with Decimals": lambda x, y: sorted([x, Decimal(1), y])[0] == x and 2.0,
    "a chain": lambda x, y: 1.0 if 0 <= x < y <= Decimal(2) else 0.0,
    "np.sign": lambda x, y: np.sign(x) * y,
    "np.maximum": lambda x, y: np.maximum(x, y),
    "np.less": lambda x, y: 1.0 if np.less(0.5, x) else 0.0,
    "np.argmax": lambda x, y: float(np.argmax(np.array([x, y, 0.5], dtype=object))),
    "np.sort": lambda x, y: np.sort(np.array([x, y, 0.5], dtype=object))[1] * 1.0,
    "any": lambda x, y: 1.0 if any([x > np.bool_(True), y < np.array(0.5)]) else 0.0,
    "a mask": lambda x, y: float((x > np.array([0.1, 0.5, 1.0])).sum()),
    "while": lambda x, y: _halved(x),
    "round": lambda x, y: y if round(x) == np.int8(1) else -y,
    "floor": lambda x, y: y if math.floor(x) == 1 else -y,
}


def _halved(x):
    while x > np.float32(0.3):
        x = x / 2
    return x


@pytest.mark.parametrize("way", WAYS)
def test_whatever_branches_on_a_value_branches_anew(way):
    f = WAYS[way]
    numbers = [0.5, 1.0, 0.1, 0.0, -1.0, 2.0, 0.25, 1.25]
    rows = [(x, y) for x in numbers for y in numbers[::-1]]
    compiled = compile(f)
    for x, y in rows:
        z = f(Value(x), Value(y))
        assert compiled(x, y) == (z.data if isinstance(z, Value) else z), (x, y)


def test_a_weight_s_comparison_is_decided_anew_too():
    w = Value(1.0)
    f = compile(lambda x: x if w > np.array(0.5) else -x)
    assert f(2.0) == 2.0
    w.data = 0.25
    assert f(2.0) == -2.0


def test_a_comparison_with_what_is_no_number_stays_as_python_has_it():
    assert compile(lambda x: 1.0 if x == None else 2.0)(0.5) == 2.0  # noqa: E711
    with pytest.raises(TypeError, match="not supported between"):
        compile(lambda x: x < "a")(0.5)
    assert Value(0.5) == pytest.approx(0.5)
    assert autograd.where(Value(0.5) > 0, 1.0, 2.0) == 1.0


def test_comparisons_compare_data_and_give_bool():
    a, b = Value(1.0), Value(2.0)
    assert (a < b) is True
    assert (a >= 1) is True
    assert (a == 1.0) is True
    assert (a != b) is True
    assert (a < 2) is True
    assert Value(float("nan")) != Value(float("nan"))


def test_comparison_with_a_large_integer_is_exact_as_of_floats():
    assert (Value(2.0**53) == 2**53 + 1) is False


def test_a_value_equals_an_approximation():
    assert Value(1.0 + 1e-9) == pytest.approx(1.0)
    assert Value(1.1) != pytest.approx(1.0)
