"""Train a net, watch it learn, and see its gradients flow.

    python demo.py                            the net that made backpropagation famous
    python demo.py FILE.csv --target COLUMN   a net for your own table of numbers

The first trains the symmetry net of Rumelhart, Hinton & Williams (Nature, 1986).
The second learns to predict one column of a table from the others, and is tested on rows that it
has not seen.  Both draw the trained net and the training.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import viz
from autograd import Value
from nn import MLP, SGD, DivergedError, fit, init, loss, predict
from nn.table import Scale, Table, TableError, hold_out, read_table

sys.path.append(str(Path(__file__).parent / "examples"))
from common import GREY, at_least_one, train
from symmetry import CASES, LIMIT, PAPER, as_in_the_paper, proportions, start


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo; the exit status."""
    options = parse(arguments)
    try:
        table = own_table(options)
        options.out.mkdir(parents=True, exist_ok=True)  # before the work, not after it
        if table is None:
            symmetry(options)
        else:
            prediction(table, options)
    except (TableError, DivergedError, OSError) as error:
        print(f"demo.py: {sentence(error)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\ndemo.py: stopped.", file=sys.stderr)
        return 130
    return 0


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description="Train the symmetry net of 1986, or a net for your own table, and draw it."
    )
    parser.add_argument("file", nargs="?", metavar="FILE.csv", help="a table of numbers")
    parser.add_argument("--target", metavar="COLUMN", help="the column of FILE.csv to predict")
    parser.add_argument("--seed", type=int, default=1,
                        help="of the random numbers (1, with which the symmetry net is solved "
                        "soon; with 0 it takes 25,905 sweeps)")  # fmt: skip
    parser.add_argument("--sweeps", type=at_least_one, metavar="N",
                        help="go through all cases N times: at most (symmetry net; 60,000), or "
                        "exactly (FILE.csv; chosen by its size)")  # fmt: skip
    parser.add_argument("--out", type=Path, default=Path("pictures"), metavar="FOLDER",
                        help="where the pictures go (pictures)")  # fmt: skip
    return parser.parse_args(arguments)


def own_table(options: argparse.Namespace) -> Table | None:
    """The table of the command line, if it names one."""
    if options.file is not None:
        return read_table(options.file, options.target)
    if options.target is not None:
        raise TableError(f"--target {options.target}: which table? write FILE.csv before it")
    return None


def sentence(error: Exception) -> str:
    """What went wrong, without the operating system's error number."""
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return str(error)


# ── the symmetry net ───────────────────────────────────────────────────────────

OPENING = """\
The symmetry net of Rumelhart, Hinton & Williams (Nature, 1986)
  Do six 0s and 1s read the same from left and right?  All 64 cases; 6 inputs, 2 hidden
  units, 1 output.  A sweep adds up the gradients of all cases and moves the weights once.
"""
SOLVED = "  Solved: in all 64 cases the output y is on the right side of 0.5."
STARTS = """\
  It depends on the start, and the paper reports one.  Of 60 seeds, tried with NumPy, the
  quickest needed 323 sweeps, half of them at most 2,518, the slowest 26,634."""
SETTLED = """\
  Trained on until |y - d| < 0.1 in all cases, at sweep {:,}: only then does the ratio
  of the weights settle."""
UNSETTLED = """\
  Trained on to sweep {:,}; |y - d| is not below 0.1 in all cases, so that
  the ratio of the weights has not settled."""


def symmetry(options: argparse.Namespace) -> None:
    """Train the symmetry net as the paper did; report and draw it."""
    print(OPENING)
    net, optimizer = start(options.seed)
    limit = options.sweeps or LIMIT
    solved = train(net, CASES, optimizer, 0.5, limit, progress=True)
    errors = solved.errors
    if solved.sweeps is None:
        print(f"\nNot solved in {limit:,} sweeps with seed {options.seed}.  "
              f"The paper: {PAPER:,}.\n{STARTS}")  # fmt: skip
    else:
        rest = limit + 2000 - solved.sweeps
        settled = train(net, CASES, optimizer, 0.1, rest, progress=True)
        errors += settled.errors
        print(f"\nSolved after {solved.sweeps:,} sweeps with seed {options.seed}.  "
              f"The paper: {PAPER:,}.\n{SOLVED}\n{STARTS}")  # fmt: skip
        print((UNSETTLED if settled.sweeps is None else SETTLED).format(len(errors)))
    report_weights(net)
    draw_symmetry(net, errors, solved.sweeps, options.out)


def report_weights(net: MLP) -> None:
    """Print the weights as the paper arranges them, mirrored inputs opposite each other."""
    hidden, output = net.layers
    print("\nWeights       input 1       2       3   |      4       5       6       bias")
    for k, neuron in enumerate(hidden.neurons, 1):
        w = [f"{x.data:+8.2f}" for x in neuron.w]
        print(f"  hidden {k}     {''.join(w[:3])}   |{''.join(w[3:])}   {neuron.b.data:+8.2f}")
    (last,) = output.neurons
    from_hidden = ", ".join(f"{w.data:+.2f} from hidden {k}" for k, w in enumerate(last.w, 1))
    print(f"  output       {from_hidden}, bias {last.b.data:+.2f}")
    most = max(abs(n.w[k].data + n.w[5 - k].data) for n in hidden.neurons for k in range(3))
    print(f"\nMirrored weights are opposite: the sum of a pair is at most {most:.1g}." if most < 0.1
          else "\nMirrored weights are not yet opposite.")  # fmt: skip
    print("The sizes of the three pairs, as multiples of the smallest:")
    for k, neuron in enumerate(hidden.neurons, 1):
        ratio = " : ".join(f"{p:.2f}" for p in proportions(neuron.w))
        print(f"  hidden {k}     {ratio}   (the paper: 1 : 2 : 4)")
    if most < 0.1 and not as_in_the_paper(net):
        print("This start led to another solution than the paper's, as about one in five does.")


def draw_symmetry(net: MLP, errors: list[float], solved: int | None, out: Path) -> None:
    """Draw the gradients of one case, and the training."""
    # A weight from an input of 0 has no gradient: a case with many 1s shows more.
    shown = [(x, d) for x, d in CASES if sum(x) >= 4]
    y = predict(net, [x for x, _ in shown])
    x, d = shown[int(np.argmax([abs(a - d) for a, (_, d) in zip(y, shown, strict=True)]))]
    C = case_error(net, [f"x{k}" for k in range(1, 7)], x, d)
    bits = "".join(f"{bit:.0f}" for bit in x)
    figure = viz.plot_history(errors)
    (axes,) = figure.axes
    axes.set(xlabel="sweep", ylabel="E, summed over all cases")
    if solved is not None:
        axes.axvline(solved, color=GREY, linestyle="--", linewidth=1)
        axes.annotate(f"solved: {solved:,} ", (solved, 0.95), ha="right",
                      xycoords=("data", "axes fraction"))  # fmt: skip
    title = f"The trained net on the input {bits[:3]} {bits[3:]}; target: y = {d:.0f}"
    save(C, title, figure, out)


# ── your own table ────────────────────────────────────────────────────────────

HIDDEN, BATCH = 8, 16


def prediction(table: Table, options: argparse.Namespace) -> None:
    """Learn to predict the target; report the error on rows held out; draw."""
    rng = random.Random(options.seed)
    learn, held = hold_out(len(table.ys), 0.2, rng)
    X, D, unit = standardised(table, learn)
    net = MLP(X.shape[1], [HIDDEN, 1], activation="tanh", init=init.xavier(), rng=rng)
    print(f"{options.file}: {table.target!r} from {', '.join(table.columns)}")
    print(f"  by {net}; {len(learn)} rows to learn from, {len(held)} held out\n")

    def error(y: np.ndarray, d: np.ndarray) -> float:  # root mean square, in the target's units
        return unit * float(np.linalg.norm(y - d)) / len(d) ** 0.5

    history = fit(
        net, X[learn], D[learn], loss.quadratic, SGD(net.parameters(), lr=0.02, momentum=0.9),
        options.sweeps or max(5, min(200, 100_000 // len(learn))), BATCH, metric=error,
        validation=(X[held], D[held]), seed=options.seed,
    )  # fmt: skip
    if history.stopped == "interrupted":
        raise KeyboardInterrupt
    # Once columns are standardised their mean is 0.
    report_error(table.target, len(held), history.val_metric[-1], error(0.0 * D[held], D[held]))
    C = case_error(net, table.columns, X[held[0]].tolist(), D[held[0]])
    title = f"The trained net on one held-out row, all columns standardised; y: {table.target}"
    save(C, title, viz.plot_history(history), options.out)


def standardised(table: Table, learn: list[int]) -> tuple[np.ndarray, np.ndarray, float]:
    """Inputs and targets, scaled by the rows learned from; the target's standard deviation."""
    scale_x = Scale([table.xs[k] for k in learn])
    scale_y = Scale([[table.ys[k]] for k in learn])
    X = np.array([scale_x(x) for x in table.xs])
    D = np.array([scale_y([y])[0] for y in table.ys])
    if not max(abs(X).max(), abs(D).max()) < 1e100:
        raise TableError("some held-out numbers lie too far from all others to compute with")
    return X, D, scale_y.deviations[0]


def report_error(target: str, count: int, net_error: float, mean_error: float) -> None:
    """Print the error on rows held out beside that of always predicting the mean."""
    print(f"\nError of {target!r} on the {count} rows held out (root mean square, its own units)")
    print(f"  the net           {short(net_error)}")
    print(f"  always the mean   {short(mean_error)}")
    if net_error < mean_error:
        print(f"The net's error is {net_error / mean_error:.0%} of the mean's.")
    else:
        print("The net does no better than the mean: it learned nothing that holds for new rows.")


def short(x: float) -> str:
    """`x` to about four digits, large numbers written out."""
    return f"{x:,.0f}" if 1e3 <= abs(x) < 1e12 else f"{x:.4g}"


# ── pictures ───────────────────────────────────────────────────────────────────

MAX_EDGES = 60  # in one picture; the symmetry net has fewer, and more are hard to read


def case_error(net: MLP, names: Sequence[str], x: Sequence[float], d: float) -> Value:
    """E = ½ (y - d)² of one case after backward(), the Values named for the picture."""
    a = [Value(number, label=name) for number, name in zip(x, names, strict=True)]
    for layer in net.layers:
        before, a = a, layer.activations(a)
        for k, (neuron, unit) in enumerate(zip(layer.neurons, a, strict=True), 1):
            name = "y" if layer is net.layers[-1] else f"h{k}"
            unit.label, neuron.b.label = name, f"b {name}"
            for w, source in zip(neuron.w, before, strict=True):
                w.label = f"w {name} {source.label}"
    E = 0.5 * (a[0] - d) ** 2
    E.label = "E"
    net.zero_grad()
    E.backward()
    return E


def save(E: Value, title: str, figure: Figure, out: Path) -> None:
    """Save the pictures and say where they are."""
    graph = viz.draw(E, collapse="none", title=title, max_edges=MAX_EDGES)
    print("\nPictures")
    try:
        for name in ("gradients.svg", "gradients.png"):
            print(f"  {viz.save(graph, out / name)}")
    except viz.RenderError as missing:  # Graphviz's own format needs no program
        print(f"  {viz.save(graph, out / 'gradients.dot')}   ({missing})")
    figure.savefig(out / "training.png", dpi=120)
    print(f"  {out / 'training.png'}")


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):  # a name that a terminal cannot write is no error
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    sys.exit(main())
