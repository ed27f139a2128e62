"""A small transformer in scalars: attention, RMS norm and the rest as modules of `nn`.

Vaswani et al., "Attention is all you need" (2017), as a language model is built today:
RMS norm before every part (Zhang & Sennrich, 2019), each part added to what it was given,
and attention that looks back only.  A sequence is a list of vectors, a vector a list.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from autograd import Value, dot, softmax, sqrt
from nn import MLP, Layer, Module, init
from nn.init import Source

Vector = Sequence[Value]


class Embedding(Module):
    """A vector for each of `count` tokens: column k of a table with a row for each number.

    A token comes as a list of 0s with a 1 in its place.  So it is data, which may differ
    from one replay of a compiled program to the next, and the vector a product.
    """

    def __init__(self, count: int, width: int, start: init.Init, source: Source) -> None:
        self.w = [
            [Value(start.weight(source, count, width)) for _ in range(count)] for _ in range(width)
        ]

    def __call__(self, one_hot: Sequence[Value | float]) -> list[Value]:
        """The token's vector."""
        return [dot(row, one_hot) for row in self.w]


class RMSNorm(Module):
    """gain · x / √(mean of x² + 1e-5): a vector brought to one size."""

    def __init__(self, width: int) -> None:
        self.gain = [Value(1.0) for _ in range(width)]

    def __call__(self, x: Vector) -> list[Value]:
        """The vector, scaled."""
        scale = 1.0 / sqrt(dot(x, x) / len(x) + 1e-5)
        return [g * (a * scale) for g, a in zip(self.gain, x, strict=True)]


class Attention(Module):
    """Causal attention with several heads: each vector looks at itself and those before it.

    A head takes width / heads numbers of every query q, key k and value v, and gives the
    mean of the values, weighted by softmax(q·k / √(width / heads)).
    """

    def __init__(self, width: int, heads: int, start: init.Init, source: Source) -> None:
        if width % heads:
            raise ValueError(f"{heads} heads cannot share vectors of {width} numbers evenly")
        self.heads = heads
        self.query, self.key, self.value, self.output = (
            Layer(width, width, nonlin=False, init=start, rng=source) for _ in range(4)
        )

    def __call__(self, xs: Sequence[Vector]) -> list[list[Value]]:
        """A vector for each of xs."""
        size = len(xs[0]) // self.heads
        scale = 1.0 / math.sqrt(size)
        q, k, v = (
            [layer.activations(x) for x in xs] for layer in (self.query, self.key, self.value)
        )
        mixed: list[list[Value]] = [[] for _ in xs]
        for first in range(0, size * self.heads, size):
            part = slice(first, first + size)
            columns = list(zip(*(each[part] for each in v), strict=True))
            for t, query in enumerate(q):
                scores = [dot(query[part], key[part]) * scale for key in k[: t + 1]]
                weights = softmax(scores)
                mixed[t] += [dot(weights, column[: t + 1]) for column in columns]
        return [self.output.activations(x) for x in mixed]


class Block(Module):
    """Attention, then an MLP on every vector; each sees normed vectors and is added to them."""

    def __init__(self, width: int, heads: int, start: init.Init, source: Source) -> None:
        self.norm1, self.norm2 = RMSNorm(width), RMSNorm(width)
        self.attention = Attention(width, heads, start, source)
        self.mlp = MLP(width, [4 * width, width], init=start, rng=source)

    def __call__(self, xs: Sequence[Vector]) -> list[list[Value]]:
        """A vector for each of xs."""
        xs = added(xs, self.attention([self.norm1(x) for x in xs]))
        hidden: list[Any] = [self.mlp(self.norm2(x)) for x in xs]  # of several outputs: lists
        return added(xs, hidden)


class Transformer(Module):
    """Which token comes next, after every token of a sequence.

    Parameters
    ----------
    tokens : int
        How many there are.
    longest : int
        Tokens of the longest sequence.
    width, heads, blocks : int
        Numbers in a vector, heads in an attention, blocks one after another.
    rng : int, random.Random or numpy.random.Generator
        Draws the weights.
    """

    def __init__(
        self,
        tokens: int,
        longest: int,
        *,
        width: int = 16,
        heads: int = 4,
        blocks: int = 1,
        rng: init.Rng = None,
    ) -> None:
        source, start = Source(rng), init.normal(0.08, biases=False)
        self.token = Embedding(tokens, width, start, source)
        self.position = [
            [Value(start.weight(source, width, width)) for _ in range(width)]
            for _ in range(longest)
        ]
        self.blocks = [Block(width, heads, start, source) for _ in range(blocks)]
        self.norm = RMSNorm(width)
        self.output = Layer(width, tokens, nonlin=False, init=start, rng=source)

    def __call__(self, sequence: Sequence[Sequence[Value | float]]) -> list[list[Value]]:
        """After every token, a list of 0s with a 1 in its place, the logits of the next."""
        if len(sequence) > len(self.position):
            raise ValueError(
                f"this transformer takes {len(self.position)} tokens at most, not {len(sequence)}"
            )
        tokens = [self.token(one_hot) for one_hot in sequence]
        xs = added(tokens, self.position[: len(tokens)])
        for block in self.blocks:
            xs = block(xs)
        return [self.output.activations(self.norm(x)) for x in xs]


def added(xs: Sequence[Vector], ys: Sequence[Vector]) -> list[list[Value]]:
    """The sums of two lists of vectors."""
    return [[a + b for a, b in zip(x, y, strict=True)] for x, y in zip(xs, ys, strict=True)]
