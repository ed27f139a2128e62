"""How large the gradient is in every layer, and warnings about it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from autograd import Value
from autograd.graph import leaves
from viz.reports.parameters import Model, Parameters, grouped, parameters_of
from viz.reports.table import LayerReport
from viz.scene.graph_arrays import GraphArrays
from viz.scene.partition import partition
from viz.text import digits, percent

VANISHING = 0.01  # a layer's mean |∂C/∂w| beside the largest of the layers after it
EXPLODING = 100.0
MOSTLY = 0.5  # a larger share of exact zeros deserves a warning


@dataclass(frozen=True)
class LayerGradient:
    """∂C/∂w in one layer.

    Attributes
    ----------
    name : str
    weights : int
        How many leaves, biases included.
    norm, mean, largest : float
        The Euclidean norm of ∂C/∂w, the mean of |.|, the largest |.|.
    zeros : float
        The share of weights whose gradient is exactly 0.
    ratio : float
        `mean` divided by that of the next layer; nan for the last one.
    units, dead : int
        How many neurons, and how many of them get no gradient at all.
    warnings : tuple of str
    """

    name: str
    weights: int
    norm: float
    mean: float
    largest: float
    zeros: float
    ratio: float
    units: int
    dead: int
    warnings: tuple[str, ...]


@dataclass(frozen=True, repr=False)
class GradientReport(LayerReport[LayerGradient]):
    """One row for each layer, from the inputs to the cost; printed as a table."""

    rows: tuple[LayerGradient, ...]

    def __str__(self) -> str:
        titles = ("layer", "weights", "norm ∂C/∂w", "mean |.|", "max |.|", "zeros", "× next")
        rows = (
            (row.name, f"{row.weights:,}", *map(digits, (row.norm, row.mean, row.largest)),
             percent(row.zeros), "" if row is self.rows[-1] else digits(row.ratio))
            for row in self.rows
        )  # fmt: skip
        return self.table(titles, rows)


def gradient_report(model: Model | Value) -> GradientReport:
    """The size of ∂C/∂w in every layer after `backward()`, with warnings.

    Thresholds are relative: a layer's gradient is called vanishing if its mean size is
    less than a hundredth of that of a layer after it, exploding if it is more than a
    hundred times as large as that of every layer after it.  Nothing is drawn, so even a million
    Values are no problem.

    Parameters
    ----------
    model : nn.Module or Value
        Something with `named_parameters()`; or the cost itself, whose leaves are then
        sorted by `Value.scope` or, without scopes, by the formulas that use them.

    Raises
    ------
    TypeError
        If it is neither.
    ValueError
        If there are no weights.

    >>> from nn import MLP
    >>> from viz import gradient_report
    >>> model = MLP(2, [3, 1], activation="tanh")
    >>> (model([1.0, -1.0]) ** 2).backward()
    >>> [row.name for row in gradient_report(model)]
    ['layers.0', 'layers.1']
    """
    return _report(_of_graph(model) if isinstance(model, Value) else parameters_of(model))


def _report(p: Parameters) -> GradientReport:
    g = p.grads()
    size = np.abs(g)
    with np.errstate(all="ignore"):
        mean = p.layer_sums(size) / p.layer_sizes
        ratio = np.append(mean[:-1] / mean[1:], np.nan)
        largest = np.zeros(len(mean))
        np.maximum.at(largest, p.layer_of, size)
    zeros = p.layer_sums(g == 0.0) / p.layer_sizes
    wrong = p.layer_sums(~np.isfinite(g))
    norms, dead = p.layer_norms(g), p.dead_units(p.units_alive(g))
    rows = []
    for k, name in enumerate(p.layers):
        count, units = int(p.layer_sizes[k]), int(p.layer_units[k])
        warnings = _warnings(mean, k, zeros[k], int(wrong[k]), int(dead[k]), units)
        rows.append(LayerGradient(
            name, count, float(norms[k]), float(mean[k]), float(largest[k]),
            float(zeros[k]), float(ratio[k]), units, int(dead[k]), tuple(warnings),
        ))  # fmt: skip
    return GradientReport(tuple(rows))


def _warnings(
    mean: np.ndarray, k: int, zeros: float, wrong: int, dead: int, units: int
) -> list[str]:
    if wrong:
        return [f"{wrong:,} gradients are nan or infinite; autograd.detect_anomaly() finds where"]
    if zeros == 1.0:
        everywhere = not mean.any()
        return ["no gradient at all" + "; was backward() called?" * everywhere]
    warnings = [text] if (text := vanishing_or_exploding(mean, k)) else []
    if dead:
        warnings.append(f"{dead} of {units} units are dead: no gradient reaches their weights")
    elif zeros > MOSTLY:
        warnings.append(f"{percent(zeros)} of the gradients are exactly 0")
    return warnings


def vanishing_or_exploding(mean: np.ndarray, k: int) -> str:
    """A warning about layer `k`, or "", from the mean |∂C/∂w| of all layers."""
    after = mean[k + 1 :]
    after = after[np.isfinite(after) & (after > 0.0)]
    if not len(after) or mean[k] == 0.0 or not np.isfinite(mean[k]):
        return ""
    with np.errstate(over="ignore"):
        share = mean[k] / after.max()
    if share < VANISHING:
        return f"vanishing: {digits(share)} of the largest mean gradient of a layer after it"
    if share > EXPLODING:
        return f"exploding: {digits(share)} times the largest mean gradient of a layer after it"
    return ""


def _of_graph(C: Value) -> Parameters:
    """The leaves below C, sorted."""
    weights = leaves(C)
    if not weights:
        raise ValueError("this Value depends on no leaves: there is no ∂C/∂w to report")
    scopes = [v.scope for v in weights]
    if any(scopes):
        return grouped(weights, [scope or "(no module)" for scope in scopes])
    graph = GraphArrays(C)
    parts = partition(graph, "layer")
    indices = np.flatnonzero(graph.leaf).tolist()
    names = [f"leaves of {parts.names[parts.part[k]]}" for k in indices]
    return grouped([graph.nodes[k] for k in indices], names)
