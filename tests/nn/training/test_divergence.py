"""Training that diverges says where, and leaves the last good weights."""

import math

import numpy as np
import pytest

import autograd
from nn import SGD, DivergedError, RMSprop, fit, loss
from tests.nn.training.learning import Branching, X, Y, learned, mlp, numbers


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
    assert "test_divergence.py" in error.operation
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
    assert (error.batch, "the model has the weights that it had before" in str(error)) == (1, True)
    assert "exp(1400.0) gave inf" in str(error)


def test_weights_that_are_nan_before_training_are_refused():
    model = mlp()
    model.parameters()[3].data = math.nan
    with pytest.raises(ValueError, match="weights of the model are nan"):
        learned(model)


@pytest.mark.parametrize("settings", [{}, {"l2": 1e300}, {"l1": 1e308}, {"clip_norm": 1e308}])
@pytest.mark.parametrize("rate", [1e10, 1e200, 1e308])
def test_numbers_that_overflow_on_the_way_back_are_no_warnings(settings, rate):
    model = mlp("relu")
    with pytest.raises(DivergedError, match="became nan or infinite in epoch"):
        learned(model, lambda p: SGD(p, rate), epochs=500, **settings)
    assert np.isfinite(numbers(model)).all()


@pytest.mark.parametrize("compiled", [True, False])
def test_restore_best_holds_after_divergence_too(compiled):
    model, twin = mlp("relu"), mlp("relu")
    y, x = 1e3 * Y, X
    with pytest.raises(
        DivergedError, match="the model has the weights of its best epoch"
    ) as caught:
        fit(model, x, y, loss.mean_squared_error, SGD(model.parameters(), 0.05), 50, 5, seed=0,
            progress=False, compiled=compiled, restore_best=True)  # fmt: skip
    best = caught.value.history.best_epoch
    fit(twin, x, y, loss.mean_squared_error, SGD(twin.parameters(), 0.05), best, 5, seed=0,
        progress=False, compiled=compiled)  # fmt: skip
    assert numbers(model) == numbers(twin)
