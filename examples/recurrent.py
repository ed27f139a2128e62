"""A net that runs in time is a layered net with tied weights (Rumelhart, Hinton & Williams,
Nature, 1986, Fig. 5).

First a random cell is run for T steps, and beside it T layers that start with copies of its
weights: each weight's gradient is the sum of its copies' gradients.  Then a cell learns a
sequence: it reads bits and says after each whether the number of 1s so far is odd.  It sees
all 32 sequences of five bits, and is tried on all 1,024 of ten.  Some starts do not learn it.
"""

from __future__ import annotations

import argparse
import copy
import itertools
import math
import random
from collections.abc import Sequence

from common import BLUE, ORANGE, at_least_one, figure, parser, run, save, table
from tqdm import tqdm

import autograd
from autograd import Value, no_grad
from nn import Adam, Module, Neuron, RNNCell, clip_grad_norm, init, loss

Bits = tuple[float, ...]
SEEN, TRIED = 5, 10  # lengths
HIDDEN = 8


class Parity(Module):
    """A cell, and a neuron that reads its state."""

    def __init__(self, rng: random.Random) -> None:
        self.cell = RNNCell(1, HIDDEN, init=init.xavier(), rng=rng)
        self.output = Neuron(HIDDEN, nonlin=False, init=init.xavier(), rng=rng)

    def __call__(self, bits: Bits) -> list[Value]:
        """After every bit the logit of "odd"."""
        return [self.output(h) for h in self.cell.run([[bit] for bit in bits])]


def main() -> None:
    """Compare the two nets, then train; print and draw."""
    options = arguments()
    print("\nT steps against T layers: largest relative difference between a tied weight's\n"
          "gradient and the sum of its copies' gradients")  # fmt: skip
    rng = random.Random(options.seed)
    table(["T", "difference"], [[str(T), f"{unrolled(T, rng):.1e}"] for T in (1, 2, 5, 10, 50)])
    found = [
        learned(seed, options.epochs) for seed in range(options.seed, options.seed + options.seeds)
    ]
    rows = [
        [f"seed {options.seed + k}", f"{C[-1]:.4f}", f"{seen:.1%}", f"{tried:.1%}"]
        for k, (C, seen, tried) in enumerate(found)
    ]
    table(
        ["parity so far", "last C", f"all of {SEEN} bits", f"all of {TRIED} bits, not seen"], rows
    )
    draw([C for C, _, _ in found], options)


def arguments() -> argparse.Namespace:
    """The command line."""
    line = parser(__doc__)
    line.add_argument("--seeds", type=at_least_one, default=5, metavar="N", help="how many (5)")
    line.add_argument("--epochs", type=at_least_one, default=700, metavar="N",
                      help="times through the sequences (700)")  # fmt: skip
    return line.parse_args()


def unrolled(T: int, rng: random.Random) -> float:
    """How far a cell of T steps and T layers with its weights are apart."""
    cell = RNNCell(3, HIDDEN, init=init.xavier(), rng=rng)
    layers = [copy.deepcopy(cell) for _ in range(T)]
    xs = [[rng.gauss(0, 1) for _ in range(3)] for _ in range(T)]
    h: list[Value] = []
    for layer, x in zip(layers, xs, strict=True):
        h = layer(x, h or None)
    autograd.sum(h).backward()
    autograd.sum(cell.run(xs)[-1]).backward()
    copies = zip(*(layer.parameters() for layer in layers), strict=True)
    sums = [math.fsum(p.grad for p in tied) for tied in copies]
    largest = max(map(abs, sums))
    return max(abs(p.grad - g) for p, g in zip(cell.parameters(), sums, strict=True)) / largest


def learned(seed: int, epochs: int) -> tuple[list[float], float, float]:
    """C before each epoch; the shares of right answers, on what was seen and on longer ones."""
    net = Parity(random.Random(seed))
    optimizer = Adam(net.parameters(), lr=0.02)
    sequences = list(itertools.product((0.0, 1.0), repeat=SEEN))
    wanted = [odd(bits) for bits in sequences]
    errors = []
    for _ in tqdm(range(epochs), desc=f"seed {seed}", unit="epoch"):
        C = loss.binary_cross_entropy_from_logits([net(bits) for bits in sequences], wanted)
        errors.append(C.data)
        optimizer.zero_grad()
        C.backward()
        clip_grad_norm(optimizer.params, 1.0)
        optimizer.step()
    return errors, right(net, sequences), right(net, itertools.product((0.0, 1.0), repeat=TRIED))


def odd(bits: Bits) -> list[float]:
    """After every bit 1 if the number of 1s so far is odd, else 0."""
    return [total % 2 for total in itertools.accumulate(bits)]


@no_grad()
def right(net: Parity, sequences: Sequence[Bits] | itertools.product[Bits]) -> float:
    """The share of right answers, after every bit of every sequence."""
    answers = [
        (z.data > 0) == bool(d)
        for bits in sequences
        for z, d in zip(net(bits), odd(bits), strict=True)
    ]
    return sum(answers) / len(answers)


def draw(errors: list[list[float]], options: argparse.Namespace) -> None:
    """C over the epochs, a line for every seed."""
    made, (ax,) = figure(1, width=6.4)
    for k, C in enumerate(errors):
        learned_it = C[-1] < 0.01
        ax.plot(C, color=BLUE if learned_it else ORANGE, alpha=0.8, linewidth=1.2)
        if not learned_it:
            ax.annotate(
                f" seed {options.seed + k}",
                (len(C) - 1, C[-1]),
                fontsize=8,
                va="bottom",
                ha="right",
            )
    ax.set(title="Learning the parity of a sequence, one line a seed", xlabel="epoch",
           ylabel="C, cross-entropy an answer", yscale="log")  # fmt: skip
    ax.grid(alpha=0.3)
    save(made, options.out, "recurrent.png")


if __name__ == "__main__":
    run(main)
