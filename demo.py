"""Train a net, watch it learn, and see its gradients flow.

    python demo.py                            the net that made backpropagation famous
    python demo.py FILE.csv --target COLUMN   a net for your own table of numbers

The first trains the symmetry net of Rumelhart, Hinton & Williams (Nature, 1986).
The second learns to predict one column of a table from the others, and tests
itself on rows that it has not seen.  Both draw the trained net and the training.
"""

from __future__ import annotations

import argparse
import itertools
import math
import random
import sys
from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure  # without pyplot, which wants a screen
from tqdm import tqdm

import autograd
import viz
from autograd import Value, no_grad
from nn import MLP, SGD
from nn.table import Scale, Table, TableError, hold_out, read_table

Case = tuple[Sequence[float], float]  # inputs, and the output that is wanted
Curves = dict[str, list[float]]


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
    except (TableError, OSError) as error:
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
    parser.add_argument("--seed", type=int, default=0, help="of the random numbers (0)")
    parser.add_argument(
        "--sweeps",
        type=at_least_one,
        metavar="N",
        help="go through all cases N times: at most (symmetry net; 60,000), or exactly "
        "(FILE.csv; chosen by its size)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("pictures"),
        metavar="FOLDER",
        help="where the pictures go (pictures)",
    )
    return parser.parse_args(arguments)


def at_least_one(text: str) -> int:
    """A whole number from 1 up, for argparse."""
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"{number} is less than 1")
    return number


def own_table(options: argparse.Namespace) -> Table | None:
    """The table of the command line, if it names one."""
    if options.file is not None:
        return read_table(options.file, options.target)
    if options.target is not None:
        raise TableError(f"--target {options.target}: which table? write FILE.csv before it")
    return None


def sentence(error: Exception) -> str:
    """What went wrong, without the number of the operating system's errors."""
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return str(error)


# ── the symmetry net ───────────────────────────────────────────────────────────

CASES: list[Case] = [(x, float(x == x[::-1])) for x in itertools.product((0.0, 1.0), repeat=6)]
PAPER = 1425  # sweeps: the paper reports one run

OPENING = """\
The symmetry net of Rumelhart, Hinton & Williams (Nature, 1986)
  Do six 0s and 1s read the same from left and right?  All 64 cases; 6 inputs, 2 hidden
  units, 1 output.  A sweep adds up the gradients of all cases and moves the weights once.
"""
STARTS = """\
  It depends on the start, and the paper reports one.  Of 60 seeds, tried with NumPy, the
  quickest needed 323 sweeps, half of them at most 2,518, the slowest 26,634."""


def symmetry(options: argparse.Namespace) -> None:
    """Train the symmetry net as the paper did; report and draw it."""
    print(OPENING)
    rng = random.Random(options.seed)
    net = MLP(6, [2, 1], activation="sigmoid", output="sigmoid", rng=rng)
    for p in net.parameters():  # a bias is a weight from a constant 1
        p.data = rng.uniform(-0.3, 0.3)
    optimiser = SGD(net.parameters(), lr=0.1, momentum=0.9)
    errors: list[float] = []  # E before each sweep
    limit = options.sweeps or 60_000
    solved = settled = None
    if sweep_until(0.5, net, optimiser, errors, limit):
        solved = len(errors)
        if sweep_until(0.1, net, optimiser, errors, limit + 2000):
            settled = len(errors)
    report_sweeps(options.seed, len(errors), solved, settled)
    report_weights(net)
    draw_symmetry(net, errors, solved, options.out)


def total_error(net: MLP) -> tuple[Value, list[float]]:
    """E = ½ Σ (y - d)², summed over all cases, and |y - d| of each."""
    off = [net(x) - d for x, d in CASES]
    return 0.5 * autograd.sum([e**2 for e in off]), [abs(e.data) for e in off]


def sweep_until(margin: float, net: MLP, optimiser: SGD, errors: list[float], limit: int) -> bool:
    """Sweep until |y - d| < `margin` in all cases; whether it came to that."""
    looks = "  |y - d| < {desc} |{bar:30}| {n_fmt}/{total_fmt} cases{postfix}"
    with tqdm(total=len(CASES), desc=str(margin), bar_format=looks) as bar:
        while True:
            E, off = total_error(net)
            bar.n = sum(e < margin for e in off)
            end = bar.n == len(CASES) or len(errors) == limit
            if end or len(errors) % 100 == 0:
                bar.set_postfix_str(f"sweep {len(errors):,}, E = {E.data:.3f}")
            if end:
                return bool(bar.n == len(CASES))
            errors.append(E.data)
            optimiser.zero_grad()
            E.backward()
            optimiser.step()


def report_sweeps(seed: int, sweeps: int, solved: int | None, settled: int | None) -> None:
    """Print how long it took, beside the paper."""
    if solved is None:
        print(f"\nNot solved in {sweeps:,} sweeps with seed {seed}.  The paper: {PAPER:,}.")
    else:
        print(f"\nSolved after {solved:,} sweeps with seed {seed}.  The paper: {PAPER:,}.")
        print("  Solved: in all 64 cases the output y is on the right side of 0.5.")
    print(STARTS)
    if settled is not None:
        print(f"  Trained on until |y - d| < 0.1 in all cases, at sweep {settled:,}: "
              "only then does the ratio\n  of the weights settle.")  # fmt: skip
    elif solved is not None:
        print(f"  Trained on to sweep {sweeps:,}; |y - d| is not below 0.1 in all cases, "
              "so that\n  the ratio of the weights has not settled.")  # fmt: skip


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
    far = max(abs(n.w[k].data + n.w[5 - k].data) for n in hidden.neurons for k in range(3))
    print(f"\nMirrored weights are opposite: the sum of a pair is at most {far:.1g}." if far < 0.1
          else "\nMirrored weights are not yet opposite.")  # fmt: skip
    print("The sizes of the three pairs, as multiples of the smallest:")
    for k, neuron in enumerate(hidden.neurons, 1):
        ratio = " : ".join(f"{p:.2f}" for p in proportions(neuron.w))
        print(f"  hidden {k}     {ratio}   (the paper: 1 : 2 : 4)")
    if far < 0.1 and proportions(hidden.neurons[0].w)[2] < 3.0:
        print("This start led to another solution than the paper's, as about one in five does.")


def proportions(w: Sequence[Value]) -> list[float]:
    """The sizes of three mirrored pairs of weights over the smallest, in order."""
    sizes = sorted(abs(w[k].data) + abs(w[5 - k].data) for k in range(3))
    return [size / sizes[0] for size in sizes]


def draw_symmetry(net: MLP, errors: list[float], solved: int | None, out: Path) -> None:
    """Draw the gradients of one case, and the training."""
    _, off = total_error(net)
    # a weight from an input of 0 has no gradient: a case with many 1s shows more
    x, d = CASES[max((k for k in range(64) if sum(CASES[k][0]) >= 4), key=off.__getitem__)]
    C = case_error(net, [f"x{k}" for k in range(1, 7)], x, d)
    bits = "".join(f"{bit:.0f}" for bit in x)
    title = f"The trained net on the input {bits[:3]} {bits[3:]}; wanted: y = {d:.0f}"
    figure = plot({"": errors}, "E, summed over all cases", {"solved": solved} if solved else {})
    save(C, title, figure, out)


# ── a table of one's own ───────────────────────────────────────────────────────

HIDDEN, BATCH = 8, 16


def prediction(table: Table, options: argparse.Namespace) -> None:
    """Learn to predict the target; report the error on rows held out; draw."""
    rng = random.Random(options.seed)
    learn, held = hold_out(len(table.ys), 0.2, rng)
    rows, unit = standardised(table, learn)
    train, test = [rows[k] for k in learn], [rows[k] for k in held]
    net = small_net(len(table.columns), rng)
    print(f"{options.file}: {table.target!r} from {', '.join(table.columns)}")
    print(f"  by {net}; {len(train)} rows to learn from, {len(test)} held out\n")
    sweeps = options.sweeps or max(5, min(200, 100_000 // len(train)))
    curves = fit(net, train, test, unit, sweeps, rng)
    report_error(table.target, len(test), curves["held-out rows"][-1], unit * spread(test))
    x, d = test[0]
    C = case_error(net, table.columns, x, d)
    title = f"The trained net on one held-out row, all columns standardised; y: {table.target}"
    save(C, title, plot(curves, f"error of {table.target} (root mean square)", {}), options.out)


def standardised(table: Table, learn: list[int]) -> tuple[list[Case], float]:
    """All rows, scaled by those learned from; and the target's standard deviation."""
    scale_x = Scale([table.xs[k] for k in learn])
    scale_y = Scale([[table.ys[k]] for k in learn])
    rows = [(scale_x(x), scale_y([y])[0]) for x, y in zip(table.xs, table.ys, strict=True)]
    if not all(math.isfinite(number) for x, y in rows for number in (*x, y)):
        raise TableError("some held-out numbers lie too far from all others to compute with")
    return rows, scale_y.deviations[0]


def small_net(nin: int, rng: random.Random) -> MLP:
    """`HIDDEN` tanh units, with weights small enough to leave them unsaturated."""
    net = MLP(nin, [HIDDEN, 1], activation="tanh", rng=rng)
    for neuron in (neuron for layer in net.layers for neuron in layer.neurons):
        for w in neuron.w:
            w.data /= math.sqrt(len(neuron.w))
    return net


def fit(
    net: MLP, train: list[Case], test: list[Case], unit: float, sweeps: int, rng: random.Random
) -> Curves:
    """Train in small batches; the errors after each sweep, in the target's own units."""
    optimiser = SGD(net.parameters(), lr=0.02, momentum=0.9)
    curves: Curves = {"rows learned from": [], "held-out rows": []}
    with tqdm(total=sweeps, unit="sweep") as bar:
        for _ in range(sweeps):
            shuffled = rng.sample(train, len(train))
            for start in range(0, len(train), BATCH):
                batch = shuffled[start : start + BATCH]
                C = 0.5 * autograd.mean([(net(x) - d) ** 2 for x, d in batch])
                optimiser.zero_grad()
                C.backward()
                optimiser.step()
            for curve, rows in zip(curves.values(), (train, test), strict=True):
                curve.append(unit * error(net, rows))
            bar.set_postfix_str(f"error {short(curves['rows learned from'][-1])}", refresh=False)
            bar.update()
    return curves


def error(net: MLP, rows: list[Case]) -> float:
    """The root of the mean of (y - d)²."""
    with no_grad():
        return math.hypot(*(net(x).data - d for x, d in rows)) / math.sqrt(len(rows))


def spread(rows: list[Case]) -> float:
    """The error of always predicting the mean, which is 0 once columns are standardised."""
    return math.hypot(*(d for _, d in rows)) / math.sqrt(len(rows))


def report_error(target: str, count: int, net_error: float, mean_error: float) -> None:
    """Print the error on rows held out beside that of always predicting the mean."""
    print(f"\nError of {target!r} on the {count} rows held out (root mean square, its own units)")
    print(f"  the net           {short(net_error)}")
    print(f"  always the mean   {short(mean_error)}")
    if not math.isfinite(net_error):
        print("The training diverged: some numbers in the table lie very far from the others.")
    elif net_error < mean_error:
        print(f"The net's error is {net_error / mean_error:.0%} of the mean's.")
    else:
        print("The net does no better than the mean: it found nothing that holds for new rows.")


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


def plot(curves: Curves, what: str, marks: dict[str, int]) -> Figure:
    """`curves` over the sweeps, as a matplotlib figure, with vertical lines at `marks`."""
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.subplots()
    for (name, curve), colour in zip(curves.items(), ("#0072B2", "#D55E00"), strict=False):
        axes.plot(range(len(curve)), curve, color=colour, label=name or None)
    for name, sweep in marks.items():
        axes.axvline(sweep, color="#767676", linestyle="--", linewidth=1)
        axes.annotate(f"{name}: {sweep:,} ", (sweep, 0.95), xycoords=("data", "axes fraction"),
                      ha="right", color="#555555")  # fmt: skip
    plain = what.replace("$", r"\$")  # between dollars matplotlib reads mathematics
    axes.set(xlabel="sweep", ylabel=plain, ylim=(0, None), xlim=(0, None))
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.3)
    if len(curves) > 1:
        axes.legend(frameon=False)
    return figure


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
