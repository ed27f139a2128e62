"""compile: a function of numbers, traced once and replayed over numbers or batches.

The first call with some structure of arguments runs the function on Values; what it
records becomes a `Program`, which answers that call and all later ones of the structure.

What an argument means:

    a number            a number, the same for every row
    a 1-D array         a batch: one number a row
    an array of shape   a batch of lists: one list of n numbers a row (of more
    (rows, n)           dimensions: nested lists)
    list, tuple, dict   a structure of such; its length and keys belong to the structure
    str, bool, None, …  a static: the function sees it as it is, and every one has programs
                        of its own; so have the values of arguments named in `static`

All arrays of a call have the same number of rows.  Numbers and text that the function
closes over, or finds among its module's globals, are statics too.  Leaves that it uses
besides its arguments are weights: read anew at every call; and where other Values stand than
those that were traced (`autograd.programs.reached`), it is traced again.  Plain numbers that
lie deeper, in an object's attribute, a container, or a global of another function that is
called, are those of the tracing; one that changes belongs among the arguments, or into a Value.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import update_wrapper
from numbers import Real
from typing import Any, overload

import numpy as np

from autograd.derivatives.trees import Shape, flatten
from autograd.engine.value import FIRST_USER_CODE, Value, detects_anomalies, traced, tracing
from autograd.errors import GraphError
from autograd.locks import Lock
from autograd.modes import recording
from autograd.programs.captures import PLAIN, STATIC, changed, held, state
from autograd.programs.program import Program, Reduce, seed_of, total, without_user_operations
from autograd.programs.reached import structure
from autograd.programs.tape import Structure, listed
from autograd.programs.watching import numbers_of, watch

Function = Callable[..., Any]
FLOAT = np.dtype(float)


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
        Called as `f` is, with numbers, or with arrays for a batch (`autograd.programs.compiled`
        says what is one).

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
        self._f, self._static, self._threads = f, frozenset(static), threads
        self._reassociate = reassociate
        code = getattr(f, "__code__", None)
        self._parameters = code.co_varnames[: code.co_argcount] if code else ()
        unknown = self._static - set(code.co_varnames if code else static)
        if unknown:
            raise ValueError(
                f"static names {min(unknown)!r}, which is no parameter of {self._name}"
            )
        self._families: dict[Any, list[_Path]] = {}
        self._structure = Structure()  # what led to Values when they were traced
        self._lock = Lock()

    @property
    def _name(self) -> str:
        return getattr(self._f, "__name__", "the function")

    @property
    def programs(self) -> list[Program]:
        """What was traced: one program for every structure of arguments and every path."""
        return [path.program for family in self._families.values() for path in family]

    def __repr__(self) -> str:
        return f"compile({self._name}): {len(self.programs)} programs"

    def __call__(self, *args: Any, **options: Any) -> Any:
        """What the function returns, with arrays in place of numbers if there is a batch."""
        call = _Call(self, args, options)
        if call.holds_values or tracing():
            return self._f(*args, **options)
        outputs = call.run()
        return call.built(outputs)

    def value_and_grad(self, *args: Any, **options: Any) -> tuple[Any, tuple[Any, ...]]:
        """The value, and its derivative by every positional argument, row by row, in the
        argument's own structure (None for a static)."""
        call = self._plain_call(args, options, "value_and_grad")
        grads = call.empty_grads()
        (value,) = call.run(grads=grads)
        return call.plain(value), call.in_arguments(grads)

    def backward(self, *args: Any, reduce: Reduce = "mean", **options: Any) -> float:
        """The mean (or sum) of the cost over the rows; its gradient is added to `grad` of
        the weights that the function uses besides its arguments."""
        call = self._plain_call(args, options, "backward")
        seed = seed_of(reduce, call.count)
        (value,) = call.run(seed=seed)
        cost = total(value)
        return cost / call.count if reduce == "mean" else cost

    def _plain_call(self, args: Any, options: Any, what: str) -> _Call:
        call = _Call(self, args, options)
        if call.holds_values or tracing():
            raise TypeError(
                f"{what} takes numbers and arrays; with Values, call {self._name} and "
                "differentiate what it returns"
            )
        call.needs_scalar = what
        return call

    def _surroundings(self) -> tuple[Any, ...]:
        """What the function closes over, as far as it is numbers and text."""
        return tuple([x if isinstance(x, PLAIN) else None for _, x in held(self._f)])

    def _trace(self, call: _Call, numbers: list[float]) -> _Path:
        """The path that these numbers take."""
        guards: list[Any] = []
        before = state(self._f)
        with recording():
            inputs = [Value(x) for x in numbers]
            with traced(guards):
                args, options = call.of_values(inputs)
                result = self._result(args, options)
                try:
                    items, shape = flatten(result, f"the result of {self._name}")
                except TypeError as error:
                    reason = str(error).partition(";")[0]
                    raise TypeError(
                        f"{reason}; a compiled function returns Values and numbers, in lists, "
                        "tuples and dicts"
                    ) from None
                outputs = [x if isinstance(x, Value) else Value(x).detach() for x in items]
        if (name := changed(before, state(self._f))) is not None:
            raise GraphError(
                f"{self._name} changes {name!r}, which it closes over: that would happen "
                "once only, while it is traced; return what it computes instead"
            )
        self._structure = structure(self._f)
        listing = listed(outputs, inputs, guards)
        if (listing.code >= FIRST_USER_CODE).any():
            outputs, guards = without_user_operations(outputs, inputs, guards)
            listing = listed(outputs, inputs, guards)
        return _Path(Program._of(listing, reassociate=self._reassociate), shape)

    def _forget(self) -> None:
        """Trace anew from here on: other Values are reached than those of the programs."""
        with self._lock:
            if not self._structure.holds():
                self._families, self._structure = {}, Structure()

    def _result(self, args: list[Any], options: dict[str, Any]) -> Any:
        try:
            return self._f(*args, **options)
        except TypeError as error:
            if "cannot be interpreted as an integer" not in str(error):
                raise
            raise TypeError(
                f"{self._name} uses a number that it computes with as a count or an index; "
                f'name that parameter a static: compile({self._name}, static="n")'
            ) from error


class _Path:
    """A program, and the structure of what it returns."""

    def __init__(self, program: Program, shape: Shape) -> None:
        self.program, self.shape = program, shape
        self.guarded = program.guarded


class _Call:
    """The arguments of a call, taken apart."""

    needs_scalar = ""

    def __init__(self, owner: Compiled, args: tuple[Any, ...], options: dict[str, Any]) -> None:
        self.owner, self.args, self.options = owner, args, options
        self.columns: list[Any] = []
        self.rows: int | None = None
        self.holds_values = False
        key: list[Any] = []
        static = owner._static
        for k, x in enumerate(args):
            if static and k < len(owner._parameters) and owner._parameters[k] in static:
                self._add_static(x, key)
            else:
                self._add(x, key, k)
        for name in sorted(options):
            key.append(name)
            if name in static:
                self._add_static(options[name], key)
            else:
                self._add(options[name], key, name)
        key.extend(owner._surroundings())
        self.key = tuple(key)
        self.count = 1 if self.rows is None else self.rows

    def _add(self, x: Any, key: list[Any], name: Any) -> None:
        kind = type(x)
        if kind is float:
            self._add_number(x, key)
        elif kind is np.ndarray:
            self._add_array(x, key, name)
        elif isinstance(x, STATIC):
            self._add_static(x, key)
        elif kind is Value:
            self.holds_values = True
        elif isinstance(x, Real):
            self._add_number(float(x), key)
        elif isinstance(x, list | tuple):
            key.append((kind, len(x)))
            for k, each in enumerate(x):
                self._add(each, key, f"{name}[{k}]")
        elif isinstance(x, dict):
            key.append((kind, tuple(x)))
            for k, each in x.items():
                self._add(each, key, f"{name}[{k!r}]")
        else:
            self._add_static(x, key)

    def _add_number(self, x: float, key: list[Any]) -> None:
        key.append(float)
        self.columns.append(x)

    def _add_static(self, x: Any, key: list[Any]) -> None:
        try:
            hash(x)
        except TypeError:
            raise TypeError(
                f"an argument of type {type(x).__name__} is neither a number nor a static: "
                "statics can be hashed"
            ) from None
        key.append((type(x), x))

    def _add_array(self, x: np.ndarray, key: list[Any], name: Any) -> None:
        if x.dtype is not FLOAT or not x.ndim or not x.flags.aligned:
            if x.dtype == object and any(isinstance(each, Value) for each in x.flat):
                self.holds_values = True
                return
            if x.dtype.kind not in "biuf":
                raise TypeError(
                    f"argument {name} is an array of {x.dtype}; real numbers are needed"
                )
            if x.ndim == 0:
                self._add_number(float(x), key)
                return
            x = x.astype(float, copy=not x.flags.aligned)
        if self.rows is None:
            self.rows = len(x)
        elif self.rows != len(x):
            raise ValueError(
                f"argument {name} has {len(x)} rows, but an array before it has {self.rows}; "
                "the arrays of a batch agree in their first dimension"
            )
        key.append(x.shape[1:] or float)
        width = x.shape[1] if x.ndim == 2 else math.prod(x.shape[1:])
        self.columns.append(x if x.ndim <= 2 else x.reshape(len(x), width))

    # ── with Values in place of numbers ──

    def of_values(self, values: list[Value]) -> tuple[list[Any], dict[str, Any]]:
        """The arguments of one row, made of Values."""
        args, options = self._rebuilt(iter(values), _as_lists)
        return args, options

    def _rebuilt(self, items: Iterator[Any], of_array: Callable[..., Any]) -> Any:
        owner, static = self.owner, self.owner._static
        args = []
        for k, x in enumerate(self.args):
            fixed = static and k < len(owner._parameters) and owner._parameters[k] in static
            args.append(x if fixed else _with(x, items, of_array))
        options = dict(self.options)
        for name in sorted(options):
            if name not in static:
                options[name] = _with(options[name], items, of_array)
        return args, options

    # ── running ──

    def run(self, seed: float | None = None, grads: list[np.ndarray] | None = None) -> list[Any]:
        """The outputs.  With `grads`, ∂output/∂input goes there; with `seed`, that times the
        gradient is added to `grad` of the weights."""
        owner = self.owner
        if detects_anomalies():
            seeds = [1.0] if grads is not None else None if seed is None else [seed]
            watch(self._recorded, self.columns, self.count, seeds)
        if not owner._structure.holds():
            owner._forget()
        family = owner._families.get(self.key)
        if family is None:
            family = self._founded()
        path = family[0]
        if path.guarded or len(family) > 1:
            return self._run_paths(family, seed, grads)
        self.shape = self._checked(path).shape
        values = [np.empty(self.count) for _ in range(path.program.outputs)]
        wanted: dict[str, Any] = {"values": values}
        if grads is not None:
            wanted |= {"seeds": [1.0], "grads": grads}
        if seed is not None and owner._threads == 1:
            wanted |= {"seeds": [seed], "accumulate": True}
        elif seed is not None:
            wanted |= {"seeds": [seed], "weight_grads": np.zeros(len(path.program.weights))}
        path.program._replay(self.columns, self.count, owner._threads, **wanted)
        if "weight_grads" in wanted:
            path.program._tape.add_grads(wanted["weight_grads"])
        return values

    def _recorded(self, inputs: list[Value]) -> list[Any]:
        """The numbers that the function returns of one row."""
        args, options = self.of_values(inputs)
        return flatten(self.owner._f(*args, **options), f"the result of {self.owner._name}")[0]

    def _founded(self) -> list[_Path]:
        """The programs of this structure: a first one, traced with the first row."""
        with self.owner._lock:
            if self.key not in self.owner._families:
                self.owner._families[self.key] = [
                    self.owner._trace(self, numbers_of(self.columns, 0))
                ]
            return self.owner._families[self.key]

    def _checked(self, path: _Path) -> _Path:
        if self.needs_scalar and path.shape.text != "a number":
            raise TypeError(
                f"{self.needs_scalar} is of a function that returns one number, and "
                f"{self.owner._name} returns {path.shape.text}"
            )
        return path

    def _run_paths(
        self, family: list[_Path], seed: float | None, grads: list[np.ndarray] | None
    ) -> list[Any]:
        """Each row on the path that its own numbers take."""
        left = np.arange(self.count)
        outputs: list[np.ndarray] | None = None
        due: list[tuple[Program, np.ndarray]] = []
        for path in self._paths(family):
            program = self._checked(path).program
            if outputs is None:
                outputs = [np.empty(self.count) for _ in range(program.outputs)]
                self.shape = path.shape
            everything = len(left) == self.count
            columns = self.columns if everything else self._some(left)
            kept = np.ones(len(left), np.uint8)
            values = [np.empty(len(left)) for _ in range(program.outputs)]
            wanted: dict[str, Any] = {"values": values, "kept": kept}
            part = None
            if grads is not None:
                part = [np.empty((len(left), *g.shape[1:])) for g in grads]
                wanted |= {"seeds": [1.0], "grads": part}
            if seed is not None:
                sums = np.zeros(len(program.weights))
                wanted |= {"seeds": [seed], "weight_grads": sums}
                due.append((program, sums))
            program._replay(columns, len(left), self.owner._threads, **wanted)
            fits = kept.astype(bool)
            taken = left[fits]
            if len(taken) and not everything and (unlike := self.shape.against(path.shape)):
                raise ValueError(
                    f"{self.owner._name} returns {unlike[0]} for some rows and "
                    f"{unlike[1]} for others; the rows of a batch return alike"
                )
            if len(taken):
                if everything:
                    self.shape = path.shape
                    outputs = [np.empty(self.count) for _ in values]
                for out, value in zip(outputs, values, strict=True):
                    out[taken] = value[fits]
                for g, own in zip(grads or [], part or [], strict=True):
                    g[taken] = own[fits]
            left = left[~fits]
            self._next = int(left[0]) if len(left) else -1
            if not len(left):
                break
        for program, sums in due:
            program._tape.add_grads(sums)
        assert outputs is not None
        return outputs

    def _paths(self, family: list[_Path]) -> Iterator[_Path]:
        """The paths that are there, then new ones for rows that none fits."""
        seen = 0
        while True:
            while seen < len(family):
                seen += 1
                yield family[seen - 1]
            row = self._next
            with self.owner._lock:
                path = self.owner._trace(self, numbers_of(self.columns, row))
                family.append(path)
            seen = len(family)
            yield path
            if self._next == row:
                raise GraphError(
                    f"{self.owner._name} does not decide the same twice of the same numbers; "
                    "it must depend on its arguments alone"
                )

    def _some(self, rows: np.ndarray) -> list[Any]:
        return [c[rows] if isinstance(c, np.ndarray) else c for c in self.columns]

    # ── results ──

    def plain(self, column: np.ndarray) -> Any:
        """A float where there is no batch."""
        return float(column[0]) if self.rows is None else column

    def built(self, outputs: list[np.ndarray]) -> Any:
        """The outputs in the structure that the function returned."""
        if self.rows is not None and self.shape.text.startswith("an array of shape"):
            whole = np.stack(outputs, -1) if outputs else np.empty((self.rows, 0))
            inner = self.shape.build(np.zeros(len(outputs)).tolist()).shape
            return whole.reshape(self.rows, *inner)
        return self.shape.build([self.plain(column) for column in outputs])

    def empty_grads(self) -> list[np.ndarray]:
        """Room for the gradient by every column."""
        return [
            np.empty((self.count, *c.shape[1:]) if isinstance(c, np.ndarray) else self.count)
            for c in self.columns
        ]

    def in_arguments(self, grads: list[np.ndarray]) -> tuple[Any, ...]:
        """The gradients in the structure of the positional arguments."""
        single = iter([self.plain(g) for g in grads])
        args, _ = self._rebuilt(single, lambda x, items: next(items).reshape(x.shape))
        return tuple(None if isinstance(x, STATIC) else x for x in args)


def _with(x: Any, items: Iterator[Any], of_array: Callable[..., Any]) -> Any:
    """The argument x with items in place of its numbers."""
    if isinstance(x, np.ndarray):
        return next(items) if x.ndim == 0 else of_array(x, items)
    if isinstance(x, STATIC):
        return x
    if isinstance(x, Real):
        return next(items)
    if isinstance(x, dict):
        return {k: _with(each, items, of_array) for k, each in x.items()}
    if isinstance(x, list | tuple):
        built = [_with(each, items, of_array) for each in x]
        return type(x)(*built) if hasattr(x, "_fields") else type(x)(built)
    return x


def _as_lists(x: np.ndarray, items: Iterator[Any]) -> Any:
    """One row of the array x as a number, a list or nested lists."""
    return _nested(x.shape[1:], items)


def _nested(shape: tuple[int, ...], items: Iterator[Any]) -> Any:
    if not shape:
        return next(items)
    return [_nested(shape[1:], items) for _ in range(shape[0])]
