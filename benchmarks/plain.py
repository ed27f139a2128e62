"""Scalar values in plain Python, and the transformer of `examples/names.py` made of them.

The Value is that of `autograd/plain.py`: no closures, but a local derivative on every edge,
stored when an operation is recorded, and one loop that multiplies and adds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from autograd import plain


class Value(plain.Value):
    """The twin's Value, with the few operations that a transformer takes written out.

    The twin runs the table's rows, which takes four times as long; a teacher's class would
    not, and it is the teacher's that is raced.
    """

    __slots__ = ()

    def __add__(self, other: Value | float) -> Value:
        if isinstance(other, Value):
            return Value(self.data + other.data, (self, other), (1.0, 1.0))
        return Value(self.data + other, (self,), (1.0,))

    __radd__ = __add__

    def __mul__(self, other: Value | float) -> Value:
        if isinstance(other, Value):
            return Value(self.data * other.data, (self, other), (other.data, self.data))
        return Value(self.data * other, (self,), (other,))

    __rmul__ = __mul__

    def __sub__(self, other: Value | float) -> Value:
        if isinstance(other, Value):
            return Value(self.data - other.data, (self, other), (1.0, -1.0))
        return Value(self.data - other, (self,), (1.0,))

    def __truediv__(self, other: Value) -> Value:
        z = self.data / other.data
        return Value(z, (self, other), (1.0 / other.data, -z / other.data))

    def __pow__(self, exponent: float) -> Value:
        return Value(self.data**exponent, (self,), (exponent * self.data ** (exponent - 1.0),))

    def exp(self) -> Value:
        """e to this power."""
        z = math.exp(self.data)
        return Value(z, (self,), (z,))

    def log(self) -> Value:
        """The natural logarithm."""
        return Value(math.log(self.data), (self,), (1.0 / self.data,))

    def relu(self) -> Value:
        """This, or 0 if it is negative."""
        on = self.data > 0.0
        return Value(self.data if on else 0.0, (self,), (1.0 if on else 0.0,))


Vector = list[Value]
Matrix = list[Vector]


class PlainTransformer:
    """The weights of an `examples/transformer.py`, and its step of Adam, in plain Python."""

    def __init__(self, model: Any, lr: float, betas: tuple[float, float]) -> None:
        self.pairs: list[tuple[Any, Value]] = []  # the model's weight, and the one here
        self.heads = model.blocks[0].attention.heads
        self.token, self.position = self._matrix(model.token.w), self._matrix(model.position)
        self.blocks: list[dict[str, Any]] = [
            {
                "norm1": self._vector(block.norm1.gain),
                "norm2": self._vector(block.norm2.gain),
                **{name: self._layer(getattr(block.attention, name))
                   for name in ("query", "key", "value", "output")},
                "up": self._layer(block.mlp.layers[0]),
                "down": self._layer(block.mlp.layers[1]),
            }
            for block in model.blocks
        ]  # fmt: skip
        self.norm, self.output = self._vector(model.norm.gain), self._layer(model.output)
        self.lr, self.betas, self.t = lr, betas, 0
        self.m, self.v = [0.0] * len(self.pairs), [0.0] * len(self.pairs)

    def _vector(self, values: Sequence[Any]) -> Vector:
        copies = [Value(v.data) for v in values]
        self.pairs += zip(values, copies, strict=True)
        return copies

    def _matrix(self, rows: Sequence[Sequence[Any]]) -> Matrix:
        return [self._vector(row) for row in rows]

    def _layer(self, layer: Any) -> tuple[Matrix, Vector]:
        return self._matrix([n.w for n in layer.neurons]), self._vector(
            [n.b for n in layer.neurons]
        )

    def cost(self, tokens: Sequence[int]) -> Value:
        """Σ -ln p of every token but the first."""
        xs = [
            [row[k] + p for row, p in zip(self.token, place)]
            for k, place in zip(tokens[:-1], self.position)
        ]
        for block in self.blocks:
            mixed = self.attention(block, [normed(x, block["norm1"]) for x in xs])
            xs = [added(x, affine(block["output"], y)) for x, y in zip(xs, mixed)]
            hidden = [affine(block["up"], normed(x, block["norm2"])) for x in xs]
            xs = [
                added(x, affine(block["down"], [z.relu() for z in h])) for x, h in zip(xs, hidden)
            ]
        total: Any = 0.0
        for x, wanted in zip(xs, tokens[1:]):
            p = softmax(affine(self.output, normed(x, self.norm)))
            total = p[wanted].log() + total
        return total * -1.0

    def attention(self, block: dict[str, Any], xs: Matrix) -> Matrix:
        """What the heads give, before the output's weights."""
        q, k, v = ([affine(block[name], x) for x in xs] for name in ("query", "key", "value"))
        size = len(xs[0]) // self.heads
        mixed: Matrix = []
        for t, query in enumerate(q):
            mixed.append([])
            for first in range(0, len(query), size):
                part = range(first, first + size)
                scores = [
                    product(query[first : first + size], key[first : first + size]) * size**-0.5
                    for key in k[: t + 1]
                ]
                weights = softmax(scores)
                mixed[t] += [product(weights, [value[j] for value in v[: t + 1]]) for j in part]
        return mixed

    def step(self, words: Sequence[Sequence[int]]) -> float:
        """One step of Adam on the mean cost of a letter; that mean."""
        self.zero_grad()
        total = 0.0
        for tokens in words:
            C = self.cost(tokens)
            C.backward()
            total += C.data
        letters = sum(len(tokens) - 1 for tokens in words)
        self.t += 1
        beta1, beta2 = self.betas
        rate = self.lr / (1.0 - beta1**self.t)
        root = math.sqrt(1.0 - beta2**self.t)
        for k, (_, w) in enumerate(self.pairs):
            g = w.grad / letters
            self.m[k] = m = beta1 * self.m[k] + (1.0 - beta1) * g
            self.v[k] = v = beta2 * self.v[k] + (1.0 - beta2) * g * g
            w.data -= rate * m / (math.sqrt(v) / root + 1e-8)
        return total / letters

    def zero_grad(self) -> None:
        """Set all gradients to 0."""
        for _, w in self.pairs:
            w.grad = 0.0


def product(x: Vector, y: Vector) -> Value:
    """Σ x·y."""
    total = x[0] * y[0]
    for a, b in zip(x[1:], y[1:]):
        total = total + a * b
    return total


def affine(layer: tuple[Matrix, Vector], x: Vector) -> Vector:
    """W·x + b."""
    z = []
    for row, total in zip(*layer):
        for w, a in zip(row, x):
            total = total + w * a
        z.append(total)
    return z


def normed(x: Vector, gain: Vector) -> Vector:
    """The vector at one root mean square."""
    scale = (product(x, x) * (1.0 / len(x)) + 1e-5) ** -0.5
    return [g * (a * scale) for g, a in zip(gain, x)]


def added(x: Vector, y: Vector) -> Vector:
    """The sum of two vectors."""
    return [a + b for a, b in zip(x, y)]


def softmax(x: Vector) -> Vector:
    """e^x over the sum of all e^x."""
    most = max(a.data for a in x)
    powers = [(a - most).exp() for a in x]
    total = powers[0]
    for power in powers[1:]:
        total = total + power
    return [power / total for power in powers]
