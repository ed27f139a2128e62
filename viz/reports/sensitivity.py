"""How much every weight and every input influences an output."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, NamedTuple

from autograd import Value, gradients
from autograd.graph import leaves
from viz.checks import one_of
from viz.reports.table import Report, aligned
from viz.text import digits

SHOWN = 20  # rows that are printed
ORDERS = ("derivative", "elasticity")


@dataclass(frozen=True)
class Influence:
    """How one weight or input influences the output.

    Attributes
    ----------
    name : str
    kind : {"weight", "input"}
    value : float
        Its present value.
    derivative : float
        ∂output/∂it: how much the output rises per unit.
    elasticity : float
        value × derivative / output: by how many percent the output rises per percent; nan if the
        output is 0.
    """

    name: str
    kind: str
    value: float
    derivative: float
    elasticity: float


@dataclass(frozen=True, repr=False)
class Sensitivity(Report[Influence]):
    """The influences, the largest first; printed as a table of the first twenty."""

    output: float
    rows: tuple[Influence, ...]

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
        as the output, and all leaves that it depends on as weights.
    x : number or sequence of numbers
        The argument of `f`; not for a Value.
    output : int, optional
        Which output, if `f` returns several.
    by : {"derivative", "elasticity"}
        What the rows are sorted by: the largest size goes first.

    Raises
    ------
    TypeError
        If `f` cannot be called, or returns no Value.
    ValueError
        If `x` is missing or must not be given, or one of several outputs must be chosen.

    >>> from viz import sensitivity
    >>> for row in sensitivity(lambda v: 3 * v[0] - v[1] ** 2, [1.0, 2.0]):
    ...     print(row.name, row.derivative)
    x[1] -4.0
    x[0] 3.0
    """
    one_of("by", by, ORDERS)
    if isinstance(f, Value):
        if x is not None:
            raise ValueError("a recorded Value has its inputs already: write sensitivity(C)")
        out, causes = f, _leaves(f)
    else:
        out, causes = _recorded(f, x, output)
    if out.constant or not causes:
        raise ValueError("this output depends on no weight and no input, so none influences it")
    derivatives = gradients(out, [cause.value for cause in causes])
    scale = 1.0 / out.data if out.data else float("nan")
    rows = [
        Influence(name, kind, v.data, d, v.data * d * scale)
        for (v, name, kind), d in zip(causes, derivatives, strict=True)
    ]
    rows.sort(key=lambda row: _size(getattr(row, by)), reverse=True)
    return Sensitivity(out.data, tuple(rows))


def _signed(x: float) -> str:
    return f"{x:+.4g}" if x else "0"


def _size(x: float) -> float:
    return abs(x) if x == x else float("inf")  # nan goes first: it must not be missed


class _Cause(NamedTuple):
    """A weight or an input that an output may depend on."""

    value: Value
    name: str
    kind: str


def _leaves(out: Value) -> list[_Cause]:
    """The leaves of a recorded Value, by their labels or scopes."""
    return [
        _Cause(v, v.label or (f"{v.scope}[{k}]" if v.scope else f"leaf {k}"), "weight")
        for k, v in enumerate(leaves(out))
    ]


def _recorded(f: Any, x: Any, output: int | None) -> tuple[Value, list[_Cause]]:
    """The output of f at x, and all that it may depend on."""
    if not callable(f):
        raise TypeError(f"sensitivity takes a model, a function or a Value, not {f!r}")
    if x is None:
        raise ValueError("a model needs inputs: write sensitivity(model, x)")
    if isinstance(x, str | bytes | Mapping | Set):
        raise TypeError(f"x must be a number or a list of numbers, not {x!r:.60}")
    several = isinstance(x, Sequence) or hasattr(x, "__len__")
    inputs = [Value(_number(v)) for v in x] if several else [Value(_number(x))]
    try:
        outputs = f(inputs if several else inputs[0])
    except TypeError as error:
        raise TypeError(f"the model cannot be called with x = {x!r:.60}: {error}") from error
    out = _chosen(outputs, output)
    names = [f"x[{k}]" if several else "x" for k in range(len(inputs))]
    own = [_Cause(v, name, "input") for v, name in zip(inputs, names, strict=True)]
    if callable(getattr(f, "named_parameters", None)):
        weights = {id(p): _Cause(p, name, "weight") for name, p in f.named_parameters()}
        return out, [*weights.values(), *own]
    known = set(map(id, inputs))
    closed_over = [cause for cause in _leaves(out) if id(cause.value) not in known]
    return out, own + closed_over


def _number(x: Any) -> float:
    return x.data if isinstance(x, Value) else x


def _chosen(out: Any, output: int | None) -> Value:
    if isinstance(out, Sequence):
        if output is None and len(out) != 1:
            raise ValueError(f"there are {len(out)} outputs: choose one, such as output=0")
        if not -len(out) <= (output or 0) < len(out):
            raise ValueError(f"there is no output {output}: there are {len(out)}")
        out = out[output or 0]
    if not isinstance(out, Value):
        raise TypeError(f"the output must be a Value, not {type(out).__name__}")
    return out
