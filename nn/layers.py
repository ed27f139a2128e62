"""Neuron, Layer, MLP, Sequential: layers of neurons, one after another.

With the notation of Nielsen's book a neuron computes its weighted input
z = w·a + b as one node of the graph (`dot`) and its activation σ(z) as another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import autograd
from autograd import Value, dot
from autograd.internals import BY_NAME
from nn.checks import refuse_rows, whole
from nn.init import Init, Rng, Source, uniform
from nn.module import Module

Number = Value | float
Activation = Callable[[Value], Value]

LINEAR = "linear"


def _function(name: str) -> Activation | None:
    """The operation of that name, a function of one Value; None for "linear".

    Raises
    ------
    ValueError
        If there is none, or it is not a function of one number.
    """
    if name == LINEAR:
        return None
    row = BY_NAME.get(name) if name in autograd.__all__ else None
    if row is None or row.many or len(row.operands) - len(row.defaults) != 1:
        raise ValueError(
            f"no activation {name!r}; write 'linear' or the name of an operation, such as 'tanh'"
        )
    function: Activation = getattr(autograd, name)
    return function


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
    init : Init
        How the weights and the bias are initialised: see `nn.init`.  Default: micrograd's, weights
        uniform in ±1 and the bias 0.
    rng : int, random.Random or numpy.random.Generator, optional
        Draws them.  Default: Python's global generator, as in micrograd, so that
        `random.seed` repeats a run.
    n_out : int
        The number of neurons in its layer, on which some initialisations depend.

    Attributes
    ----------
    w : list of Value
        The weights, one per input.
    b : Value
        The bias.
    """

    def __init__(
        self,
        nin: int,
        nonlin: bool = True,
        *,
        activation: str = "relu",
        init: Init | None = None,
        rng: Rng | Source = None,
        n_out: int = 1,
    ) -> None:
        whole("nin", nin)
        init, source = _checked(init), Source(rng)
        self.w = [Value(init.weight(source, nin, n_out)) for _ in range(nin)]
        self.b = Value(init.bias(source, nin, n_out))
        self.activation = activation if nonlin else LINEAR

    @property
    def activation(self) -> str:
        """σ, by name; it can be exchanged."""
        return self._activation

    @activation.setter
    def activation(self, name: str) -> None:
        self._sigma = _function(name)
        self._activation = name

    def __call__(self, x: Sequence[Number]) -> Value:
        """The activation σ(w·x + b) of the inputs x."""
        if len(x) != len(self.w):
            refuse_rows(x)
            raise ValueError(f"this neuron has {len(self.w)} inputs, but {len(x)} were given")
        try:
            z = dot(self.w, x, self.b)
        except TypeError:
            refuse_rows(x)
            raise
        return z if self._sigma is None else self._sigma(z)

    def __repr__(self) -> str:
        return f"Neuron({len(self.w)}, {self.activation})"


def _checked(init: Any) -> Init:
    if init is None:
        return uniform()
    if not isinstance(init, Init):
        raise TypeError(
            f"init must come from a function of nn.init, such as init.he(), not {init!r}"
        )
    return init


class Layer(Module):
    """`nout` neurons with the same `nin` inputs.

    Parameters
    ----------
    nin, nout : int
        Number of inputs, and of neurons.
    nonlin, activation, init, rng
        As for `Neuron`.
    """

    def __init__(
        self,
        nin: int,
        nout: int,
        nonlin: bool = True,
        *,
        activation: str = "relu",
        init: Init | None = None,
        rng: Rng | Source = None,
    ) -> None:
        whole("nout", nout)
        source = Source(rng)
        self.neurons = [
            Neuron(nin, nonlin, activation=activation, init=init, rng=source, n_out=nout)
            for _ in range(nout)
        ]

    def __call__(self, x: Sequence[Number]) -> Value | list[Value]:
        """The neurons' activations; for a single neuron the Value itself (as in micrograd)."""
        out = self.activations(x)
        return out[0] if len(out) == 1 else out

    def activations(self, x: Sequence[Number]) -> list[Value]:
        """The neurons' activations, always a list."""
        return [neuron(x) for neuron in self.neurons]

    def __repr__(self) -> str:
        first = self.neurons[0]
        return f"Layer({len(first.w)} → {len(self.neurons)}, {first.activation})"


class MLP(Module):
    """Layers one after another: a multi-layer perceptron.

    Parameters
    ----------
    nin : int
        Number of inputs.
    nouts : iterable of int
        Number of neurons of every layer.
    activation, output : str
        σ of the hidden layers and of the last one.
    init, rng
        As for `Neuron`.

    >>> from nn import MLP
    >>> MLP(2, [16, 16, 1])
    MLP(2 → 16 relu → 16 relu → 1 linear)
    """

    def __init__(
        self,
        nin: int,
        nouts: Iterable[int],
        *,
        activation: str = "relu",
        output: str = LINEAR,
        init: Init | None = None,
        rng: Rng | Source = None,
    ) -> None:
        if not isinstance(nouts, Iterable):
            raise TypeError(f"nouts must be a list of the neurons in each layer, not {nouts!r}")
        nouts = list(nouts)
        if not nouts:
            raise ValueError("an MLP needs at least one layer; write MLP(nin, [nout])")
        source = Source(rng)
        sizes = [nin, *nouts]
        sigmas = [activation] * (len(nouts) - 1) + [output]
        self.layers = [
            Layer(a, b, activation=sigma, init=init, rng=source)
            for a, b, sigma in zip(sizes[:-1], sizes[1:], sigmas, strict=True)
        ]

    def __call__(self, x: Sequence[Number]) -> Value | list[Value]:
        """The last layer's activations; for a single neuron the Value itself."""
        for layer in self.layers[:-1]:
            x = layer.activations(x)
        return self.layers[-1](x)

    def __repr__(self) -> str:
        shown = [f"{len(layer.neurons)} {layer.neurons[0].activation}" for layer in self.layers]
        return f"MLP({' → '.join([str(len(self.layers[0].neurons[0].w)), *shown])})"


class Sequential(Module):
    """Modules and functions one after another, each called with the result of the one before.

    A single Value is passed on as a list of one, since layers take lists.

    >>> from nn import Layer, Sequential
    >>> Sequential(Layer(2, 8, activation="tanh"), Layer(8, 1, nonlin=False))
    Sequential(Layer(2 → 8, tanh), Layer(8 → 1, linear))
    """

    def __init__(self, *layers: Callable[[Any], Any]) -> None:
        if not layers:
            raise ValueError("Sequential was given no layers")
        for k, layer in enumerate(layers):
            if not callable(layer):
                raise TypeError(
                    f"Sequential takes modules and functions; number {k + 1} is {layer!r}"
                )
        self.layers = list(layers)

    def __call__(self, x: Any) -> Any:
        """The result of the last one."""
        for layer in self.layers:
            x = layer([x] if isinstance(x, Value) else x)
        return x

    def __len__(self) -> int:
        return len(self.layers)

    def __getitem__(self, k: int) -> Callable[[Any], Any]:
        return self.layers[k]

    def __repr__(self) -> str:
        shown = (
            repr(layer) if isinstance(layer, Module) else getattr(layer, "__name__", repr(layer))
            for layer in self.layers
        )
        return f"Sequential({', '.join(shown)})"
