"""Gradients scaled down where they are too long."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from autograd import Value
from nn.checks import leaves, positive


def clip_grad_norm(params: Iterable[Value], max_norm: float) -> float:
    """Scale all gradients to a Euclidean norm of at most `max_norm`; return the norm before.

    They are multiplied by max_norm / (norm + 1e-6) where that is below 1, as in PyTorch.
    Call it between `backward()` and `step()`.

    Raises
    ------
    ValueError
        If `max_norm` is not positive, or a gradient is nan or infinite: scaling would destroy the
        others.
    """
    positive(max_norm=max_norm)
    distinct = leaves(params, "clip_grad_norm")
    norm = math.hypot(*(p.grad for p in distinct))
    if not math.isfinite(norm):
        raise ValueError(
            f"the norm of the gradients is {norm}; "
            "autograd.detect_anomaly() finds the operation that made it so"
        )
    scale = max_norm / (norm + 1e-6)
    if scale < 1.0:
        for p in distinct:
            p.grad *= scale
    return norm


def clip_vector(grad: np.ndarray, max_norm: float) -> None:
    """`clip_grad_norm` for a vector; one that is nan or infinite stays as it is."""
    with np.errstate(all="ignore"):
        norm = math.sqrt(np.dot(grad, grad))
    if not 1e-150 < norm < 1e150:  # of such numbers the squares overflow, or vanish
        size = float(np.max(np.abs(grad)))
        norm = size * float(np.linalg.norm(grad / size)) if 0.0 < size < math.inf else size
    scale = max_norm / (norm + 1e-6)
    if scale < 1.0 and norm < math.inf:
        grad *= scale
