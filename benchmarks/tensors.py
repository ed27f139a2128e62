"""A training step of a net with arrays: PyTorch eager, jax.jit, and NumPy as in Nielsen's book."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from typing import Any

import numpy as np

Layers = list[tuple[np.ndarray, np.ndarray]]  # by layer: weights (nout, nin), biases
Step = Callable[[], Any]

LR = 1e-3


def layers(model: Any) -> Layers:
    """The weights of an `nn.MLP`, as arrays."""
    return [
        (
            np.array([[w.data for w in n.w] for n in layer.neurons]),
            np.array([n.b.data for n in layer.neurons]),
        )
        for layer in model.layers
    ]


def torch_step(net: Layers, sigmas: Sequence[str], X: np.ndarray, T: np.ndarray) -> Step:
    """PyTorch's tensors, one thread, double precision."""
    torch = import_module("torch")
    update, _ = torch_update(net, sigmas, LR)
    x, t = torch.tensor(X), torch.tensor(T)
    return lambda: update(x, t)


def torch_update(
    net: Layers, sigmas: Sequence[str], lr: float
) -> tuple[Callable[[Any, Any], Any], list[Any]]:
    """A step on a mini-batch, and the tensors that it moves."""
    torch = import_module("torch")
    torch.set_num_threads(1)
    params = [torch.tensor(a, requires_grad=True) for layer in net for a in layer]
    optimiser = torch.optim.SGD(params, lr)

    def update(x: Any, t: Any) -> Any:
        a = x
        for k, sigma in enumerate(sigmas):
            a = torch.nn.functional.linear(a, params[2 * k], params[2 * k + 1])
            a = a if sigma == "linear" else getattr(torch, sigma)(a)
        cost = ((a - t) ** 2).sum() / len(x)
        optimiser.zero_grad()
        cost.backward()
        optimiser.step()
        return cost

    return update, params


def jax_step(net: Layers, sigmas: Sequence[str], X: np.ndarray, T: np.ndarray) -> Step:
    """jax.jit of the whole step, in double precision."""
    jax = import_module("jax")
    jax.config.update("jax_enable_x64", True)
    functions = {"relu": jax.nn.relu, "sigmoid": jax.nn.sigmoid, "linear": lambda z: z}

    def cost(params: Any, x: Any, t: Any) -> Any:
        a = x
        for (w, b), sigma in zip(params, sigmas, strict=True):
            a = functions[sigma](a @ w.T + b)
        return ((a - t) ** 2).sum() / len(x)

    @jax.jit
    def update(params: Any, x: Any, t: Any) -> Any:
        value, grads = jax.value_and_grad(cost)(params, x, t)
        return value, jax.tree.map(lambda p, g: p - LR * g, params, grads)

    state = [jax.tree.map(jax.numpy.asarray, net)]
    x, t = jax.numpy.asarray(X), jax.numpy.asarray(T)

    def step() -> Any:
        value, state[0] = update(state[0], x, t)
        value.block_until_ready()
        return value

    return step


def numpy_step(net: Layers, X: np.ndarray, T: np.ndarray) -> Step:
    """NumPy, one example at a time: `network.py` of Nielsen's book, with sigmoids."""
    update, _ = numpy_update(net, LR)
    return lambda: update(X, T)


def numpy_update(
    net: Layers, lr: float
) -> tuple[Callable[[Iterable[Any], Iterable[Any]], Any], list[np.ndarray]]:
    """A step on a mini-batch, and the arrays that it moves."""
    net = [(w.copy(), b[:, None].copy()) for w, b in net]

    def update(X: Iterable[Any], T: Iterable[Any]) -> Any:
        sums = [(np.zeros_like(w), np.zeros_like(b)) for w, b in net]
        count = 0
        for x, t in zip(X, T, strict=True):
            count += 1
            a = x[:, None]
            activations = [a]
            for w, b in net:
                a = 1.0 / (1.0 + np.exp(-(w @ a + b)))
                activations.append(a)
            delta = 2 * (a - t[:, None]) * a * (1 - a)
            for k in range(len(net) - 1, -1, -1):
                sums[k][0].__iadd__(delta @ activations[k].T)
                sums[k][1].__iadd__(delta)
                if k:
                    a = activations[k]
                    delta = (net[k][0].T @ delta) * a * (1 - a)
        for (w, b), (gw, gb) in zip(net, sums, strict=True):
            w -= lr / count * gw
            b -= lr / count * gb
        return net

    return update, [a for layer in net for a in layer]
