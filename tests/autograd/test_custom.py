"""Custom operations: eager, at order n, in copies, and what is refused."""

import copy
import gc
import math
import pickle
import random
import weakref

import numpy as np
import pytest

from autograd import (
    GraphError,
    Program,
    Value,
    compile,
    exp,
    grad,
    gradients,
    hessian,
    log,
    no_grad,
    operation,
    sigmoid,
    sin,
    tanh,
)
from autograd.custom import Operation
from autograd.engine.value import user_operations
from autograd.ops import Interval, Op

cube = operation("cube", lambda x: x**3, lambda x, z: 3 * x**2, symbol="x³")
scaled = operation("scaled", lambda x, y: x * exp(y), lambda x, y, z: (exp(y), z))
swish = operation("swish", lambda x, beta: x * sigmoid(beta * x))  # partials left out


def test_an_operation_of_ones_own_is_one_node_with_its_own_symbol():
    y = cube(Value(2.0))
    assert (y.op, y._op, y.data, y.partials) == ("cube", "x³", 8.0, (12.0,))


def test_an_operation_of_plain_numbers_returns_a_float():
    assert cube(2) == 8.0
    assert isinstance(swish(1.0, 2.0), float)


@pytest.mark.parametrize(
    ("f", "same"),
    [
        (cube, lambda x: x * x * x),
        (lambda x: scaled(x, sin(x)), lambda x: x * exp(sin(x))),
        (lambda x: swish(x, x), lambda x: x * sigmoid(x * x)),
        (lambda x: tanh(cube(swish(x, 2.0))), lambda x: tanh((x * sigmoid(2 * x)) ** 3)),
    ],
)
def test_its_derivatives_are_right_at_every_order(f, same):
    for _ in range(4):
        f, same = grad(f), grad(same)
        assert f(0.6) == pytest.approx(same(0.6), rel=1e-11)


def test_an_operand_may_be_declared_to_get_no_derivative():
    gate = operation("gate", lambda x, open_: x * open_, lambda x, open_, z: (open_, None))
    x, o = Value(2.0), Value(3.0)
    y = gate(x, o)
    y.backward()
    assert (x.grad, o.grad, y.carries(1)) == (3.0, 0.0, False)


def test_nan_values_have_nan_derivatives():
    bad = operation("bad", lambda x: float("nan"), lambda x, z: 1.0)
    assert math.isnan(bad(Value(1.0)).partials[0])


def test_it_respects_no_grad_and_constants():
    with no_grad():
        assert cube(Value(2.0)).constant
    assert cube(Value(2.0).detach()).constant


def test_it_survives_a_pickle():
    x = Value(2.0)
    y = pickle.loads(pickle.dumps(cube(x) + 1))
    assert y.args[0].op == "cube"


def test_a_graph_with_an_unknown_operation_is_refused_with_the_remedy():
    passing = operation("passing", lambda x: x, lambda x, z: 1.0)
    data = pickle.dumps(passing(Value(1.0)))
    del passing
    with pytest.raises(GraphError, match=r"make it by operation\('passing'"):
        pickle.loads(data)
    again = operation("passing", lambda x: x, lambda x, z: 1.0)
    assert pickle.loads(data).op == again.name


def test_operations_with_the_same_name_are_distinguished_in_graphs_and_programs():
    double = operation("factor", lambda x: x * 2.0)
    triple = operation("factor", lambda x: x * 3.0)
    x = Value(1.0)
    z = double(x) + 10.0 * triple(x)
    assert z.data == 32.0
    assert Program(z, [x])(2.0) == 64.0
    assert hessian(lambda x: double(x) * triple(x))(1.0) == 12.0
    assert pickle.loads(pickle.dumps(double(x))).op == "factor"


# ── how long they live ──


def test_an_operation_nobody_has_is_gone_with_what_it_closes_over():
    class Large:
        pass

    def attempt(large):
        f = operation("fleeting", lambda x: x * 2.0 if large else x)
        C = f(Value(1.0))
        C.backward()
        return C.data

    large = Large()
    gone = weakref.ref(large)
    count = len(user_operations())
    assert attempt(large) == 2.0
    del large
    gc.collect()
    assert gone() is None
    assert len(user_operations()) == count


def test_an_operation_that_calls_itself_is_gone_too():
    def attempt():
        power = operation("power_again", lambda x: x if x > 1.0 else power._value([2.0]) * x)
        return power(Value(1.0)).data, weakref.ref(power)

    data, gone = attempt()
    assert data == 2.0
    gc.collect()
    assert gone() is None


def test_a_graph_keeps_its_operations():
    def graph():
        f = operation("kept_by_graph", lambda x: x**3, lambda x, z: 3 * x**2, symbol="k")
        return f(Value(2.0)) + 1.0

    C = graph()
    for k in range(50):  # codes that are free are given out again
        operation(f"later{k}", lambda x: x)(1.0)
    gc.collect()
    f_of_x = C.args[0]
    assert (f_of_x.op, f_of_x._op) == ("kept_by_graph", "k")
    assert gradients(C, [f_of_x.args[0]], create_graph=True)[0].data == 12.0
    copied = copy.deepcopy(C)
    del C, f_of_x
    gc.collect()
    assert copied.args[0].op == "kept_by_graph"


def test_more_operations_than_there_are_codes_are_made_one_after_another():
    x = Value(3.0)
    for k in range(70_000):
        f = Operation(ROW, True)
        if k % 10_000 == 0:
            assert f(x).data == 9.0
    assert f(x).data == 9.0


def test_codes_that_are_all_in_use_are_reported_and_come_back_when_freed():
    kept = []
    with pytest.raises(OverflowError, match=r"operations of users are in use.*make each once"):
        kept.extend(iter(lambda: Operation(ROW, True), None))
    assert 60_000 < len(kept) < 65_536
    assert kept[-1](3.0) == 9.0
    kept.clear()
    assert Operation(ROW, True)(3.0) == 9.0


ROW = Op("squared_here", "s", lambda x: x * x, lambda x, z: 2 * x, (Interval(),))


def test_operations_are_copied_as_functions_are():
    assert copy.copy(cube) is cube
    assert copy.deepcopy([cube, cube])[1] is cube


@pytest.mark.parametrize(
    ("attempt", "error", "sentence"),
    [
        (lambda: operation("exp", lambda x: x), ValueError, "the table has an operation 'exp'"),
        (lambda: operation("not a name", lambda x: x), ValueError, "identifier"),
        (lambda: operation("none", lambda: 1.0), ValueError, "takes no operands"),
        (lambda: operation("d", lambda x, y: x, domain=[Interval()]), ValueError, "1 intervals"),
        (lambda: cube(1.0, 2.0), TypeError, "cube takes 1 operands"),
        (lambda: cube("2"), TypeError, "cube takes a real number, not str"),
        (lambda: cube(None), TypeError, "not None"),
        (
            lambda: operation("few", lambda x, y: x, lambda x, y, z: 1.0)(Value(1.0), 2.0),
            GraphError,
            "has 2 operands, but its partials gave 1",
        ),
    ],
)
def test_bad_operations_are_refused_by_a_sentence(attempt, error, sentence):
    with pytest.raises(error, match=sentence):
        attempt()


def test_a_late_operand_may_have_no_derivative_at_order_2_too():
    def partials(*operands):
        x = operands[:10]
        return (*[None] * 9, 2 * x[9])

    last = operation("last_squared", lambda a, b, c, d, e, f, g, h, i, j: j * j, partials)
    rows = hessian(lambda x: last(*x))([1.0] * 10)
    assert rows[9] == [0.0] * 9 + [2.0]
    assert not any(map(any, rows[:9]))


# ── numbers at which floats raise ──


def same(x, y):
    return x == y or (math.isnan(x) and math.isnan(y))


@pytest.mark.parametrize(
    ("value", "partials", "at", "z", "slopes"),
    [
        (lambda x: 1 / x, lambda x, z: -z / x, [0.0], math.inf, [-math.inf]),
        (lambda x: 1 / (1 + x**2), lambda x, z: -2 * x * z * z, [1e200], 0.0, [0.0]),
        (
            lambda x, y: x**y,
            lambda x, y, z: (y * x ** (y - 1), z * log(x)),
            [1e200, 2.0],
            math.inf,
            [2e200, math.inf],
        ),
        (lambda x: x**0.5, lambda x, z: 0.5 / z, [-2.0], math.nan, [math.nan]),
        (lambda x: abs(x**0.5), lambda x, z: 0.5 / z, [-2.0], math.nan, [math.nan]),
        (lambda x: x, lambda x, z: x**0.5, [-2.0], -2.0, [math.nan]),
        # those of math raise
        (lambda x: math.log(x), lambda x, z: 1 / x, [-1.0], math.nan, [math.nan]),
        (lambda x: math.exp(x), lambda x, z: z, [1000.0], math.nan, [math.nan]),
        (lambda x: math.floor(x) * x**0.5, lambda x, z: 1.0, [-2.0], math.nan, [math.nan]),
        (lambda x: math.sin(x), lambda x, z: 1 / x, [0.0], 0.0, [math.inf]),
    ],
)
def test_it_does_not_raise_for_its_operands_values(value, partials, at, z, slopes):
    f = operation("edgy", value, partials)
    y = f(*map(Value, at))
    assert same(y.data, z)
    assert same(f(*at), z)
    assert all(map(same, y.partials, slopes))


PLUS_MINUS = [
    s * x for x in (0.0, 0.5, 1.0, 2.0, 3.0, 1e3, 1e-200, 1e200, math.inf) for s in (1, -1)
]
RULES = {  # value and partials by each operand, with operators
    "+": (lambda a, b: a + b, lambda a, b: (1.0, 1.0)),
    "-": (lambda a, b: a - b, lambda a, b: (1.0, -1.0)),
    "*": (lambda a, b: a * b, lambda a, b: (b, a)),
    "/": (lambda a, b: a / b, lambda a, b: (1.0 / b, -a / b / b)),
    "**": (lambda a, b: a**b, lambda a, b: (b * a ** (b - 1.0), a**b * log(a))),
    "abs": (lambda a, b: abs(a), lambda a, b: (a / abs(a), 0.0)),
    "exp": (lambda a, b: exp(a), lambda a, b: (exp(a), 0.0)),
    "if": (lambda a, b: a if a < b else b, lambda a, b: (1.0, 0.0) if a < b else (0.0, 1.0)),
}


def expression(rng, depth):
    """A random function of x and y, which gives its value and its partials by both."""
    if depth == 0 or rng.random() < 0.1:
        c = Value(rng.choice(PLUS_MINUS[:12])).detach()  # floats among themselves would raise
        leaves = [
            lambda x, y: (x, 1.0, 0.0),
            lambda x, y: (y, 0.0, 1.0),
            lambda x, y: (c, 0.0, 0.0),
        ]
        return rng.choice(leaves)
    value, slopes = RULES[rng.choice(list(RULES))]
    left, right = expression(rng, depth - 1), expression(rng, depth - 1)

    def dual(x, y):
        a, *da = left(x, y)
        b, *db = right(x, y)
        p, q = slopes(a, b)
        return (value(a, b), *(p * u + q * v for u, v in zip(da, db, strict=True)))

    return dual


@pytest.mark.parametrize("seed", range(4))
def test_an_operation_computes_what_its_expression_does_when_recorded(seed):
    rng = random.Random(seed)
    odd = 0
    for _ in range(150):
        f = expression(rng, 3)
        own = operation(
            "own_of_two", lambda x, y, f=f: f(x, y)[0], lambda x, y, z, f=f: f(x, y)[1:]
        )
        derived = operation("derived_of_two", lambda x, y, f=f: f(x, y)[0])
        for _ in range(5):
            at = [rng.choice(PLUS_MINUS), rng.choice(PLUS_MINUS)]
            x, y = map(Value, at)
            z, *slopes = (Value(0.0) + each for each in f(x, y))
            node, other = own(x, y), derived(x, y)
            assert all(
                same(each, z.data) for each in (node.data, other.data, own(*at), derived(*at))
            )
            if math.isnan(z.data):
                assert all(map(math.isnan, node.partials))
                continue
            assert all(same(p, s.data) for p, s in zip(node.partials, slopes, strict=True))
            assert all(map(same, other.partials, gradients_or_zero(z, [x, y])))
            odd += not all(map(math.isfinite, [z.data, *node.partials]))
    assert odd > 20


def gradients_or_zero(z, xs):
    return [g if isinstance(g, float) else g.data for g in gradients(z, xs)]


@pytest.mark.parametrize("at", [0, 0.0, np.float32(0.0)])
def test_it_computes_with_plain_numbers_while_a_function_is_traced(at):
    inverse = operation("inverse_of_plain", lambda x: 1 / x, lambda x, z: -z * z)
    assert compile(lambda x: x * inverse(at))(2.0) == math.inf


# ── defaults ──


@pytest.mark.parametrize("partials", [lambda x, z, i=7: i, None])
def test_a_parameter_with_a_default_is_no_operand(partials):
    made = [operation("times", lambda x, i=i: x * i, partials) for i in range(3)]
    assert [f(2.0) for f in made] == [0.0, 2.0, 4.0]
    assert [f(Value(2.0)).partials[0] for f in made] == (
        [0.0, 1.0, 2.0] if not partials else [7] * 3
    )
    assert repr(made[0]) == "operation('times', x)"
    assert Program(made[2](x := Value(1.0)), [x])(3.0) == 6.0 if partials is None else True
    with pytest.raises(TypeError, match=r"takes 1 operands \(x\), not 2; a parameter with a defau"):
        made[0](1.0, 2.0)
