"""The table of compiled programs: training steps, replay, tracing."""

from __future__ import annotations

import ctypes
import random
import shutil
import statistics
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

import autograd
import nn
from autograd import Program, Value, compile
from benchmarks import measure, tensors
from benchmarks.nets import LinearNet
from benchmarks.report import Row, Target

Work = Callable[[], Any]


def rows(*, quick: bool = False) -> Iterator[Row]:
    """All rows, measured one after the other."""
    rounds = 5 if quick else 60
    yield from small_net_rows(rounds)
    yield from book_net_rows(rounds)
    yield from point_rows(rounds)
    yield from batch_rows(rounds)
    yield from gradient_rows(rounds)
    yield from fastest_rows(runs=500 if quick else 10_000, rounds=1 if quick else 3)
    yield from tracing_rows(100_000 if quick else 1_000_000)


def against(
    name: str, ours: Work, theirs: Work, rounds: int, target: Target | None = None, note: str = ""
) -> Row:
    """How many times faster we are than a peer, alternately."""
    theirs()
    return Row(
        f"  faster than {name}", measure.in_turn(ours, theirs, rounds).faster, "×", target, note
    )


def skipped(*names: str) -> Iterator[Row]:
    """A line for every peer that is not installed."""
    for name in names:
        if not find_spec(name):
            yield Row(f"  {name}: not installed, skipped", float("nan"), "")


# ── training ──────────────────────────────────────────────────────────────────


def our_step(model: Any, X: np.ndarray, T: np.ndarray) -> Work:
    """Forward, backward and the optimiser's step, compiled."""
    nn.flatten(model)
    optimiser = nn.SGD(model.parameters(), tensors.LR)

    @compile
    def cost(x: Any, t: Any) -> Any:
        out = model(x)
        return sum(
            (a - b) ** 2 for a, b in zip(out if isinstance(out, list) else [out], t, strict=True)
        )

    def step() -> float:
        optimiser.zero_grad()
        c = cost.backward(X, T)
        optimiser.step()
        return c

    return step


def small_net_rows(rounds: int) -> Iterator[Row]:
    """2-16-16-1, ReLU, batch 100."""
    rng = np.random.default_rng(1)
    X, T = rng.normal(size=(100, 2)), rng.normal(size=(100, 1))
    model, sigmas = nn.MLP(2, [16, 16, 1], rng=random.Random(1)), ["relu", "relu", "linear"]
    net = tensors.layers(model)
    ours = our_step(model, X, T)
    yield timed("2-16-16-1 ReLU, batch 100: forward, backward, SGD step", ours, rounds)
    yield from skipped("torch", "jax")
    if find_spec("torch"):
        theirs = tensors.torch_step(net, sigmas, X, T)
        yield against("PyTorch's tensors", ours, theirs, rounds, Target(">=", 4))
    if find_spec("jax"):
        theirs = tensors.jax_step(net, sigmas, X, T)
        yield against("jax.jit", ours, theirs, rounds, Target(">=", 1))


def book_net_rows(rounds: int) -> Iterator[Row]:
    """[784, 30, 10], sigmoid, mini-batch 10."""
    rng = np.random.default_rng(2)
    X, T = rng.random((10, 784)), rng.random((10, 10))
    draw = random.Random(1)
    model = nn.MLP(784, [30, 10], activation="sigmoid", output="sigmoid", rng=draw)
    net, sigmas = tensors.layers(model), ["sigmoid", "sigmoid"]
    ours = our_step(model, X, T)
    yield timed("[784,30,10] sigmoid, batch 10: forward, backward, SGD step", ours, rounds)
    yield from skipped("torch", "jax")
    if find_spec("torch"):
        theirs = tensors.torch_step(net, sigmas, X, T)
        yield against("PyTorch's tensors", ours, theirs, rounds, Target(">=", 1.5))
    if find_spec("jax"):
        theirs = tensors.jax_step(net, sigmas, X, T)
        yield against("jax.jit", ours, theirs, rounds, note="aim: as fast")
    theirs = tensors.numpy_step(net, X, T)
    yield against("NumPy, one example at a time", ours, theirs, rounds, Target(">=", 3))
    yield flop_row(ours, rounds)


def flop_row(ours: Work, rounds: int) -> Row:
    """The step's share of the floating-point rate of NumPy's dgemm, on one core."""
    n = 600
    A = np.random.default_rng(3).normal(size=(n, n))
    set_blas_threads(1)
    pairs = measure.in_turn(ours, lambda: A @ A, rounds)
    flops = 10 * (4 * 784 * 30 + 6 * 30 * 10)  # the gradient by the pixels is not computed
    shares = [
        100 * (flops / a) / (2 * n**3 / b) for a, b in zip(pairs.ours, pairs.theirs, strict=True)
    ]
    return Row("  its share of dgemm's rate", measure.Spread(tuple(shares)), "%", Target(">=", 25))


def set_blas_threads(count: int) -> None:
    """Keep NumPy's OpenBLAS, where it is that, to so many threads."""
    folder = Path(np.__file__).parent.parent / "numpy.libs"
    for library in folder.glob("*openblas*"):
        blas = ctypes.CDLL(str(library))
        for name in ("scipy_openblas_set_num_threads64_", "openblas_set_num_threads"):
            if hasattr(blas, name):
                getattr(blas, name)(count)


def timed(name: str, work: Work, rounds: int) -> Row:
    """Microseconds that a work takes."""
    work()
    pairs = measure.in_turn(work, lambda: None, rounds)
    return Row(name, measure.Spread(tuple(1e6 * s for s in pairs.ours)), "µs")


# ── replay ────────────────────────────────────────────────────────────────────


def linear_net() -> tuple[LinearNet, Program]:
    """FACTS' linear net, and its program with the weights closed over."""
    net = LinearNet(Value)
    return net, Program(net.forward(), net.x)


def point_rows(rounds: int) -> Iterator[Row]:
    """One point: the value and all derivatives, nothing allocated."""
    net, program = linear_net()
    buffer = program.buffer()
    buffer.inputs[:] = [x.data for x in net.x]
    yield timed(f"linear net, {len(program)} operations, value and all gradients", buffer, rounds)
    yield from skipped("casadi", "ddx")
    buffer()
    right = np.concatenate([buffer.grads, buffer.weight_grads])
    if find_spec("casadi"):
        theirs, found = casadi_point(net)
        note = apart(found, right)
        yield against("CasADi's F.buffer()", buffer, theirs, rounds, Target(">=", 1), note)
    if find_spec("ddx"):
        for compiled in (False, True):
            theirs = ddx_buffer(net, np.array([v.data for v in [*net.x, *net.weights]]), compiled)
            yield against(f"ddx-ad {'LLVM' if compiled else 'interpreted'}", buffer, theirs, rounds)


def apart(found: np.ndarray, right: Any) -> str:
    """A note where a peer's gradient is another."""
    error = np.max(np.abs(np.sort(found) - np.sort(right)))
    return f"its gradient differs by {error:.0e}" if error > 1e-9 else ""


def batch_rows(rounds: int) -> Iterator[Row]:
    """The same over 1,000 points."""
    net, program = linear_net()
    points = np.random.default_rng(4).normal(size=(1000, 2))
    columns, sums = [points], np.zeros(len(program.weights))
    value, slopes = np.empty(1000), np.empty((1000, 2))

    def ours() -> None:
        program.run(columns, 1000, values=[value], seeds=[1.0], grads=[slopes], weight_grads=sums)

    yield timed("the same over 1,000 points", ours, rounds)
    if find_spec("casadi"):
        theirs = casadi_batch(net, points)
        yield against("CasADi's map", ours, theirs, max(3, rounds // 4), Target(">=", 3))
    if find_spec("ddx"):
        weights = np.array([w.data for w in net.weights])
        block = np.vstack([points.T, np.repeat(weights[:, None], 1000, 1)])
        theirs = ddx_buffer(net, block, True)
        yield against("ddx-ad LLVM", ours, theirs, max(3, rounds // 4), Target(">=", 3))


def casadi_function(net: LinearNet) -> Any:
    """Value and gradient by inputs and weights, in CasADi."""
    casadi = import_module("casadi")
    symbols = casadi.SX.sym("p", 2 + len(net.weights))
    own = iter(casadi.vertsplit(symbols))
    again = LinearNet(lambda _: next(own))
    C = again.forward()
    return casadi.Function("F", [symbols], [C, casadi.gradient(C, symbols)])


def memory(array: np.ndarray) -> memoryview:
    """The array's own memory; type checkers hear of it from Python 3.12 on only."""
    return memoryview(array)  # type: ignore[arg-type]


def casadi_point(net: LinearNet) -> tuple[Work, np.ndarray]:
    """A call that allocates nothing, and the gradient it fills in."""
    F = casadi_function(net)
    buffer, trigger = F.buffer()
    given = np.array([v.data for v in [*net.x, *net.weights]])
    value, gradient = np.zeros(1), np.zeros(len(given))
    buffer.set_arg(0, memory(given))
    buffer.set_res(0, memory(value))
    buffer.set_res(1, memory(gradient))
    trigger()

    def call(kept: Any = (buffer, given, value, gradient)) -> None:
        trigger()

    return call, gradient.copy()


def casadi_batch(net: LinearNet, points: np.ndarray) -> Work:
    """CasADi's map over the points."""
    mapped = casadi_function(net).map(len(points))
    weights = np.array([w.data for w in net.weights])
    block = np.vstack([points.T, np.repeat(weights[:, None], len(points), 1)])
    buffer, trigger = mapped.buffer()
    given = block.ravel(order="F")
    value, gradient = np.zeros(len(points)), np.zeros(block.size)
    buffer.set_arg(0, memory(given))
    buffer.set_res(0, memory(value))
    buffer.set_res(1, memory(gradient))

    def call(kept: Any = (buffer, given, value, gradient)) -> None:
        trigger()

    return call


def ddx_buffer(net: LinearNet, points: np.ndarray, compiled: bool) -> Work:
    """ddx-ad's call that allocates nothing, interpreted or compiled through LLVM."""
    ddx = import_module("ddx")
    count = iter(range(10**6))

    def model() -> Any:
        return LinearNet(lambda _: ddx.var(f"v{next(count)}")).forward()

    equation = ddx.equation(model)
    if compiled:
        equation.compile(points=points.shape[1] if points.ndim == 2 else 1)
    else:
        equation.options = ddx.Options(backend=ddx.Backend.INTERPRET)
    call: Work = equation.buffer(points)
    return call


def gradient_rows(rounds: int) -> Iterator[Row]:
    """The cheap gradient."""
    net, _ = linear_net()
    program = Program(net.forward(), [*net.x, *net.weights])
    columns = list(np.random.default_rng(5).normal(size=(program.inputs, 1000)))
    value, slopes = np.empty(1000), [np.empty(1000) for _ in columns]
    pairs = measure.in_turn(
        lambda: program.run(columns, 1000, values=[value], seeds=[1.0], grads=slopes),
        lambda: program.run(columns, 1000, values=[value]),
        rounds,
    )
    yield Row("value and gradient to the value alone", pairs.slower, "×", Target("<=", 3))


# ── the "Fastest Autograd in the West" ────────────────────────────────────────

SOFTPLUS, SUM4, PRODUCT, SOFTMAX4 = range(4)
LAST = 100  # the cost is the sum of so many last results


def random_tape(inputs: int, operations: int) -> np.ndarray:
    """Random instructions: softplus, sums of 4, products, softmax of 4."""
    rng = random.Random(7)
    tape, nodes = [], inputs
    for _ in range(operations):
        kind = rng.randrange(4)
        tape.append([kind, *(rng.randrange(max(0, nodes - 2000), nodes) for _ in range(4))])
        nodes += 4 if kind == SOFTMAX4 else 1
    return np.array(tape, np.int32)


def recorded(tape: np.ndarray, inputs: list[Value]) -> Value:
    """The instructions, recorded."""
    v: list[Any] = list(inputs)
    for kind, a, b, c, d in tape.tolist():
        if kind == SOFTPLUS:
            v.append(autograd.softplus(v[a]))
        elif kind == SUM4:
            v.append(v[a] + v[b] + v[c] + v[d])
        elif kind == PRODUCT:
            v.append(v[a] * v[b])
        else:
            v += autograd.softmax([v[a], v[b], v[c], v[d]])
    return autograd.sum(v[-LAST:])


def yardstick(folder: str) -> Any:
    """`tape.c`, compiled with -O3."""
    cc = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if cc is None:
        return None
    library = Path(folder) / "tape.so"
    source = Path(__file__).with_name("tape.c")
    options = ["-O3", "-shared", "-fPIC", "-o", str(library), str(source), "-lm"]
    subprocess.run([cc, *options], check=True)
    function = ctypes.CDLL(str(library)).repeat
    function.restype = ctypes.c_double
    return function


def fastest_rows(runs: int, rounds: int) -> Iterator[Row]:
    """10,000 operations over 100 inputs, forward and backward, recording included."""
    tape = random_tape(100, 10_000)
    numbers = np.random.default_rng(8).uniform(-1, 1, 100)
    nodes = 100 + len(tape) + 3 * int((tape[:, 0] == SOFTMAX4).sum())
    v, bar = np.zeros(nodes), np.zeros(nodes)
    v[:100] = numbers
    with tempfile.TemporaryDirectory() as folder:
        c = yardstick(folder)
        if c is None:
            yield Row("no C compiler, so no yardstick", float("nan"), "")
            return
        ours, theirs, preparing = [], [], []
        for _ in range(rounds):
            start = perf_counter()
            inputs = [Value(x) for x in numbers.tolist()]
            buffer = Program(recorded(tape, inputs), inputs).buffer()
            buffer.inputs[:] = numbers
            preparing.append(perf_counter() - start)
            for _ in range(runs):
                buffer()
            ours.append(perf_counter() - start)
            start = perf_counter()
            cost = c(
                tape.ctypes.data_as(ctypes.c_void_p), len(tape), 100, nodes, LAST, runs,
                v.ctypes.data_as(ctypes.c_void_p), bar.ctypes.data_as(ctypes.c_void_p),
            )  # fmt: skip
            theirs.append(perf_counter() - start)
    error = max(abs(buffer.grads - bar[:100]).max(), abs(buffer.outputs[0] - cost))
    pairs = measure.Pairs(tuple(ours), tuple(theirs))
    yield Row(
        f"'Fastest Autograd' graph, {runs:,} runs: to a C tape interpreter",
        pairs.slower,
        "×",
        Target("<=", 1.5),
        note=f"{statistics.median(ours):.3g} s, of which {statistics.median(preparing):.3g} s "
        f"recording and compiling; C {statistics.median(theirs):.3g} s; "
        f"value and gradient agree to {error:.0e}",
    )


# ── tracing ───────────────────────────────────────────────────────────────────


def tracing_rows(most: int) -> Iterator[Row]:
    """Tracing and compiling, by the node."""
    for count in (most // 100, most // 10, most):
        w = [Value(0.1 * k) for k in range(10)]

        def f(x: Any, w: list[Value] = w, count: int = count) -> Any:
            for k in range(count // 2):
                x = autograd.sin(x) * w[k % 10]
            return x

        times = []
        for _ in range(3):
            compiled = compile(f)
            start = perf_counter()
            compiled(0.3)
            times.append(1e6 * (perf_counter() - start) / len(compiled.programs[0]))
        spread = measure.Spread(tuple(times))
        yield Row(f"tracing and compiling {count:,} nodes, a node", spread, "µs", Target("<=", 2))
