"""What a model has learned as plots: its decisions over the plane, its weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from numbers import Real
from typing import Any

import numpy as np
from matplotlib.colors import LinearSegmentedColormap, ListedColormap, TwoSlopeNorm
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from autograd import GraphError, Value, compile, no_grad
from viz import style
from viz.columns import digits
from viz.figure import Figure
from viz.parameters import Model, parameters_of
from viz.plots import as_number, plain

AREAS = (style.POSITIVE, style.NEGATIVE, "#009E73", style.UNDEFINED, "#56B4E9", "#F0E442")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
GRID = 120  # points along either side
LARGEST = 1e150  # its square is still a number
SQUARES = 4000  # weights of a layer; more become a heat map


def plot_decision(
    model: Callable[..., Any],
    X: Any,
    y: Any,
    *,
    threshold: float | None = None,
    margin: float = 0.25,
) -> Figure:
    """What a model of two inputs says all over the plane, and the examples on top.

    Parameters
    ----------
    model : callable
        Takes a list of two numbers; returns one, or one for every class.
    X, y : sequences
        n rows of two numbers, and n classes.
    threshold : float, optional
        Of a single output, where one class ends and the other begins.  Default: 0.5 if
        all outputs lie in 0 … 1 and the classes are 0 and 1, else 0.
    margin : float
        How far beyond the examples, as a share of their extent.

    Raises
    ------
    TypeError, ValueError
        If X is not n rows of two numbers, y not n classes, or the model gives no numbers.
    """
    if not callable(model):
        raise TypeError(f"a model is called with two numbers, and {model!r:.60} cannot be called")
    points, classes = _array(X, "X"), _array(y, "y")
    if points.ndim != 2 or points.shape[1] != 2 or not len(points) or classes.ndim > 2:
        raise ValueError(
            f"plot_decision takes n rows of two numbers and n classes, not {points.shape} "
            f"and {classes.shape}"
        )
    if classes.size != len(points) or len(classes) != len(points):
        raise ValueError(
            f"y has a class for every row of X, which are {len(points)}; its shape is "
            f"{classes.shape}"
        )
    classes = classes.reshape(-1)
    if threshold is not None:
        _finite("threshold", threshold)
    if _finite("margin", margin) < 0.0:
        raise ValueError(f"margin is a number from 0 up, not {margin}")
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


def _array(given: Any, name: str) -> np.ndarray:
    """Numbers or Values as an array of numbers that a plane has room for."""
    given = list(given) if isinstance(given, Iterator) else given
    found = np.array(given.tolist() if isinstance(given, np.ndarray) else given, dtype=object)
    for x in found.flat:
        if not isinstance(x, Value | Real | np.bool_):
            raise TypeError(f"{name} is made of numbers, in rows of one length, not of {x!r:.60}")
    numbers = np.array([as_number(x) for x in found.flat])
    wrong = numbers[~(np.abs(numbers) <= LARGEST)]
    if len(wrong):
        raise ValueError(f"{name} holds {wrong[0]:g}, for which a plane has no place")
    return numbers.reshape(found.shape)


def _finite(name: str, x: Any) -> float:
    if not isinstance(x, Real):
        raise TypeError(f"{name} is a number, not {x!r:.60}")
    found = float(x)
    if not np.isfinite(found):
        raise ValueError(f"{name} is a finite number, not {x}")
    return found


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
        raise TypeError(f"a model gives a number, or one for every class, not {v!r:.60}")
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
    shades = [_mixed(AREAS[k % len(AREAS)]) for k in range(count)]
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


def _mixed(colour: str) -> str:
    parts = (int(colour[k : k + 2], 16) for k in (1, 3, 5))
    return "#" + "".join(f"{round(255 - 0.35 * (255 - part)):02X}" for part in parts)


def plot_weights(model: Model) -> Figure:
    """Every layer's weights: a row a neuron, a column an input, the bias last.

    The area of a square is the weight's size beside the layer's largest; filled squares
    are positive, hollow ones negative (a Hinton diagram).  Layers of more than 4,000
    weights are heat maps.

    Raises
    ------
    TypeError, ValueError
        If the model has no `named_parameters()`, or no parameters.
    """
    matrices = weight_matrices(model)
    tall = [min(4.0, 0.6 + 0.16 * min(m.shape[0], 25)) for m in matrices.values()]
    figure = Figure(sum(tall) + 0.5 * len(tall))
    axes = figure.subplots(len(matrices), 1, squeeze=False, height_ratios=tall)[:, 0]
    for axis, (name, matrix) in zip(axes, matrices.items(), strict=True):
        heat = matrix.size > SQUARES
        (_heat if heat else _hinton)(figure, axis, matrix)
        largest = digits(np.nanmax(np.abs(matrix)))
        signs = "" if heat else "; filled: positive, hollow: negative"
        axis.set_title(plain(f"{name}: largest |w| {largest}{signs}"), fontsize=9, loc="left")
        if len(matrix) > 3:  # else there is no room for the word
            axis.set_ylabel("neuron")
    axes[-1].set_xlabel("weight, the bias last")
    return figure


def weight_matrices(model: Model) -> dict[str, np.ndarray]:
    """Of every layer a matrix: a row a unit, a column a weight; nan where there is none."""
    p = parameters_of(model)
    numbers = p.numbers()
    matrices = {}
    for k, layer in enumerate(p.layers):
        inside = np.flatnonzero(p.layer_of == k)
        units, row = np.unique(p.unit_of[inside], return_inverse=True)
        column = np.zeros(len(inside), dtype=int)
        for r in range(len(units)):
            column[row == r] = np.arange((row == r).sum())
        matrix = np.full((len(units), column.max() + 1), np.nan)
        matrix[row, column] = numbers[inside]
        matrices[layer] = matrix
    return matrices


def _hinton(figure: Figure, axis: Any, matrix: np.ndarray) -> None:
    largest = _largest(matrix)
    for (r, c), w in np.ndenumerate(matrix):
        if not w or w != w:
            continue
        side = 0.9 * np.sqrt(min(1.0, abs(w) / largest))
        colour = style.POSITIVE if w > 0.0 else style.NEGATIVE
        axis.add_patch(Rectangle(
            (c - side / 2, r - side / 2), side, side, edgecolor=colour, linewidth=1.2,
            facecolor=colour if w > 0.0 else "white",
        ))  # fmt: skip
    axis.set(xlim=(-0.7, matrix.shape[1] - 0.3), ylim=(matrix.shape[0] - 0.3, -0.7))
    axis.set_aspect("equal", adjustable="box", anchor="W")
    axis.spines[["top", "right"]].set_visible(False)
    _whole_ticks(axis, matrix.shape)


def _largest(matrix: np.ndarray) -> float:
    """The size of the largest finite weight, 1 if all are 0."""
    return float(np.abs(matrix[np.isfinite(matrix)]).max(initial=0.0)) or 1.0


def _heat(figure: Figure, axis: Any, matrix: np.ndarray) -> None:
    largest = _largest(matrix)
    drawn = axis.imshow(matrix, cmap="PuOr_r", vmin=-largest, vmax=largest, aspect="auto",
                        interpolation="nearest")  # fmt: skip
    figure.colorbar(drawn, ax=axis)
    _whole_ticks(axis, matrix.shape)


def _whole_ticks(axis: Any, shape: tuple[int, ...]) -> None:
    for side, count in zip((axis.yaxis, axis.xaxis), shape, strict=True):
        side.set_major_locator(MaxNLocator(min(6, count), integer=True, min_n_ticks=1))
