"""Optimisers: how the weights move, given their gradients g = ∂C/∂w.

Every step follows PyTorch's arithmetic, where PyTorch has that optimiser.  `lr` and the
other settings are attributes that may be changed between steps, as `nn.schedule` does.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd import Value
from autograd.value import flat_owner, flattened
from nn.flatten import Flat


class Optimizer:
    """What all optimisers share: their parameters, and `zero_grad()`.

    Parameters
    ----------
    params : iterable of Value
        The leaves to move; one that comes twice moves once.
    lr : float
        The learning rate, > 0.

    Raises
    ------
    ValueError
        If there are no parameters, or a setting lies outside its interval.
    TypeError
        If something is not a leaf.
    """

    def __init__(self, params: Iterable[Value], lr: float) -> None:
        self.params = leaves(params, type(self).__name__)
        if not 0.0 < lr < math.inf:
            raise ValueError(f"the learning rate must be positive, not {lr}")
        self.lr = lr
        self._flat: Flat | None = None
        self._looked_up = -1

    def step(self) -> None:
        """Move every parameter by its gradient."""
        raise NotImplementedError

    def _flattened(self) -> Flat | None:
        """The vectors that hold the parameters, if there are such (`nn.flatten`)."""
        if self._looked_up != flattened():
            owner = flat_owner(self.params)
            self._flat = owner if owner is not None and len(owner) == len(self.params) else None
            self._looked_up = flattened()
        return self._flat

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0."""
        flat = self._flattened()
        if flat is not None:
            flat.grad.fill(0.0)
            return
        for p in self.params:
            p.grad = 0.0

    def _zeros(self) -> list[float]:
        return [0.0] * len(self.params)


def leaves(params: Iterable[Value], who: str) -> list[Value]:
    """`params` as a list without duplicates, if they are leaves."""
    found: dict[int, Value] = {}
    for p in params:
        if not isinstance(p, Value) or p.op or p.constant:
            raise TypeError(f"{who} moves leaves, Values made by Value(number), not {p!r}")
        found[id(p)] = p
    if not found:
        raise ValueError(f"{who} was given no parameters")
    return list(found.values())


class SGD(Optimizer):
    """Gradient descent.

    step():  g ← ∂C/∂w + weight_decay · w
             Δw ← momentum · Δw - lr · g
             w ← (1 - shrink) · (w + Δw)

    which is the rule of Rumelhart, Hinton & Williams (1986) with ε = lr, α = momentum.
    As in theirs, a change of `lr` leaves the Δw of the past as it was; PyTorch's momentum
    would scale it with the new rate.

    Parameters
    ----------
    params, lr
        As for `Optimizer`.
    momentum : float
        What remains of the previous step, from 0 up to but not including 1.
    nesterov : bool
        Move by momentum · Δw - lr · g, with the new Δw: a look one step ahead.
    weight_decay : float
        ≥ 0; adds weight_decay · w to the gradient, as ½ weight_decay Σ w² in the cost does.
    shrink : float
        What every weight loses after each change, from 0 up to but not including 1: 0.002
        in the family trees of 1986.
    """

    def __init__(
        self,
        params: Iterable[Value],
        lr: float,
        momentum: float = 0.0,
        *,
        nesterov: bool = False,
        weight_decay: float = 0.0,
        shrink: float = 0.0,
    ) -> None:
        super().__init__(params, lr)
        _below_one(momentum=momentum, shrink=shrink)
        _not_negative(weight_decay=weight_decay)
        if nesterov and not momentum:
            raise ValueError("nesterov needs momentum > 0: it looks ahead along it")
        self.momentum, self.nesterov = momentum, nesterov
        self.weight_decay, self.shrink = weight_decay, shrink
        self._steps: list[float] | np.ndarray = self._zeros()

    def step(self) -> None:
        """Move every parameter by its gradient: all at once, where they are one vector."""
        flat = self._flattened()
        if flat is not None:
            with np.errstate(all="ignore"):  # as Python's floats: inf and nan without a word
                flat.data[:], self._steps = self._moved(flat.data, flat.grad, np.array(self._steps))
            return
        steps = self._steps = [float(step) for step in self._steps]
        for k, p in enumerate(self.params):
            p.data, steps[k] = self._moved(p.data, p.grad, steps[k])

    def _moved(self, w: Any, g: Any, step: Any) -> tuple[Any, Any]:
        """The weights after a step, and Δw; of numbers or of vectors, the same bits."""
        down = self.lr * (g + self.weight_decay * w) if self.weight_decay else self.lr * g
        dw = step = self.momentum * step - down
        if self.nesterov:
            dw = self.momentum * dw - down
        return (w + dw) * (1.0 - self.shrink), step


class RMSprop(Optimizer):
    """Steps divided by the size of recent gradients (Hinton's lecture 6e, 2012).

    step():  g ← ∂C/∂w + weight_decay · w
             v ← alpha · v + (1 - alpha) · g²
             Δw ← momentum · Δw + g / (√v + eps)
             w ← w - lr · Δw

    Parameters
    ----------
    params, lr
        As for `Optimizer`.
    alpha : float
        How much of v remains, from 0 up to but not including 1.
    eps : float
        > 0; keeps the quotient finite where gradients are 0.
    momentum, weight_decay : float
        As for `SGD`.
    """

    def __init__(
        self,
        params: Iterable[Value],
        lr: float = 0.01,
        *,
        alpha: float = 0.99,
        eps: float = 1e-8,
        momentum: float = 0.0,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(params, lr)
        _below_one(alpha=alpha, momentum=momentum)
        _not_negative(weight_decay=weight_decay)
        _positive(eps=eps)
        self.alpha, self.eps = alpha, eps
        self.momentum, self.weight_decay = momentum, weight_decay
        self._squares, self._steps = self._zeros(), self._zeros()

    def step(self) -> None:
        """Move every parameter by its gradient."""
        for k, p in enumerate(self.params):
            g = p.grad + self.weight_decay * p.data if self.weight_decay else p.grad
            self._squares[k] = v = self.alpha * self._squares[k] + (1.0 - self.alpha) * g * g
            down = g / (math.sqrt(v) + self.eps)
            self._steps[k] = dw = self.momentum * self._steps[k] + down
            p.data -= self.lr * dw


class Adam(Optimizer):
    """Steps of about lr, by running means of the gradient and its square (Kingma & Ba, 2015).

    step() number t:  g ← ∂C/∂w + weight_decay · w
                      m ← β₁ · m + (1 - β₁) · g
                      v ← β₂ · v + (1 - β₂) · g²
                      w ← w - lr · m̂ / (√v̂ + eps),  m̂ = m / (1 - β₁ᵗ),  v̂ = v / (1 - β₂ᵗ)

    Parameters
    ----------
    params, lr
        As for `Optimizer`.
    betas : (float, float)
        β₁ and β₂, from 0 up to but not including 1.
    eps : float
        > 0; keeps the quotient finite where gradients are 0.
    weight_decay : float
        As for `SGD`.  It is scaled like the gradient; `AdamW` does without that.
    """

    def __init__(
        self,
        params: Iterable[Value],
        lr: float = 0.001,
        *,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(params, lr)
        beta1, beta2 = betas
        _below_one(beta1=beta1, beta2=beta2)
        _not_negative(weight_decay=weight_decay)
        _positive(eps=eps)
        self.betas, self.eps, self.weight_decay = (beta1, beta2), eps, weight_decay
        self._t = 0
        self._means, self._squares = self._zeros(), self._zeros()

    def step(self) -> None:
        """Move every parameter by its gradient."""
        self._move(self.weight_decay)

    def _move(self, decay: float) -> None:
        self._t += 1
        (beta1, beta2), eps = self.betas, self.eps
        rate = self.lr / (1.0 - beta1**self._t)
        root = math.sqrt(1.0 - beta2**self._t)
        for k, p in enumerate(self.params):
            g = p.grad + decay * p.data if decay else p.grad
            self._means[k] = m = self._means[k] + (g - self._means[k]) * (1.0 - beta1)
            self._squares[k] = v = beta2 * self._squares[k] + (1.0 - beta2) * g * g
            p.data -= rate * m / (math.sqrt(v) / root + eps)


class AdamW(Adam):
    """Adam with weight decay apart from the gradient (Loshchilov & Hutter, 2019).

    step():  w ← (1 - lr · weight_decay) · w, then as `Adam` without decay.  Parameters as
    for `Adam`; decay is 0.01 unless told.
    """

    def __init__(
        self,
        params: Iterable[Value],
        lr: float = 0.001,
        *,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.01,
    ) -> None:
        super().__init__(params, lr, betas=betas, eps=eps, weight_decay=weight_decay)

    def step(self) -> None:
        """Shrink every parameter, then move it by its gradient."""
        kept = 1.0 - self.lr * self.weight_decay
        for p in self.params:
            p.data *= kept
        self._move(0.0)


def clip_grad_norm(params: Iterable[Value], max_norm: float) -> float:
    """Scale all gradients so that their Euclidean norm is at most `max_norm`; the norm before.

    They are multiplied by max_norm / (norm + 1e-6) where that is below 1, as in PyTorch.
    Call it between `backward()` and `step()`.

    Raises
    ------
    ValueError
        If `max_norm` is not positive, or a gradient is nan or infinite: nothing would be
        left of the others.
    """
    _positive(max_norm=max_norm)
    found = leaves(params, "clip_grad_norm")
    norm = math.hypot(*(p.grad for p in found))
    if not math.isfinite(norm):
        raise ValueError(
            f"the norm of the gradients is {norm}; "
            "autograd.detect_anomaly() finds the operation that made it so"
        )
    scale = max_norm / (norm + 1e-6)
    if scale < 1.0:
        for p in found:
            p.grad *= scale
    return norm


def _below_one(**settings: float) -> None:
    for name, x in settings.items():
        if not 0.0 <= x < 1.0:
            raise ValueError(f"{name} lies in [0, 1), not at {x}")


def _not_negative(**settings: float) -> None:
    for name, x in settings.items():
        if not 0.0 <= x < math.inf:
            raise ValueError(f"{name} is a number from 0 up, not {x}")


def _positive(**settings: float) -> None:
    for name, x in settings.items():
        if not 0.0 < x < math.inf:
            raise ValueError(f"{name} must be a positive number, not {x}")
