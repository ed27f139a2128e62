"""What the tests of training share: data, models, and training in silence."""

import random

import numpy as np

import autograd
from autograd import Value
from nn import MLP, SGD, Module, Neuron, RNNCell, fit, init, loss

DRAWN = np.random.default_rng(0)
X = DRAWN.normal(size=(24, 3))
Y = np.stack([np.sin(X[:, 0]), X[:, 1] * X[:, 2]], 1)  # two numbers per example
ROWS, CLASSES = X.tolist(), (X[:, 0] * X[:, 1] > 0).astype(int)


def mlp(activation="tanh", outputs=2, seed=1):
    return MLP(3, [4, outputs], activation=activation, rng=seed, init=init.xavier())


def numbers(model):
    return [p.data for p in model.parameters()]


def learned(model, optimizer=lambda p: SGD(p, 0.05), x=X, y=Y, cost=loss.quadratic, **settings):
    """The history, and the weights, after training in silence."""
    settings = {"epochs": 3, "batch_size": 5, "seed": 0, "progress": False} | settings
    return fit(model, x, y, cost, optimizer(model.parameters()), **settings), numbers(model)


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
