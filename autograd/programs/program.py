"""Programs: a recorded graph frozen, and replayed over numbers or batches.

    program(x, y)                  the outputs
    program.value_and_grad(x, y)   with ∂output/∂x, ∂output/∂y, row by row
    program.backward(x, y)         the mean (or sum) over the rows; p.grad of the weights grows
    program.jvp(…), .jacobian(…), .hessian(…)

Inputs differ from row to row.  Other leaves of the graph are *weights*: they are read
anew at every call, shared by all rows, and their gradients are summed over the rows.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np

from autograd.derivatives.linearize import LinearMap
from autograd.engine import value as _value
from autograd.engine.value import (
    FIRST_USER_CODE,
    Value,
    detects_anomalies,
    input_alias,
    order,
    row_of_code,
    traced,
    user_operation_of,
)
from autograd.errors import GraphError
from autograd.files import Path
from autograd.modes import recording
from autograd.programs.ir import COMPUTED, CONSTANT, Listing
from autograd.programs.tape import Buffer, Tape, listed
from autograd.programs.watching import watch

Reduce = Literal["mean", "sum"]


class Program:
    """A recorded graph, frozen.

    Parameters
    ----------
    outputs : Value or sequence of Value
        What is computed; a sequence gives lists of results.
    inputs : Value or sequence of Value
        What is given at every call; each once.
    reassociate : bool
        Let long sums be added in an order that is faster, and products be fused with
        additions: values differ from the recorded ones in the last places.  What decisions
        rest on keeps its bits, so that near a tie it is decided as it was recorded.

    Every input is a number, or an array with one number a row; numbers are repeated for
    every row.  Results are numbers where all inputs are, and else arrays.  The bits are
    those of the recorded operations, unless `reassociate` permits others.

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
        outs, guards = without_user_operations(outs, ins, [])
        self._set(listed(outs, ins, guards), single, reassociate)

    def _set(self, listing: Listing, single: bool, reassociate: bool) -> None:
        self._listing, self._single, self.reassociate = listing, single, reassociate
        self._tape = Tape(listing, reassociate)
        self._gradients: list[Program] = []

    @classmethod
    def _of(cls, listing: Listing, single: bool = False, reassociate: bool = False) -> Program:
        program = cls.__new__(cls)
        program._set(listing, single, reassociate)
        return program

    @property
    def weights(self) -> list[Value]:
        """The leaves besides the inputs: read at every call, and given gradients."""
        return list(self._listing.weights)

    @property
    def inputs(self) -> int:
        """How many inputs there are."""
        return self._listing.inputs

    @property
    def outputs(self) -> int:
        """How many outputs there are."""
        return len(self._listing.outputs)

    @property
    def guarded(self) -> bool:
        """Whether the traced function took decisions, which hold for some rows only: others
        are refused."""
        return len(self._listing.guards) > 0

    # ── calls ──

    def __call__(self, *inputs: Any, threads: int = 1) -> Any:
        """The outputs: a float of floats, an array of arrays; of several outputs a list."""
        columns, rows = self._columns(inputs)
        values = [np.empty(rows or 0 if rows is not None else 1) for _ in range(self.outputs)]
        self._checked(columns, rows, threads, values=values)
        return self._shown([_plain(v, rows) for v in values])

    def value_and_grad(self, *inputs: Any, threads: int = 1) -> tuple[Any, tuple[Any, ...]]:
        """The one output, and its derivative by every input, row by row."""
        self._need_scalar("value_and_grad")
        columns, rows = self._columns(inputs)
        n = 1 if rows is None else rows
        out, grads = np.empty(n), [np.empty(n) for _ in columns]
        self._checked(columns, rows, threads, values=[out], seeds=[1.0], grads=grads)
        return _plain(out, rows), tuple(_plain(g, rows) for g in grads)

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
        sums = np.zeros(len(self._listing.weights))
        self._checked(columns, rows, threads, values=[out], seeds=[seed], weight_grads=sums)
        self._tape.add_grads(sums)
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
            self._shown([_plain(v, rows) for v in values]),
            self._shown([_plain(v, rows) for v in pushed]),
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
        full = [np.broadcast_to(np.asarray(c, float), (n,)) for c in columns]
        left = np.arange(n)
        known = iter(list(self._gradients))
        while len(left):
            program = next(known, None)
            if program is None:
                program = self._gradient_at([float(c[left[0]]) for c in full])
                self._gradients.append(program)
            part = [np.ascontiguousarray(c[left]) for c in full]
            kept = program.fits(part, len(left))
            if kept.any():
                out[left[kept]] = program.jacobian(*[c[kept] for c in part])
            left = left[~kept]
        lower = np.tril_indices(self.inputs, -1)
        out[:, lower[0], lower[1]] = out[:, lower[1], lower[0]]  # it is symmetric
        return out if rows is not None else out[0]

    def _gradient_at(self, at: list[float]) -> Program:
        """The gradient as a program, recorded at a point."""
        guards: list[Any] = []
        with recording(), traced(guards):
            inputs = [Value(x) for x in at]
            (output,) = self._replayed(inputs)
            found = LinearMap([output], inputs).pull_recorded([1.0])
            outputs = [g if isinstance(g, Value) else Value(g).detach() for g in found]
        return Program._of(listed(outputs, inputs, guards), reassociate=self.reassociate)

    def _replayed(self, inputs: list[Value]) -> list[Value]:
        """The graph recorded anew from `inputs`."""
        listing, weights = self._listing, iter(self._listing.weights)
        found: list[Any] = list(inputs)
        for k in range(len(inputs), len(listing)):
            if listing.role[k] == CONSTANT:
                found.append(Value(listing.data[k]).detach())
            elif listing.role[k] != COMPUTED:
                found.append(next(weights))
            else:
                z = applied(int(listing.code[k]), [found[j] for j in listing.operands(k)])
                found.append(z.detach() if listing.stopped[k] else z)
        return [found[k] for k in listing.outputs.tolist()]

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
        return Buffer(self._tape, self._listing.inputs, self.outputs, self._watch)

    def fits(self, columns: list[Any], rows: int) -> np.ndarray:
        """By row: whether the decisions that were taken in tracing hold."""
        kept = np.ones(rows, np.uint8)
        if self.guarded:
            self._tape.run(columns, rows, kept=kept)
        return kept.astype(bool)

    def run(self, columns: list[Any], rows: int, threads: int = 1, **wanted: Any) -> None:
        """Replay columns, split over threads: the quickest way, which checks neither the
        decisions of a guarded program nor what it is given.

        Columns are given and wanted as `autograd.programs.tape.Tape.run` says: many at a time as an
        array of two dimensions.
        """
        if detects_anomalies():
            self._watch(columns, rows, wanted.get("seeds"))
        self._replay(columns, rows, threads, **wanted)

    def _watch(self, columns: list[Any], rows: int, seeds: list[Any] | None = None) -> None:
        """Inside `detect_anomaly()`: the rows recorded anew, where it watches."""
        watch(self._replayed, columns, rows, seeds)

    def _replay(self, columns: list[Any], rows: int, threads: int, **wanted: Any) -> None:
        """Replay columns that nobody need watch."""
        sums = wanted.pop("weight_grads", None)
        if threads == 1 or rows < 2 * threads:
            self._tape.run(columns, rows, weight_grads=sums, **wanted)
            return
        errors: list[BaseException] = []
        own = [None if sums is None else np.zeros_like(sums) for _ in range(threads)]

        def part(k: int) -> None:
            first, end = k * rows // threads, (k + 1) * rows // threads
            try:
                self._tape.run(columns, rows, weight_grads=own[k], first=first, end=end, **wanted)
            except BaseException as error:
                errors.append(error)

        others = [threading.Thread(target=part, args=(k,)) for k in range(1, threads)]
        for thread in others:
            thread.start()
        part(0)
        for thread in others:
            thread.join()
        if errors:
            raise errors[0]
        if sums is not None:
            for each in own:
                sums += each

    def _checked(self, columns: list[Any], rows: int | None, threads: int, **wanted: Any) -> None:
        if not isinstance(threads, int) or threads < 1:
            raise ValueError(f"threads is a whole number from 1 on, not {threads!r}")
        n = 1 if rows is None else rows
        if not self.guarded:
            self.run(columns, n, threads, **wanted)
            return
        kept = np.ones(n, np.uint8)
        self.run(columns, n, threads, kept=kept, **wanted)
        if not kept.all():
            where = "these numbers" if rows is None else f"row {int(kept.argmin())}"
            raise GraphError(
                f"this program is one path of a function that branches, and {where} would take "
                "another; call the compiled function, which follows every path"
            )

    def _columns(self, inputs: Sequence[Any]) -> tuple[list[Any], int | None]:
        """The inputs as numbers and arrays, and how many rows they have (None: numbers only)."""
        if len(inputs) != self.inputs:
            raise TypeError(f"this program has {self.inputs} inputs, but {len(inputs)} were given")
        columns, rows = [], None
        for k, x in enumerate(inputs):
            column = column_of(x, f"input {k}")
            columns.append(column)
            if isinstance(column, np.ndarray):
                if rows is not None and len(column) != rows:
                    raise ValueError(
                        f"input {k} has {len(column)} rows, but another has {rows}; "
                        "the rows of a batch agree in number"
                    )
                rows = len(column)
        return columns, rows

    def _shown(self, values: list[Any]) -> Any:
        return values[0] if self._single else values

    def _need_scalar(self, what: str) -> None:
        if self.outputs != 1:
            raise TypeError(
                f"{what} is of a program with one output, and this one has {self.outputs}; "
                "use jacobian"
            )

    # ── to look at ──

    def __len__(self) -> int:
        """How many operations were recorded, before they were fused."""
        return int(np.count_nonzero(self._listing.role == COMPUTED))

    def __repr__(self) -> str:
        return (
            f"Program({self.inputs} inputs → {self.outputs} outputs, "
            f"{len(self._listing.weights)} weights, {len(self)} operations in "
            f"{len(self._tape)} instructions)"
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
        return (c if language == "c" else python)(self._listing)

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

        return to_jax(self._listing, self._single)

    # ── to keep ──

    def __reduce__(self) -> Any:
        return Program._of, (self._listing, self._single, self.reassociate)

    def save(self, path: Path) -> None:
        """Write the program and its weights to a file, in place of what is there: all or
        nothing, whatever happens meanwhile.  `autograd.programs.program_file` says how.

        Raises
        ------
        OSError
            If the folder does not exist or cannot be written to, or the disk is full.
        """
        from autograd.programs.program_file import save

        save(self._listing, self._single, self.reassociate, path)

    @classmethod
    def load(cls, path: Path) -> Program:
        """The program of a file, with weights of its own; no code of the file is run.

        Raises
        ------
        GraphError
            If it is not such a file, was cut short or altered, or is of a later version.
        """
        from autograd.programs.program_file import load

        return cls._of(*load(path))


# ── what a call is given ──────────────────────────────────────────────────────


def column_of(x: Any, name: str) -> Any:
    """A float, or an array of floats."""
    if type(x) is float or isinstance(x, int | np.integer | np.floating):
        return float(x)
    if isinstance(x, list | tuple):
        x = np.asarray(x)
    if isinstance(x, np.ndarray) and x.dtype.kind in "biuf":
        if x.ndim == 0:
            return float(x)
        if x.ndim == 1:
            ready = x.dtype == float and x.dtype.isnative and x.flags.aligned
            return x if ready else x.astype(float)  # a record's field may be unaligned
        raise ValueError(f"{name} has shape {x.shape}; an input has one number a row")
    if isinstance(x, Value):
        raise TypeError(f"{name} is a Value; a program takes numbers: write v.data")
    raise TypeError(f"{name} is of type {type(x).__name__}; a program takes numbers and arrays")


def seed_of(reduce: str, rows: int) -> float:
    """∂C/∂(cost of one row)."""
    if reduce not in ("mean", "sum"):
        raise ValueError(f'reduce is "mean" or "sum", not {reduce!r}')
    if reduce == "sum":
        return 1.0
    if rows == 0:
        raise ValueError('zero rows have no mean; use reduce="sum", or leave the batch out')
    return 1.0 / rows


def total(column: np.ndarray) -> float:
    """The sum of a column; inf - inf is nan, without a warning."""
    with np.errstate(all="ignore"):
        return float(np.add.reduce(column))


def _plain(column: np.ndarray, rows: int | None) -> Any:
    return float(column[0]) if rows is None else column


def _values(given: Any, name: str) -> list[Value]:
    found = [given] if isinstance(given, Value) else list(given)
    for k, v in enumerate(found):
        if not isinstance(v, Value):
            raise TypeError(f"{name} of a program are Values; number {k} is {v!r}")
    return found


def applied(code: int, operands: list[Any]) -> Any:
    """The table's operation of that code on operands in the order of a recorded node."""
    name = row_of_code(code).name
    function: Callable[..., Any] = getattr(_value, name)
    if name == "dot":
        n = len(operands) // 2
        return function(operands[:n], operands[n : 2 * n], operands[-1])
    if name == "softmax":
        return function(operands)[0]
    if name in MANY:
        return function(operands)
    return function(*operands)


MANY = {"sum", "mean", "prod", "max", "min", "norm", "logsumexp"}


def without_user_operations(
    outputs: list[Value], inputs: list[Value], guards: list[Any]
) -> tuple[list[Value], list[Any]]:
    """The graph with the operations of users written out."""
    nodes = order(*outputs)
    if all(v._code < FIRST_USER_CODE for v in nodes):
        return outputs, guards
    again: dict[int, Value] = {id(v): v for v in inputs}
    with recording(), traced(guards):
        for v in nodes:
            if id(v) in again or not v.op:
                again.setdefault(id(v), v)
                continue
            operands = [again[id(x)] for x in v.args]
            user = user_operation_of(v)
            again[id(v)] = (
                applied(v._code, operands)
                if user is None
                else user.inlined([input_alias(x) for x in operands])
            )
    return [again[id(v)] for v in outputs], guards


__all__ = ["GraphError", "Program"]
