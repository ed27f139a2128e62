"""Handwritten digits by stochastic gradient descent, every weight a scalar (Nielsen, chs. 1, 3).

784 pixels → 30 → 10 sigmoids: 23,860 weights and biases, each a Value, started in N(0, 1).
30 epochs over 50,000 images in mini-batches of 10, with η = 3.0 and the quadratic cost.  The
net is recorded once and replayed.  After every epoch the 10,000 test images are classified:
the answer is the output that is greatest.  The other settings of the book:

    --cost cross-entropy               η = 0.5
    --cost cross-entropy --lmbda 5     with λ/2n Σ w² added to the cost
    --hidden 100                       a larger hidden layer
    --hidden                           none
"""

from __future__ import annotations

import argparse
import math
import random
import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

from common import BLUE, GREY, ORANGE, at_least_one, figure, parser, run, save, table
from mnist_data import Mnist, add_data, digits_at

import autograd
from autograd import softplus
from nn import MLP, SGD, DivergedError, History, fit, init, loss

ETA = {"quadratic": 3.0, "cross-entropy": 0.5}
BATCH = 10
COLOURS = (BLUE, ORANGE, "#009E73", "#CC79A7", "#E69F00", "#56B4E9")


class Known(NamedTuple):
    """Known results of a setting, out of 10,000: the book's first epochs, its best, and others."""

    epochs: tuple[int, ...] = ()
    best: int | None = None
    rerun: str = ""


KNOWN = {  # by hidden layers, cost, η and λ
    ((30,), "quadratic", 3.0, 0.0): Known(
        (9129, 9295, 9348), 9542, "best of each of three seeds: 9541, 9535, 8615"
    ),
    ((100,), "quadratic", 3.0, 0.0): Known(best=9659),
    ((30,), "cross-entropy", 0.5, 0.0): Known(best=9549),
    ((30,), "cross-entropy", 0.5, 5.0): Known(best=9649),
    ((), "quadratic", 3.0, 0.0): Known(rerun="7553"),
    ((), "cross-entropy", 0.5, 0.0): Known(rerun="9072"),
}


def main() -> None:
    """Train; print and draw how many of the test images are right after every epoch."""
    options = arguments()
    digits = digits_at(options.data)
    known = Known()
    if len(digits.test) == 10_000:
        setting = (tuple(options.hidden), options.cost, options.eta, options.lmbda)
        known = KNOWN.get(setting, known)
    runs: dict[int, History] = {}
    for seed in range(options.seed, options.seed + options.seeds):
        try:
            runs[seed] = train(seed, digits, options)
        except DivergedError as error:
            sys.exit(str(error))
        if runs[seed].stopped:  # by Ctrl-C: what there is is shown
            break
    runs = {seed: history for seed, history in runs.items() if len(history)}
    if not runs:
        raise KeyboardInterrupt
    report(runs, known, len(digits.test))
    draw(runs, known, len(digits.test), options)


def arguments() -> argparse.Namespace:
    """The command line."""
    line = parser(__doc__)
    add_data(line)
    line.add_argument("--seeds", type=at_least_one, default=3, metavar="N", help="how many (3)")
    line.add_argument("--epochs", type=at_least_one, default=30, metavar="N", help="of each (30)")
    line.add_argument("--hidden", type=at_least_one, nargs="*", default=[30], metavar="N",
                      help="neurons of each hidden layer (30)")  # fmt: skip
    line.add_argument("--cost", choices=ETA, default="quadratic", help="C (quadratic)")
    line.add_argument("--eta", type=_positive, metavar="η",
                      help="the learning rate (3.0; with cross-entropy 0.5)")  # fmt: skip
    line.add_argument("--lmbda", type=_from_zero, default=0.0, metavar="λ",
                      help="strength of λ/2n Σ w² (0)")  # fmt: skip
    options = line.parse_args()
    if options.eta is None:
        options.eta = ETA[options.cost]
    return options


def _positive(text: str) -> float:
    if not 0.0 < (x := float(text)) < math.inf:
        raise argparse.ArgumentTypeError(f"{x:g} is no positive number")
    return x


def _from_zero(text: str) -> float:
    if not 0.0 <= (x := float(text)) < math.inf:
        raise argparse.ArgumentTypeError(f"{x:g} is no number from 0 up")
    return x


def train(seed: int, digits: Mnist, options: argparse.Namespace) -> History:
    """One net, from one seed."""
    quadratic = options.cost == "quadratic"
    net = MLP(
        784,
        [*options.hidden, 10],
        activation="sigmoid",
        output="sigmoid" if quadratic else "linear",  # the other cost takes z, not a = σ(z)
        init=init.normal(),
        rng=random.Random(seed),
    )
    return fit(
        net,
        digits.training.images,
        digits.training.targets(),
        loss.quadratic if quadratic else cross_entropy,
        SGD(net.parameters(), options.eta),
        options.epochs,
        BATCH,
        l2=options.lmbda / len(digits.training),
        metric="accuracy",
        validation=(digits.test.images, digits.test.targets()),
        seed=seed,
    )


def cross_entropy(z: Sequence[Any], d: Sequence[Any]) -> Any:
    """-Σ d·ln σ(z) + (1 - d)·ln(1 - σ(z)): a sum over the outputs, as Nielsen's."""
    return autograd.sum([
        b * softplus(-a) + (1.0 - b) * softplus(a) for a, b in zip(z, d, strict=True)
    ])  # fmt: skip


# ── what is printed and drawn ──────────────────────────────────────────────────


def report(runs: dict[int, History], known: Known, count: int) -> None:
    """How many of `count` test images are right: at first, at some epochs, and at best."""
    most = max(map(len, runs.values()))
    shown = sorted({k for k in (0, 1, 2, 9, 19, most - 1) if k < most})
    counts = [right(history, count) for history in runs.values()]
    rows = [
        [f"after epoch {k}", *(f"{n[k]:,}" if k < len(n) else "" for n in (known.epochs, *counts))]
        for k in shown
    ]
    best = [max(n) for n in counts]
    rows.append(["best", f"{known.best:,}" if known.best else "", *(f"{n:,}" for n in best)])
    rows.append(["seconds", "", *(f"{sum(history.seconds):,.0f}" for history in runs.values())])
    table([f"right of {count:,}", "the book", *(f"seed {seed}" for seed in runs)], rows)
    if known.rerun:
        print(f"With NumPy, {known.rerun}.  ", end="")
    print(f"Best of all seeds: {max(best) / count:.2%}.\n")


def right(history: History, count: int) -> list[int]:
    """How many of `count` test images are right after every epoch."""
    return [round(share * count) for share in history.val_metric]


def draw(runs: dict[int, History], known: Known, count: int, options: argparse.Namespace) -> None:
    """The test images that are right, and the cost, over the epochs."""
    made, (left, other) = figure(2, width=5.6)
    for k, (seed, history) in enumerate(runs.items()):
        colour = COLOURS[k % len(COLOURS)]
        epochs = range(len(history))
        left.plot(epochs, [100 * share for share in history.val_metric], color=colour,
                  label=f"seed {seed}")  # fmt: skip
        other.plot(epochs, history.loss, color=colour)
        other.plot(epochs, history.val_loss, color=colour, linestyle="--", linewidth=1)
    if known.epochs:
        left.plot([100 * n / 10_000 for n in known.epochs], "D", color="black", markersize=5,
                  label="the book")  # fmt: skip
    if known.best:
        left.axhline(known.best / 100, color=GREY, linestyle=":", linewidth=1)
        left.annotate(f"the book's best: {known.best / 100} %", (0.98, known.best / 100),
                      xycoords=("axes fraction", "data"), ha="right", va="bottom",
                      color="#555555", fontsize=9)  # fmt: skip
    sizes = [784, *options.hidden, 10]
    regularized = f", λ = {options.lmbda:g}" if options.lmbda else ""
    left.set(title=f"{sizes}, {options.cost} cost, η = {options.eta:g}{regularized}",
             xlabel="epoch", ylabel=f"right of {count:,} test images, %")  # fmt: skip
    other.set(title="Cost of training images, and (dashed) of test images", xlabel="epoch",
               ylabel="C, mean over images", ylim=(0, None))  # fmt: skip
    left.legend(frameon=False, loc="lower right")
    for ax in (left, other):
        ax.grid(alpha=0.3)
    save(made, options.out, "mnist.png")


if __name__ == "__main__":
    run(main)
