"""Training: compiled and recorded alike, and never silent about what it cannot learn from."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
from autograd import GraphError, Value, no_grad
from nn import SGD, Adam, AdamW, RMSprop, evaluate, fit, flatten, loss
from tests.nn.training.learning import (
    CLASSES,
    DRAWN,
    ROWS,
    Branching,
    LastState,
    Tied,
    X,
    Y,
    learned,
    mlp,
    numbers,
)

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
    result = []
    for compiled in (True, False):
        history, weights = learned(
            make(), OPTIMIZERS[optimizer], x, y, cost,
            epochs=20, reduce=reduce, compiled=compiled, clip_norm=5.0,
        )  # fmt: skip
        result.append((weights, history.loss))
    for one, other in zip(*result, strict=True):  # 100 steps
        assert one == pytest.approx(other, rel=1e-12, abs=1e-15)
    assert result[0][0] != numbers(make())


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


def test_weights_that_the_optimiser_does_not_have_stay_as_they_are():
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
    _, result = learned(model, callbacks=lambda state: flatten(model.parameters()[::-1]))
    assert result == learned(mlp())[1]


# ── what is refused ───────────────────────────────────────────────────────────

W = Value(1.0)


@pytest.mark.parametrize(
    ("change", "error", "sentence"),
    [
        ({"x": X[:, :2]}, ValueError, r"rows of X, which has shape \(24, 2\): this neuron has 3"),
        ({"y": Y[:5]}, ValueError, r"X has 24 rows, but y has 5 rows \(shape \(5, 2\)\)"),
        ({"y": Y[:, 0]}, ValueError, r"gives 2 numbers per example, but y of shape \(24,\) has 1"),
        ({"cost": "mse"}, TypeError, "a loss must be a function .* not 'mse'"),
        ({"cost": lambda a, b: 1.0}, TypeError, "the loss of one example must be one Value"),
        ({"cost": lambda a, b: a}, TypeError, "returns a list; fit itself takes the mean"),
        ({"optimizer": lambda p: "Adam"}, TypeError, "an optimizer must be one of nn's"),
        ({"optimizer": lambda p: SGD([W], 0.1)}, ValueError, "none of the optimizer's parameters"),
        ({"epochs": 0}, ValueError, "epochs must be at least 1, not 0"),
        ({"epochs": 1.5}, TypeError, "epochs must be a whole number, not 1.5"),
        ({"batch_size": 0}, ValueError, "batch_size must be at least 1"),
        ({"reduce": "max"}, ValueError, 'reduce is "mean" or "sum", not \'max\''),
        ({"metric": "f1"}, ValueError, "there is no metric 'f1'"),
        ({"metric": 3}, TypeError, "metric must be .* not 3"),
        ({"metric": "accuracy"}, ValueError, "accuracy needs classes"),
        ({"validation": X}, TypeError, r"validation must be a pair, \(X, y\)"),
        ({"validation": (X, Y[:4])}, ValueError, "validation X has 24 rows, but validation y"),
        ({"validation": (X[:, :2], Y)}, ValueError, r"validation X has shape \(24, 2\), but"),
        ({"schedule": 0.1}, TypeError, r"nn.schedule.constant\(0.1\)"),
        ({"clip_norm": -1.0}, ValueError, "clip_norm must be a positive number"),
        ({"l2": -1.0}, ValueError, "l2 must be a number from 0 up"),
        ({"l1": math.nan}, ValueError, "l1 must be a number from 0 up"),
        ({"l2": 1.0, "regularize": [W]}, ValueError, "act on none of"),
        ({"seed": "x"}, TypeError, "seed must be a whole number, not 'x'"),
        ({"patience": 0}, ValueError, "patience must be at least 1"),
        ({"min_delta": -1.0}, ValueError, "min_delta must be a number from 0 up"),
        ({"callbacks": [3]}, TypeError, "a callback must be a function of the State, not 3"),
        ({"callbacks": None}, TypeError, "a callback must be a function of the State, not None"),
        ({"cost": None}, TypeError, "a loss must be a function .* not None"),
        ({"x": X[:, :, None]}, TypeError, r"which has shape \(24, 3, 1\): a model takes one"),
        ({"l2": 1.0, "regularize": W}, TypeError, "regularize must be a list of weights, not"),
        ({"l1": "a"}, TypeError, "l1 must be a number, not 'a'"),
        ({"clip_norm": "a"}, TypeError, "clip_norm must be a number, not 'a'"),
        ({"min_delta": None}, TypeError, "min_delta must be a number, not None"),
        ({"schedule": lambda t: -1.0}, ValueError, "at step 0: lr must be .* from 0 up, not -1"),
        ({"schedule": lambda t: math.nan}, ValueError, "rate at step 0: lr must be .* not nan"),
        ({"schedule": lambda t: None}, TypeError, "rate at step 0: lr must be a number, not None"),
    ],
)  # fmt: skip
def test_arguments_that_cannot_be_learned_from_are_refused_before_a_weight_moves(
    change, error, sentence
):
    model = mlp()
    with pytest.raises(error, match=sentence):
        learned(model, **change)
    assert numbers(model) == numbers(mlp())


def test_training_inside_no_grad_is_refused():
    with no_grad(), pytest.raises(ValueError, match=r"inside no_grad\(\): call fit outside"):
        learned(mlp())


def test_the_weights_of_a_function_must_be_named_to_be_penalised():
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


@pytest.mark.parametrize("taken", [int, float, math.exp])
def test_a_number_taken_out_of_an_example_names_what_works_in_fit(taken):
    model = Value(1.0)

    def cost(out, t):
        return (out - taken(t)) ** 2

    def run(**options):
        return fit(lambda x: model * x[0], [[0.0], [1.0]], [1.0, 2.0], cost, SGD([model], 0.1), 2,
                   progress=False, **options)  # fmt: skip

    with pytest.raises(TypeError, match=r"cannot be compiled: .* implicitly; write compiled=False"):
        run()
    assert len(run(compiled=False)) == 2
