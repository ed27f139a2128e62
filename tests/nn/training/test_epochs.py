"""Epochs: stopped in time, measured, and interrupted between two batches."""

import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from autograd import Value
from nn import SGD, fit, loss
from tests.nn.training.learning import CLASSES, X, Y, learned, mlp, numbers

ROOT = Path(__file__).parents[3]


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


def test_a_metric_compares_each_output_with_its_own_target_in_any_order():
    w = Value(1.0)
    x = np.arange(24.0)
    history = fit(
        lambda row: w * row[0], x.reshape(-1, 1), x, loss.mean_squared_error,
        SGD([w], 1e-300), 2, 5,
        metric=lambda outputs, targets: np.abs(outputs - targets).max(), seed=0, progress=False,
    )  # fmt: skip
    assert history.metric == [0.0, 0.0]


def test_early_stopping_counts_only_losses_that_are_min_delta_better():
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


@pytest.mark.thorough
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


def test_a_rate_that_a_callback_sets_must_be_one():
    with pytest.raises(ValueError, match="lr must be a number from 0 up, not -1"):
        learned(mlp(), callbacks=lambda state: setattr(state.optimizer, "lr", -1))


def test_the_bar_shows_the_loss_and_the_metric(capsys):
    fit(m := mlp(), X, CLASSES, loss.cross_entropy_from_logits, SGD(m.parameters(), 0.1), 2, 6,
        metric="accuracy", validation=(X, CLASSES), seed=0)  # fmt: skip
    last = capsys.readouterr().err.split("\r")[-1]
    for part in ("epoch 2", "8/8", "loss 0.", "accuracy 0.", "val_loss 0.", "val_accuracy 0."):
        assert part in last
