"""History: what was measured while a model learned."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass, field, fields
from itertools import zip_longest

from autograd.internals import Path, atomic_write
from nn.training.metric import Score


@dataclass(repr=False)
class History:
    """One number per epoch in every list; lists of what was not measured are empty.

    Attributes
    ----------
    epoch : 1, 2, 3, …
    loss, metric : over the training examples, each with the weights as they were when it
        was learned from
    val_loss, val_metric : over the validation data, with the weights at the end of the epoch
    lr : the learning rate at the end of the epoch
    seconds : how long it took
    gradients : by the name of a layer, the norm of its ∂C/∂w for the last batch, where a
        callback notes it, as `viz.Watch` does
    metric_name : "accuracy", or the name of a function
    stopped : what ended training: "early" stopping, a "callback", or "interrupted" by Ctrl-C;
        "" if it went through all epochs
    """

    epoch: list[int] = field(default_factory=list)
    loss: list[float] = field(default_factory=list)
    metric: list[float] = field(default_factory=list)
    val_loss: list[float] = field(default_factory=list)
    val_metric: list[float] = field(default_factory=list)
    lr: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    gradients: dict[str, list[float]] = field(default_factory=dict)
    metric_name: str = ""
    stopped: str = ""

    def __len__(self) -> int:
        """How many epochs there were."""
        return len(self.epoch)

    def __bool__(self) -> bool:
        """True: a history of no epochs is one too."""
        return True

    @property
    def best_epoch(self) -> int | None:
        """The epoch of the least val_loss, or, without validation data, of the least loss."""
        losses = [math.inf if math.isnan(x) else x for x in self.val_loss or self.loss]
        return self.epoch[losses.index(min(losses))] if losses else None

    def note(
        self,
        epoch: int,
        loss: float,
        metric: float | None,
        validation: Score | None,
        lr: float,
        seconds: float,
    ) -> None:
        """Add the numbers of an epoch."""
        self.epoch.append(epoch)
        self.loss.append(loss)
        self.lr.append(lr)
        self.seconds.append(seconds)
        if metric is not None:
            self.metric.append(metric)
        if validation is not None:
            self.val_loss.append(validation.loss)
            if validation.metric is not None:
                self.val_metric.append(validation.metric)

    def last(self) -> str:
        """The last epoch's numbers, as text."""
        name = self.metric_name
        parts = [
            f"{label} {numbers[-1]:.4g}"
            for label, numbers in (
                ("loss", self.loss),
                (name, self.metric),
                ("val_loss", self.val_loss),
                (f"val_{name}", self.val_metric),
            )
            if numbers
        ]
        return ", ".join(parts)

    def __repr__(self) -> str:
        if not self.epoch:
            return f"History(no epochs{self._ending()})"
        count = f"{len(self)} epoch{'s' * (len(self) != 1)}"
        seconds = math.fsum(self.seconds)
        return f"History({count} in {seconds:.3g} s: {self.last()}{self._ending()})"

    def _ending(self) -> str:
        return f"; stopped: {self.stopped}" if self.stopped else ""

    def to_csv(self, path: Path) -> None:
        """Write a row for every epoch; columns of what was not measured are left out.

        What is there already is replaced as a whole, or, if that fails, stays as it was.

        Raises
        ------
        OSError
            If the folder does not exist or cannot be written to, or the disk is full.
        """
        columns = {f.name: getattr(self, f.name) for f in fields(self)}
        columns = {name: x for name, x in columns.items() if isinstance(x, list) and x}
        text = io.StringIO(newline="")
        rows = csv.writer(text)
        rows.writerow(columns)
        rows.writerows(zip_longest(*columns.values(), fillvalue=""))
        atomic_write(path, text.getvalue().encode())
