"""A model's decisions, plotted over the plane of its two inputs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from numbers import Real
from typing import Any

import numpy as np
from matplotlib.colors import LinearSegmentedColormap, ListedColormap, TwoSlopeNorm

from autograd import GraphError, Value, compile, no_grad
from viz import style
from viz.plots.figure import Figure, as_number

AREAS = (style.POSITIVE, style.NEGATIVE, "#009E73", style.UNDEFINED, "#56B4E9", "#F0E442")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
GRID = 120  # points along either side
LARGEST = 1e150  # its square is still a number


def plot_decision(
    model: Callable[..., Any],
    X: Any,
    y: Any,
    *,
    threshold: float | None = None,
    margin: float = 0.25,
) -> Figure:
    """The output of a model of two inputs over the plane, and the examples on top.

    Parameters
    ----------
    model : callable
        Takes a list of two numbers; returns one, or one for every class.
    X, y : sequences
        n rows of two numbers, and n classes.
    threshold : float, optional
        For a single output, where one class ends and the other begins.  Default: 0.5 if
        all outputs lie in 0 … 1 and the classes are 0 and 1, else 0.
    margin : float
        How far the plot extends beyond the examples, as a share of their extent.

    Raises
    ------
    TypeError, ValueError
        If X is not n rows of two numbers, y not n classes, or the model does not return numbers.
    """
    if not callable(model):
        raise TypeError(f"a model is called with two numbers, and {model!r:.60} cannot be called")
    points, classes = _examples(X, y)
    if threshold is not None:
        _finite("threshold", threshold)
    if _finite("margin", margin) < 0.0:
        raise ValueError(f"margin must be a number from 0 up, not {margin}")
    low, high = points.min(axis=0), points.max(axis=0)
    reach = margin * np.where(high > low, high - low, 1.0)
    grid = [np.linspace(a, b, GRID) for a, b in zip(low - reach, high + reach, strict=True)]
    a, b = np.meshgrid(*grid)
    scores = evaluated(model, np.column_stack([a.ravel(), b.ravel()]))
    figure = Figure(5.0, width=5.8)
    axis = figure.subplots()
    if scores.shape[1] == 1:
        _one_score(figure, axis, grid, scores.reshape(a.shape), _level(scores, classes, threshold))
    else:
        _areas(axis, grid, scores.argmax(axis=1).reshape(a.shape), scores.shape[1])
    for k, label in enumerate(np.unique(classes)):
        chosen = points[classes == label]
        axis.scatter(chosen[:, 0], chosen[:, 1], marker=MARKERS[k % len(MARKERS)], s=28,
                     edgecolor="white", color="black", linewidth=0.8,
                     label=f"class {label:g}")  # fmt: skip
    axis.set(xlabel="x[0]", ylabel="x[1]")
    axis.legend(loc="upper right", framealpha=0.9)
    return figure


def _examples(X: Any, y: Any) -> tuple[np.ndarray, np.ndarray]:
    """The points and their classes as arrays."""
    points, classes = _array(X, "X"), _array(y, "y")
    if points.ndim != 2 or points.shape[1] != 2 or not len(points) or classes.ndim > 2:
        raise ValueError(
            f"plot_decision takes n rows of two numbers and n classes, not {points.shape} "
            f"and {classes.shape}"
        )
    if classes.size != len(points) or len(classes) != len(points):
        raise ValueError(
            f"y needs one class for each of the {len(points)} rows of X; its shape is "
            f"{classes.shape}"
        )
    return points, classes.reshape(-1)


def _array(x: Any, name: str) -> np.ndarray:
    """Numbers or Values as an array of numbers that can be drawn."""
    x = list(x) if isinstance(x, Iterator) else x
    array = np.array(x.tolist() if isinstance(x, np.ndarray) else x, dtype=object)
    for entry in array.flat:
        if not isinstance(entry, Value | Real | np.bool_):
            raise TypeError(f"{name} needs numbers, in rows of one length, not {entry!r:.60}")
    numbers = np.array([as_number(entry) for entry in array.flat])
    wrong = numbers[~(np.abs(numbers) <= LARGEST)]
    if len(wrong):
        raise ValueError(f"{name} holds {wrong[0]:g}, which cannot be drawn")
    return numbers.reshape(array.shape)


def _finite(name: str, x: Any) -> float:
    if not isinstance(x, Real):
        raise TypeError(f"{name} must be a number, not {x!r:.60}")
    number = float(x)
    if not np.isfinite(number):
        raise ValueError(f"{name} must be a finite number, not {x}")
    return number


def evaluated(model: Callable[..., Any], points: np.ndarray) -> np.ndarray:
    """A row of outputs for every row of inputs: compiled or, if that fails, one at a time."""
    try:
        out = compile(lambda a, b: model([a, b]))(points[:, 0], points[:, 1])
        columns = out if isinstance(out, list | tuple) else [out]
        return np.column_stack([np.broadcast_to(column, len(points)) for column in columns])
    except (GraphError, TypeError, ValueError):  # it takes numbers out of Values, or the like
        with no_grad():
            rows = [model([float(a), float(b)]) for a, b in points]
        many = [row if isinstance(row, Sequence) else [row] for row in rows]
        return np.array([[_output(v) for v in row] for row in many])


def _output(v: Any) -> float:
    if not isinstance(v, Value | Real | np.bool_):
        raise TypeError(f"a model must return a number, or one for every class, not {v!r:.60}")
    return as_number(v)


def _level(scores: np.ndarray, classes: np.ndarray, threshold: float | None) -> float:
    if threshold is not None:
        return threshold
    shares = not ((scores < 0.0) | (scores > 1.0)).any() and set(classes) <= {0.0, 1.0}
    return 0.5 if shares else 0.0


def _one_score(
    figure: Figure, axis: Any, grid: list[np.ndarray], scores: np.ndarray, level: float
) -> None:
    colours = LinearSegmentedColormap.from_list("sign", [style.NEGATIVE, "#FFFFFF", style.POSITIVE])
    finite = scores[np.isfinite(scores)]
    spread = max(abs(finite - level).max(initial=0.0), 1e-9 * abs(level)) or 1.0
    scores = np.nan_to_num(scores, nan=np.nan, posinf=level + spread, neginf=level - spread)
    norm = TwoSlopeNorm(level, level - spread, level + spread)
    drawn = axis.pcolormesh(*grid, scores, cmap=colours, norm=norm, alpha=0.6, shading="auto",
                            rasterized=True)  # fmt: skip
    if (scores < level).any() and (scores > level).any():
        axis.contour(*grid, scores, levels=[level], colors="black", linewidths=1.5)
    figure.colorbar(drawn, ax=axis, label=f"output; black line at {level:g}")


def _areas(axis: Any, grid: list[np.ndarray], winner: np.ndarray, count: int) -> None:
    shades = [style.mixed_into_white(AREAS[k % len(AREAS)], 0.35) for k in range(count)]
    axis.pcolormesh(*grid, winner, cmap=ListedColormap(shades), vmin=-0.5, vmax=count - 0.5,
                    shading="auto", rasterized=True)  # fmt: skip
    for k in range(count):
        inside = (winner == k).astype(float)
        if 0.0 < inside.mean() < 1.0:
            axis.contour(*grid, inside, levels=[0.5], colors="black", linewidths=1.0)
        rows, columns = np.nonzero(inside)
        if len(rows):
            middle = len(rows) // 2
            place = grid[0][columns[middle]], grid[1][rows[middle]]
            axis.annotate(str(k), place, fontsize=16, weight="bold", ha="center")
