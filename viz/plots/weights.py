"""A model's weights as plots."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from viz import style
from viz.plots.figure import Figure, plain
from viz.reports.parameters import Model, parameters_of
from viz.text import digits

SQUARES = 4000  # weights of a layer; more become a heat map


def plot_weights(model: Model) -> Figure:
    """Every layer's weights: one row per neuron, one column per input, the bias last.

    The area of a square is the weight's size relative to the layer's largest; filled
    squares are positive, hollow ones negative (a Hinton diagram).  Layers of more than 4,000
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
        if len(matrix) > 3:  # else there is no space for the word
            axis.set_ylabel("neuron")
    axes[-1].set_xlabel("weight, the bias last")
    return figure


def weight_matrices(model: Model) -> dict[str, np.ndarray]:
    """For each layer a matrix, one row per unit, one column per weight; nan where there is none."""
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
