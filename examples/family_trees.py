"""Family trees: a net that is asked for Colin's aunt finds nationality, generation and
branch by itself (Rumelhart, Hinton & Williams, Nature, 1986, Figs. 2-4).

24 people + 12 relationships → 6 + 6 → 12 → 6 → 24 people.  Of the 104 cases that follow from
the two families (families.py) 100 are trained, for 1,500 sweeps, and 4 held out.  After each
change every weight shrinks.  An output has no error once it is above 0.8 where it should be
on, below 0.2 where it should be off; an error is the distance from there ("corrected"), or,
read otherwise, from 1 and 0 ("with a jump").  A case is right if its output for everyone who
is an answer is above 0.5, and all others below.  What the paper prints does not train:

             weights start in   ε, 20 sweeps, then   α           shrink
  printed    ±0.3               0.005, 0.01          0.5, 0.9    0.2 %
  corrected  ±1                 0.025, 0.05          0.5, 0.9    0.02 %
"""

from __future__ import annotations

import argparse
import math
import random
import statistics
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from common import BLUE, GREY, ORANGE, at_least_one, parser, run, save, table
from families import ENGLISH, RELATIONSHIPS, Cases, cases, descent, features
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from tqdm import tqdm

import autograd
from autograd import Value, compile, relu, where
from nn import SGD, Layer, Module, flatten, init

SWEEPS, FIRST, HELD_OUT = 1500, 20, 4
ON, OFF = 0.8, 0.2  # beyond these an output counts as no error


class Settings(NamedTuple):
    """Where weights start, and how they move: ε of the first sweeps and after, and shrink.

    `jump`: whether errors are distances from 1 and 0, so that they jump to 0 on the way.
    """

    start: float
    epsilon: tuple[float, float]
    shrink: float
    jump: bool = False


SETTINGS = {
    "printed": Settings(0.3, (0.005, 0.01), 0.002),
    "corrected": Settings(1.0, (0.025, 0.05), 0.0002),
    "with a jump": Settings(1.0, (0.025, 0.05), 0.0002, jump=True),
}


class Net(Module):
    """24 + 12 → 6 + 6 → 12 → 6 → 24, of sigmoids."""

    def __init__(self, start: float, seed: int) -> None:
        rng = random.Random(seed)

        def layer(nin: int, nout: int) -> Layer:
            return Layer(nin, nout, activation="sigmoid", init=init.uniform(start, biases=True),
                         rng=rng)  # fmt: skip

        self.person, self.relationship = layer(24, 6), layer(len(RELATIONSHIPS), 6)
        self.joined, self.narrow, self.answer = layer(12, 12), layer(12, 6), layer(6, 24)

    def __call__(self, x: Sequence[Value | float]) -> list[Value]:
        """The outputs for a person and a relationship, one input a person or relationship."""
        codes = self.person.activations(x[:24]) + self.relationship.activations(x[24:])
        return self.answer.activations(self.narrow.activations(self.joined.activations(codes)))


class Trained(NamedTuple):
    """A net, E before each sweep, and how many cases of those trained and held out are right."""

    seed: int
    net: Net
    errors: list[float]
    trained: int
    held_out: int


def main() -> None:
    """Train with all settings from many seeds; print what is right; draw one net."""
    options = arguments()
    asked = cases()
    runs = {
        name: [
            train(asked, settings, seed)
            for seed in tqdm(range(options.seed, options.seed + options.seeds),
                             desc=name, unit="seed")
        ]
        for name, settings in SETTINGS.items()
    }  # fmt: skip
    count = len(asked.questions) - HELD_OUT
    table(
        ["settings", "seeds", f"right of {count} trained: least", "median", "most",
         f"of {HELD_OUT} held out: least", "mean", "most"],
        [
            *([name, *scores(results)] for name, results in runs.items()),
            ["printed, with NumPy", "5", "0", "0", "0", "", "", ""],
            ["corrected, with NumPy", "5", "97", "", "100", "0", "", "3"],
            ["Hinton (1986), in UCI's notes", "2", "", "", "", "3", "3.5", "4"],
        ],
    )  # fmt: skip
    best = max(runs["corrected"], key=lambda r: (r.held_out, r.trained))  # the first of these
    shares = {what: explained(best.net, groups) for what, groups in features(asked.people).items()}
    print(
        f"What the six units tell people apart by, seed {best.seed} (the most right of those held"
    )
    print("out): the share of the variance of a unit's 24 weights that is between the groups.")
    rows = [[f"unit {k + 1}", *(f"{shares[what][k]:.0%}" for what in shares)] for k in range(6)]
    table(["", *shares], rows)
    draw(best, runs, shares, asked, options)


def arguments() -> argparse.Namespace:
    """The command line."""
    line = parser(__doc__)
    line.add_argument("--seeds", type=at_least_one, default=20, metavar="N", help="how many (20)")
    return line.parse_args()


# ── training ───────────────────────────────────────────────────────────────────


def train(asked: Cases, settings: Settings, seed: int) -> Trained:
    """One training, on cases drawn by the seed."""
    net = Net(settings.start, seed)
    flatten(net)
    order = np.random.default_rng(seed).permutation(len(asked.questions))
    inputs, answers = asked.inputs[order[HELD_OUT:]], asked.answers[order[HELD_OUT:]]
    E = compile(lambda x, d: cost(net(x), d, settings.jump))
    optimizer = SGD(net.parameters(), settings.epsilon[0], momentum=0.5, shrink=settings.shrink)
    errors = []
    for sweep in range(SWEEPS):
        if sweep == FIRST:
            optimizer.lr, optimizer.momentum = settings.epsilon[1], 0.9
        optimizer.zero_grad()
        errors.append(E.backward(inputs, answers, reduce="sum"))
        optimizer.step()
    outputs = np.stack(compile(net)(asked.inputs), 1)
    right = ((outputs > 0.5) == (asked.answers > 0.5)).all(1)
    held, seen = right[order[:HELD_OUT]], right[order[HELD_OUT:]]
    return Trained(seed, net, errors, int(seen.sum()), int(held.sum()))


def cost(y: Sequence[Value], d: Sequence[Value], jump: bool) -> Value:
    """½ Σ of the squared errors of the outputs.

    With `where`, and no `if`, all cases take one path of a compiled program.
    """
    short = [where(b, relu(ON - a), relu(a - OFF)) for a, b in zip(y, d, strict=True)]
    if jump:
        short = [where(far, a - b, 0.0) for far, a, b in zip(short, y, d, strict=True)]
    return 0.5 * autograd.sum([far**2 for far in short])


def scores(results: Sequence[Trained]) -> list[str]:
    """How many cases are right, over the seeds."""
    trained, held = [r.trained for r in results], [r.held_out for r in results]
    return [
        str(len(results)),
        *(f"{n:g}" for n in (min(trained), statistics.median(trained), max(trained))),
        *(f"{n:.2g}" for n in (min(held), statistics.fmean(held), max(held))),
    ]


# ── what the six units stand for ──────────────────────────────────────────────


def weights(net: Net) -> np.ndarray:
    """From 24 people to the 6 units."""
    return np.array([[w.data for w in unit.w] for unit in net.person.neurons])


def explained(net: Net, groups: Sequence[str]) -> np.ndarray:
    """For every unit the variance between the groups over the whole, from 0 to 1."""
    chosen = [k for k, group in enumerate(groups) if group]
    w, names = weights(net)[:, chosen], np.array(groups)[chosen]
    means = np.stack([w[:, names == name].mean(1) for name in names], 1)
    return means.var(1) / w.var(1)


# ── the picture ────────────────────────────────────────────────────────────────


def draw(
    best: Trained,
    runs: dict[str, list[Trained]],
    shares: dict[str, np.ndarray],
    asked: Cases,
    options: argparse.Namespace,
) -> None:
    """The six units, and E over the sweeps with both settings."""
    made = Figure(figsize=(14.0, 4.9), layout="constrained")
    axes = made.subplot_mosaic([[0, 1, "E"], [2, 3, "E"], [4, 5, "E"]], width_ratios=(1, 1, 0.75))
    largest = np.abs(weights(best.net)).max()
    for k, w in enumerate(weights(best.net)):
        most = max((what for what in shares if what != "sex"), key=lambda what: shares[what][k])
        axes[k].set_title(f"unit {k + 1}: {most} {shares[most][k]:.0%}", loc="left", fontsize=10)
        squares(axes[k], w / largest, asked, named=k > 3)
    made.suptitle(
        f"Weights from 24 people to the six units, seed {best.seed}; blue: positive, orange: "
        "negative.  Columns: generation 1 | 2 | 3, the right branch on grey",
        fontsize=11,
    )
    for name, colour in ("printed", ORANGE), ("corrected", BLUE):
        errors = np.array([run.errors for run in runs[name]])
        axes["E"].fill_between(range(SWEEPS), errors.min(0), errors.max(0), color=colour, alpha=0.2,
                               linewidth=0)  # fmt: skip
        axes["E"].plot(np.median(errors, 0), color=colour, label=f"{name} settings")
    axes["E"].set(title=f"Median, least and most of {len(errors)} seeds", xlabel="sweep",
                  yscale="log", ylim=(0.01, None),
                  ylabel="E, summed over the trained cases")  # fmt: skip
    axes["E"].title.set_fontsize(10)
    axes["E"].spines[["top", "right"]].set_visible(False)
    axes["E"].legend(frameon=False)
    axes["E"].grid(alpha=0.3)
    save(made, options.out, "family_trees.png")


def squares(ax: Axes, w: np.ndarray, asked: Cases, named: bool) -> None:
    """A square for every person, its area the weight; English over Italian."""
    known = descent(ENGLISH)
    order = sorted(range(12), key=lambda k: known[asked.people[k]])
    descents = [known[asked.people[k]] for k in order]
    for row, first in enumerate((0, 12)):
        for column, k in enumerate(order):
            side = 0.95 * math.sqrt(abs(w[first + k]))
            ax.add_patch(Rectangle((column - side / 2, row - side / 2), side, side,
                                   color=BLUE if w[first + k] > 0 else ORANGE))  # fmt: skip
    for column, (generation, branch) in enumerate(descents):
        if branch == "right":
            ax.axvspan(column - 0.5, column + 0.5, color="#ececec", zorder=0)
        if column and generation != descents[column - 1][0]:
            ax.axvline(column - 0.5, color=GREY, linewidth=1)
    ax.axhline(0.5, color="#d0d0d0", linewidth=0.8)
    ax.set(xlim=(-0.5, 11.5), ylim=(1.5, -0.5), aspect="equal",
           xticks=range(12), yticks=(0, 1), yticklabels=("English", "Italian"))  # fmt: skip
    ax.tick_params(length=0)
    pairs = [f"{asked.people[k]}\n{asked.people[12 + k]}" for k in order]
    ax.set_xticklabels(pairs if named else [""] * 12, rotation=60, fontsize=7)


if __name__ == "__main__":
    run(main)
