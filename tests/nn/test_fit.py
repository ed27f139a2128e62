"""Training: compiled and recorded alike, repeatable, stopped in time, and never silent."""

import math
import os
import random
import signal
import subprocess
import sys
import time
import types
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
from autograd import GraphError, Value, no_grad
from nn import (
    MLP,
    SGD,
    Adam,
    AdamW,
    DivergedError,
    Layer,
    Module,
    Neuron,
    RMSprop,
    RNNCell,
    evaluate,
    fit,
    flatten,
    init,
    loss,
    schedule,
)

ROOT = Path(__file__).parents[2]
DRAWN = np.random.default_rng(0)
X = DRAWN.normal(size=(24, 3))
Y = np.stack([np.sin(X[:, 0]), X[:, 1] * X[:, 2]], 1)  # two numbers an example
ROWS, CLASSES = X.tolist(), (X[:, 0] * X[:, 1] > 0).astype(int)


def mlp(activation="tanh", outputs=2, seed=1):
    return MLP(3, [4, outputs], activation=activation, rng=seed, init=init.xavier())


def numbers(model):
    return [p.data for p in model.parameters()]


def learned(model, optimizer=lambda p: SGD(p, 0.05), x=X, y=Y, cost=loss.quadratic, **settings):
    """The history, and the weights, after training in silence."""
    settings = {"epochs": 3, "batch_size": 5, "seed": 0, "progress": False} | settings
    return fit(model, x, y, cost, optimizer(model.parameters()), **settings), numbers(model)


# ── compiled and recorded ─────────────────────────────────────────────────────


class LastState(Module):
    """An RNNCell, and a neuron that looks at its last state."""

    def __init__(self):
        self.cell = RNNCell(2, 3, rng=1)
        self.out = Neuron(3, activation="linear", rng=2)

    def __call__(self, xs):
        return self.out(self.cell.run(xs)[-1])


class Tied(Module):
    """x → h → x̂ with the same weights both ways."""

    def __init__(self):
        rng = random.Random(1)
        self.w = [[Value(rng.uniform(-1, 1)) for _ in range(3)] for _ in range(2)]

    def __call__(self, x):
        h = [autograd.tanh(autograd.dot(row, x)) for row in self.w]
        return [autograd.dot(column, h) for column in zip(*self.w, strict=True)]


class Branching(Module):
    """Decides by its input: some rows take another path."""

    def __init__(self):
        self.a, self.b = Value(0.5), Value(-0.5)

    def __call__(self, x):
        return self.a * x[0] if x[1] > 0 else self.b * x[0] + x[2]


SEQUENCES = DRAWN.normal(size=(24, 4, 2))
OPTIMIZERS = {
    "SGD": lambda p: SGD(p, 0.01),  # larger, and the RNN amplifies the last bits of a sum
    "momentum": lambda p: SGD(p, 0.02, 0.9, nesterov=True, weight_decay=0.01, shrink=0.001),
    "RMSprop": lambda p: RMSprop(p, 0.01, momentum=0.5, weight_decay=0.01),
    "Adam": lambda p: Adam(p, 0.02, weight_decay=0.01),
    "AdamW": lambda p: AdamW(p, 0.02),
}
MODELS = {
    "tanh": (mlp, X, Y, loss.quadratic),
    "sigmoid": (lambda: mlp("sigmoid"), X, Y, loss.mean_squared_error),
    "relu": (lambda: mlp("relu"), X, Y, loss.mean_squared_error),
    "classes": (mlp, X, CLASSES, loss.cross_entropy_from_logits),
    "logits": (lambda: mlp(outputs=1), X, CLASSES, loss.binary_cross_entropy_from_logits),
    "hinge": (lambda: mlp(outputs=1), X, 2 * CLASSES - 1, loss.hinge),
    "RNNCell": (LastState, SEQUENCES, SEQUENCES.sum((1, 2)), loss.quadratic),
    "tied": (Tied, X, X, loss.quadratic),
    "branches": (Branching, X, Y[:, 0], loss.quadratic),
}
PAIRS = [(m, "SGD") for m in MODELS] + [("tanh", o) for o in OPTIMIZERS] + [("classes", "Adam")]


@pytest.mark.parametrize(("model", "optimizer"), PAIRS)
@pytest.mark.parametrize("reduce", ["mean", "sum"])
def test_compiled_and_recorded_training_give_the_same_weights(model, optimizer, reduce):
    make, x, y, cost = MODELS[model]
    found = []
    for compiled in (True, False):
        history, weights = learned(
            make(), OPTIMIZERS[optimizer], x, y, cost,
            epochs=20, reduce=reduce, compiled=compiled, clip_norm=5.0,
        )  # fmt: skip
        found.append((weights, history.loss))
    for one, other in zip(*found, strict=True):  # 100 steps
        assert one == pytest.approx(other, rel=1e-12, abs=1e-15)
    assert found[0][0] != numbers(make())


def test_a_step_is_what_backward_and_the_optimiser_do_by_hand():
    model, twin = mlp(), mlp()
    optimizer = SGD(twin.parameters(), 0.1, 0.9)
    for k in (0, 8, 16):
        optimizer.zero_grad()
        C = autograd.mean([loss.quadratic(twin(x), y) for x, y in zip(ROWS, Y.tolist())][k : k + 8])  # noqa: B905
        C.backward()
        optimizer.step()
    learned(model, lambda p: SGD(p, 0.1, 0.9), epochs=1, batch_size=8, shuffle=False)
    assert numbers(model) == pytest.approx(numbers(twin), rel=1e-13)


def test_sweeps_with_sums_are_those_of_1986():
    model, twin = mlp(), mlp()
    optimizer = SGD(twin.parameters(), 0.01, 0.9)
    for _ in range(5):
        optimizer.zero_grad()
        loss.quadratic([twin(x) for x in ROWS], Y.tolist()).backward()
        optimizer.step()
    learned(model, lambda p: SGD(p, 0.01, 0.9), epochs=5, batch_size=None, reduce="sum")
    assert numbers(model) == pytest.approx(numbers(twin), rel=1e-12)


@given(batch_size=st.integers(1, 30), reduce=st.sampled_from(["mean", "sum"]))
def test_an_epochs_loss_is_over_all_examples_whatever_the_batches(batch_size, reduce):
    model = mlp()
    before = evaluate(model, X, Y, loss.quadratic, reduce=reduce).loss
    history, _ = learned(model, lambda p: SGD(p, 1e-300), epochs=1, batch_size=batch_size,
                         reduce=reduce)  # fmt: skip
    assert history.loss == pytest.approx([before], rel=1e-13)


def test_a_cost_of_ones_own_is_a_function_of_one_example():
    def cost(outputs, targets):
        return autograd.sum([abs(a - b) for a, b in zip(outputs, targets, strict=True)])

    history, _ = learned(mlp(), cost=cost, epochs=30)
    assert history.loss[-1] < history.loss[0] / 2


def test_what_the_optimiser_is_not_given_stays_as_it_is():
    model = mlp()
    last, first = model.layers[1].parameters(), [p.data for p in model.layers[0].parameters()]
    before = [p.data for p in last]
    fit(model, X, Y, loss.quadratic, SGD(last, 0.1), 2, progress=False)
    assert [p.data for p in model.layers[0].parameters()] == first
    assert [p.data for p in last] != before


def test_a_model_that_was_flattened_in_another_order_learns_the_same():
    model, twin = mlp(), mlp()
    flatten(model.parameters()[::-1])
    assert learned(model)[1] == learned(twin)[1]


def test_a_callback_may_flatten_the_model_anew():
    model = mlp()
    _, found = learned(model, callbacks=lambda state: flatten(model.parameters()[::-1]))
    assert found == learned(mlp())[1]


# ── repeatable ────────────────────────────────────────────────────────────────


def test_the_same_seed_gives_the_same_bits_and_another_seed_others():
    first, second, other = (learned(mlp(), seed=seed) for seed in (3, 3, 4))
    assert first[1] == second[1] != other[1]
    assert first[0].loss == second[0].loss


def test_without_a_seed_pythons_generator_repeats_a_run():
    found = []
    for _ in range(2):
        random.seed(5)
        found.append(learned(mlp(), seed=None)[1])
    assert found[0] == found[1] != learned(mlp(), seed=None)[1]


def test_every_epoch_has_an_order_of_its_own_and_each_example_once():
    seen = []

    class Spy(Module):
        def __init__(self):
            self.w = Value(0.5)

        def __call__(self, x):
            seen.append(x[0] if isinstance(x[0], float) else None)
            return self.w * x[0]

    learned(Spy(), x=np.arange(12.0).reshape(-1, 1), y=np.zeros(12), epochs=2, compiled=False)
    first, second = seen[-24:-12], seen[-12:]
    assert first != second
    assert sorted(first) == sorted(second) == list(range(12))


def test_without_shuffling_seeds_mean_nothing():
    assert learned(mlp(), shuffle=False, seed=1)[1] == learned(mlp(), shuffle=False, seed=2)[1]


# ── settings ──────────────────────────────────────────────────────────────────


def test_a_schedule_sets_the_rate_of_every_step():
    model, twin = mlp(), mlp()
    rate = schedule.linear(0.1, 6, 0.01)
    history, _ = learned(model, schedule=rate, batch_size=8, epochs=2, shuffle=False)
    optimizer = SGD(twin.parameters(), 1.0)
    for t in range(6):
        optimizer.lr = rate(t)
        part = slice(8 * (t % 3), 8 * (t % 3) + 8)
        fit(twin, X[part], Y[part], loss.quadratic, optimizer, 1, None, progress=False)
    assert numbers(model) == numbers(twin)
    assert history.lr == [rate(2), rate(5)]


@pytest.mark.parametrize("max_norm", [1e-3, 1e3])
def test_the_gradient_is_clipped_before_the_step(max_norm):
    model = mlp()
    before = np.array(numbers(model))
    learned(model, lambda p: SGD(p, 1.0), epochs=1, batch_size=None, clip_norm=max_norm)
    moved = np.linalg.norm(np.array(numbers(model)) - before)
    assert moved == pytest.approx(1e-3, rel=1e-2) if max_norm < 1 else moved > 0.01


def test_l1_and_l2_pull_the_weights_but_not_the_biases():
    plain, twin = mlp(), mlp()
    lam1, lam2 = 0.01, 0.02
    weights = [w for layer in twin.layers for neuron in layer.neurons for w in neuron.w]
    optimizer = SGD(twin.parameters(), 0.1)
    optimizer.zero_grad()
    C = autograd.mean([loss.quadratic(twin(x), y) for x, y in zip(ROWS, Y.tolist(), strict=True)])
    (C + loss.l1(weights, lam1) + loss.l2(weights, lam2)).backward()
    optimizer.step()
    learned(plain, lambda p: SGD(p, 0.1), epochs=1, batch_size=None, l1=lam1, l2=lam2)
    assert numbers(plain) == pytest.approx(numbers(twin), rel=1e-12)


def test_penalties_act_on_what_is_named_and_leave_the_reported_loss():
    model = mlp()
    b = model.layers[0].neurons[0].b
    b.data = 1.0
    before = evaluate(model, X, Y, loss.quadratic).loss
    history, _ = learned(model, lambda p: SGD(p, 1e-3), epochs=1, batch_size=None,
                         l2=900.0, regularize=[b])  # fmt: skip
    assert history.loss == pytest.approx([before], rel=1e-13)
    assert b.data == pytest.approx(0.1, abs=0.01)


# ── when it ends ──────────────────────────────────────────────────────────────


def rising(state):
    """A callback that makes every epoch worse than the first."""
    for p in state.model.parameters():
        p.data *= 1.5


def test_early_stopping_waits_for_patience_and_may_restore_the_best():
    for restore in (False, True):
        model, kept = mlp(), []

        def spoil(state, kept=kept):
            kept.append(numbers(state.model))
            rising(state)

        history, weights = learned(
            model, lambda p: SGD(p, 1e-12), epochs=50, validation=(X, Y), patience=3,
            restore_best=restore, callbacks=spoil,
        )  # fmt: skip
        best = history.best_epoch
        assert history.stopped == "early"
        assert len(history) == best + 3
        assert (weights == kept[best - 1]) == restore


def test_validation_losses_of_nan_are_never_the_best():
    far = np.full((1, 3), 1e200)
    history, _ = learned(mlp("relu"), lambda p: SGD(p, 1e-3), epochs=9, patience=2,
                         validation=(far, np.zeros((1, 2))), restore_best=True)  # fmt: skip
    assert (history.stopped, history.val_loss) == ("early", [math.inf, math.inf])


@pytest.mark.parametrize("shape", [(24,), (24, 1)])
@pytest.mark.parametrize("listed", [True, False])
def test_a_metric_sees_outputs_and_targets_in_one_shape(shape, listed):
    def apart(outputs, targets):
        assert outputs.shape == targets.shape == shape
        return np.max(np.abs(outputs - targets))

    net = mlp(outputs=1)
    model, y = (lambda x: [net(x)]) if listed else net, Y[:, 0].reshape(shape)
    fit(model, X, y, loss.quadratic, SGD(net.parameters(), 0.1), 1, metric=apart,
        validation=(X, y), progress=False)  # fmt: skip


def test_a_metric_compares_each_output_with_its_own_target_in_whatever_order_they_came():
    w = Value(1.0)
    x = np.arange(24.0)
    history = fit(
        lambda row: w * row[0], x.reshape(-1, 1), x, loss.mean_squared_error,
        SGD([w], 1e-300), 2, 5,
        metric=lambda outputs, targets: np.abs(outputs - targets).max(), seed=0, progress=False,
    )  # fmt: skip
    assert history.metric == [0.0, 0.0]


def test_min_delta_asks_for_progress_worth_the_name():
    run = {"epochs": 60, "patience": 2, "batch_size": None}
    assert learned(mlp(), lambda p: SGD(p, 1e-3), **run)[0].stopped == ""
    history, _ = learned(mlp(), lambda p: SGD(p, 1e-3), min_delta=10.0, **run)
    assert (history.stopped, len(history)) == ("early", 3)


def test_a_callback_sees_the_state_and_may_end_training():
    seen = []

    def callback(state):
        seen.append((state.epoch, state.step, len(state.history), state.optimizer.lr))
        state.optimizer.lr /= 2
        state.stop = state.epoch == 3

    history, _ = learned(mlp(), epochs=9, callbacks=[callback])
    assert seen == [(1, 5, 1, 0.05), (2, 10, 2, 0.025), (3, 15, 3, 0.0125)]
    assert history.stopped == "callback"
    assert history.lr == [0.05, 0.025, 0.0125]


def test_ctrl_c_in_a_callback_gives_the_history_so_far():
    def callback(state):
        if state.epoch == 4:
            raise KeyboardInterrupt

    model = mlp()
    history, _ = learned(model, epochs=9, callbacks=callback)
    assert (history.stopped, history.epoch) == ("interrupted", [1, 2, 3, 4])
    assert numbers(model) == learned(mlp(), epochs=4)[1]


def test_an_error_in_a_callback_is_the_callers():
    def callback(state):
        raise RuntimeError("disk full")

    with pytest.raises(RuntimeError, match="disk full"):
        learned(mlp(), callbacks=callback)


CHILD = """
import numpy as np
from nn import MLP, Adam, fit, loss
model = MLP(3, [4, 1], rng=0)
X = np.random.default_rng(0).normal(size=(200, 3))
def ready(state):
    if state.epoch == 1:
        print("learning", flush=True)
history = fit(model, X, X[:, 0], loss.quadratic, optimizer := Adam(model.parameters()),
              10**9, 10, callbacks=ready, progress=False, compiled={compiled})
assert optimizer._t % 1 == 0 and np.isfinite(history.loss).all()
print(history.stopped, len(history) > 0, len(history.loss) == len(history.lr))
try:
    import signal
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    signal.raise_signal(signal.SIGINT)
except KeyboardInterrupt:
    print("and Ctrl-C is Python's again")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals are another matter there")
@pytest.mark.parametrize("compiled", [True, False])
def test_a_real_ctrl_c_gives_the_history_so_far(compiled):
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD.format(compiled=compiled)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    with child:
        assert child.stdout.readline() == "learning\n"
        time.sleep(0.05)
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=60)
    assert child.returncode == 0, err
    assert out.splitlines() == ["interrupted True True", "and Ctrl-C is Python's again"]


# ── when it goes wrong ────────────────────────────────────────────────────────


def going_wrong(at, wrong, **settings):
    """Training whose cost goes wrong in the example with the target 7, in place `at`."""
    model = mlp()
    y = np.zeros(len(X))
    y[at] = 7.0

    def cost(outputs, t):
        off = autograd.sum([v * v for v in outputs])
        return off + wrong(t, off)

    with pytest.raises(DivergedError) as caught:
        learned(model, y=y, cost=cost, shuffle=False, **settings)
    return model, caught.value


@pytest.mark.parametrize("compiled", [True, False])
def test_a_loss_that_becomes_nan_is_named_with_epoch_batch_and_operation(compiled):
    model, error = going_wrong(12, lambda t, off: autograd.log(6.5 - t) * 0.0, compiled=compiled)
    assert (error.epoch, error.batch) == (1, 3)
    assert error.operation.startswith("log(-0.5) gave nan, recorded at ")
    assert "test_fit.py" in error.operation
    assert str(error).startswith("the loss became nan or infinite in epoch 1, batch 3: log(-0.5)")
    expected = mlp()  # the weights before the last step: batch 2's loss was finite with them
    fit(expected, X[:5], np.zeros(5), lambda out, t: autograd.sum([v * v for v in out]),
        SGD(expected.parameters(), 0.05), 1, 5, progress=False)  # fmt: skip
    assert numbers(model) == pytest.approx(numbers(expected), rel=1e-12)


@pytest.mark.parametrize("compiled", [True, False])
def test_a_gradient_that_becomes_infinite_is_named_too(compiled):
    # √0 is 0, a fine loss, and its derivative is infinite
    model, error = going_wrong(12, lambda t, off: autograd.sqrt(off * (7.0 - t)), compiled=compiled)
    assert (error.epoch, error.batch) == (1, 3)
    assert "sqrt(0.0) has the derivative inf" in str(error)
    assert all(map(math.isfinite, numbers(model)))
    assert [p.grad for p in model.parameters()] == [0.0] * len(numbers(model))


@pytest.mark.parametrize("optimizer", [lambda p: SGD(p, 50.0, 0.9), lambda p: RMSprop(p, 1e80)])
@pytest.mark.parametrize("compiled", [True, False])
def test_training_that_diverges_leaves_finite_weights_and_a_usable_optimiser(optimizer, compiled):
    model = mlp("relu")
    made = optimizer(model.parameters())
    epochs = []
    with pytest.raises(DivergedError) as caught:
        fit(model, X, 1e3 * Y, loss.mean_squared_error, made, 500, 5, seed=0, progress=False,
            compiled=compiled, callbacks=lambda s: epochs.append(s.history.loss[-1]))  # fmt: skip
    error = caught.value
    assert error.history.loss == epochs
    assert error.epoch in (len(epochs), len(epochs) + 1)
    assert np.isfinite(numbers(model)).all()
    for name in made.STATE:
        assert np.isfinite(getattr(made, name)).all()


def test_the_first_batch_of_an_epoch_goes_back_into_the_epoch_before():
    """Found by trying: stop one step earlier, and the weights are those that are left."""
    model, count = Branching(), 6

    def cost(out, t):
        return (out - t) ** 2

    x, y = np.ones((count, 3)), 1e3 * np.ones(count)
    with pytest.raises(DivergedError) as caught:
        fit(model, x, y, cost, SGD(model.parameters(), 1e100), 9, 6, progress=False)
    assert (caught.value.epoch, caught.value.batch) == (3, 1)
    twin = Branching()
    fit(twin, x, y, cost, SGD(twin.parameters(), 1e100), 1, 6, progress=False)
    assert numbers(model) == numbers(twin)


def test_a_model_that_never_had_a_finite_loss_keeps_the_weights_it_came_with():
    model, error = going_wrong(2, lambda t, off: autograd.exp(t * 200.0), epochs=1)
    assert numbers(model) == numbers(mlp())
    assert (error.batch, "the model has the weights that it came with" in str(error)) == (1, True)
    assert "exp(1400.0) gave inf" in str(error)


def test_weights_that_are_nan_before_training_are_refused():
    model = mlp()
    model.parameters()[3].data = math.nan
    with pytest.raises(ValueError, match="weights of the model are nan"):
        learned(model)


# ── what is refused ───────────────────────────────────────────────────────────

W = Value(1.0)


@pytest.mark.parametrize(
    ("change", "error", "sentence"),
    [
        ({"x": X[:, :2]}, ValueError, r"rows of X, which has shape \(24, 2\): this neuron has 3"),
        ({"y": Y[:5]}, ValueError, r"X has 24 rows, but y has 5 rows \(shape \(5, 2\)\)"),
        ({"y": Y[:, 0]}, ValueError, r"gives 2 numbers an example, but y of shape \(24,\) wants 1"),
        ({"cost": "mse"}, TypeError, "a loss is a function .* not 'mse'"),
        ({"cost": lambda a, b: 1.0}, TypeError, "the loss of one example is one Value"),
        ({"cost": lambda a, b: a}, TypeError, "gives a list; fit itself takes the mean"),
        ({"optimizer": lambda p: "Adam"}, TypeError, "an optimizer is one of nn's"),
        ({"optimizer": lambda p: SGD([W], 0.1)}, ValueError, "none of the optimizer's parameters"),
        ({"epochs": 0}, ValueError, "epochs is at least 1, not 0"),
        ({"epochs": 1.5}, TypeError, "epochs is a whole number, not 1.5"),
        ({"batch_size": 0}, ValueError, "batch_size is at least 1"),
        ({"reduce": "max"}, ValueError, 'reduce is "mean" or "sum", not \'max\''),
        ({"metric": "f1"}, ValueError, "there is no metric 'f1'"),
        ({"metric": 3}, TypeError, "metric is .* not 3"),
        ({"metric": "accuracy"}, ValueError, "accuracy is of classes"),
        ({"validation": X}, TypeError, r"validation is a pair, \(X, y\)"),
        ({"validation": (X, Y[:4])}, ValueError, "validation X has 24 rows, but validation y"),
        ({"validation": (X[:, :2], Y)}, ValueError, r"validation X has shape \(24, 2\), but"),
        ({"schedule": 0.1}, TypeError, r"nn.schedule.constant\(0.1\)"),
        ({"clip_norm": -1.0}, ValueError, "clip_norm must be a positive number"),
        ({"l2": -1.0}, ValueError, "l2 is a number from 0 up"),
        ({"l1": math.nan}, ValueError, "l1 is a number from 0 up"),
        ({"l2": 1.0, "regularize": [W]}, ValueError, "act on none of"),
        ({"seed": "x"}, TypeError, "seed is a whole number, not 'x'"),
        ({"patience": 0}, ValueError, "patience is at least 1"),
        ({"min_delta": -1.0}, ValueError, "min_delta is a number from 0 up"),
        ({"callbacks": [3]}, TypeError, "a callback is a function of the State, not 3"),
        ({"callbacks": None}, TypeError, "a callback is a function of the State, not None"),
        ({"cost": None}, TypeError, "a loss is a function .* not None"),
        ({"x": X[:, :, None]}, TypeError, r"first row of X, which has shape \(24, 3, 1\): dot"),
        ({"l2": 1.0, "regularize": W}, TypeError, "regularize is a list of weights, not Value"),
        ({"l1": "a"}, TypeError, "l1 is a number, not 'a'"),
        ({"clip_norm": "a"}, TypeError, "clip_norm is a number, not 'a'"),
        ({"min_delta": None}, TypeError, "min_delta is a number, not None"),
        ({"schedule": lambda t: -1.0}, ValueError, "rate at step 0: lr is .* from 0 up, not -1.0"),
        ({"schedule": lambda t: math.nan}, ValueError, "rate at step 0: lr is .* not nan"),
        ({"schedule": lambda t: None}, TypeError, "rate at step 0: lr is a number, not None"),
    ],
)  # fmt: skip
def test_what_cannot_be_learned_from_is_refused_before_a_weight_moves(change, error, sentence):
    model = mlp()
    with pytest.raises(error, match=sentence):
        learned(model, **change)
    assert numbers(model) == numbers(mlp())


def test_nothing_is_learned_inside_no_grad():
    with no_grad(), pytest.raises(ValueError, match=r"inside no_grad\(\): call fit outside"):
        learned(mlp())


def at_epoch_2(change):
    return lambda state: change(state) if state.epoch == 2 else None


def linear_now(state):
    for neuron in state.model.layers[0].neurons:
        neuron._sigma = None


def shares_a_neuron(state):
    state.model.layers[0].neurons[1] = state.model.layers[0].neurons[0]


def one_layer_less(state):
    state.model.layers = [state.model.layers[0], *state.model.layers[2:]]


def hotter(state):
    state.model.heat = 3.0


class Heated(MLP):
    heat = 1.0

    def __call__(self, x):
        return [self.heat * v for v in super().__call__(x)]


@pytest.mark.parametrize("change", [linear_now, shares_a_neuron, one_layer_less, hotter])
def test_what_a_callback_changes_of_the_model_is_seen_in_the_next_epoch(change):
    losses = []
    for compiled in (True, False):
        model = Heated(3, [2, 2, 2], activation="tanh", rng=0)
        history, _ = learned(model, epochs=5, compiled=compiled, callbacks=at_epoch_2(change))
        losses.append(history.loss)
    assert losses[0] == pytest.approx(losses[1], rel=1e-12)
    plain, _ = learned(Heated(3, [2, 2, 2], activation="tanh", rng=0), epochs=5)
    assert plain.loss[:2] == losses[0][:2]
    assert plain.loss[2] != losses[0][2]


def another_layer(state):
    state.model.layers[0] = Layer(3, 4, activation="tanh", rng=5)


def a_layer_more(state):
    state.model.layers.append(Layer(2, 2, rng=5))


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("change", [another_layer, a_layer_more])
def test_weights_that_a_callback_adds_are_refused_with_what_to_do(change, compiled):
    model = mlp()
    with pytest.raises(ValueError, match="weights that the optimizer does not move: set"):
        learned(model, epochs=5, compiled=compiled, callbacks=at_epoch_2(change))

    def and_stop(state):
        change(state)
        state.stop = True

    history, _ = learned(mlp(), epochs=5, compiled=compiled, callbacks=at_epoch_2(and_stop))
    assert history.epoch == [1, 2]
    learned(model, epochs=2, compiled=compiled)  # an optimizer of the parameters as they are now


@pytest.mark.parametrize("what", ["schedule", "metric"])
def test_every_function_of_a_user_is_looked_after(what):
    model = mlp()

    def change(*given):
        another_layer(types.SimpleNamespace(model=model))
        return 0.1

    with pytest.raises(ValueError, match="weights that the optimizer does not move"):
        learned(model, epochs=5, **{what: change})


def wider(state):
    state.model.layers[-1].neurons += state.model.layers[-1].neurons


@pytest.mark.parametrize(("change", "sentence"), [
    (wider, "4 numbers, but 2|outputs of shape"),
    (lambda s: setattr(s, "optimizer", SGD(s.model.parameters(), 0.1)), "cannot be exchanged"),
    (lambda s: setattr(s, "model", mlp()), "cannot be exchanged"),
])  # fmt: skip
def test_what_cannot_be_followed_is_refused(change, sentence):
    with pytest.raises(ValueError, match=sentence):
        learned(mlp(), epochs=5, callbacks=at_epoch_2(change))


def test_the_parameters_of_an_optimizer_are_chosen_once():
    optimizer = SGD(mlp().parameters(), 0.1)
    with pytest.raises(AttributeError):
        optimizer.params = []
    with pytest.raises(AttributeError):
        optimizer.params.append(Value(1.0))


def test_a_rate_that_a_callback_sets_must_be_one():
    with pytest.raises(ValueError, match="lr is a number from 0 up, not -1"):
        learned(mlp(), callbacks=lambda state: setattr(state.optimizer, "lr", -1))


def test_which_weights_a_function_has_must_be_said():
    model = mlp()
    with pytest.raises(TypeError, match="which weights do l1 and l2 act on"):
        fit(lambda x: model(x), X, Y, loss.quadratic, SGD(model.parameters(), 0.1), 1, l2=0.1)


def test_a_model_that_cannot_be_compiled_says_what_can_be_done():
    model = mlp(outputs=1)

    def looks(x):
        return model(x) * round(model(x).data)

    with pytest.raises(GraphError, match="or write compiled=False"):
        fit(looks, X, Y[:, 0], loss.quadratic, SGD(model.parameters(), 0.1), 1, progress=False)
    history = fit(looks, X, Y[:, 0], loss.quadratic, SGD(model.parameters(), 0.1), 1,
                  progress=False, compiled=False)  # fmt: skip
    assert len(history) == 1


def test_the_bar_shows_the_loss_and_the_metric(capsys):
    fit(m := mlp(), X, CLASSES, loss.cross_entropy_from_logits, SGD(m.parameters(), 0.1), 2, 6,
        metric="accuracy", validation=(X, CLASSES), seed=0)  # fmt: skip
    last = capsys.readouterr().err.split("\r")[-1]
    for part in ("epoch 2", "8/8", "loss 0.", "accuracy 0.", "val_loss 0.", "val_accuracy 0."):
        assert part in last
