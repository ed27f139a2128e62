"""The table of training: what the experiments in `examples/` take, beside their peers.

The numbers that MNIST's net learns from are random: a step takes equally long on any.
"""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np

import nn
from benchmarks import measure, tensors
from benchmarks.measure import Spread
from benchmarks.plain import PlainTransformer
from benchmarks.report import Row, Target

sys.path.append(str(Path(__file__).parent.parent / "examples"))  # its scripts import one another

ETA = 3.0
BATCH = 10
SWEEPS = 10  # of micrograd's, after every seed
EPOCHS = 30
Work = Callable[[], Any]


def rows(*, quick: bool = False) -> Iterator[Row]:
    """All rows, measured one after the other."""
    yield from mnist_rows(rounds=2 if quick else 10, epochs=1 if quick else EPOCHS)
    yield from symmetry_rows(seeds=3 if quick else 60)
    yield from names_rows(rounds=1 if quick else 10)


# ── [784, 30, 10] ─────────────────────────────────────────────────────────────


class Book:
    """Nielsen's net and settings: sigmoids, ½ Σ (y - d)², η = 3, mini-batches of 10."""

    def __init__(self, examples: int) -> None:
        rng = np.random.default_rng(1)
        self.X = rng.random((examples, 784))
        self.T = np.eye(10)[rng.integers(0, 10, examples)]
        self.net = tensors.layers(self.model())

    def model(self) -> nn.MLP:
        """The same net at every call."""
        start = nn.init.normal()
        return nn.MLP(784, [30, 10], activation="sigmoid", output="sigmoid", init=start, rng=1)

    def fit(self, model: nn.MLP, epochs: int = 1, shuffle: bool = True) -> None:
        """Train as a user does."""
        optimizer = nn.SGD(model.parameters(), ETA)
        nn.fit(model, self.X, self.T, nn.loss.quadratic, optimizer, epochs, BATCH,
               shuffle=shuffle, seed=0, progress=False)  # fmt: skip

    def places(self, shuffle: bool) -> np.ndarray:
        """Which examples are in each mini-batch: a row of places."""
        order = np.arange(len(self.X))
        if shuffle:
            np.random.default_rng(2).shuffle(order)
        return order.reshape(-1, BATCH)

    def torch(self, shuffle: bool = True) -> tuple[Work, list[Any]]:
        """An epoch with PyTorch's tensors, and the weights that it moves."""
        torch = import_module("torch")
        update, weights = tensors.torch_update(self.net, ["sigmoid", "sigmoid"], ETA / 2)
        X, T = torch.tensor(self.X), torch.tensor(self.T)

        def epoch() -> None:
            for at in torch.from_numpy(self.places(shuffle)):
                update(X[at], T[at])

        return epoch, weights

    def numpy(self, shuffle: bool = True) -> tuple[Work, list[Any]]:
        """An epoch with NumPy, one example at a time, and the weights that it moves."""
        update, weights = tensors.numpy_update(self.net, ETA / 2)

        def epoch() -> None:
            for at in self.places(shuffle):
                update(self.X[at], self.T[at])

        return epoch, weights


PEERS = (
    ("torch", "PyTorch's tensors", Book.torch, Target(">=", 1.3)),
    ("numpy", "NumPy, one example at a time", Book.numpy, Target(">=", 3)),
)


def mnist_rows(rounds: int, epochs: int) -> Iterator[Row]:
    """An epoch of 50,000 examples, 5,000 steps, through nn.fit; and all 30."""
    few, book = Book(200), Book(50_000)
    model = book.model()
    times: list[float] = []
    compared = []
    for module, name, peer, target in PEERS:
        if not find_spec(module):
            compared.append(Row(f"  {name}: not installed, skipped", float("nan"), ""))
            continue
        epoch, _ = peer(book)
        pairs = measure.in_turn(lambda: book.fit(model), epoch, rounds)
        times += pairs.ours
        compared.append(Row(f"  faster than {name}", pairs.faster, "×", target, apart(few, peer)))
    yield Row(
        f"[784,30,10], batch {BATCH}: an epoch of 5,000 steps by nn.fit", Spread((*times,)), "s"
    )
    yield from compared
    start = perf_counter()
    book.fit(book.model(), epochs)
    minutes = EPOCHS / epochs * (perf_counter() - start) / 60
    note = "" if epochs == EPOCHS else f"{EPOCHS // epochs} times what was measured"
    yield Row(f"  {EPOCHS} epochs of them", minutes, "min", Target("<=", 10), note)


def apart(few: Book, peer: Callable[..., tuple[Work, list[Any]]]) -> str:
    """How well the weights agree with a peer's after the same steps."""
    model = few.model()
    few.fit(model, shuffle=False)
    epoch, weights = peer(few, shuffle=False)
    epoch()
    ours = [a for layer in tensors.layers(model) for a in layer]
    theirs = [np.asarray(w.tolist()).reshape(a.shape) for w, a in zip(weights, ours, strict=True)]
    error = max(float(np.max(abs(a - b))) for a, b in zip(ours, theirs, strict=True))
    return f"after {len(few.X) // BATCH} steps the weights agree to {error:.0e}"


# ── the symmetry net ──────────────────────────────────────────────────────────


def symmetry_rows(seeds: int) -> Iterator[Row]:
    """`symmetry.py` until solved, against as many sweeps of the same loops in micrograd."""
    if not find_spec("micrograd"):
        yield Row("  micrograd: not installed, skipped", float("nan"), "")
        return
    symmetry = import_module("symmetry")
    sweep, error = micrograd_sweep(symmetry)
    ours, theirs, sweeps = [], [], 0
    with measure.frozen():
        for seed in range(seeds):
            start = process_time()
            _, run, _ = symmetry.one(seed, settle=False)
            ours.append(process_time() - start)
            count = symmetry.LIMIT if run.sweeps is None else run.sweeps
            theirs.append(count * sweep())
            sweeps += count
    yield Row(f"symmetry.py, {seeds} seeds until solved, {sweeps:,} sweeps", sum(ours), "s")
    each = Spread(tuple(b / a for a, b in zip(ours, theirs, strict=True)))
    least, low, middle, high, most = each.five
    yield Row(
        "  faster than micrograd, all of them",
        sum(theirs) / sum(ours),
        "×",
        Target(">=", 10),
        f"by seed {least:.0f}, quartiles {low:.0f} {middle:.0f} {high:.0f}, {most:.0f}; micrograd "
        f"needs {1e3 * sum(theirs) / sweeps:.3g} ms per sweep, measured after every seed, and "
        f"would take {sum(theirs) / 60:,.1f} minutes; the gradients agree to {error:.0e}",
    )


def micrograd_sweep(symmetry: Any) -> tuple[Callable[[], float], float]:
    """A function that times a sweep of the symmetry net in micrograd, and how well its gradient
    agrees."""
    engine = import_module("micrograd.engine")
    net = nn.MLP(6, [2, 1], activation="sigmoid", output="sigmoid", rng=0)
    copies = {id(p): engine.Value(p.data) for p in net.parameters()}
    weights = list(copies.values())
    steps = [0.0] * len(weights)
    layers = [
        [([copies[id(w)] for w in n.w], copies[id(n.b)]) for n in layer.neurons]
        for layer in net.layers
    ]

    def output(x: Sequence[Any]) -> Any:
        for layer in layers:
            x = [
                sigmoid(engine.Value, sum((w * a for w, a in zip(ws, x, strict=True)), b))
                for ws, b in layer
            ]
        return x[0]

    def cost() -> tuple[Any, list[Any]]:
        outputs = [(output(x), d) for x, (d,) in symmetry.CASES]
        return sum((y - d) ** 2 for y, d in outputs) * 0.5, outputs

    def sweep() -> float:
        E, outputs = cost()
        worst = max(abs(y.data - d) for y, d in outputs)
        for w in weights:
            w.grad = 0.0
        E.backward()
        for k, w in enumerate(weights):
            steps[k] = 0.9 * steps[k] - 0.1 * w.grad
            w.data += steps[k]
        return worst

    def seconds() -> float:
        start = process_time()
        for _ in range(SWEEPS):
            sweep()
        return (process_time() - start) / SWEEPS

    xs, ds = zip(*symmetry.CASES, strict=True)
    nn.loss.quadratic([[net(x)] for x in xs], ds).backward()
    cost()[0].backward()
    error = max(abs(p.grad - copies[id(p)].grad) for p in net.parameters())
    return seconds, error


def sigmoid(make: Any, z: Any) -> Any:
    """σ(z) as an operation for micrograd, which has none."""
    a = 1.0 / (1.0 + math.exp(-z.data))
    out = make(a, (z,), "sigmoid")

    def backward() -> None:
        z.grad += a * (1.0 - a) * out.grad

    out._backward = backward
    return out


# ── the transformer ───────────────────────────────────────────────────────────


def names_rows(rounds: int) -> Iterator[Row]:
    """A step of `names.py`, and of the same net in plain-Python Values."""
    names, words = import_module("names"), import_module("words")
    listed, _ = words.read(names.BUILTIN)
    alphabet = words.Alphabet(listed)
    longest = max(map(len, listed)) + 1
    for count, target in (names.BATCH, Target(">=", 200)), (1, None):
        chosen = random.Random(1).sample(listed, count)
        model = import_module("transformer").Transformer(len(alphabet), longest, rng=1)
        theirs = PlainTransformer(model, names.RATE, names.BETAS)
        tokens = [alphabet.tokens(word) for word in chosen]
        ours = partial(names.Learner(model, alphabet).step, chosen)
        step = partial(theirs.step, tokens)
        note = agreement(ours, step, theirs)
        pairs = measure.in_turn(ours, step, rounds, clock=process_time)
        ms = Spread(tuple(1e3 * s for s in pairs.ours))
        yield Row(f"names.py, {len(theirs.pairs):,} weights, a step on {plural(count)}", ms, "ms")
        yield Row("  faster than plain-Python Values", pairs.faster, "×", target, note)


def plural(count: int) -> str:
    """A number of words."""
    return f"{count} words" if count > 1 else "1 word"


def agreement(ours: Work, step: Work, theirs: PlainTransformer) -> str:
    """How well the losses of a step and the weights after it agree."""
    apart = abs(ours() - step())
    error = max(abs(p.data - w.data) for p, w in theirs.pairs)
    return f"the losses agree to {apart:.0e}, the weights after a step to {error:.0e}"
