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
        self._room: Any = ()

    def step(self) -> None:
        """Move every parameter by its gradient: all at once, where they are one vector."""
        flat = self.flat()
        if flat is None:
            self._move_each()
            return
        with np.errstate(all="ignore"):  # as Python's floats: inf and nan without a word
            self._move_all(flat.data, flat.grad, *self._room)

    # A kind of optimiser moves its parameters in two ways, which give the same bits.

    HELD: tuple[str, ...] = ()  # the attributes that have a number for every parameter

    def _move_each(self) -> None:
        """One parameter after the other."""
        raise NotImplementedError

    def _move_all(self, w: Any, g: Any, a: Any, b: Any) -> None:
        """The weights w, whose gradients are g; a and b are room to work in."""
        raise NotImplementedError

    def kept(self) -> dict[str, Any]:
        """All settings, and what is remembered of past steps, for `restore`."""
        return {
            name: x.copy() if isinstance(x, list | dict | np.ndarray) else x
            for name, x in vars(self).items()
            if name not in ("params", *self._FOUND)
        }

    def restore(self, kept: dict[str, Any]) -> None:
        """Go back to what `kept()` gave; the parameters stay as they are."""
        for name, x in kept.items():
            setattr(self, name, x.copy() if isinstance(x, list | dict | np.ndarray) else x)
        self._looked_up = -1

    _FOUND = ("_flat", "_looked_up", "_room")  # what `flat()` finds out

    def __getstate__(self) -> dict[str, Any]:
        # the leaves of a copy are in no vector
        found = {name: x for name, x in vars(self).items() if name not in self._FOUND}
        return found | {"_flat": None, "_looked_up": -1, "_room": ()}

    def flat(self) -> Flat | None:
        """The vectors that hold the parameters, if there are such (`nn.flatten`)."""
        if self._looked_up != flattened():
            owner = flat_owner(self.params)
            self._flat = owner if owner is not None and len(owner) == len(self.params) else None
            self._looked_up = flattened()
            self._hold()
        return self._flat

    def _hold(self) -> None:
        """Numbers in arrays, with room to work in, for weights in a vector; else in lists."""
        flat = self._flat
        self._room = () if flat is None else np.empty((2, len(flat)))
        for name in self.HELD:
            held = getattr(self, name)
            setattr(self, name, np.array(held) if flat is not None else list(map(float, held)))

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0."""
        flat = self.flat()
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
        self._steps: Any = self._zeros()

    HELD = ("_steps",)

    def _move_each(self) -> None:
        steps = self._steps
        for k, p in enumerate(self.params):
            w, g = p.data, p.grad
            down = self.lr * (g + self.weight_decay * w) if self.weight_decay else self.lr * g
            dw = steps[k] = self.momentum * steps[k] - down if self.momentum else -down
            if self.nesterov:
                dw = self.momentum * dw - down
            p.data = (w + dw) * (1.0 - self.shrink)

    def _move_all(self, w: Any, g: Any, a: Any, b: Any) -> None:
        dw = self._steps
        if self.weight_decay:
            g = _decayed(w, g, self.weight_decay, a)
        if self.momentum:
            down = np.multiply(g, self.lr, out=a)
            dw *= self.momentum
            dw -= down
        else:
            np.multiply(g, -self.lr, out=dw)
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
        self._squares: Any = self._zeros()
        self._steps: Any = self._zeros()

    HELD = ("_squares", "_steps")

    def _move_each(self) -> None:
        for k, p in enumerate(self.params):
            g = p.grad + self.weight_decay * p.data if self.weight_decay else p.grad
            self._squares[k] = v = self.alpha * self._squares[k] + (1.0 - self.alpha) * g * g
            down = g / (math.sqrt(v) + self.eps)
            self._steps[k] = dw = self.momentum * self._steps[k] + down
            p.data -= self.lr * dw

    def _move_all(self, w: Any, g: Any, a: Any, b: Any) -> None:
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


def _mix_square(v: Any, g: Any, kept: float, room: Any) -> None:
    """v ← kept · v + (1 - kept) · g²."""
    np.multiply(g, 1.0 - kept, out=room)
    room *= g
    v *= kept
    v += room


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
        self._means: Any = self._zeros()
        self._squares: Any = self._zeros()

    HELD = ("_means", "_squares")

    def step(self) -> None:
        """Move every parameter by its gradient."""
        self._t += 1
        super().step()

    def _settings(self) -> tuple[float, float, float, float, float, float]:
        """What is multiplied with w, then added to g of w; β₁ and β₂; lr and √v, corrected."""
        beta1, beta2 = self.betas
        rate = self.lr / (1.0 - beta1**self._t)
        return 1.0, self.weight_decay, beta1, beta2, rate, math.sqrt(1.0 - beta2**self._t)

    def _move_each(self) -> None:
        shrunk, decay, beta1, beta2, rate, root = self._settings()
        eps = self.eps
        for k, p in enumerate(self.params):
            if shrunk != 1.0:
                p.data *= shrunk
            g = p.grad + decay * p.data if decay else p.grad
            self._means[k] = m = self._means[k] + (g - self._means[k]) * (1.0 - beta1)
            self._squares[k] = v = beta2 * self._squares[k] + (1.0 - beta2) * g * g
            p.data -= rate * m / (math.sqrt(v) / root + eps)

    def _move_all(self, w: Any, g: Any, a: Any, b: Any) -> None:
        shrunk, decay, beta1, beta2, rate, root = self._settings()
        m, v = self._means, self._squares
        if shrunk != 1.0:
            w *= shrunk
        if decay:
            g = _decayed(w, g, decay, a)
        np.subtract(g, m, out=b)
        b *= 1.0 - beta1
        m += b
        _mix_square(v, g, beta2, b)
        np.sqrt(v, out=b)
        b /= root
        b += self.eps
        np.multiply(m, rate, out=a)
        a /= b
        w -= a


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

    def _settings(self) -> tuple[float, float, float, float, float, float]:
        _, decay, *others = super()._settings()
        return 1.0 - self.lr * decay, 0.0, *others  # type: ignore[return-value]


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


def clip_vector(grad: np.ndarray, max_norm: float) -> None:
    """`clip_grad_norm` of a vector; what is nan or infinite stays so."""
    with np.errstate(all="ignore"):
        norm = math.sqrt(np.dot(grad, grad))
    if not 1e-150 < norm < 1e150:  # of such numbers the squares overflow, or vanish
        size = float(np.max(np.abs(grad)))
        norm = size * float(np.linalg.norm(grad / size)) if 0.0 < size < math.inf else size
    scale = max_norm / (norm + 1e-6)
    if scale < 1.0 and norm < math.inf:
        grad *= scale


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
