"""Programs: a recorded graph frozen, and replayed over numbers or batches.

    program(x, y)                  the outputs
    program.value_and_grad(x, y)   with ∂output/∂x, ∂output/∂y, row by row
    program.backward(x, y)         the mean (or sum) over the rows; p.grad of the weights grows
    program.jvp(…), .jacobian(…), .hessian(…)

Inputs differ from row to row.  Other leaves of the graph are *weights*: they are read
anew at every call, shared by all rows, and their gradients are summed over the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.derivatives.linearize import LinearMap
from autograd.engine.value import Value, detects_anomalies, traced
from autograd.errors import GraphError
from autograd.files import Path
from autograd.modes import recording
from autograd.programs.anomaly import watch
from autograd.programs.columns import Reduce, columns_of, inputs_message, plain, seed_of, total
from autograd.programs.freeze import Guards, as_value, frozen
from autograd.programs.ir import COMPUTED, FlatGraph
from autograd.programs.paths import Paths
from autograd.programs.tape import Buffer, Tape, flat_graph
from autograd.programs.threads import replay_in_threads


class Program:
    """A recorded graph, frozen.

    Parameters
    ----------
    outputs : Value or sequence of Value
        What is computed; a sequence gives lists of results.
    inputs : Value or sequence of Value
        What every call takes; each once.
    reassociate : bool
        Let long sums be added in an order that is faster, and products be fused with
        additions: values differ from the recorded ones in the last places.  What decisions
        rest on keeps its bits, so that near a tie it is decided as it was recorded.

    Every input is a number, or an array with one number a row; numbers are repeated for
    every row.  Results are numbers where all inputs are, and else arrays.  The bits are
    those of the recorded operations, unless `reassociate` permits others.

    Attributes
    ----------
    guarded : bool
        Whether the traced function took decisions, which hold for some rows only: others
        are refused.
    graph, tape
        What was recorded, and the instructions made of it.

    Raises
    ------
    TypeError
        If an output or an input is not a Value.
    GraphError
        If the graph has an operation of a user's whose value is not written with the
        library's functions; when called, if the program is one path of a compiled function
        and a row would have decided otherwise than its tracing did.

    >>> from autograd import Program, Value, exp
    >>> x, w = Value(1.0), Value(2.0)
    >>> program = Program(exp(x * w) * w, [x])
    >>> program(0.0)
    2.0
    >>> w.data = 3.0
    >>> program.value_and_grad(0.0)
    (3.0, (9.0,))
    """

    def __init__(self, outputs: Any, inputs: Any, *, reassociate: bool = False) -> None:
        single = isinstance(outputs, Value)
        outs, ins = _values(outputs, "outputs"), _values(inputs, "inputs")
        if len({id(v) for v in ins}) < len(ins):
            raise ValueError("an input is named twice; name each once")
        self._set(frozen(outs, ins, []), single, reassociate)

    def _set(self, graph: FlatGraph, single: bool, reassociate: bool) -> None:
        self.graph, self._single, self.reassociate = graph, single, reassociate
        self.tape = Tape(graph, reassociate)
        self.guarded = len(graph.guards) > 0
        self._gradients: Paths[Program] = Paths("the gradient of a program")

    @classmethod
    def of(cls, graph: FlatGraph, single: bool = False, reassociate: bool = False) -> Program:
        """The program of a flat graph; `single`: its one output stands in no list."""
        program = cls.__new__(cls)
        program._set(graph, single, reassociate)
        return program

    @property
    def weights(self) -> list[Value]:
        """The leaves besides the inputs: read at every call; their gradients are summed."""
        return list(self.graph.weights)

    @property
    def inputs(self) -> int:
        """How many inputs there are."""
        return self.graph.inputs

    @property
    def outputs(self) -> int:
        """How many outputs there are."""
        return len(self.graph.outputs)

    # ── calls ──

    def __call__(self, *inputs: Any, threads: int = 1) -> Any:
        """The outputs: a float of floats, an array of arrays; of several outputs a list."""
        columns, rows = self._columns(inputs)
        values = [np.empty(rows or 0 if rows is not None else 1) for _ in range(self.outputs)]
        self._checked(columns, rows, threads, values=values)
        return self._shown([plain(v, rows) for v in values])

    def value_and_grad(self, *inputs: Any, threads: int = 1) -> tuple[Any, tuple[Any, ...]]:
        """The one output, and its derivative by every input, row by row."""
        self._need_scalar("value_and_grad")
        columns, rows = self._columns(inputs)
        n = 1 if rows is None else rows
        out, grads = np.empty(n), [np.empty(n) for _ in columns]
        self._checked(columns, rows, threads, values=[out], seeds=[1.0], grads=grads)
        return plain(out, rows), tuple(plain(g, rows) for g in grads)

    def backward(self, *inputs: Any, reduce: Reduce = "mean", threads: int = 1) -> float:
        """The mean (or sum) of the output over the rows, whose gradient is added to `grad`
        of the weights.

        Raises
        ------
        ValueError
            If a mean is asked for of no rows.
        """
        self._need_scalar("backward")
        columns, rows = self._columns(inputs)
        n = 1 if rows is None else rows
        seed = seed_of(reduce, n)
        out = np.empty(n)
        sums = np.zeros(len(self.graph.weights))
        self._checked(columns, rows, threads, values=[out], seeds=[seed], weight_grads=sums)
        self.tape.add_grads(sums)
        return total(out) * seed

    def jvp(self, primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
        """The outputs, and how they move when the inputs move by `tangents`."""
        columns, rows = self._columns(primals)
        if len(tangents) != len(primals):
            raise TypeError(f"{len(primals)} primals need as many tangents, not {len(tangents)}")
        moved, others = self._columns(tangents)
        if others is not None and rows is None:
            rows = others
        if others not in (None, rows):
            raise ValueError(f"the primals have {rows} rows, but the tangents {others}")
        n = 1 if rows is None else rows
        values = [np.empty(n) for _ in range(self.outputs)]
        pushed = [np.empty(n) for _ in range(self.outputs)]
        self._checked(columns, rows, 1, values=values, tangents=moved, pushed=pushed)
        return (
            self._shown([plain(v, rows) for v in values]),
            self._shown([plain(v, rows) for v in pushed]),
        )

    def jacobian(self, *inputs: Any) -> np.ndarray:
        """∂output/∂input, of shape (outputs, inputs); of a batch (rows, outputs, inputs)."""
        columns, rows = self._columns(inputs)
        n = 1 if rows is None else rows
        out = np.empty((n, self.outputs, self.inputs))
        for k in range(self.outputs):
            seeds = [1.0 if j == k else None for j in range(self.outputs)]
            grads = list(out[:, k].T)
            self._checked(columns, rows, 1, seeds=seeds, grads=grads)
        return out if rows is not None else out[0]

    def hessian(self, *inputs: Any) -> np.ndarray:
        """The second derivatives of the one output: (inputs, inputs); of a batch
        (rows, inputs, inputs).

        The gradient is recorded, by the same rows of the table, and frozen as a program of
        its own; where the recording branched (as `pow` does at 0), each row has its own.
        """
        self._need_scalar("hessian")
        columns, rows = self._columns(inputs)
        n = 1 if rows is None else rows
        if self.guarded:
            self._checked(columns, rows, 1)
        if detects_anomalies():
            self._watch(columns, n, [1.0])
        out = np.empty((n, self.inputs, self.inputs))

        def replay(gradient: Program, columns: list[Any], left: np.ndarray) -> np.ndarray:
            fits = gradient.fits(columns, len(left))
            if fits.any():
                out[left[fits]] = gradient.jacobian(*[c[fits] for c in columns])
            return fits

        full = [np.array(np.broadcast_to(c, n)) for c in columns]
        self._gradients.run(full, n, self._gradient_at, replay)
        lower = np.tril_indices(self.inputs, -1)
        out[:, lower[0], lower[1]] = out[:, lower[1], lower[0]]  # it is symmetric
        return out if rows is not None else out[0]

    def _gradient_at(self, at: list[float]) -> Program:
        """The gradient as a program, recorded at a point."""
        guards: Guards = []
        with recording(), traced(guards):
            inputs = [Value(x) for x in at]
            (output,) = self.graph.record(inputs)
            partials = LinearMap([output], inputs).pull_recorded([1.0])
            outputs = [as_value(g) for g in partials]
        return Program.of(flat_graph(outputs, inputs, guards), reassociate=self.reassociate)

    def buffer(self) -> Buffer:
        """This program with memory of its own, for calls that allocate nothing.

        Fill `buffer.inputs` (an array), call `buffer()`, read `buffer.outputs`,
        `buffer.grads` (∂output/∂input) and `buffer.weight_grads`.  One row at a time;
        one thread at a time.

        Raises
        ------
        GraphError
            If the program is `guarded`: a buffer does not look at decisions.
        """
        if self.guarded:
            raise GraphError(
                "this program is one path of a function that branches, and a buffer does not "
                "check which path its numbers take; call the compiled function"
            )
        return Buffer(self.tape, self.graph.inputs, self.outputs, self._watch)

    def fits(self, columns: list[Any], rows: int) -> np.ndarray:
        """By row: whether the decisions that were taken in tracing hold."""
        fits = np.ones(rows, bool)
        if self.guarded:
            self.tape.run(columns, rows, fits=fits.view(np.uint8))
        return fits

    def run(self, columns: list[Any], rows: int, threads: int = 1, **arrays: Any) -> None:
        """Replay columns, split over threads: the quickest way, which checks neither the
        decisions of a guarded program nor its inputs.

        Columns stand in `columns` and `arrays` as `autograd.programs.tape.Tape.run` says: many at
        a time as an array of two dimensions.
        """
        if detects_anomalies():
            self._watch(columns, rows, arrays.get("seeds"))
        self.replay(columns, rows, threads, **arrays)

    def _watch(self, columns: list[Any], rows: int, seeds: list[Any] | None = None) -> None:
        """Inside `detect_anomaly()`: the rows recorded anew, where it watches."""
        watch(self.graph.record, columns, rows, seeds)

    def replay(self, columns: list[Any], rows: int, threads: int, **arrays: Any) -> None:
        """As `run`, and unseen by `detect_anomaly()`."""
        if threads == 1 or rows < 2 * threads:
            self.tape.run(columns, rows, **arrays)
        else:
            replay_in_threads(self.tape, columns, rows, threads, **arrays)

    def add_grads(self, sums: np.ndarray) -> None:
        """Add to `grad` of every weight."""
        self.tape.add_grads(sums)

    def _checked(self, columns: list[Any], rows: int | None, threads: int, **arrays: Any) -> None:
        if not isinstance(threads, int) or threads < 1:
            raise ValueError(f"threads is a whole number from 1 on, not {threads!r}")
        n = 1 if rows is None else rows
        if not self.guarded:
            self.run(columns, n, threads, **arrays)
            return
        fits = np.ones(n, np.uint8)
        self.run(columns, n, threads, fits=fits, **arrays)
        if not fits.all():
            where = "these numbers" if rows is None else f"row {int(fits.argmin())}"
            raise GraphError(
                f"this program is one path of a function that branches, and {where} would take "
                "another; call the compiled function, which follows every path"
            )

    def _columns(self, inputs: Sequence[Any]) -> tuple[list[Any], int | None]:
        """The inputs as numbers and arrays, and how many rows they have (None: numbers only)."""
        if len(inputs) != self.inputs:
            raise TypeError(inputs_message(self.inputs, len(inputs)))
        return columns_of(inputs)

    def _shown(self, values: list[Any]) -> Any:
        return values[0] if self._single else values

    def _need_scalar(self, what: str) -> None:
        if self.outputs != 1:
            raise TypeError(
                f"{what} needs a program with one output, and this one has {self.outputs}; "
                "use jacobian"
            )

    # ── to look at ──

    def __len__(self) -> int:
        """How many operations were recorded, before they were fused."""
        return int(np.count_nonzero(self.graph.role == COMPUTED))

    def __repr__(self) -> str:
        return (
            f"Program({self.inputs} inputs → {self.outputs} outputs, "
            f"{len(self.graph.weights)} weights, {len(self)} operations in "
            f"{len(self.tape)} instructions)"
        )

    def source(self, language: str = "python") -> str:
        """The operations as straight-line text: "python", or "c" that compiles alone.

        Raises
        ------
        ValueError
            If it is another language.
        """
        from autograd.programs.export.source import c, python

        if language not in ("python", "c"):
            raise ValueError(f'source is in "python" or "c", not in {language!r}')
        return (c if language == "c" else python)(self.graph)

    def to_jax(self) -> Callable[..., Any]:
        """The same program as a function of JAX, for `jit`, `vmap`, `grad` and accelerators.

        Returns
        -------
        callable
            `f(*inputs, weights=None)`.  Inputs are numbers, or arrays whose shapes
            broadcast, computed element by element.  `weights` is an array in the order of
            `program.weights`, to differentiate by; left out, it is the numbers they have
            when `f` is called, which `jax.jit` keeps from its first call.  The result is an
            array; of several outputs a list.

        Its derivatives, of every order and in either mode, are made of the table's own
        partials, so those at kinks and edges are ours.  Values differ from this program's by
        the rounding of XLA's functions.  Where the decisions that were taken in tracing do
        not hold (see `guarded`), the outputs and their derivatives are nan.

        Raises
        ------
        ImportError
            If JAX is not installed.

        Warns
        -----
        UserWarning
            If JAX is set to single precision: `jax.config.update("jax_enable_x64", True)`.

        >>> from autograd import Program, Value, exp
        >>> x, w = Value(1.0), Value(2.0)
        >>> f = Program(exp(x * w), [x]).to_jax()          # doctest: +SKIP
        >>> jax.vmap(jax.grad(f))(jnp.array([0.0, 0.5]))   # doctest: +SKIP
        >>> jax.grad(lambda w: f(0.5, weights=w))(jnp.array([2.0]))  # doctest: +SKIP
        """
        from autograd.programs.export.jax import to_jax

        return to_jax(self.graph, self._single)

    # ── to keep ──

    def __reduce__(self) -> Any:
        return Program.of, (self.graph, self._single, self.reassociate)

    def save(self, path: Path) -> None:
        """Write the program and its weights to a file, in place of what is there: all or
        nothing, whatever happens meanwhile.  `autograd.programs.program_file` says how.

        Raises
        ------
        OSError
            If the folder does not exist or cannot be written to, or the disk is full.
        """
        from autograd.programs.program_file import save

        save(self.graph, self._single, self.reassociate, path)

    @classmethod
    def load(cls, path: Path) -> Program:
        """The program of a file, with weights of its own; no code of the file is run.

        Raises
        ------
        GraphError
            If it is not such a file, was cut short or altered, or was written by a later version.
        """
        from autograd.programs.program_file import load

        return cls.of(*load(path))


def _values(x: Any, name: str) -> list[Value]:
    values: list[Value] = [x] if isinstance(x, Value) else list(x)
    for k, v in enumerate(values):
        if not isinstance(v, Value):
            raise TypeError(f"{name} of a program are Values; number {k} is {v!r}")
    return values


__all__ = ["GraphError", "Program"]
