"""The rules by which weights w move, given their gradients g = ∂C/∂w, over arrays.

Every step follows PyTorch's arithmetic if PyTorch has that optimiser.  `lr` and the
other settings are attributes that may be changed between steps, as `nn.schedule` does.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd import Value
from nn.checks import below_one, not_negative, positive
from nn.optim.base import Optimizer


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
        Move by momentum · Δw - lr · g, with the new Δw: look one step ahead.
    weight_decay : float
        ≥ 0; adds weight_decay · w to the gradient, as ½ weight_decay Σ w² in the cost does.
    shrink : float
        What every weight loses after each change, from 0 up to but not including 1: 0.002
        in the family trees of 1986.
    """

    STATE = ("_steps",)
    _steps: np.ndarray

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
        below_one(momentum=momentum, shrink=shrink)
        not_negative(weight_decay=weight_decay)
        if nesterov and not momentum:
            raise ValueError("nesterov needs momentum > 0: it looks ahead along it")
        self.momentum, self.nesterov = momentum, nesterov
        self.weight_decay, self.shrink = weight_decay, shrink

    def _move(self, w: Any, g: Any, a: Any, b: Any) -> None:
        dw = self._steps
        if self.weight_decay:
            g = _decayed(w, g, self.weight_decay, a)
        down = np.multiply(g, self.lr, out=a)
        if self.momentum:
            dw *= self.momentum
            dw -= down
        else:
            np.negative(down, out=dw)
        if self.nesterov:
            dw = np.multiply(dw, self.momentum, out=b)
            dw -= down
        w += dw
        if self.shrink:
            w *= 1.0 - self.shrink


def _decayed(w: Any, g: Any, decay: float, out: Any) -> Any:
    """g + decay · w."""
    np.multiply(w, decay, out=out)
    return np.add(g, out, out=out)


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
        The share of v that remains, from 0 up to but not including 1.
    eps : float
        > 0; keeps the quotient finite where gradients are 0.
    momentum, weight_decay : float
        As for `SGD`.
    """

    STATE = ("_squares", "_steps")
    _squares: np.ndarray
    _steps: np.ndarray

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
        below_one(alpha=alpha, momentum=momentum)
        not_negative(weight_decay=weight_decay)
        positive(eps=eps)
        self.alpha, self.eps = alpha, eps
        self.momentum, self.weight_decay = momentum, weight_decay

    def _move(self, w: Any, g: Any, a: Any, b: Any) -> None:
        v, dw = self._squares, self._steps
        if self.weight_decay:
            g = _decayed(w, g, self.weight_decay, a)
        _mix_square(v, g, self.alpha, b)
        np.sqrt(v, out=b)
        b += self.eps
        np.divide(g, b, out=b)
        dw *= self.momentum
        dw += b
        w -= np.multiply(dw, self.lr, out=b)


def _mix_square(v: Any, g: Any, share: float, scratch: Any) -> None:
    """v ← share · v + (1 - share) · g²."""
    np.multiply(g, 1.0 - share, out=scratch)
    scratch *= g
    v *= share
    v += scratch


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
        As for `SGD`.  It is scaled like the gradient, which `AdamW` avoids.
    """

    STATE = ("_means", "_squares")
    _means: np.ndarray
    _squares: np.ndarray

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
        below_one(beta1=beta1, beta2=beta2)
        not_negative(weight_decay=weight_decay)
        positive(eps=eps)
        self.betas, self.eps, self.weight_decay = (beta1, beta2), eps, weight_decay
        self._t = 0

    def step(self) -> None:
        """Move every parameter by its gradient."""
        self._t += 1
        super().step()

    def _move(self, w: Any, g: Any, a: Any, b: Any) -> None:
        if self.weight_decay:
            g = _decayed(w, g, self.weight_decay, a)
        self._adapt(w, g, a, b)

    def _adapt(self, w: Any, g: Any, a: Any, b: Any) -> None:
        """The step without decay."""
        beta1, beta2 = self.betas
        m, v = self._means, self._squares
        np.subtract(g, m, out=b)
        if beta1 > 0.5:
            b *= 1.0 - beta1
            m += b
        else:  # from the other end, as PyTorch does: where nothing of m remains, it is g itself
            b *= beta1
            np.subtract(g, b, out=m)
        _mix_square(v, g, beta2, b)
        np.sqrt(v, out=b)
        b /= math.sqrt(1.0 - beta2**self._t)
        b += self.eps
        np.multiply(m, self.lr / (1.0 - beta1**self._t), out=a)
        a /= b
        w -= a


class AdamW(Adam):
    """Adam with weight decay apart from the gradient (Loshchilov & Hutter, 2019).

    step():  w ← (1 - lr · weight_decay) · w, then as `Adam` without decay.

    Parameters
    ----------
    params, lr, betas, eps, weight_decay
        As for `Adam`; the decay is 0.01 by default.
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

    def _move(self, w: Any, g: Any, a: Any, b: Any) -> None:
        w *= 1.0 - self.lr * self.weight_decay
        self._adapt(w, g, a, b)
