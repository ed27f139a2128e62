"""A recurrent net: one layer used again at every step of time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from autograd import Value
from nn.checks import refuse_rows, whole
from nn.init import Init, Rng, Source
from nn.layers import Layer, Number
from nn.module import Module


class RNNCell(Module):
    """Elman's cell (1990): h(t) = σ(w·[x(t), h(t-1)] + b).

    Run for T steps it is a layered net of T layers with *tied weights*: the Values of
    one layer used in T places, so that backward() adds up the derivatives of all copies
    (Rumelhart, Hinton & Williams, 1986, Fig. 5).

    Parameters
    ----------
    nin, nhidden : int
        Number of inputs, and of hidden units.
    activation : str
        σ, as for `Neuron`.
    init, rng
        As for `Neuron`; n_in is nin + nhidden.

    >>> from nn import RNNCell
    >>> cell = RNNCell(2, 3)
    >>> len(cell.run([[0.0, 1.0], [1.0, 0.0]]))  # a hidden state for every input
    2
    """

    def __init__(
        self,
        nin: int,
        nhidden: int,
        *,
        activation: str = "tanh",
        init: Init | None = None,
        rng: Rng | Source = None,
    ) -> None:
        whole("nin", nin)
        whole("nhidden", nhidden)
        self.nin, self.nhidden = nin, nhidden
        self.layer = Layer(nin + nhidden, nhidden, activation=activation, init=init, rng=rng)

    def __call__(self, x: Sequence[Number], h: Sequence[Number] | None = None) -> list[Value]:
        """The next hidden state, from the inputs x and the state h (zeros if left out)."""
        h = [0.0] * self.nhidden if h is None else h
        for numbers, count, what in (x, self.nin, "inputs"), (h, self.nhidden, "hidden units"):
            if len(numbers) != count:
                refuse_rows(numbers)
                raise ValueError(f"this cell has {count} {what}, but {len(numbers)} were given")
        return self.layer.activations([*x, *h])

    def run(
        self, xs: Iterable[Sequence[Number]], h: Sequence[Number] | None = None
    ) -> list[list[Value]]:
        """The hidden states h(1) … h(T) for the inputs x(1) … x(T)."""
        states: list[list[Value]] = []
        for x in xs:
            states.append(self(x, states[-1] if states else h))
        return states

    def __repr__(self) -> str:
        sigma = self.layer.neurons[0].activation
        return f"RNNCell({self.nin} → {self.nhidden}, {sigma})"
