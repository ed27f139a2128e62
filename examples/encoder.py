"""The encoder 8-3-8: eight patterns through three hidden units, which invent a code.

PDP (1986), ch. 8.  Each of eight inputs is on alone and must come out alone; the three units
between them find a code by themselves, with numbers near 0 and 1 and some in between. The weights
move after every case, η = 0.5, α = 0.9, from weights and biases uniform in ±0.5, until every output
is on its side of 0.5.
"""

from __future__ import annotations

import argparse

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

from nn import MLP, SGD, init

ROWS = [tuple(float(j == k) for j in range(8)) for k in range(8)]
CASES: list[Case] = [(row, row) for row in ROWS]
LIMIT = 3000


def main() -> None:
    """Train from many seeds; print the sweeps and the code of the first; draw."""
    options = arguments()
    nets: list[MLP] = []

    def one(seed: int) -> Run:
        nets.append(
            MLP(8, [3, 8], activation="sigmoid", output="sigmoid", rng=seed,
                init=init.uniform(0.5, biases=True))
        )  # fmt: skip
        optimizer = SGD(nets[-1].parameters(), lr=0.5, momentum=0.9)
        return train(nets[-1], CASES, optimizer, margin=0.5, limit=LIMIT, online=True)

    runs = over_seeds(one, options.seed, options.seeds, "8-3-8")
    rows = [["here", *spread(runs)], ["with NumPy, 4 seeds", "4/4", "", "", "146", "", ""]]
    table(["sweeps", *SPREAD], rows)
    code = codes(nets[0])
    print(f"The code that seed {options.seed} found:")
    table(
        ["pattern", "hidden 1", "hidden 2", "hidden 3"],
        [[str(k), *(f"{h:.2f}" for h in row)] for k, row in enumerate(code, 1)],
    )
    draw(code, runs, options)


def arguments() -> argparse.Namespace:
    """The command line."""
    line = parser(__doc__)
    line.add_argument("--seeds", type=at_least_one, default=20, metavar="N", help="how many (20)")
    return line.parse_args()


def codes(net: MLP) -> list[list[float]]:
    """The hidden units' activations for every pattern."""
    return [[h.data for h in net.layers[0].activations(row)] for row in ROWS]


def draw(code: list[list[float]], runs: list[Run], options: argparse.Namespace) -> None:
    """The code as a picture, and E over the sweeps."""
    made, (left, right) = figure(2)
    left.imshow(code, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    left.set(title=f"The code that seed {options.seed} found", xlabel="hidden unit",
             ylabel="pattern", xticks=range(3), xticklabels="123",
             yticks=range(8), yticklabels="12345678")  # fmt: skip
    for k, row in enumerate(code):
        for j, h in enumerate(row):
            left.text(j, k, f"{h:.2f}", ha="center", va="center",
                      color="white" if h > 0.6 else "black")  # fmt: skip
    curves(right, runs)
    right.set(title=f"8-3-8: {spread(runs)[0]} solved")
    save(made, options.out, "encoder.png")


if __name__ == "__main__":
    run(main)
