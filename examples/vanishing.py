"""Vanishing gradients: the deeper below the output, the slower a hidden layer learns
(Nielsen, ch. 5).

Nets of sigmoids [784, 30, …, 10] with 2, 3 and 4 hidden layers, weights N(0, 1/n_in), biases
N(0, 1), and the cross-entropy cost.  A layer's *speed of learning* is the length of ∂C/∂b
over its 30 neurons, where C is the mean over the first 1,000 training images.  It is random,
as the weights are: the book has one net of each depth, here there are many.  Then the first net of
each depth is trained on those images, all at once, with η = 0.1 and λ = 5.0 as in the book.
"""

from __future__ import annotations

import argparse
import itertools
import random
import statistics
from typing import Any

import numpy as np
from common import BLUE, GREY, ORANGE, at_least_one, figure, parser, run, save, table
from matplotlib.axes import Axes
from mnist_data import Digits, add_data, digits_at
from tqdm import tqdm

import autograd
from autograd import compile, softplus
from nn import MLP, SGD, flatten, init

IMAGES, NEURONS = 1000, 30
ETA, LAMBDA = 0.1, 5.0
BOOK = {2: (0.0657, 0.309), 3: (0.0118, 0.0600, 0.283), 4: (0.00298, 0.0171, 0.0695, 0.285)}
RERUN = {2: (0.056, 0.279), 3: (0.012, 0.058, 0.280), 4: (0.003, 0.012, 0.058, 0.268)}
COLOURS = (ORANGE, "#E69F00", "#56B4E9", BLUE)  # from the first layer to the last


def main() -> None:
    """Measure many nets before training, and three in training; print and draw."""
    options = arguments()
    digits = digits_at(options.data).training
    seeds = range(options.seed, options.seed + options.seeds)
    untrained = {
        hidden: np.array([
            start(hidden, seed, digits)
            for seed in tqdm(seeds, desc=f"{hidden} hidden layers", unit="net")
        ])
        for hidden in BOOK
    }  # fmt: skip
    report(untrained)
    trained = {hidden: training(hidden, options.seed, digits, options.epochs) for hidden in BOOK}
    draw(untrained, trained, options)


def arguments() -> argparse.Namespace:
    """The command line."""
    line = parser(__doc__)
    add_data(line)
    line.add_argument("--seeds", type=at_least_one, default=40, metavar="N", help="how many (40)")
    line.add_argument("--epochs", type=at_least_one, default=500, metavar="N",
                      help="of training the first net of each depth (500)")  # fmt: skip
    return line.parse_args()


# ── measuring ──────────────────────────────────────────────────────────────────


class Measured:
    """A net of sigmoids, and its gradient over the first images."""

    def __init__(self, hidden: int, seed: int, digits: Digits) -> None:
        self.net = MLP(784, [NEURONS] * hidden + [10], activation="sigmoid",
                       init=init.nielsen(), rng=random.Random(seed))  # fmt: skip
        self.flat = flatten(self.net)
        self.images = digits.images[:IMAGES].astype(float)
        self.targets = digits.targets()[:IMAGES]
        self.C = compile(lambda x, d: cross_entropy(self.net(x), d))

    def speeds(self) -> list[float]:
        """The length of ∂C/∂b of every hidden layer; every weight has its gradient."""
        self.net.zero_grad()
        self.C.backward(self.images, self.targets)
        biases = [[neuron.b for neuron in layer.neurons] for layer in self.net.layers[:-1]]
        return [float(np.linalg.norm([b.grad for b in layer])) for layer in biases]


def cross_entropy(z: Any, d: Any) -> Any:
    """-Σ d·ln σ(z) + (1 - d)·ln(1 - σ(z)) over the ten outputs, as Nielsen sums it."""
    return autograd.sum([
        b * softplus(-a) + (1.0 - b) * softplus(a) for a, b in zip(z, d, strict=True)
    ])  # fmt: skip


def start(hidden: int, seed: int, digits: Digits) -> list[float]:
    """The speeds before any training."""
    return Measured(hidden, seed, digits).speeds()


def training(hidden: int, seed: int, digits: Digits, epochs: int) -> list[list[float]]:
    """The speeds before every epoch; an epoch is one step, on all images."""
    measured = Measured(hidden, seed, digits)
    optimizer = SGD(measured.net.parameters(), ETA)
    biases = {id(n.b) for layer in measured.net.layers for n in layer.neurons}
    decay = np.array([0.0 if id(p) in biases else LAMBDA / IMAGES for p in optimizer.params])
    speeds = []
    for _ in tqdm(range(epochs), desc=f"training, {hidden} hidden layers", unit="epoch"):
        speeds.append(measured.speeds())
        measured.flat.grad += decay * measured.flat.data  # of λ/2n Σ w²
        optimizer.step()
    return speeds


# ── what is printed and drawn ──────────────────────────────────────────────────


def report(untrained: dict[int, np.ndarray]) -> None:
    """The speeds beside the book's, and how much slower each layer is than the next."""
    rows = []
    for hidden, speeds in untrained.items():
        for layer, column in enumerate(speeds.T):
            low, middle, high = quartiles(column)
            rows.append([
                f"{hidden} hidden layers, layer {layer + 1}",
                f"{BOOK[hidden][layer]:.3g}", f"{RERUN[hidden][layer]:.3g}", f"{middle:.3g}",
                *(f"{x:.3g}" for x in (column.min(), low, high, column.max())),
            ])  # fmt: skip
    table(["‖∂C/∂b‖ before training", "the book, one net", "with NumPy, 40: median",
           f"here, {len(speeds)}: median", "least", "lower quartile", "upper quartile", "most"],
          rows)  # fmt: skip
    slower = [
        float(np.median(below / above))
        for speeds in untrained.values()
        for above, below in itertools.pairwise(speeds.T)
    ]
    inside = sum(
        bool(column.min() <= book <= column.max())
        for hidden, speeds in untrained.items()
        for column, book in zip(speeds.T, BOOK[hidden], strict=True)
    )
    print(f"The book's speeds lie between least and most in {inside} of {len(rows)} layers.")
    print(f"A layer learns {min(slower):.1f} to {max(slower):.1f} times as slowly as the next.\n")


def quartiles(column: np.ndarray) -> list[float]:
    """Lower quartile, median, upper quartile."""
    if len(column) < 2:
        return [float(column[0])] * 3
    return statistics.quantiles(column.tolist(), n=4, method="inclusive")


def draw(
    untrained: dict[int, np.ndarray],
    trained: dict[int, list[list[float]]],
    options: argparse.Namespace,
) -> None:
    """The speeds before training, a dot per net, and of one net in training."""
    made, axes = figure(4, width=4.0)
    before(axes[0], untrained)
    for ax, (hidden, speeds) in zip(axes[1:], trained.items(), strict=True):
        for layer, column in enumerate(zip(*speeds, strict=True)):
            colour = COLOURS[layer + len(COLOURS) - hidden]
            ax.plot(column, color=colour, label=f"hidden layer {layer + 1}")
        ax.set(title=f"{hidden} hidden layers, seed {options.seed}", xlabel="epoch", yscale="log",
               ylabel="‖∂C/∂b‖")  # fmt: skip
        ax.grid(alpha=0.3)
        ax.legend(frameon=False)
    low, high = (limit(ax.get_ylim()[k] for ax in axes) for k, limit in enumerate((min, max)))
    for ax in axes:
        ax.set_ylim(low, high)
    save(made, options.out, "vanishing.png")


def before(ax: Axes, untrained: dict[int, np.ndarray]) -> None:
    """A dot per net, the book's as a diamond."""
    place, ticks = 0, {}
    for hidden, speeds in untrained.items():
        for layer, column in enumerate(speeds.T):
            place += 1
            ticks[place] = f"{layer + 1} of {hidden}"
            colour = COLOURS[layer + len(COLOURS) - hidden]
            ax.plot([place] * len(column), column, "o", color=colour, alpha=0.3, markersize=4)
            ax.plot(place, BOOK[hidden][layer], "D", color="black", markersize=5,
                    label="the book" if place == 1 else "")  # fmt: skip
        place += 1
        ax.axvline(place, color=GREY, linewidth=0.5)
    ax.set(title=f"Before training, {len(speeds)} nets of each depth", yscale="log",
           xlabel="hidden layer", ylabel="‖∂C/∂b‖")  # fmt: skip
    ax.set_xticks(list(ticks), list(ticks.values()), rotation=60, fontsize=8)
    ax.grid(alpha=0.3, axis="y")
    ax.legend(frameon=False)


if __name__ == "__main__":
    run(main)
