"""Mirror symmetry: six 0s and 1s, and two hidden units that tell whether they read the same
from both ends (Rumelhart, Hinton & Williams, Nature, 1986, Fig. 1).

All 64 cases, ε = 0.1, α = 0.9, weights and biases uniform in ±0.3; one change of the weights
a sweep.  "Solved" is every output on its side of 0.5.  Trained on until |y - d| < 0.1, the
weights of mirrored inputs are opposite and in the ratio 1 : 2 : 4.  60 seeds take about a minute.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Sequence

from common import (
    BLUE,
    GREY,
    ORANGE,
    SPREAD,
    Run,
    at_least_one,
    figure,
    parser,
    run,
    save,
    spread,
    table,
    train,
)
from tqdm import tqdm

from autograd import Value
from nn import MLP, SGD, init

CASES: list[tuple[tuple[float, ...], float]] = [
    (x, float(x == x[::-1])) for x in itertools.product((0.0, 1.0), repeat=6)
]
PAPER = 1425  # sweeps of the one run that the paper reports
LIMIT = 60_000


def main() -> None:
    """Train from many seeds; print the sweeps and the ratios; draw."""
    options = arguments()
    seeds = range(options.seed, options.seed + options.seeds)
    found = [one(seed, k < options.settle) for k, seed in enumerate(tqdm(seeds, unit="seed"))]
    runs = [solved for _, solved, _ in found]
    table(
        ["sweeps until solved", *SPREAD],
        [
            ["here", *spread(runs)],
            ["with NumPy, 60 seeds", "60/60", "323", "1,209", "2,518", "9,073", "26,634"],
            ["sawcordwell, 1,000 runs", "", "333", "1,127", "2,715", "7,830", "54,770"],
            ["the paper, one run", "1/1", "", "", f"{PAPER:,}", "", ""],
        ],
    )
    settled = [net for net, _, done in found if done]
    report(settled)
    drawn = [*filter(as_in_the_paper, settled), *settled, found[0][0]]
    draw(drawn[0], runs, options)


def arguments() -> argparse.Namespace:
    """The command line."""
    line = parser(__doc__)
    line.add_argument("--seeds", type=at_least_one, default=60, metavar="N", help="how many (60)")
    line.add_argument("--settle", type=int, default=20, metavar="N",
                      help="train the first N on until |y - d| < 0.1 (20)")  # fmt: skip
    return line.parse_args()


def start(seed: int) -> tuple[MLP, SGD]:
    """The paper's net before its first sweep, and its rule.  A bias starts as any weight does."""
    net = MLP(6, [2, 1], activation="sigmoid", output="sigmoid", rng=seed,
              init=init.uniform(0.3, biases=True))  # fmt: skip
    return net, SGD(net.parameters(), lr=0.1, momentum=0.9)


def one(seed: int, settle: bool) -> tuple[MLP, Run, bool]:
    """One training: the net, until it was solved, and whether its weights settled after that."""
    net, optimizer = start(seed)
    solved = train(net, CASES, optimizer, 0.5, LIMIT)
    if not settle or solved.sweeps is None:
        return net, solved, False
    return net, solved, train(net, CASES, optimizer, 0.1, LIMIT).sweeps is not None


def proportions(w: Sequence[Value]) -> list[float]:
    """The sizes of the three pairs of mirrored weights over the smallest, in order."""
    sizes = sorted(abs(w[k].data) + abs(w[5 - k].data) for k in range(3))
    return [size / sizes[0] for size in sizes]


def sizes(net: MLP, unit: int) -> list[float]:
    """The proportions of a hidden unit's weights."""
    return proportions(net.layers[0].neurons[unit].w)


def as_in_the_paper(net: MLP) -> bool:
    """Whether the sizes are about 1 : 2 : 4; another solution has 1 : 1.5 : 2."""
    return 3.0 < sizes(net, 0)[2] < 5.0


def opposite(net: MLP) -> float:
    """The largest sum of two mirrored weights, and of the two units' weights, over the largest."""
    one_, other = ([p.data for p in n.w] for n in net.layers[0].neurons)
    mirrored = [abs(w[k] + w[5 - k]) for w in (one_, other) for k in range(3)]
    units = [abs(a + b) for a, b in zip(one_, other, strict=True)]
    return max(mirrored + units) / max(map(abs, one_))


def report(settled: list[MLP]) -> None:
    """Print the ratios of the nets that were trained on."""
    if not settled:
        return
    like = [sizes(net, 0) for net in settled if as_in_the_paper(net)]
    unlike = [sizes(net, 0) for net in settled if not as_in_the_paper(net)]
    print(f"Trained on until |y - d| < 0.1: {len(settled)} nets.")
    for name, group in ("as in the paper", like), ("other", unlike):
        if group:
            mean = " : ".join(
                f"{sum(column) / len(group):.2f}" for column in zip(*group, strict=True)
            )
            print(f"  {len(group):2} {name}: {mean}   (the paper: 1 : 2 : 4)")
    far = max(map(opposite, settled))
    print("  Mirrored weights, and those of the two hidden units, are opposite "
          f"to {far:.1%} of the largest.\n")  # fmt: skip


def draw(net: MLP, runs: list[Run], options: argparse.Namespace) -> None:
    """The sweeps of all seeds, and the weights of one net."""
    made, (left, right) = figure(2)
    done = sorted(r.sweeps for r in runs if r.sweeps is not None)
    left.plot(done, [(k + 1) / len(runs) for k in range(len(done))], "o", color=BLUE, markersize=4)
    left.axvline(PAPER, color=GREY, linestyle="--", linewidth=1)
    left.annotate(f" the paper: {PAPER:,}", (PAPER, 0.03), color="#555555")
    left.set(title=f"{spread(runs)[0]} seeds solved", xscale="log", ylim=(0, 1.02),
             xlabel="sweeps", ylabel="share of the seeds solved by then")  # fmt: skip
    left.grid(alpha=0.3)
    for k, (neuron, colour) in enumerate(zip(net.layers[0].neurons, (BLUE, ORANGE), strict=True)):
        places = [place + 0.4 * k - 0.2 for place in range(1, 7)]
        right.bar(places, [w.data for w in neuron.w], 0.4, color=colour, label=f"hidden {k + 1}")
    right.axhline(0, color="#b8b8b8", linewidth=0.8)
    right.margins(y=0.2)  # room for the legend
    right.set(title="Weights from the six inputs of one net", xlabel="input", ylabel="w")
    right.legend(frameon=False)
    save(made, options.out, "symmetry.png")


if __name__ == "__main__":
    run(main)
