"""detect_anomaly() watches what is replayed as it watches what is recorded."""

import math

import numpy as np
import pytest

import nn
from autograd import AnomalyError, Program, Value, compile, detect_anomaly, exp, log, no_grad, sqrt
from autograd import sum as total

FAULTS = {
    "a value": (lambda x, w: log(x) * w, r"log\((x0 = )?-1.0\) gave nan"),
    "a value that does not show": (
        lambda x, w: w / (exp(x * -1000.0) + 1.0),
        r"exp\(1000.0\) gave inf",
    ),
    "a derivative": (lambda x, w: sqrt(x + 1.0) * w, r"sqrt\(0.0\) has the derivative inf"),
    "a branch": (lambda x, w: sqrt(x) if x < 0 else x * w, r"sqrt\(-1.0\) gave nan"),
    "a constant's": (lambda x, w: x * w + Value(math.inf) * 0.0, "gave nan"),
}
ROWS = {"a number": -1.0, "a batch": np.array([1.0, 2.0, -1.0, 3.0])}


def calls(f):
    """All ways to ask a compiled function."""
    return {
        "call": f,
        "value_and_grad": f.value_and_grad,
        "backward": f.backward,
        "backward of the sum": lambda x: f.backward(x, reduce="sum"),
    }


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("rows", ROWS)
@pytest.mark.parametrize("called_before", [False, True])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_compiled_function_names_operation_and_line(fault, called_before, rows, threads):
    body, message = FAULTS[fault]
    w = Value(2.0, label="w")
    f = compile(lambda x: body(x, w), threads=threads)
    if called_before:
        f(ROWS[rows])
    for name, call in calls(f).items():
        with (
            detect_anomaly(),
            pytest.raises(AnomalyError, match=message + r".*test_watching.py:\d+ in "),
        ):
            call(ROWS[rows])
        assert w.grad == 0.0, name
        call(ROWS[rows])  # outside nothing is refused
        w.grad = 0.0


@pytest.mark.parametrize("rows", ROWS)
@pytest.mark.parametrize("fault", [k for k in FAULTS if k != "a branch"])
def test_a_program_names_the_operation(fault, rows):
    body, message = FAULTS[fault]
    x, w = Value(0.5), Value(2.0)
    program = Program(body(x, w), [x])
    X = ROWS[rows]
    asked = {
        "call": lambda: program(X),
        "value_and_grad": lambda: program.value_and_grad(X),
        "backward": lambda: program.backward(X),
        "jvp": lambda: program.jvp([X], [1.0]),
        "jacobian": lambda: program.jacobian(X),
        "hessian": lambda: program.hessian(X),
        "run": lambda: program.run([X], np.size(X), values=[np.empty(np.size(X))]),
    }
    buffer = program.buffer()
    if rows == "a number":
        buffer.inputs[:] = X
        asked["buffer"] = buffer
    for call in asked.values():
        with detect_anomaly(), pytest.raises(AnomalyError, match=message):
            call()
        call()
        w.grad = 0.0


def test_a_contribution_that_overflows_on_the_way_back_names_the_step():
    f = compile(lambda x: x * 1e200 * 1e200)
    f(1e-200)
    for call in (f.value_and_grad, f.backward):
        with (
            detect_anomaly(),
            pytest.raises(AnomalyError, match=r"backward\(\) through .*mul.*test_watching"),
        ):
            call(1e-200)
    with detect_anomaly():
        assert f(1e-200) == 1e200


def test_what_is_finite_is_answered_as_ever_and_gradients_grow_once():
    w = Value(0.5)
    f = compile(lambda x: exp(x * w) if x > 0 else -x)
    x = np.array([1.0, -2.0, 0.25])
    expected, (slope,) = f.value_and_grad(x)
    cost, grad = f.backward(x), w.grad
    w.grad = 0.0
    fresh = compile(lambda x: exp(x * w) if x > 0 else -x)
    with detect_anomaly():
        for g in (f, fresh):
            assert g(x).tolist() == expected.tolist()
            assert g.value_and_grad(x)[1][0].tolist() == slope.tolist()
            w.grad = 0.0
            assert g.backward(x) == cost
            assert w.grad == grad
        assert f(np.zeros(0)).tolist() == []


def test_under_no_grad_only_values_are_watched():
    f = compile(sqrt)
    with no_grad(), detect_anomaly():
        assert f(0.0) == sqrt(Value(0.0)).data == 0.0
        with pytest.raises(AnomalyError, match="gave nan"):
            f(-1.0)
        with pytest.raises(AnomalyError, match="derivative inf"):
            f.value_and_grad(0.0)


def test_a_function_s_own_errors_come_as_they_are():
    f = compile(lambda x: total([x, "a"]))
    with detect_anomaly(), pytest.raises(TypeError, match="not str"):
        f(1.0)


@pytest.mark.parametrize("compiled", [True, False])
def test_training_is_watched(compiled):
    model = nn.MLP(1, [2, 1], rng=0)
    X, T = np.array([[1.0], [2.0]]), np.array([[1.0], [0.0]])
    loss = lambda y, t: log(t[0] * (y * 0.0 + 1.0)) * y  # noqa: E731
    how = {"epochs": 1, "compiled": compiled}
    with detect_anomaly(), pytest.raises(AnomalyError, match=r"log\(0.0\) gave -inf"):
        nn.fit(model, X, T, loss, nn.SGD(model.parameters(), 0.1), **how)
