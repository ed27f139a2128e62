"""Every row of the table against its definition, in units in the last place (ulp).

The reference is `tests/autograd/ops/oracle.py`.  One ulp is the distance between neighbouring
doubles, so an error of ½ is all that rounding the exact answer would cost.
"""

import math
import operator
import struct
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mpf

import autograd
from autograd import Value
from autograd.ops import BY_NAME, TABLE, Interval, Op, Point
from tests.autograd.ops.oracle import call, grid, measure, ulps

INF, NAN = math.inf, math.nan
each_operation = pytest.mark.parametrize("op", TABLE, ids=lambda op: op.name)
many = [op for op in TABLE if op.many]

# ── accuracy ───────────────────────────────────────────────────────────────────

EXACT = {"neg", "abs", "sign", "floor", "ceil", "round", "relu", "clip", "where", "max", "min"}
ROUNDED = {"add", "sub", "mul", "div", "sqrt", "leaky_relu"}  # once, as IEEE 754 asks
# glibc's manual admits 5 ulp for erfc, and what is made of it adds a rounding or two.
ERFC = {"erfc", "ndtr", "gelu", "∂gelu/∂x"}


def limit(what: str, op: Op, count: int) -> float:
    """The error allowed.  Elsewhere the C library's is 1 or 2 ulp, and a rule adds its own."""
    if what in EXACT:
        return 0.0
    if what in ROUNDED:
        return 0.5
    if what in ERFC:
        return 6.0
    if op.many:  # each operand rounds the running total by up to ½
        return 4.0 + count / 2
    return 4.0


def check(op: Op, point: Point) -> None:
    """The property: value and partials of `op` lie within their limits at `point`."""
    for m in measure(op, point):
        assert m.ulps <= limit(m.what, op, len(point)), str(m)


@pytest.mark.thorough
@each_operation
def test_value_and_partials_agree_with_the_definition_all_over_the_domain(op: Op) -> None:
    for point in grid(op):
        check(op, point)


def numbers(interval: Interval) -> st.SearchStrategy[float]:
    """Floats of `interval`: of everyday size, close to zero, of any size."""
    low, high = max(interval.low, -1e300), min(interval.high, 1e300)
    near, far = max(low, -50.0), min(high, 50.0)

    def between(a: float, b: float) -> st.SearchStrategy[float]:
        return st.floats(a, b, allow_subnormal=False)

    tiny = between(max(low, -1e-8), 1e-8) if low <= 0 else between(low, low * (1 + 1e-8))
    anywhere = between(near, far) | tiny | between(low, high)
    return anywhere.filter(interval.__contains__).map(lambda x: x + 0.0)  # mpmath has no -0.0


def points(op: Op) -> st.SearchStrategy[Point]:
    """Operands of `op` in its domain."""
    if not op.many:
        return st.tuples(*map(numbers, op.domain)).filter(
            lambda p: op.name not in ("div", "mod") or p[1] != 0
        )
    lengths = st.integers(1, 6).map(lambda n: n * len(op.sequences))
    single = len(op.singles)
    # a product of six and a sum of products are what they are in doubles on the way there
    bound = {"prod": 1e50, "dot": 1e150}.get(op.name, 1e300)
    number = numbers(Interval(-bound, bound))
    if op.name == "prod":
        number = number.filter(lambda x: x == 0 or abs(x) >= 1 / bound)
    return lengths.flatmap(lambda n: st.tuples(*[number] * (n + single)))


@pytest.mark.thorough
@each_operation
@settings(deadline=None, max_examples=25)
@given(data=st.data())
def test_value_and_partials_agree_with_the_definition_wherever_one_looks(
    op: Op, data: st.DataObject
) -> None:
    check(op, data.draw(points(op)))


@pytest.mark.parametrize("x", [-2.0, -0.3, -1e-100, -7e50, -1.0000001])
@pytest.mark.parametrize("y", [-7, -2, -1, 1, 2, 3, 4, 9])
def test_a_negative_base_has_integer_powers(x: float, y: int) -> None:
    z = Value(x) ** Value(y)
    with_digits = mpf(x)
    assert ulps(z.data, with_digits**y) <= 1
    assert ulps(z.partials[0], y * with_digits ** (y - 1)) <= 4
    assert math.isnan(z.partials[1])


@pytest.mark.parametrize(
    "point",
    [(1 + 7e-8, -1.0125e10), (1.0001, -7.13e6), (1 - 1e-10, 7.1e12), (1.5, -1800.0)],
)
def test_a_power_that_has_almost_vanished_keeps_the_digits_of_its_slope(point: Point) -> None:
    check(BY_NAME["pow"], point)


def test_logsumexp_keeps_what_is_far_below_its_largest_operand() -> None:
    # log(e^1e-20 + e^-40) = 1e-20 + 4.2e-18, where log(1 + 4.2e-18) would give 0
    check(BY_NAME["logsumexp"], (1e-20, -40.0))
    check(BY_NAME["logsumexp"], (-3.0, -1e-300))


def test_forty_nine_forty_ninths_are_exactly_one() -> None:
    v = Value(49.0)
    assert (v / 49).data == (49 / v).data == (v / v).data == 1.0


@given(st.integers(1, 2**53))
def test_a_number_divided_by_itself_is_exactly_one(n: int) -> None:
    v = Value(n)
    assert (v / v).data == 1.0


# ── the edge table ─────────────────────────────────────────────────────────────

EDGES: list[tuple[str, Point, float, Point]] = [
    # operation, at, value, partials
    ("abs", (0.0,), 0.0, (0.0,)),
    ("abs", (-0.0,), 0.0, (0.0,)),
    ("sign", (0.0,), 0.0, (0.0,)),
    ("sign", (3.0,), 1.0, (0.0,)),
    ("floor", (2.0,), 2.0, (0.0,)),
    ("floor", (-2.5,), -3.0, (0.0,)),
    ("ceil", (2.0,), 2.0, (0.0,)),
    ("round", (2.5,), 2.0, (0.0,)),
    ("relu", (0.0,), 0.0, (0.0,)),
    ("relu", (-0.0,), 0.0, (0.0,)),
    ("leaky_relu", (0.0, 0.01), 0.0, (0.01, 0.0)),
    ("elu", (0.0, 1.0), 0.0, (1.0, 0.0)),
    ("max", (1.0, 1.0), 1.0, (0.5, 0.5)),
    ("min", (1.0, 1.0), 1.0, (0.5, 0.5)),
    ("max", (1.0, 2.0, 2.0, 0.0), 2.0, (0.0, 0.5, 0.5, 0.0)),
    ("min", (INF, INF), INF, (0.5, 0.5)),
    ("sqrt", (0.0,), 0.0, (INF,)),
    ("sqrt", (-1.0,), NAN, (NAN,)),
    ("cbrt", (0.0,), 0.0, (INF,)),
    ("log", (0.0,), -INF, (INF,)),
    ("log", (-1.0,), NAN, (NAN,)),
    ("log2", (-1.0,), NAN, (NAN,)),
    ("log10", (-1.0,), NAN, (NAN,)),
    ("log1p", (-1.0,), -INF, (INF,)),
    ("log1p", (-2.0,), NAN, (NAN,)),
    ("asin", (1.0,), math.pi / 2, (INF,)),
    ("asin", (-1.0,), -math.pi / 2, (INF,)),
    ("acos", (1.0,), 0.0, (-INF,)),
    ("acosh", (1.0,), 0.0, (INF,)),
    ("atanh", (1.0,), INF, (INF,)),
    ("clip", (0.0, 0.0, 1.0), 0.0, (1.0, 0.0, 0.0)),
    ("clip", (1.0, 0.0, 1.0), 1.0, (1.0, 0.0, 0.0)),
    ("clip", (7.0, 0.0, 1.0), 1.0, (0.0, 0.0, 1.0)),
    ("clip", (-7.0, 0.0, 1.0), 0.0, (0.0, 1.0, 0.0)),
    ("clip", (0.5, 3.0, 1.0), 1.0, (0.0, 0.0, 1.0)),  # bounds crossed: the upper one, as NumPy
    ("relu", (NAN,), NAN, (NAN,)),
    ("max", (NAN, 1.0), NAN, (NAN, NAN)),
    ("max", (1.0, NAN, 2.0), NAN, (NAN, NAN, NAN)),
    ("min", (1.0, NAN), NAN, (NAN, NAN)),
    ("clip", (NAN, 0.0, 1.0), NAN, (NAN, NAN, NAN)),
    ("clip", (0.5, NAN, 1.0), NAN, (NAN, NAN, NAN)),
    ("clip", (0.5, 0.0, NAN), NAN, (NAN, NAN, NAN)),
    ("pow", (5.0, 0.0), 1.0, (0.0, math.log(5.0))),
    ("pow", (0.0, 3.0), 0.0, (0.0, 0.0)),
    ("pow", (0.0, 0.5), 0.0, (INF, 0.0)),
    ("pow", (0.0, 1.0), 0.0, (1.0, 0.0)),
    ("pow", (0.0, 0.0), 1.0, (0.0, 0.0)),
    ("pow", (-2.0, 0.0), 1.0, (0.0, NAN)),
    ("pow", (-2.0, 3.0), -8.0, (12.0, NAN)),
    ("pow", (-2.0, 2.0), 4.0, (-4.0, NAN)),
    ("pow", (-2.0, 0.5), NAN, (NAN, NAN)),
    ("atan2", (0.0, 0.0), 0.0, (0.0, 0.0)),
    ("atan2", (0.0, -2.0), math.pi, (-0.5, 0.0)),
    ("hypot", (0.0, 0.0), 0.0, (0.0, 0.0)),
    ("hypot", (1e200, 1e200), math.sqrt(2) * 1e200, (math.sqrt(0.5), math.sqrt(0.5))),
    ("norm", (0.0, 0.0, 0.0), 0.0, (0.0, 0.0, 0.0)),
    ("norm", (3e200, 4e200), 5e200, (0.6, 0.8)),
    ("norm", (3e-200, 4e-200), 5e-200, (0.6, 0.8)),
    ("softplus", (1000.0,), 1000.0, (1.0,)),
    ("softplus", (-1000.0,), 0.0, (0.0,)),
    ("sigmoid", (1000.0,), 1.0, (0.0,)),
    ("sigmoid", (-1000.0,), 0.0, (0.0,)),
    ("tanh", (1000.0,), 1.0, (0.0,)),
    ("tanh", (-1000.0,), -1.0, (0.0,)),
    ("sigmoid", (-INF,), 0.0, (0.0,)),
    ("tanh", (INF,), 1.0, (0.0,)),
    ("softplus", (INF,), INF, (1.0,)),
    ("ndtr", (INF,), 1.0, (0.0,)),
    ("ndtr", (-INF,), 0.0, (0.0,)),
    ("logsumexp", (1000.0, 1000.0), 1000.0 + math.log(2), (0.5, 0.5)),
    ("logsumexp", (-INF, 3.0), 3.0, (0.0, 1.0)),
    ("softmax", (1000.0, -1000.0), 1.0, (0.0, 0.0)),
    ("prod", (0.0, 2.0, 3.0), 0.0, (6.0, 0.0, 0.0)),
    ("prod", (0.0, 0.0, 3.0), 0.0, (0.0, 0.0, 0.0)),
    ("where", (1.0, 2.0, NAN), 2.0, (0.0, 1.0, 0.0)),
    ("where", (0.0, NAN, 3.0), 3.0, (0.0, 0.0, 1.0)),
    ("mod", (-7.0, 3.0), 2.0, (1.0, 3.0)),
    ("mod", (7.0, 0.0), NAN, (NAN, NAN)),
    ("mod", (-1.6e308, 1e308), 4e307, (1.0, 2.0)),
    ("exp", (1000.0,), INF, (INF,)),
    ("div", (1.0, 0.0), INF, (INF, -INF)),
    ("div", (0.0, 0.0), NAN, (NAN, NAN)),
]


def same(x: float, y: float) -> bool:
    """Equal up to a rounding; nan is like nan."""
    return x == pytest.approx(y, rel=4e-16, abs=0, nan_ok=True)


@pytest.mark.parametrize(
    ("name", "at", "value", "partials"), EDGES, ids=[f"{name}{at}" for name, at, *_ in EDGES]
)
def test_value_and_derivative_at_an_edge_are_what_was_decided(
    name: str, at: Point, value: float, partials: Point
) -> None:
    z = call(BY_NAME[name], [Value(x) for x in at])
    assert same(z.data, value)
    assert len(z.partials) == len(partials)
    for computed, decided in zip(z.partials, partials, strict=True):
        assert same(computed, decided), z.partials


DECLARED = [(op, at) for op in TABLE for at in op.edges]


@pytest.mark.parametrize(("op", "at"), DECLARED, ids=[f"{op.name}{at}" for op, at in DECLARED])
def test_the_partials_a_row_declares_for_its_edges_are_the_ones_it_gives(op: Op, at: Point) -> None:
    z = call(op, [Value(x) for x in at])
    for computed, declared in zip(z.partials, op.edges[at], strict=True):
        assert same(computed, declared), z.partials


@pytest.mark.parametrize("name", ["max", "min"])
def test_max_of_a_number_and_itself_passes_the_whole_gradient_on(name: str) -> None:
    x = Value(3.0)
    getattr(autograd, name)(x, x).backward()
    assert x.grad == 1.0


def test_no_nan_comes_out_of_the_arm_that_where_did_not_take() -> None:
    # log(-1) is nan, and 0 * nan would be nan: nothing at all flows down that arm
    x, y = Value(-1.0), Value(2.0)
    not_taken = autograd.log(x)
    z = autograd.where(x > 0, not_taken, y)
    z.backward()
    assert z.data == 2.0
    assert (x.grad, y.grad, not_taken.grad) == (0.0, 1.0, 0.0)
    assert not z.carries(1)
    assert z.carries(2)


def test_an_arm_not_taken_still_gets_the_gradient_that_comes_another_way() -> None:
    x = Value(4.0)
    root = autograd.sqrt(x)
    z = autograd.where(0.0, root, 1.0) + root
    z.backward()
    assert (root.grad, x.grad) == (1.0, 0.25)


@each_operation
def test_every_derivative_is_nan_where_the_value_is(op: Op) -> None:
    count = 3 * len(op.sequences) + len(op.singles)
    count = count if op.many else len(op.operands)
    for k in range(count):
        z = call(op, [Value(NAN if j == k else 0.5) for j in range(count)])
        if math.isnan(z.data):
            assert all(math.isnan(p) for j, p in enumerate(z.partials) if z.carries(j))
        else:
            assert op.name in {"where", "leaky_relu", "elu"}  # that operand was not looked at


# ── numbers in, numbers out ────────────────────────────────────────────────────


def bits(x: float) -> bytes:
    """The double as it lies in memory: tells 0.0 from -0.0 (and nan equals nan)."""
    return struct.pack("d", x if x == x else NAN)


@each_operation
def test_floats_give_a_float_and_the_same_bits_as_values(op: Op) -> None:
    for point in grid(op)[::7]:
        number = call(op, list(point))
        assert type(number) is float
        assert bits(number) == bits(call(op, [Value(x) for x in point]).data)


@each_operation
def test_the_method_gives_the_same_bits_as_the_function(op: Op) -> None:
    for point in grid(op)[::13]:
        x, *others = map(Value, point)
        if len(op.sequences) == 2:
            continue
        result = getattr(x, op.name)(*others)
        result = result[0] if op.each else result
        assert bits(result.data) == bits(call(op, list(point)))


OPERATORS: list[tuple[str, Callable[[Any, Any], Any], float]] = [
    ("add", operator.add, 0.0),
    ("sub", operator.sub, 0.0),
    ("mul", operator.mul, 0.0),
    ("div", operator.truediv, 0.0),
    ("mod", operator.mod, 0.0),
    ("pow", operator.pow, 1.0),
]


@pytest.mark.parametrize(("name", "operate", "allowed"), OPERATORS, ids=[o[0] for o in OPERATORS])
def test_an_operator_gives_what_python_gives_for_floats(
    name: str, operate: Callable[[Any, Any], Any], allowed: float
) -> None:
    for x, y in grid(BY_NAME[name]):
        try:
            expected = operate(x, y)
        except (OverflowError, ZeroDivisionError):
            continue  # Python raises where IEEE 754 has inf and nan, and so do we
        for z in (operate(Value(x), Value(y)), operate(x, Value(y)), operate(Value(x), y)):
            if allowed:
                assert abs(z.data - expected) <= allowed * math.ulp(expected)
            else:
                assert bits(z.data) == bits(expected)


@given(
    st.floats(-1e300, 1e300, allow_subnormal=False),
    st.floats(-1e300, 1e300, allow_subnormal=False).filter(bool),
)
def test_a_remainder_is_pythons_remainder(x: float, y: float) -> None:
    assert bits((Value(x) % y).data) == bits(x % y)


# ── over any number of operands ────────────────────────────────────────────────


@pytest.mark.parametrize("op", many, ids=lambda op: op.name)
@pytest.mark.parametrize("n", range(1, 41))
def test_one_node_holds_any_number_of_operands(op: Op, n: int) -> None:
    count = n * len(op.sequences) + len(op.singles)
    leaves = [Value(1 + math.sin(k)) for k in range(count)]
    z = call(op, leaves)
    assert z.op == op.name
    assert len(z.args) == len(z.partials) == count
    assert all(x is leaf for x, leaf in zip(z.args, leaves, strict=True))
    z.backward()
    assert tuple(leaf.grad for leaf in leaves) == z.partials


@pytest.mark.thorough
@settings(deadline=None)
@given(st.lists(st.floats(-1e300, 1e300, allow_subnormal=False), min_size=1, max_size=40))
def test_a_sum_is_off_by_a_rounding_of_its_largest_terms_however_much_cancels(
    xs: list[float],
) -> None:
    scale = [x / len(xs) for x in xs]
    check(BY_NAME["sum"], (*scale, *(-x for x in reversed(scale))))


@pytest.mark.parametrize(
    ("name", "nothing"), [("sum", 0.0), ("prod", 1.0), ("norm", 0.0), ("softmax", [])]
)
def test_an_operation_of_no_operands_has_an_answer_where_mathematics_does(
    name: str, nothing: object
) -> None:
    assert getattr(autograd, name)([]) == nothing
    assert getattr(autograd, name)() == nothing


@pytest.mark.parametrize("name", ["max", "min", "mean", "logsumexp"])
def test_the_other_operations_say_that_they_need_an_operand(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} needs at least one operand"):
        getattr(autograd, name)([])


def test_a_dot_product_of_no_pairs_is_its_bias() -> None:
    bias = Value(3.0)
    z = autograd.dot([], [], bias)
    z.backward()
    assert (z.data, bias.grad) == (3.0, 1.0)
    assert autograd.dot([], []) == 0.0


@given(st.lists(st.floats(-700, 700), min_size=1, max_size=12))
def test_a_softmax_adds_up_to_one_and_its_gradient_to_zero(xs: list[float]) -> None:
    results = autograd.softmax([Value(x) for x in xs])
    assert sum(z.data for z in results) == pytest.approx(1.0, rel=1e-14)
    for z in results:
        assert sum(z.partials) == pytest.approx(0.0, abs=1e-15)


def test_every_row_has_a_name_of_its_own_a_function_and_a_method() -> None:
    assert len({op.name for op in TABLE}) == len(TABLE)
    for op in TABLE:
        assert op.name in autograd.__all__
        assert callable(getattr(Value, op.name))
