"""What a callback changes in the model being trained."""

from __future__ import annotations

from typing import Any

from autograd import Value
from nn.checks import counted
from nn.module import Module
from nn.training.batches import Steps


class Changes:
    """Looks, between two epochs, whether the model is the one that was traced."""

    def __init__(self, model: Any, steps: Steps) -> None:
        self._model, self._steps = model, steps
        self._known: dict[int, Value] = {}

    def look(self) -> None:
        """Find out what has changed since the last look.

        Raises
        ------
        ValueError
            If the loss now depends on weights that the optimizer does not move, and did not at the
            start: at once, or at the next gradient.
        """
        steps = self._steps
        steps.executor.look_again(steps.batches.X, steps.batches.T, self._check)

    def _check(self, leaves: list[Value]) -> None:
        is_module = isinstance(self._model, Module)
        if not self._known:
            known = [*leaves, *self._steps.optimizer.params]
            known += self._model.parameters() if is_module else []
            self._known = {id(p): p for p in known}
        new = [p for p in leaves if id(p) not in self._known]
        if new and (is_module or not self._steps.executor.varies):
            raise ValueError(
                f"a callback gave the model {counted(len(new), 'weight')} that the optimizer does "
                "not move: set state.stop, and call fit again with an optimizer of the model's "
                "parameters as they are now"
            )
