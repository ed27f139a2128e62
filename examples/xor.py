"""XOR, with two hidden units, and with one beside direct links from input to output.

PDP (1986), ch. 8: with direct links 558 sweeps at η = 0.5.  Here the weights move after
every case, η = 0.5, α = 0.9, from weights and biases uniform in ±0.5, until |y - d| < 0.1
in all four cases.  A start that has not got there in 3,000 sweeps counts as stuck.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from functools import partial

from common import (
    SPREAD,
    Case,
    Run,
    at_least_one,
    curves,
    figure,
    over_seeds,
    parser,
    run,
    save,
    spread,
    table,
    train,
)

from autograd import Value
from nn import SGD, Layer, Module, Neuron, init

CASES: list[Case] = [((x, y), (x + y - 2 * x * y,)) for x in (0.0, 1.0) for y in (0.0, 1.0)]
START = init.uniform(0.5, biases=True)
LIMIT = 3000


class Hidden(Module):
    """2-2-1: two inputs, two hidden units, one output."""

    def __init__(self, rng: random.Random) -> None:
        self.hidden = Layer(2, 2, activation="sigmoid", init=START, rng=rng)
        self.output = Neuron(2, activation="sigmoid", init=START, rng=rng)

    def __call__(self, x: Sequence[float]) -> list[Value]:
        """The output."""
        return [self.output(self.hidden.activations(x))]


class Direct(Module):
    """One hidden unit; the output sees it and both inputs."""

    def __init__(self, rng: random.Random) -> None:
        self.hidden = Neuron(2, activation="sigmoid", init=START, rng=rng)
        self.output = Neuron(3, activation="sigmoid", init=START, rng=rng)

    def __call__(self, x: Sequence[float]) -> list[Value]:
        """The output."""
        return [self.output([self.hidden(x), *x])]


NETS: dict[str, type[Direct] | type[Hidden]] = {"direct links": Direct, "2-2-1": Hidden}
BESIDE = {  # FACTS: with NumPy, 8 seeds
    "direct links": ["8/8", "278", "558 (PDP)"],
    "2-2-1": ["6/8", "220", "-"],
}


def main() -> None:
    """Train both nets from many seeds; print and draw."""
    options = arguments()
    runs = {
        name: over_seeds(partial(one, kind), options.seed, options.seeds, name)
        for name, kind in NETS.items()
    }
    table(["sweeps", *SPREAD], [[name, *spread(found)] for name, found in runs.items()])
    print("Beside them: 8 seeds with NumPy, and one run of 1986")
    table(["sweeps", "solved", "median", "published"], [[n, *row] for n, row in BESIDE.items()])
    draw(runs, options)


def arguments() -> argparse.Namespace:
    """The command line."""
    line = parser(__doc__)
    line.add_argument("--seeds", type=at_least_one, default=40, metavar="N", help="how many (40)")
    return line.parse_args()


def one(kind: type[Hidden] | type[Direct], seed: int) -> Run:
    """One training."""
    net = kind(random.Random(seed))
    optimizer = SGD(net.parameters(), lr=0.5, momentum=0.9)
    return train(net, CASES, optimizer, margin=0.1, limit=LIMIT, online=True)


def draw(runs: dict[str, list[Run]], options: argparse.Namespace) -> None:
    """E over the sweeps, one panel a net."""
    made, axes = figure(2)
    for ax, (name, found) in zip(axes, runs.items(), strict=True):
        curves(ax, found)
        longest = max((r.sweeps for r in found if r.sweeps is not None), default=LIMIT)
        ax.set(title=f"XOR, {name}: {spread(found)[0]} solved", xlim=(0, min(longest, 1000)))
    save(made, options.out, "xor.png")


if __name__ == "__main__":
    run(main)
