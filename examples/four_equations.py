"""The four equations of backpropagation (Nielsen, ch. 2), read off a recorded graph.

    BP1  δᴸ = ∇ₐC ⊙ σ′(zᴸ)                 the error of the last layer
    BP2  δˡ = ((wˡ⁺¹)ᵀ δˡ⁺¹) ⊙ σ′(zˡ)      of a layer, from the one above
    BP3  ∂C/∂bˡⱼ = δˡⱼ                     by a bias
    BP4  ∂C/∂wˡⱼₖ = aˡ⁻¹ₖ δˡⱼ              by a weight

The engine knows none of them: it multiplies along edges and adds at nodes.  After
backward(), δ = ∂C/∂z stands at every node z, and is compared with the matrix form.
"""

from __future__ import annotations

import argparse
from typing import NamedTuple

import numpy as np
from common import BLUE, ORANGE, at_least_one, figure, parser, run, save, table
from tqdm import tqdm

from autograd import Value
from nn import MLP, init, loss

SIZES = [4, 6, 5, 3]


class Sweep(NamedTuple):
    """Of every layer: activations before it, z, its Values w and b, and δ read off the nodes."""

    inputs: list[np.ndarray]
    z: list[np.ndarray]
    w: list[np.ndarray]
    w_grad: list[np.ndarray]
    b_grad: list[np.ndarray]
    delta: list[np.ndarray]


def main() -> None:
    """Compare graph and matrices for many random nets; print and draw."""
    options = arguments()
    rng = np.random.default_rng(options.seed)
    worst = np.zeros(4)
    for _ in tqdm(range(options.nets), desc="random nets", unit="net"):
        recorded, wanted = sweep(rng)
        errors = matrix_form(recorded, wanted)
        worst = np.maximum(worst, differences(recorded, errors))
    says = ["δ of the last layer", "δ of the layers below", "∂C/∂b", "∂C/∂w"]
    rows = [[f"BP{k + 1}  {what}", f"{worst[k]:.1e}"] for k, what in enumerate(says)]
    table(["graph against matrices", "largest relative difference"], rows)
    print(f"In {options.nets} nets {SIZES} with random weights; a double is exact to 1.1e-16.")
    draw(recorded, errors, options)


def arguments() -> argparse.Namespace:
    """The command line."""
    line = parser(__doc__)
    line.add_argument("--nets", type=at_least_one, default=100, metavar="N", help="how many (100)")
    return line.parse_args()


def sweep(rng: np.random.Generator) -> tuple[Sweep, np.ndarray]:
    """A random net, one forward and one backward pass, and what was wanted of it."""
    net = MLP(SIZES[0], SIZES[1:], activation="sigmoid", output="sigmoid",
              init=init.normal(), rng=rng)  # fmt: skip
    x, y = rng.normal(size=SIZES[0]), rng.uniform(size=SIZES[-1])
    inputs: list[float] = x.tolist()
    a: list[list[Value]] = []
    for layer in net.layers:
        a.append(layer.activations(a[-1] if a else inputs))
    C = loss.quadratic(a[-1], y)
    C.backward()
    zs = [[unit.args[0] for unit in layer] for layer in a]  # a = σ(z)
    weights = [[neuron.w for neuron in layer.neurons] for layer in net.layers]
    biases = [[neuron.b for neuron in layer.neurons] for layer in net.layers]
    recorded = Sweep(
        inputs=[data(inputs), *map(data, a)],
        z=[data(z) for z in zs],
        w=[data(w) for w in weights],
        w_grad=[grad(w) for w in weights],
        b_grad=[grad(b) for b in biases],
        delta=[grad(z) for z in zs],
    )
    return recorded, y


def data(values: object) -> np.ndarray:
    """The numbers in nested lists of Values."""
    return np.vectorize(lambda v: getattr(v, "data", v), otypes=[float])(
        np.array(values, dtype=object)
    )


def grad(values: object) -> np.ndarray:
    """The gradients in nested lists of Values."""
    return np.vectorize(lambda v: v.grad, otypes=[float])(np.array(values, dtype=object))


def matrix_form(recorded: Sweep, y: np.ndarray) -> list[np.ndarray]:
    """δ of every layer by BP1 and BP2."""
    slope = [np.exp(-abs(z)) / (1 + np.exp(-abs(z))) ** 2 for z in recorded.z]  # σ′
    delta = [(recorded.inputs[-1] - y) * slope[-1]]
    for w, s in zip(recorded.w[:0:-1], slope[-2::-1], strict=True):
        delta.insert(0, (w.T @ delta[0]) * s)
    return delta


def differences(recorded: Sweep, delta: list[np.ndarray]) -> np.ndarray:
    """The largest difference in each of BP1 … BP4, relative to the largest number of its layer."""

    def far(found: list[np.ndarray], wanted: list[np.ndarray]) -> float:
        return max(
            float(np.max(abs(a - b)) / np.max(abs(b))) for a, b in zip(found, wanted, strict=True)
        )

    outer = [np.outer(d, a) for d, a in zip(delta, recorded.inputs[:-1], strict=True)]
    return np.array([
        far(recorded.delta[-1:], delta[-1:]),
        far(recorded.delta[:-1], delta[:-1]),
        far(recorded.b_grad, delta),
        far(recorded.w_grad, outer),
    ])  # fmt: skip


def draw(recorded: Sweep, delta: list[np.ndarray], options: argparse.Namespace) -> None:
    """δ of every neuron of the last net: by the graph and by the matrices."""
    made, axes = figure(len(delta), width=3.4)
    for layer, (ax, graph, matrices) in enumerate(
        zip(axes, recorded.delta, delta, strict=True), start=2
    ):
        places = range(1, len(graph) + 1)
        ax.axhline(0, color="#b8b8b8", linewidth=0.8)
        ax.bar(places, matrices, color=BLUE, alpha=0.35, label="matrix form")
        ax.plot(places, graph, "o", color=ORANGE, label="read off the graph")
        ax.set(title=f"layer {layer}", xlabel="neuron j", ylabel="δⱼ = ∂C/∂zⱼ", xticks=places)
    axes[0].legend(frameon=False)
    save(made, options.out, "four_equations.png")


if __name__ == "__main__":
    run(main)
