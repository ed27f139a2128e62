"""Nets and their costs, whose graphs the tests draw and report."""

import random

import autograd
from autograd import Value
from nn import MLP


def net(*sizes, activation="tanh", seed=1):
    return MLP(sizes[0], sizes[1:], activation=activation, rng=seed)


def cost(model, examples, *, decay=0.0, seed=2):
    """The mean squared error on random examples, after its backward pass."""
    draw = random.Random(seed).uniform
    width = len(model.layers[0].neurons[0].w)
    outs = [model([draw(-1, 1) for _ in range(width)]) for _ in range(examples)]
    C = autograd.mean([(out - 0.5) ** 2 for out in outs])
    if decay:
        w = model.parameters()
        C = C + decay * autograd.dot(w, w)
    C.label = "C"
    C.backward()
    return C


def square():
    """Two edges into one leaf, after the backward pass."""
    x = Value(3.0, label="x")
    C = x * x
    C.backward()
    return C


def without_modules(inputs, hidden, examples):
    """A cost of plain sums and products, which no module made."""
    draw = random.Random(3).uniform
    w = [[Value(draw(-1, 1)) for _ in range(inputs)] for _ in range(hidden)]
    v = [Value(draw(-1, 1)) for _ in range(hidden)]
    C = 0.0
    for _ in range(examples):
        x = [draw(-1, 1) for _ in range(inputs)]
        h = [autograd.tanh(sum(a * b for a, b in zip(row, x, strict=True))) for row in w]
        C = C + (sum(a * b for a, b in zip(v, h, strict=True)) - 1) ** 2
    C.backward()
    return C
