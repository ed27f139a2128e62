"""What every weight and every input does to an output."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from autograd import Value, gradients
from autograd.graph import leaves
from viz.columns import aligned, digits

SHOWN = 20  # rows that are printed
ORDERS = ("derivative", "elasticity")


@dataclass(frozen=True)
class Influence:
    """What one weight or input does.

    Attributes
    ----------
    name : str
    kind : {"weight", "input"}
    value : float
        What it is now.
    derivative : float
        ∂output/∂it: by how much the output rises for each unit that it rises.
    elasticity : float
        value × derivative / output: by how many percent the output rises for each percent
        that it rises; nan where the output is 0.
    """

    name: str
    kind: str
    value: float
    derivative: float
    elasticity: float


@dataclass(frozen=True, repr=False)
class Sensitivity:
    """The influences, the largest first; printed as a table of the first twenty."""

    output: float
    rows: tuple[Influence, ...]

    def __iter__(self) -> Iterator[Influence]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __str__(self) -> str:
        titles = ("", "", "value", "∂output/∂it", "% per %")
        table = aligned(titles, (
            (row.name, row.kind, f"{row.value:.4g}", _signed(row.derivative),
             _signed(row.elasticity))
            for row in self.rows[:SHOWN]
        ))  # fmt: skip
        more = len(self.rows) - SHOWN
        rest = [f"and {more:,} more, each no larger; all in .rows"] if more > 0 else []
        return "\n".join([f"output {digits(self.output)}", *table, *rest])

    __repr__ = __str__


def sensitivity(
    f: Callable[..., Any] | Value,
    x: Any = None,
    *,
    output: int | None = None,
    by: str = "derivative",
) -> Sensitivity:
    """How the output changes with every weight and every input, the largest change first.

    Nothing is written to any `.grad`.

    Parameters
    ----------
    f : model, function or Value
        A model's weights are those of its `named_parameters()`; a recorded Value is taken
        as the output, and all leaves that it rests on as weights.
    x : number or sequence of numbers
        What `f` is called with; not for a Value.
    output : int, optional
        Which one, of an `f` that returns several.
    by : {"derivative", "elasticity"}
        Whose size goes first.

    Raises
    ------
    TypeError
        If `f` cannot be called, or returns no Value.
    ValueError
        If `x` is missing or too much, or one of several outputs must be chosen.

    >>> from viz import sensitivity
    >>> for row in sensitivity(lambda v: 3 * v[0] - v[1] ** 2, [1.0, 2.0]):
    ...     print(row.name, row.derivative)
    x[1] -4.0
    x[0] 3.0
    """
    if by not in ORDERS:
        raise ValueError(f"by is one of {', '.join(ORDERS)}, not {by!r}")
    if isinstance(f, Value):
        if x is not None:
            raise ValueError("a recorded Value has its inputs already: write sensitivity(C)")
        names = {id(v): (v, _called(v, k), "weight") for k, v in enumerate(leaves(f))}
        out = f
    else:
        out, names = _recorded(f, x, output)
    found = gradients(out, [v for v, _, _ in names.values()]) if not out.constant else []
    if not found:
        raise ValueError("this output rests on no weight and no input: there is nothing to tell")
    scale = 1.0 / out.data if out.data else float("nan")
    rows = [
        Influence(name, kind, v.data, d, v.data * d * scale)
        for (v, name, kind), d in zip(names.values(), found, strict=True)
    ]
    rows.sort(key=lambda row: _size(getattr(row, by)), reverse=True)
    return Sensitivity(out.data, tuple(rows))


def _signed(x: float) -> str:
    return f"{x:+.4g}" if x else "0"


def _size(x: float) -> float:
    return abs(x) if x == x else float("inf")  # nan goes first: it must not be missed


def _called(v: Value, k: int) -> str:
    return v.label or (f"{v.scope}[{k}]" if v.scope else f"leaf {k}")


def _recorded(
    f: Any, x: Any, output: int | None
) -> tuple[Value, dict[int, tuple[Value, str, str]]]:
    """The output of f at x, and all that it may depend on."""
    if not callable(f):
        raise TypeError(f"sensitivity takes a model, a function or a Value, not {f!r}")
    if x is None:
        raise ValueError("at what inputs? write sensitivity(model, x)")
    if isinstance(x, str | bytes | Mapping | Set):
        raise TypeError(f"x is a number or a list of numbers, not {x!r:.60}")
    several = isinstance(x, Sequence) or hasattr(x, "__len__")
    inputs = [Value(_number(v)) for v in x] if several else [Value(_number(x))]
    try:
        given = f(inputs if several else inputs[0])
    except TypeError as error:
        raise TypeError(f"the model cannot be called with x = {x!r:.60}: {error}") from error
    out = _chosen(given, output)
    names: dict[int, tuple[Value, str, str]] = {}
    if callable(getattr(f, "named_parameters", None)):
        names = {id(p): (p, name, "weight") for name, p in f.named_parameters()}
    for k, v in enumerate(inputs):
        names[id(v)] = v, f"x[{k}]" if several else "x", "input"
    if not hasattr(f, "named_parameters"):  # what a function closes over
        for k, v in enumerate(leaves(out)):
            names.setdefault(id(v), (v, _called(v, k), "weight"))
    return out, names


def _number(x: Any) -> float:
    return x.data if isinstance(x, Value) else x


def _chosen(out: Any, output: int | None) -> Value:
    if isinstance(out, Sequence):
        if output is None and len(out) != 1:
            raise ValueError(f"there are {len(out)} outputs: choose one, as output=0")
        if not -len(out) <= (output or 0) < len(out):
            raise ValueError(f"there is no output {output}: there are {len(out)}")
        out = out[output or 0]
    if not isinstance(out, Value):
        raise TypeError(f"the output must be a Value, not {type(out).__name__}")
    return out
