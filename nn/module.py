"""Models: a neuron, a layer of neurons, layers one after another.

With the notation of Nielsen's book a neuron computes its weighted input
z = w·a + b as one node of the graph (`dot`) and its activation σ(z) as another.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import autograd
from autograd import Value, dot

Number = Value | float
Activation = Callable[[Value], Value]

LINEAR = "linear"


def activation(name: str) -> Activation | None:
    """The operation of that name, a function of one Value; None for "linear"."""
    if name == LINEAR:
        return None
    function: Activation | None = None
    if name in autograd.value.__all__:
        function = getattr(autograd, name)
    if function is None:
        raise ValueError(
            f"no activation {name!r}; write 'linear' or the name of an operation, as 'tanh'"
        )
    return function


class Module:
    """Something with parameters."""

    def parameters(self) -> list[Value]:
        """The weights and biases, in a fixed order."""
        return []

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0."""
        for p in self.parameters():
            p.grad = 0.0


class Neuron(Module):
    """σ(w·x + b).

    Parameters
    ----------
    nin : int
        Number of inputs.
    nonlin : bool
        False for a linear neuron, whatever `activation` says (as in micrograd).
    activation : str
        σ: the name of an operation of one operand, or "linear".
    rng : random.Random, optional
        Draws the weights, uniform in ±1; the bias starts at 0.  Default: Python's
        global generator, as in micrograd, so that `random.seed` repeats a run.
    """

    def __init__(
        self,
        nin: int,
        nonlin: bool = True,
        *,
        activation: str = "relu",
        rng: random.Random | None = None,
    ) -> None:
        if nin < 1:
            raise ValueError(f"a neuron needs at least one input, not {nin}")
        draw = (rng or random).uniform
        self.w = [Value(draw(-1, 1)) for _ in range(nin)]
        self.b = Value(0.0)
        self.activation = activation if nonlin else LINEAR
        self._sigma = _activation(self.activation)

    def __call__(self, x: Sequence[Number]) -> Value:
        """The activation σ(w·x + b) of the inputs x."""
        if len(x) != len(self.w):
            raise ValueError(f"this neuron has {len(self.w)} inputs, but {len(x)} were given")
        z = dot(self.w, x, self.b)
        return z if self._sigma is None else self._sigma(z)

    def parameters(self) -> list[Value]:
        """The weights, then the bias."""
        return [*self.w, self.b]

    def __repr__(self) -> str:
        return f"Neuron({len(self.w)}, {self.activation})"


_activation = activation  # Neuron has a parameter of that name


class Layer(Module):
    """`nout` neurons with the same `nin` inputs; the rest is as for `Neuron`."""

    def __init__(
        self,
        nin: int,
        nout: int,
        nonlin: bool = True,
        *,
        activation: str = "relu",
        rng: random.Random | None = None,
    ) -> None:
        if nout < 1:
            raise ValueError(f"a layer needs at least one neuron, not {nout}")
        self.neurons = [Neuron(nin, nonlin, activation=activation, rng=rng) for _ in range(nout)]

    def __call__(self, x: Sequence[Number]) -> Value | list[Value]:
        """The neurons' activations; of a single neuron the Value itself (as in micrograd)."""
        out = self.activations(x)
        return out[0] if len(out) == 1 else out

    def activations(self, x: Sequence[Number]) -> list[Value]:
        """The neurons' activations, always a list."""
        return [neuron(x) for neuron in self.neurons]

    def parameters(self) -> list[Value]:
        """The neurons' parameters, one neuron after another."""
        return [p for neuron in self.neurons for p in neuron.parameters()]

    def __repr__(self) -> str:
        first = self.neurons[0]
        return f"Layer({len(first.w)} → {len(self.neurons)}, {first.activation})"


class MLP(Module):
    """Layers one after another: a multi-layer perceptron.

    Parameters
    ----------
    nin : int
        Number of inputs.
    nouts : sequence of int
        Number of neurons of every layer.
    activation, output : str
        σ of the hidden layers and of the last one.
    rng : random.Random, optional
        As for `Neuron`.

    >>> from nn import MLP
    >>> MLP(2, [16, 16, 1])
    MLP(2 → 16 relu → 16 relu → 1 linear)
    """

    def __init__(
        self,
        nin: int,
        nouts: Sequence[int],
        *,
        activation: str = "relu",
        output: str = LINEAR,
        rng: random.Random | None = None,
    ) -> None:
        if not nouts:
            raise ValueError("an MLP needs at least one layer; write MLP(nin, [nout])")
        sizes = [nin, *nouts]
        sigmas = [activation] * (len(nouts) - 1) + [output]
        self.layers = [
            Layer(a, b, activation=sigma, rng=rng)
            for a, b, sigma in zip(sizes[:-1], sizes[1:], sigmas, strict=True)
        ]

    def __call__(self, x: Sequence[Number]) -> Value | list[Value]:
        """The last layer's activations; of a single neuron the Value itself."""
        for layer in self.layers[:-1]:
            x = layer.activations(x)
        return self.layers[-1](x)

    def parameters(self) -> list[Value]:
        """The layers' parameters, one layer after another."""
        return [p for layer in self.layers for p in layer.parameters()]

    def __repr__(self) -> str:
        shown = [f"{len(layer.neurons)} {layer.neurons[0].activation}" for layer in self.layers]
        return f"MLP({' → '.join([str(len(self.layers[0].neurons[0].w)), *shown])})"
