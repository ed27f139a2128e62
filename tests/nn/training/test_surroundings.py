"""What changes between epochs is followed, wherever it lives: as `compiled=False` sees it."""

import numpy as np
import pytest

from autograd import Value
from nn import SGD, Module, evaluate, fit, loss, predict
from tests.nn.training.learning import X, Y

FACTOR = 1.0


class Inner:
    def __init__(self):
        self.factor = 1.0


class Scaled(Module):
    """A line times a factor."""

    shared = 1.0

    def __init__(self, factor):
        self.w, self.b, self.factor = [Value(0.3), Value(-0.2), Value(0.1)], Value(0.5), factor

    def __call__(self, x):
        z = sum((w * v for w, v in zip(self.w, x, strict=True)), self.b)
        return z * self.factor(self)


class Branched(Scaled):
    """The factor acts on some rows alone, of which the first is none."""

    def __call__(self, x):
        z = self.w[0] * x[0] + self.b
        return z * self.factor(self) if x[0] < X[0, 0] else z


def in_a_global():
    def factor(model):
        return FACTOR

    def change(model, x):
        global FACTOR
        FACTOR = x

    return factor, change


def in_a_closure():
    value = 1.0

    def change(model, x):
        nonlocal value
        value = x

    return (lambda model: value), change


def in_an_attribute():
    return (lambda model: model.heat), lambda model, x: setattr(model, "heat", x)


def in_a_nested_attribute():
    inner = Inner()
    return (lambda model: inner.factor), lambda model, x: setattr(inner, "factor", x)


def in_a_list():
    held = [1.0]
    return (lambda model: held[0]), lambda model, x: held.__setitem__(0, x)


def in_a_dict():
    held = {"factor": 1.0}
    return (lambda model: held["factor"]), lambda model, x: held.update(factor=x)


def in_an_array():
    held = np.ones(2)
    return (lambda model: float(held[1])), lambda model, x: held.__setitem__(1, x)


def in_the_class():
    return (lambda model: model.shared), lambda model, x: setattr(Scaled, "shared", x)


def in_a_default():
    def factor(model, f=1.0):
        return f

    return factor, lambda model, x: setattr(factor, "__defaults__", (x,))


def in_another_function():
    held = [lambda: 1.0]
    return (lambda model: held[0]()), lambda model, x: held.__setitem__(0, lambda: x)


PLACES = [
    in_a_global, in_a_closure, in_an_attribute, in_a_nested_attribute, in_a_list, in_a_dict,
    in_an_array, in_the_class, in_a_default, in_another_function,
]  # fmt: skip


@pytest.mark.parametrize("make", [Scaled, Branched])
@pytest.mark.parametrize("place", PLACES)
def test_a_factor_that_a_callback_anneals_is_followed(place, make):
    def train(compiled, where):
        factor, change = place()
        model = make(factor if where == "model" else lambda model: 1.0)
        change(model, 1.0)

        def cost(out, t):
            scale = 1.0 if where == "model" else factor(model)
            return loss.quadratic(out, t) * scale

        history = fit(model, X, Y[:, 0], cost, SGD(model.parameters(), 0.05), 5, 6, seed=0,
                      progress=False, compiled=compiled, validation=(X[:5], Y[:5, 0]),
                      callbacks=lambda s: change(model, 0.8**s.epoch))  # fmt: skip
        found = [predict(model, X, compiled=compiled).tolist()]
        change(model, -2.0)
        found.append(predict(model, X, compiled=compiled).tolist())
        found.append([evaluate(model, X, Y[:, 0], cost, compiled=compiled).loss])
        change(model, 1.0)
        return [history.loss, history.val_loss, *found]

    for where in ("model", "loss"):
        compiled, recorded = train(True, where), train(False, where)
        for one, other in zip(compiled, recorded, strict=True):
            assert one == pytest.approx(other, rel=1e-12, abs=1e-15)
