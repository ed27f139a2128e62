"""Programs find their weights wherever these were moved to, between any two steps."""

import copy
import gc
import pickle
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

import nn
from autograd import Program, Value, compile, dot, tanh

COUNT = 13
EIGHTHS = st.integers(-16, 16).map(lambda k: k / 8)


def net(w, x, y):
    """Three neurons and one behind them, of thirteen weights."""
    hidden = [tanh(dot(w[k : k + 2], [x, y], w[k + 2])) for k in (0, 3, 6)]
    return dot(w[9:12], hidden, w[12])


def eager(w, x, y):
    """The value, its derivatives by x and y, and by the weights, of numbers."""
    ws, inputs = [Value(v) for v in w], [Value(x), Value(y)]
    z = net(ws, *inputs)
    z.backward()
    return z.data, [v.grad for v in inputs], [v.grad for v in ws]


def close(result, expected):
    return np.allclose(result, expected, rtol=1e-12, atol=1e-12)


def made(how, weights):
    """A program of the net, made in some way, and its weights in the order of the net's."""
    x, y = Value(0.5), Value(-0.5)
    program = Program(net(weights, x, y), [x, y])
    if how == "copied":
        program = copy.deepcopy(program)
    elif how == "pickled":
        program = pickle.loads(pickle.dumps(program))
    elif how == "loaded":
        with tempfile.TemporaryDirectory() as folder:
            program.save(Path(folder) / "p")
            program = Program.load(Path(folder) / "p")
    return program, sorted(program.weights, key=lambda w: int(w.label))


WAYS = ("recorded", "copied", "pickled", "loaded")


@pytest.mark.parametrize("before", ["flatten it", "flatten another"])
@pytest.mark.parametrize("first", ["call", "value_and_grad", "backward", "buffer", "hessian"])
@pytest.mark.parametrize("how", WAYS)
def test_weights_moved_between_making_a_program_and_its_first_use_are_found(how, first, before):
    weights = [Value(k / 8 - 0.7, label=str(k)) for k in range(COUNT)]
    program, own = made(how, weights)
    nn.flatten(own if before == "flatten it" else [Value(1.0), Value(2.0)])
    value, by_inputs, by_weights = eager([w.data for w in weights], 1.0, 2.0)
    if first == "call":
        assert program(1.0, 2.0) == value
    elif first == "value_and_grad":
        result = program.value_and_grad(1.0, 2.0)
        assert result[0] == value
        assert close(result[1], by_inputs)
    elif first == "backward":
        assert program.backward(1.0, 2.0) == value
        assert close([w.grad for w in own], by_weights)
    elif first == "buffer":
        check_buffer(program.buffer(), program, own, (1.0, 2.0))
    else:
        assert np.isfinite(program.hessian(1.0, 2.0)).all()
        assert program(1.0, 2.0) == value


def check_buffer(buffer, program, own, row):
    value, by_inputs, by_weights = eager([w.data for w in own], *row)
    buffer.inputs[:] = row
    buffer()
    assert buffer.outputs.tolist() == [value]
    assert close(buffer.grads, by_inputs)
    place = {id(w): k for k, w in enumerate(program.weights)}
    assert close([buffer.weight_grads[place[id(w)]] for w in own], by_weights)


class MovedWeights(RuleBasedStateMachine):
    """Programs made, kept, called; weights set and moved; equal to eager at every step."""

    @initialize(start=st.lists(EIGHTHS, min_size=COUNT, max_size=COUNT))
    def begin(self, start):
        self.weights = [Value(x, label=str(k)) for k, x in enumerate(start)]
        self.cost = compile(lambda x, y: net(self.weights, x, y))
        self.programs, self.buffers, self.flats = [], [], []

    def any_program(self, data):
        return data.draw(st.sampled_from(self.programs)) if self.programs else None

    # ── steps between which weights are moved ──

    @rule(how=st.sampled_from(WAYS))
    def make(self, how):
        self.programs.append(made(how, self.weights))

    @rule(data=st.data())
    def open_buffer(self, data):
        if drawn := self.any_program(data):
            self.buffers.append((drawn[0].buffer(), *drawn))

    @rule(data=st.data(), x=EIGHTHS, y=EIGHTHS, rows=st.integers(1, 9))
    def call(self, data, x, y, rows):
        if drawn := self.any_program(data):
            program, own = drawn
            value, by_inputs, _ = eager([w.data for w in own], x, y)
            assert program(x, y) == value
            assert program(np.full(rows, x), y).tolist() == [value] * rows
            assert close(program.value_and_grad(x, y)[1], by_inputs)

    @rule(data=st.data(), x=EIGHTHS, y=EIGHTHS)
    def fill_buffer(self, data, x, y):
        if self.buffers:
            check_buffer(*data.draw(st.sampled_from(self.buffers)), (x, y))

    @rule(data=st.data(), x=EIGHTHS, y=EIGHTHS)
    def backward(self, data, x, y):
        if drawn := self.any_program(data):
            self.adds(drawn[0].backward, drawn[1], x, y)

    @rule(x=EIGHTHS, y=EIGHTHS)
    def backward_of_compiled(self, x, y):
        self.adds(self.cost.backward, self.weights, x, y)

    @rule(x=EIGHTHS, y=EIGHTHS)
    def call_compiled(self, x, y):
        assert self.cost(x, y) == eager([w.data for w in self.weights], x, y)[0]

    def adds(self, backward, own, x, y):
        before = np.array([w.grad for w in own])
        value, _, by_weights = eager([w.data for w in own], x, y)
        assert backward(x, y) == value
        assert close([w.grad for w in own], before + by_weights)

    # ── moving and setting ──

    @rule(data=st.data(), first=st.integers(0, COUNT - 1), count=st.integers(1, COUNT))
    def flatten_some(self, data, first, count):
        drawn = self.any_program(data)
        own = drawn[1] if drawn and data.draw(st.booleans()) else self.weights
        self.flats.append(nn.flatten(own[first : first + count]))

    @rule(order=st.permutations(range(COUNT)))
    def flatten_in_another_order(self, order):
        nn.flatten([self.weights[k] for k in order])

    @rule()
    def flatten_all(self):
        self.flats.append(nn.flatten(self.weights))

    @rule()
    def flatten_another(self):
        nn.flatten([Value(1.0), Value(2.0)])

    @rule()
    def let_go_of_flats(self):
        self.flats.clear()
        gc.collect()

    @rule(k=st.integers(0, COUNT - 1), x=EIGHTHS)
    def set_a_weight(self, k, x):
        self.weights[k].data = x


TestMovedWeights = pytest.mark.thorough(MovedWeights.TestCase)
TestMovedWeights.settings = settings(max_examples=15, stateful_step_count=30)


@pytest.mark.slow
def test_hundreds_of_histories_of_moved_weights():
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(
        MovedWeights, settings=settings(max_examples=120, stateful_step_count=40)
    )
