"""What the experiments share: the command line, training until solved, tables, pictures."""

from __future__ import annotations

import argparse
import os
import statistics
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure  # without pyplot, which wants a screen
from tqdm import tqdm

from autograd import Value
from nn import Optimizer, State, evaluate, fit, loss

BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#767676"

Case = tuple[Sequence[float], float | Sequence[float]]  # inputs, and the outputs to learn
Net = Callable[[Sequence[float]], Value | list[Value]]


# ── the command line ───────────────────────────────────────────────────────────


def parser(text: str) -> argparse.ArgumentParser:
    """A command line with --seed and --out, described by the script's docstring."""
    made = argparse.ArgumentParser(
        description=text, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("--seed", type=int, default=0, help="of the random numbers (0)")
    made.add_argument(
        "--out",
        type=folder,
        default=Path("pictures"),
        metavar="FOLDER",
        help="where the picture goes (pictures)",
    )
    return made


def folder(text: str) -> Path:
    """A folder that exists or can be made, for argparse: checked before hours of training."""
    path = Path(text)
    there = next(p for p in (path.absolute(), *path.absolute().parents) if p.exists())
    if not there.is_dir():
        raise argparse.ArgumentTypeError(f"{there} is a file, not a folder")
    if not os.access(there, os.W_OK | os.X_OK):
        raise argparse.ArgumentTypeError(f"nothing may be written to {there}")
    return path


def at_least_one(text: str) -> int:
    """A whole number from 1 up, for argparse."""
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"{number} is less than 1")
    return number


def run(main: Callable[[], None]) -> None:
    """Run a script's main; an error of the machine is reported in one line, and so is Ctrl-C."""
    for stream in (sys.stdout, sys.stderr):  # a σ that a terminal cannot write is no error
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        main()
    except OSError as error:
        sys.exit(f"{error.filename}: {error.strerror}" if error.filename else str(error))
    except KeyboardInterrupt:
        print("\nstopped.", file=sys.stderr)
        sys.exit(130)


# ── training ───────────────────────────────────────────────────────────────────


class Run(NamedTuple):
    """One training: how many sweeps it took, None if too many, and E before each."""

    sweeps: int | None
    errors: list[float]


def train(
    net: Net,
    cases: Sequence[Case],
    optimizer: Optimizer,
    margin: float,
    limit: int,
    *,
    online: bool = False,
    progress: bool = False,
) -> Run:
    """Sweep through all cases until every output has |y - d| < `margin`, `limit` times at most.

    E = ½ Σ (y - d)² over all cases; the weights move once per sweep, or, online, after every case.
    """
    X, D = (np.array(column) for column in zip(*cases, strict=True))

    def solved(outputs: np.ndarray, targets: np.ndarray) -> int:
        off = np.abs(outputs - targets).reshape(len(cases), -1)
        return int(np.count_nonzero(off.max(axis=1) < margin))

    before = evaluate(net, X, D, loss.quadratic, metric=solved, reduce="sum")
    with tqdm(total=len(cases), bar_format=LOOKS, desc=str(margin), disable=not progress) as bar:

        def look(state: State) -> None:
            history = state.history
            bar.n = int(history.val_metric[-1])
            state.stop = bar.n == len(cases)
            if state.stop or state.epoch % 100 == 0:
                bar.set_postfix_str(f"sweep {state.epoch:,}, E = {history.val_loss[-1]:.3f}")

        if before.metric == len(cases):
            return Run(0, [])
        history = fit(
            net, X, D, loss.quadratic, optimizer, limit, 1 if online else None, reduce="sum",
            shuffle=False, validation=(X, D), metric=solved, callbacks=look, progress=False,
        )  # fmt: skip
    if history.stopped == "interrupted":
        raise KeyboardInterrupt
    errors = [before.loss, *history.val_loss[:-1]]
    return Run(len(errors) if history.stopped else None, errors)


LOOKS = "  |y - d| < {desc} |{bar:30}| {n_fmt}/{total_fmt} cases{postfix}"


def over_seeds(one: Callable[[int], Run], first: int, count: int, what: str) -> list[Run]:
    """`one` for the seeds `first`, `first` + 1, …, with a progress bar."""
    return [one(seed) for seed in tqdm(range(first, first + count), desc=what, unit="seed")]


def spread(runs: Sequence[Run]) -> list[str]:
    """How many were solved, and the sweeps: least, quartiles, most."""
    done = sorted(run.sweeps for run in runs if run.sweeps is not None)
    solved = f"{len(done)}/{len(runs)}"
    if len(done) < 2:
        return [solved, *(f"{n:,}" for n in done * 5)] if done else [solved, *["-"] * 5]
    quartiles = statistics.quantiles(done, n=4, method="inclusive")
    return [solved, *(f"{n:,.0f}" for n in (done[0], *quartiles, done[-1]))]


SPREAD = ["solved", "least", "lower quartile", "median", "upper quartile", "most"]


# ── what is printed ────────────────────────────────────────────────────────────


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print columns under their names, the first to the left and the others to the right."""
    every = [head, *rows]
    widths = [max(len(row[k]) for row in every) for k in range(len(head))]
    print()
    for row in every:
        first, *others = (
            cell.ljust(w) if k == 0 else cell.rjust(w)
            for k, (cell, w) in enumerate(zip(row, widths, strict=True))
        )
        print("  " + "   ".join([first, *others]).rstrip())
    print()


# ── pictures ───────────────────────────────────────────────────────────────────


def figure(columns: int = 1, width: float = 4.8, height: float = 4.2) -> tuple[Figure, list[Axes]]:
    """A figure with a row of empty axes."""
    made = Figure(figsize=(width * columns, height), layout="constrained")
    axes = list(made.subplots(1, columns, squeeze=False)[0])
    for ax in axes:
        ax.spines[["top", "right"]].set_visible(False)
    return made, axes


def curves(ax: Axes, runs: Sequence[Run]) -> None:
    """E over the sweeps, a line for every seed."""
    for name, colour, stuck in ("solved", BLUE, False), ("not solved", ORANGE, True):
        group = [run for run in runs if (run.sweeps is None) == stuck]
        for k, run in enumerate(group):
            ax.plot(run.errors, color=colour, alpha=0.6, linewidth=1, label="" if k else name)
    if any(run.sweeps is None for run in runs):
        ax.legend(frameon=False)
    ax.set(xlabel="sweep", ylabel="E, summed over all cases", ylim=(0, None), xlim=(0, None))
    ax.grid(alpha=0.3)


def save(made: Figure, out: Path, name: str) -> None:
    """Save the picture and say where it is."""
    out.mkdir(parents=True, exist_ok=True)
    made.savefig(out / name, dpi=120)
    print(f"Picture: {out / name}")
