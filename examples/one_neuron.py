"""One neuron learns that 1 should give 0, slowly where it is saturated (Nielsen, ch. 3).

Input x = 1, target 0, η = 0.15, 300 updates, from the book's two starts.  With the
quadratic cost the gradient carries the factor σ′(z), which is small where the neuron is
badly wrong; with the cross-entropy cost it is a - y, and the neuron learns at once.
"""

from __future__ import annotations

import argparse

from common import BLUE, ORANGE, figure, parser, run, save, table
from tqdm import tqdm

from autograd import Value, sigmoid
from nn import SGD, Neuron, loss

X, Y = 1.0, 0.0
ETA, UPDATES = 0.15, 300
STARTS = ((0.6, 0.9), (2.0, 2.0))
COSTS = {
    "quadratic": lambda z: loss.quadratic(sigmoid(z), Y),
    "cross-entropy": lambda z: loss.binary_cross_entropy_from_logits(z, Y),
}
RERUN = {  # with NumPy; of these the book prints 0.09 for the first
    ("quadratic", STARTS[0]): 0.093956,
    ("quadratic", STARTS[1]): 0.202848,
    ("cross-entropy", STARTS[0]): 0.011638,
    ("cross-entropy", STARTS[1]): 0.012009,
}


def main() -> None:
    """Train the four neurons; print and draw their outputs."""
    options = arguments()
    learned = {
        key: outputs(*key) for key in tqdm(RERUN, desc="neurons", unit="neuron")
    }  # nothing here is random
    table(
        ["cost", "start w, b", "first output", "after 300 updates", "with NumPy"],
        [
            [cost, f"{w}, {b}", f"{a[0]:.6f}", f"{a[-1]:.6f}", f"{RERUN[cost, (w, b)]:.6f}"]
            for (cost, (w, b)), a in learned.items()
        ],
    )
    draw(learned, options)


def arguments() -> argparse.Namespace:
    """The command line."""
    return parser(__doc__).parse_args()


def outputs(cost: str, start: tuple[float, float]) -> list[float]:
    """The output a = σ(z) before each update, and after the last."""
    neuron = Neuron(1, nonlin=False)
    neuron.w[0].data, neuron.b.data = start
    optimizer = SGD(neuron.parameters(), lr=ETA)
    a = []
    for _ in range(UPDATES):
        z: Value = neuron([X])
        a.append(sigmoid(z).data)
        optimizer.zero_grad()
        COSTS[cost](z).backward()
        optimizer.step()
    return [*a, sigmoid(neuron([X])).data]


def draw(
    learned: dict[tuple[str, tuple[float, float]], list[float]], options: argparse.Namespace
) -> None:
    """The outputs over the updates, one panel per cost."""
    made, axes = figure(2)
    for ax, cost in zip(axes, COSTS, strict=True):
        for start, colour in zip(STARTS, (BLUE, ORANGE), strict=True):
            ax.plot(learned[cost, start], color=colour, label=f"w, b = {start[0]}, {start[1]}")
        ax.set(title=f"{cost} cost", xlabel="update", ylabel="output a (0 is wanted)", ylim=(0, 1))
        ax.grid(alpha=0.3)
        ax.legend(frameon=False)
    save(made, options.out, "one_neuron.png")


if __name__ == "__main__":
    run(main)
