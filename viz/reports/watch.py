"""Gradients and weights, recorded during training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from viz.checks import at_least_one
from viz.reports.gradients import vanishing_or_exploding
from viz.reports.parameters import Model, parameters_of
from viz.reports.table import LayerReport
from viz.text import digits

if TYPE_CHECKING:
    from viz.plots.figure import Figure

TENTH = 0.1  # the share of the records at either end that is compared
SILENT = 1e-6  # a layer that changes by a smaller share of its size in a step learns nothing


@dataclass(frozen=True)
class WatchedLayer:
    """How one layer changed during training.

    Attributes
    ----------
    name : str
    weights, units : int
        How many weights, and how many neurons.
    gradient, gradient_before : float
        The median norm of ∂C/∂w in the last tenth of the records, and in the first.
    norm, norm_before : float
        The same of the weights.
    change : float
        The median change of the weights from one record to the next in the last tenth,
        divided by their size; nan if there are fewer than two records.
    dead : int
        How many neurons got no gradient at all in the last tenth.
    warnings : tuple of str
    """

    name: str
    weights: int
    units: int
    gradient: float
    gradient_before: float
    norm: float
    norm_before: float
    change: float
    dead: int
    warnings: tuple[str, ...]


@dataclass(frozen=True, repr=False)
class WatchReport(LayerReport[WatchedLayer]):
    """One row for each layer, from the inputs to the cost; printed as a table."""

    records: int
    rows: tuple[WatchedLayer, ...]

    def __str__(self) -> str:
        titles = ("layer", "weights", "norm ∂C/∂w", "norm w", "change of w", "dead units")
        rows = (
            (row.name, f"{row.weights:,}",
             f"{digits(row.gradient_before)} → {digits(row.gradient)}",
             f"{digits(row.norm_before)} → {digits(row.norm)}",
             digits(row.change), f"{row.dead} of {row.units}" if row.units else "")
            for row in self.rows
        )  # fmt: skip
        head = f"{self.records:,} records; medians of the first tenth → of the last tenth"
        return f"{head}\n{self.table(titles, rows)}"


class Watch:
    """Records the sizes of gradients and weights, layer by layer, in a training loop.

    Call it after every `backward()`, before gradients are cleared.  It costs a few
    additions per weight (least with weights in one vector, `nn.flatten`) and keeps a few
    numbers for each layer.  `report()` and `plot()` show vanishing and exploding gradients
    and dead units.

    Parameters
    ----------
    model : nn.Module
        Something with `named_parameters()`.
    every : int
        Only every `every`-th call is recorded.

    Raises
    ------
    TypeError, ValueError
        If it has no parameters, or `every` is less than 1.

    >>> from nn import MLP, SGD
    >>> from viz import Watch
    >>> model = MLP(2, [3, 1], activation="tanh", rng=1)
    >>> watch, optimiser = Watch(model), SGD(model.parameters(), lr=0.1)
    >>> for _ in range(20):
    ...     C = (model([1.0, -1.0]) - 1) ** 2
    ...     optimiser.zero_grad()
    ...     C.backward()
    ...     watch()
    ...     optimiser.step()
    >>> len(watch), [row.dead for row in watch.report()]
    (20, [0, 0])
    """

    def __init__(self, model: Model, every: int = 1) -> None:
        at_least_one("every", every)
        self.parameters = parameters_of(model)
        self.every = every
        self._calls = 0
        self._before: np.ndarray | None = None
        self._gradients: list[np.ndarray] = []
        self._weights: list[np.ndarray] = []
        self._changes: list[np.ndarray] = []
        self._alive: list[np.ndarray] = []

    @property
    def layers(self) -> list[str]:
        """The layers' names, from the inputs to the cost."""
        return list(self.parameters.layers)

    @property
    def steps(self) -> np.ndarray:
        """For each record, which call it was: 1, 2, 3, …"""
        return 1 + self.every * np.arange(len(self))

    @property
    def gradients(self) -> np.ndarray:
        """The norm of ∂C/∂w: one row per record, one column per layer."""
        return self._rows(self._gradients)

    @property
    def weights(self) -> np.ndarray:
        """The norm of the weights: one row per record, one column per layer."""
        return self._rows(self._weights)

    @property
    def changes(self) -> np.ndarray:
        """How far the weights moved since the record before, divided by their norm; first nan."""
        return self._rows(self._changes)

    @property
    def dead(self) -> np.ndarray:
        """How many neurons got no gradient at all: one row per record, one column per layer."""
        return self._rows([self.parameters.dead_units(alive) for alive in self._alive])

    def __len__(self) -> int:
        return len(self._gradients)

    def __repr__(self) -> str:
        return f"Watch({len(self.parameters.leaves):,} weights, {len(self):,} records)"

    def __call__(self, state: Any = None, *_: Any) -> None:
        """Record, as `record()` does; as a callback of `nn.fit`, in the history too."""
        before = len(self)
        self.record()
        gradients = getattr(getattr(state, "history", None), "gradients", None)
        if gradients is not None and len(self) > before:
            for name, norm in zip(self.layers, self._gradients[-1].tolist(), strict=True):
                gradients.setdefault(name, []).append(norm)

    def record(self) -> None:
        """Record the sizes of gradients and weights as they are now."""
        self._calls += 1
        if (self._calls - 1) % self.every:
            return
        p = self.parameters
        g, w = p.grads(), p.numbers()
        norms = p.layer_norms(w)
        with np.errstate(all="ignore"):
            moved = np.nan * norms
            if self._before is not None:
                moved = p.layer_norms(w - self._before) / norms
        self._gradients.append(p.layer_norms(g))
        self._weights.append(norms)
        self._changes.append(moved)
        self._alive.append(p.units_alive(g))
        self._before = w.copy()

    def report(self) -> WatchReport:
        """How every layer changed during training, with warnings.

        Raises
        ------
        ValueError
            If nothing was recorded.
        """
        if not self._gradients:
            raise ValueError("nothing was recorded: call the watch after backward()")
        first, last = self._first(), self._last()
        before, now = _median(self.gradients[first]), _median(self.gradients[last])
        weights_before, weights = _median(self.weights[first]), _median(self.weights[last])
        change = _median(self.changes[last])
        p = self.parameters
        dead = p.dead_units(np.any(self._alive[last], axis=0))
        mean = now / np.sqrt(p.layer_sizes)  # that of a typical weight, whatever the layer's size
        rows = []
        for k, name in enumerate(p.layers):
            count, units = int(p.layer_sizes[k]), int(p.layer_units[k])
            warnings = self._warnings(k, mean, int(dead[k]), units, float(change[k]))
            rows.append(WatchedLayer(
                name, count, units,
                gradient=float(now[k]), gradient_before=float(before[k]),
                norm=float(weights[k]), norm_before=float(weights_before[k]),
                change=float(change[k]), dead=int(dead[k]), warnings=tuple(warnings),
            ))  # fmt: skip
        return WatchReport(len(self), tuple(rows))

    def plot(self) -> Figure:
        """The whole run in one figure: gradients, changes in the weights, dead units."""
        from viz.plots.training import plot_gradient_flow

        return plot_gradient_flow(self)

    def _warnings(
        self, k: int, mean: np.ndarray, dead: int, units: int, change: float
    ) -> list[str]:
        bad = int((~np.isfinite(self.gradients[:, k])).sum())
        warnings = [f"nan or infinite in {bad:,} of {len(self):,} records"] if bad else []
        if mean[k] == 0.0:
            return [*warnings, "no gradient at all in the last tenth"]
        if text := vanishing_or_exploding(mean, k):
            warnings.append(text)
        if dead:
            warnings.append(f"{dead} of {units} units are dead: no gradient in the last tenth")
        if change < SILENT:
            warnings.append(f"hardly learns: it changes by {digits(change)} of its size a record")
        return warnings

    def _first(self) -> slice:
        return slice(max(1, round(TENTH * len(self))))

    def _last(self) -> slice:
        return slice(-max(1, round(TENTH * len(self))), None)

    def _rows(self, rows: list[np.ndarray]) -> np.ndarray:
        return np.array(rows) if rows else np.empty((0, len(self.parameters.layers)))


def _median(x: np.ndarray) -> np.ndarray:
    """For each column the median of the entries that are numbers; nan if none is."""
    medians = np.full(x.shape[1], np.nan)
    for k, column in enumerate(x.T):
        if (numbers := column[~np.isnan(column)]).size:
            medians[k] = np.median(numbers)
    return medians
