"""compile: a function of numbers, traced once and replayed over numbers or batches.

The first call with some structure of arguments (`autograd.programs.arguments`) runs the
function on Values; what it records becomes a `Program`, which answers that call and all later
ones of the structure.

Numbers and text that the function closes over, or finds among its module's globals, select
programs of their own, as other text among the arguments does.  Leaves that it uses
besides its arguments are weights: read anew at every call; and where other Values stand than
those that were traced (`autograd.programs.reachable_values`), it is traced again.  Plain numbers
that lie deeper, in an object's attribute, a container, or a global of another function that is
called, are those of the tracing; one that changes belongs among the arguments, or into a Value.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial, update_wrapper
from typing import Any, overload

import numpy as np

from autograd.derivatives.trees import Shape, flatten
from autograd.engine.value import Value, detects_anomalies, tracing
from autograd.locks import Lock
from autograd.programs.anomaly import watch
from autograd.programs.arguments import Arguments, Statics
from autograd.programs.captures import PLAIN, held
from autograd.programs.columns import Reduce, seed_of, total
from autograd.programs.paths import Paths
from autograd.programs.program import Program
from autograd.programs.reachable_values import structure
from autograd.programs.results import Path, Results, check_scalar
from autograd.programs.tape import Structure
from autograd.programs.trace import Function, trace


@overload
def compile(
    f: None = None,
    *,
    static: str | Sequence[str] = (),
    threads: int = 1,
    reassociate: bool = False,
) -> Any: ...
@overload
def compile(
    f: Function,
    *,
    static: str | Sequence[str] = (),
    threads: int = 1,
    reassociate: bool = False,
) -> Compiled: ...
def compile(
    f: Any = None,
    *,
    static: str | Sequence[str] = (),
    threads: int = 1,
    reassociate: bool = False,
) -> Any:
    """A function, traced at its first call and replayed from then on.

    Parameters
    ----------
    f : callable
        Made of Values' operations and the functions of `autograd`; it returns numbers
        in lists, tuples and dicts as it likes.  It may branch and loop on its Values:
        what it decided is checked at every replay, and rows that would decide
        otherwise are traced and answered on their own path.
    static : str or sequence of str
        Parameters that `f` takes as they are, such as a count for `range`.
    threads : int
        Threads that a batch is split over.
    reassociate : bool
        Let long sums be added in an order that is faster, and products be fused with
        additions.  Without it every value has the bits that `f` itself would compute; with
        it those have that `f` branches on.

    Returns
    -------
    Compiled
        Called as `f` is, with numbers, or with arrays for a batch
        (`autograd.programs.arguments` says what is one).

    Raises
    ------
    TypeError
        If `f` is not callable; when called, if an argument or result is no number.
    ValueError
        If `threads` is less than 1; when called, if the arrays do not agree in their number
        of rows.
    GraphError
        When called, if `f` takes a number out of its Values, changes data or gradients,
        or changes what it closes over.

    >>> from autograd import compile, exp
    >>> @compile
    ... def decay(t, rate):
    ...     return exp(-rate * t) if t > 0 else 1.0
    >>> decay(0.0, 2.0)
    1.0
    >>> import numpy as np
    >>> decay(np.array([-1.0, 0.5]), 2.0).round(6)
    array([1.      , 0.367879])
    """
    if f is None:
        return lambda f: compile(f, static=static, threads=threads, reassociate=reassociate)
    if not callable(f):
        raise TypeError(f"compile takes a function, not {type(f).__name__}")
    if not isinstance(threads, int) or threads < 1:
        raise ValueError(f"threads is a whole number from 1 on, not {threads!r}")
    names = (static,) if isinstance(static, str) else tuple(static)
    return Compiled(f, names, threads, reassociate)


class Compiled:
    """A compiled function.  Made by `compile`."""

    def __init__(
        self, f: Function, static: tuple[str, ...], threads: int, reassociate: bool = False
    ) -> None:
        update_wrapper(self, f)
        self._f, self._threads, self._reassociate = f, threads, reassociate
        self._name = getattr(f, "__name__", "the function")
        code = getattr(f, "__code__", None)
        unknown = set(static) - set(code.co_varnames if code else static)
        if unknown:
            raise ValueError(
                f"static names {min(unknown)!r}, which is no parameter of {self._name}"
            )
        positional = code.co_varnames[: code.co_argcount] if code else ()
        places = [k for k, name in enumerate(positional) if name in static]
        self._static: Statics = frozenset([*static, *places])
        self._paths: dict[Any, Paths[Path]] = {}
        self._structure = Structure()  # what led to Values when they were traced
        self._lock = Lock()

    @property
    def programs(self) -> list[Program]:
        """What was traced: one program for every structure of arguments and every path."""
        return [path.program for paths in self._paths.values() for path in paths.known]

    def __repr__(self) -> str:
        return f"compile({self._name}): {len(self.programs)} programs"

    def __call__(self, *args: Any, **options: Any) -> Any:
        """What the function returns, with arrays in place of numbers if there is a batch."""
        arguments = Arguments(args, options, self._static)
        if arguments.has_values or tracing():
            return self._f(*args, **options)
        return arguments.built(*self._run(arguments))

    def value_and_grad(self, *args: Any, **options: Any) -> tuple[Any, tuple[Any, ...]]:
        """The value, and its derivative by every positional argument, row by row, in the
        argument's own structure (None for a static)."""
        arguments = self._numbers(args, options, "value_and_grad")
        grads = arguments.empty_grads()
        (value,), _ = self._run(arguments, "value_and_grad", grads=grads)
        return arguments.plain(value), arguments.of_grads(grads)

    def backward(self, *args: Any, reduce: Reduce = "mean", **options: Any) -> float:
        """The mean (or sum) of the cost over the rows; its gradient is added to `grad` of
        the weights that the function uses besides its arguments."""
        arguments = self._numbers(args, options, "backward")
        seed = seed_of(reduce, arguments.count)
        (value,), _ = self._run(arguments, "backward", seed=seed)
        cost = total(value)
        return cost / arguments.count if reduce == "mean" else cost

    def _numbers(self, args: Any, options: Any, method: str) -> Arguments:
        arguments = Arguments(args, options, self._static)
        if arguments.has_values or tracing():
            raise TypeError(
                f"{method} takes numbers and arrays; with Values, call {self._name} and "
                "differentiate what it returns"
            )
        return arguments

    def _captured(self) -> tuple[Any, ...]:
        """The numbers and the text that the function closes over."""
        return tuple([x if isinstance(x, PLAIN) else None for _, x in held(self._f)])

    def _trace(self, arguments: Arguments, numbers: list[float]) -> Path:
        """The path that these numbers take."""
        graph, shape = trace(self._f, self._name, arguments, numbers)
        self._structure = structure(self._f)
        return Path(Program.of(graph, reassociate=self._reassociate), shape)

    def _forget(self) -> None:
        """Trace anew from here on: other Values are reached than those of the programs."""
        with self._lock:
            if not self._structure.holds():
                self._paths, self._structure = {}, Structure()

    # ── running ──

    def _run(
        self,
        arguments: Arguments,
        method: str = "",
        seed: float | None = None,
        grads: list[np.ndarray] | None = None,
    ) -> tuple[list[np.ndarray], Shape]:
        """The outputs and their structure.  With `grads`, ∂output/∂input goes there; with
        `seed`, that times the gradient is added to `grad` of the weights.  Both need one
        output, for the sake of `method`."""
        columns, rows = arguments.columns, arguments.count
        if detects_anomalies():
            seeds = [1.0] if grads is not None else None if seed is None else [seed]
            watch(lambda inputs: self._recorded(arguments, inputs), columns, rows, seeds)
        if not self._structure.holds():
            self._forget()
        key = arguments.key, self._captured()
        paths = self._paths.get(key) or self._paths.setdefault(key, Paths(self._name, self._lock))
        known = paths.known
        path = known[0] if known else paths.first(columns, partial(self._trace, arguments))
        program = path.program
        if program.guarded:
            results = Results(self._name, rows, self._threads, method, seed, grads)
            paths.run(columns, rows, partial(self._trace, arguments), results.replay)
            return results.finish()
        if method:
            check_scalar(path.shape, method, self._name)
        values = [np.empty(rows) for _ in range(program.outputs)]
        arrays: dict[str, Any] = {"values": values}
        if grads is not None:
            arrays |= {"seeds": [1.0], "grads": grads}
        elif seed is not None:
            arrays |= {"seeds": [seed], "accumulate": True}
        program.replay(columns, rows, self._threads, **arrays)
        return values, path.shape

    def _recorded(self, arguments: Arguments, inputs: list[Value]) -> list[Any]:
        """The numbers that the function returns of one row."""
        args, options = arguments.of_values(inputs)
        return flatten(self._f(*args, **options), f"the result of {self._name}")[0]
