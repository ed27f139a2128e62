"""The nets that are timed, written once for every engine."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any

import autograd
import nn
from benchmarks.peers import Engine

Numbers = list[list[float]]


class LinearNet:
    """2-16-16-1, no activations, with scalar operators only: 608 and the square.

    Parameters
    ----------
    leaf : callable
        Makes a number of the engine from a float; `float` for plain floats.
    """

    def __init__(self, leaf: Callable[[float], Any]) -> None:
        draw = random.Random(1).uniform

        def neuron(nin: int) -> tuple[list[Any], Any]:
            return [leaf(draw(-1, 1)) for _ in range(nin)], leaf(draw(-1, 1))

        self.x = [leaf(0.3), leaf(-0.2)]
        self.layers = [[neuron(m) for _ in range(n)] for m, n in ((2, 16), (16, 16), (16, 1))]
        self.weights = [v for layer in self.layers for w, b in layer for v in (*w, b)]

    def forward(self) -> Any:
        """The cost C."""
        a = self.x
        for layer in self.layers:
            out = []
            for w, z in layer:
                for wj, aj in zip(w, a):  # noqa: B905 (as people write it)
                    z = z + wj * aj
                out.append(z)
            a = out
        return a[0] * a[0]

    def gradient_pass(self, engine: Engine) -> Any:
        """Forward and backward."""
        engine.begin(self.weights)
        C = self.forward()
        engine.backward(C)
        return C


def moons(count: int) -> tuple[Numbers, list[int]]:
    """Two interleaving half circles with a little noise, classes -1 and 1."""
    rng = random.Random(1337)
    X, y = [], []
    for k in range(count):
        t = math.pi * (k // 2) / (count // 2 - 1)
        upper = k % 2 == 0
        point = (math.cos(t), math.sin(t)) if upper else (1 - math.cos(t), 0.5 - math.sin(t))
        X.append([c + rng.gauss(0.0, 0.1) for c in point])
        y.append(-1 if upper else 1)
    return X, y


class Demo:
    """micrograd's demo: MLP 2-16-16-1, ReLU, 100 points, hinge loss, L2.

    Parameters
    ----------
    Value, MLP
        Of micrograd or of this project.
    """

    def __init__(self, Value: Any, MLP: Any) -> None:
        self.Value = Value
        self.X, self.y = moons(100)
        self.model = MLP(2, [16, 16, 1])
        draw = random.Random(2).uniform
        for p in self.model.parameters():
            p.data = draw(-1, 1)

    def step(self) -> Any:
        """One step, line by line as in micrograd's `demo.ipynb`; returns the loss."""
        model = self.model
        inputs = [list(map(self.Value, row)) for row in self.X]
        scores = list(map(model, inputs))
        losses = [(1 + -yi * score).relu() for yi, score in zip(self.y, scores)]  # noqa: B905
        data_loss = sum(losses) * (1.0 / len(losses))
        reg_loss = 1e-4 * sum(p * p for p in model.parameters())
        total_loss = data_loss + reg_loss
        model.zero_grad()
        total_loss.backward()
        for p in model.parameters():
            p.data -= 0.05 * p.grad
        return total_loss


class OwnDemo(Demo):
    """The same step, written as this project would write it."""

    def __init__(self) -> None:
        super().__init__(autograd.Value, nn.MLP)
        self.optimiser = nn.SGD(self.model.parameters(), lr=0.05)

    def step(self) -> Any:
        """One step; returns the loss."""
        w = self.optimiser.params
        scores = [self.model(x) for x in self.X]
        hinge = [autograd.relu(1 - yi * s) for yi, s in zip(self.y, scores, strict=True)]
        C = autograd.mean(hinge) + 1e-4 * autograd.dot(w, w)
        self.optimiser.zero_grad()
        C.backward()
        self.optimiser.step()
        return C
