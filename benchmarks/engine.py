"""The engine's table: recording, backward, training through `nn`, memory."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from time import perf_counter
from typing import Any

import nn
from autograd import Value, graph
from benchmarks import measure, peers
from benchmarks.measure import Spread
from benchmarks.nets import Demo, LinearNet, OwnDemo
from benchmarks.report import Row, Target

TARGETS = {"micrograd": Target(">=", 15), "torch": Target(">=", 60)}


def rows(*, quick: bool = False) -> Iterator[Row]:
    """All rows, measured one after the other."""
    yield from net_rows(rounds=10 if quick else 100)
    yield from demo_rows(rounds=2 if quick else 10)
    yield from byte_rows(count=100_000 if quick else 1_000_000)
    yield from chain_rows(length=1_000_000 if quick else 10_000_000, rounds=1 if quick else 5)


def net_rows(rounds: int) -> Iterator[Row]:
    """The linear net, against the peers and against plain floats."""
    own, net = peers.Engine(), LinearNet(Value)
    count = sum(1 for v in graph.order(net.gradient_pass(own)) if v.op)
    right = [w.grad for w in net.weights]

    def ours() -> None:
        net.gradient_pass(own)

    floats = LinearNet(float)
    pairs = measure.in_turn(ours, floats.forward, rounds)
    us = statistics.median(pairs.ours) * 1e6
    yield Row(f"linear net 2-16-16-1, {count} operations, forward and backward", us, "µs")
    yield Row("  to forward alone, on plain floats", pairs.slower, "×", Target("<=", 2.5))
    for peer in peers.installed():
        engine = peer()
        other = LinearNet(engine.leaf)

        def theirs(other: LinearNet = other, engine: peers.Engine = engine) -> None:
            other.gradient_pass(engine)

        theirs()
        error = max(
            abs(engine.gradient(w) - g) / abs(g) for w, g in zip(other.weights, right, strict=True)
        )
        pairs = measure.in_turn(ours, theirs, rounds)
        yield Row(
            f"  faster than {peer.name}",
            pairs.faster,
            "×",
            TARGETS.get(peer.name),
            note=f"its gradient differs by {error:.0e}" if error > 1e-9 else "",
        )


def demo_rows(rounds: int) -> Iterator[Row]:
    """A training step of micrograd's demo."""
    if not find_spec("micrograd"):
        return
    theirs = Demo(import_module("micrograd.engine").Value, import_module("micrograd.nn").MLP)
    same, own = Demo(Value, nn.MLP), OwnDemo()
    losses = [[demo.step().data for demo in (theirs, same, own)] for _ in range(3)]
    apart = max(abs(loss - row[0]) / row[0] for row in losses for loss in row)
    agree = f"the losses of three steps agree to {apart:.0e}"
    for name, demo in (
        ("its own lines, through our nn", same),
        ("written as one would here", own),
    ):
        pairs = measure.in_turn(demo.step, theirs.step, rounds)
        ms = statistics.median(pairs.ours) * 1e3
        yield Row(f"micrograd's demo, a step, {name}", ms, "ms", note=agree)
        yield Row("  faster than micrograd", pairs.faster, "×", Target(">=", 300))
        pairs = measure.in_turn(demo.step, theirs.step, rounds, collector=False)
        yield Row("  faster than micrograd without its garbage collection", pairs.faster)


def byte_rows(count: int) -> Iterator[Row]:
    """What a recorded operation holds."""
    kinds: list[tuple[str, Any, int, Target | None]] = [
        ("a product holds", Value, count, Target("<=", 128))
    ]
    if find_spec("micrograd"):
        kinds.append(("  micrograd's", import_module("micrograd.engine").Value, count // 10, None))
    for name, make, many, target in kinds:
        x, y = make(0.3), make(-0.2)

        def products(n: int, x: Value = x, y: Value = y) -> list[Value | None]:
            made: list[Value | None] = [None] * n
            for k in range(n):
                made[k] = x * y
            return made

        bytes_each = measure.held(products, many)
        if bytes_each is None:
            yield Row(f"{name}: this system does not tell", float("nan"), "")
        else:
            yield Row(name, bytes_each - 8, "bytes", target)  # the list's 8


def chain_rows(length: int, rounds: int) -> Iterator[Row]:
    """A long chain against chains of 100,000, phase by phase."""
    short = 100_000
    phases: dict[int, list[tuple[float, ...]]] = {short: [], length: []}
    for _ in range(rounds):
        several = [chain(short) for _ in range(20)]
        phases[short].append(tuple(map(statistics.mean, zip(*several, strict=True))))
        phases[length].append(chain(length))
    pairs = zip(phases[length], phases[short], strict=True)
    ratios = Spread(tuple(sum(long) / sum(few) for long, few in pairs))
    shown = [
        f"{n:,}: " + ", ".join(f"{name} {ns:.0f}" for name, ns in zip(PHASES, each, strict=True))
        for n in (length, short)
        for each in [map(statistics.median, zip(*phases[n], strict=True))]
    ]
    yield Row(
        f"a chain of {length:,}, time an operation: to one of {short:,}",
        ratios,
        "×",
        Target("<=", 2),
        note=f"ns an operation of {'; of '.join(shown)}",
    )
    swollen = measure.peak(chain, length)
    if swollen is not None:
        yield Row("  memory at its height, backward included", swollen / length, "bytes an op")


PHASES = ("recorded", "backward", "freed")


def chain(length: int) -> tuple[float, float, float]:
    """Nanoseconds an operation: recording, backward, freeing."""
    w = z = Value(1.0 - 1e-8)  # the product stays a normal number
    t0 = perf_counter()
    for _ in range(length):
        z = z * w
    t1 = perf_counter()
    z.backward()
    t2 = perf_counter()
    z = w
    t3 = perf_counter()
    ns = 1e9 / length
    return ns * (t1 - t0), ns * (t2 - t1), ns * (t3 - t2)
