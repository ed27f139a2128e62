"""Training, plotted: costs and gradients over epochs, steps and layers.

Lines are told apart by dashes as well as by colour, signs and classes by shape.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.ticker import MaxNLocator

from viz import style
from viz.plots.figure import Figure, as_number, plain
from viz.reports.gradients import GradientReport, gradient_report

COLOURS = (style.POSITIVE, style.NEGATIVE, "#000000", "#009E73", style.UNDEFINED, "#56B4E9")
DASHES = ("-", "--", "-.", ":")
WIDE_RANGE = 30.0  # from the smallest to the largest; more is drawn on a logarithmic scale


def plot_history(history: Any) -> Figure:
    """The cost, the metric if it was measured, and a learning rate that changes, by epoch.

    Parameters
    ----------
    history : nn.History, mapping or sequence of numbers
        Lists `loss`, `val_loss`, `metric`, `val_metric`, `lr`, some of which may be
        missing or empty; plain numbers are a loss.

    Raises
    ------
    ValueError
        If there is nothing to plot.
    """
    panels = _panels(history)
    if not panels:
        raise ValueError("this history has no loss and no metric: there is nothing to plot")
    figure = Figure(2.4 * len(panels) + 0.4)
    axes = figure.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]
    for axis, (title, curves) in zip(axes, panels, strict=True):
        for k, (name, y) in enumerate(curves.items()):
            label = "validation" if name.startswith("val_") else "training"
            axis.plot(range(1, len(y) + 1), y, **_line(k), **_alone(y), label=label)
        _dress(axis, title, list(curves.values()))
        if len(curves) > 1:
            axis.legend(frameon=False)
    axes[-1].set_xlabel("epoch")
    return figure


def _panels(history: Any) -> list[tuple[str, dict[str, np.ndarray]]]:
    """Titles and curves; a learning rate only if it changes."""
    lists = [
        ("cost", ("loss", "val_loss")),
        (str(_field(history, "metric_name") or "metric"), ("metric", "val_metric")),
        ("learning rate", ("lr",)),
    ]
    panels = []
    for title, names in lists:
        curves = {name: y for name in names if len(y := _numbers(history, name))}
        if curves and ("lr" not in curves or len(set(curves["lr"])) > 1):
            panels.append((title, curves))
    return panels


def plot_gradient_flow(source: Any) -> Figure:
    """How large the gradient is in every layer: over the steps of a `Watch`, or now.

    Parameters
    ----------
    source : Watch, History, model, Value or GradientReport
        A Watch gives lines over its records, with the changes in the weights and the
        dead units below; the history of a `fit` that had one as a callback, lines over the
        epochs; anything else a bar for every layer, as in `gradient_report`.

    Raises
    ------
    ValueError
        If a Watch has recorded nothing, or a history holds no gradients.
    """
    gradients = getattr(source, "gradients", None)
    if isinstance(gradients, np.ndarray):
        return _over_time(source)
    if isinstance(gradients, dict):
        return _over_epochs(gradients)
    return _by_layer(source if isinstance(source, GradientReport) else gradient_report(source))


def _by_layer(report: GradientReport) -> Figure:
    names = [row.name for row in report]
    means = [row.mean for row in report]
    figure = Figure(0.9 + 0.3 * len(names))
    axis = figure.subplots()
    axis.barh(range(len(names)), means, color=style.POSITIVE, height=0.6)
    for k, row in enumerate(report):
        note = f" {row.mean:.2g}" + "  !" * bool(row.warnings)
        axis.annotate(note, (row.mean if np.isfinite(row.mean) else 0.0, k), va="center")
    axis.set_yticks(range(len(names)), [plain(name) for name in names])
    axis.invert_yaxis()
    axis.margins(x=0.15)
    if _wide([np.array(means)]):
        axis.set_xscale("log")
    axis.set_xlabel("mean |∂C/∂w|" + "   (!: see the report's warnings)" * bool(report.warnings))
    axis.spines[["top", "right"]].set_visible(False)
    return figure


def _over_epochs(gradients: dict[str, list[float]]) -> Figure:
    if not any(gradients.values()):
        raise ValueError(
            "this history holds no gradients: fit(..., callbacks=viz.Watch(model)) records them"
        )
    figure = Figure(3.0)
    axis = figure.subplots()
    for k, (name, norms) in enumerate(gradients.items()):
        epochs = range(1, len(norms) + 1)
        looks = _line(k, len(gradients)) | _alone(np.array(norms))
        axis.plot(epochs, norms, **looks, label=plain(name))
    _dress(axis, "norm of ∂C/∂w", [np.array(norms) for norms in gradients.values()])
    axis.set_xlabel("epoch")
    figure.legend(*axis.get_legend_handles_labels(), loc="outside right upper", frameon=False)
    return figure


def _over_time(watch: Any) -> Figure:  # a Watch, which stands above: its plot() asks here
    if not len(watch):
        raise ValueError("nothing was recorded: call the watch after backward()")
    panels = [("norm of ∂C/∂w", watch.gradients), ("change of w by its norm", watch.changes)]
    if watch.parameters.units:
        panels.append(("dead units", watch.dead.astype(float)))
    figure = Figure(2.2 * len(panels) + 0.6)
    axes = figure.subplots(len(panels), 1, sharex=True)
    for axis, (title, table) in zip(axes, panels, strict=True):
        for k, name in enumerate(watch.layers):
            looks = _line(k, len(watch.layers)) | _alone(table[:, k])
            axis.plot(watch.steps, table[:, k], **looks, label=plain(name))
        _dress(axis, title, list(table.T), log="dead" not in title)
        if "dead" in title:
            axis.yaxis.set_major_locator(MaxNLocator(4, integer=True, min_n_ticks=1))
            axis.set_ylim(-0.05, 1.1 * max(1.0, table.max()))
    axes[-1].set_xlabel("step")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside right upper", frameon=False)
    return figure


def _line(k: int, count: int = 0) -> dict[str, Any]:
    """The style of line `k`; many lines are shaded from the first layer to the last."""
    if count <= len(COLOURS):
        return {"color": COLOURS[k % len(COLOURS)], "linestyle": DASHES[k % 4], "linewidth": 1.6}
    shade = 0.75 * k / (count - 1)
    return {"color": str(shade), "linestyle": DASHES[k % 4], "linewidth": 1.2}


def _alone(y: np.ndarray) -> dict[str, Any]:
    """A dot for every number without a neighbour, which a line would not show."""
    known = np.concatenate([[False], np.isfinite(y), [False]])
    alone = known[1:-1] & ~known[:-2] & ~known[2:]
    if not alone.any():
        return {}
    return {"marker": "o", "markersize": 4.0, "markevery": np.flatnonzero(alone).tolist()}


def _dress(axis: Any, title: str, curves: Sequence[np.ndarray], log: bool | None = None) -> None:
    axis.set_ylabel(plain(title))
    axis.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axis.grid(alpha=0.3)
    axis.spines[["top", "right"]].set_visible(False)
    positive = any((np.nan_to_num(curve) > 0.0).any() for curve in curves)
    if positive and (_wide(curves) if log is None else log):
        axis.set_yscale("log")


def _wide(curves: Sequence[np.ndarray]) -> bool:
    """Whether all numbers are positive, over a range so wide that a linear scale would hide the
    small ones."""
    y = np.concatenate(curves)
    y = y[np.isfinite(y)]
    return len(y) > 0 and y.min() > 0.0 and y.max() / y.min() > WIDE_RANGE


def _field(history: Any, name: str) -> Any:
    return history.get(name) if isinstance(history, Mapping) else getattr(history, name, None)


def _numbers(history: Any, name: str) -> np.ndarray:
    """A list of a history as numbers; none if it is not there."""
    numbers = _field(history, name)
    if numbers is None and name == "loss" and isinstance(history, Sequence | np.ndarray):
        numbers = history
    numbers = [] if numbers is None else numbers
    try:
        return np.array([as_number(v) for v in numbers], dtype=float)
    except (TypeError, ValueError):
        raise TypeError(f"{name} must be a list of numbers, not {numbers!r}") from None
