"""Other engines of scalar values, behind one interface.

A peer that is not installed is skipped.  `installed()` returns those that are, `missing()` the
names of the others.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

Scalar = Any  # whatever the engine calls its number


class Engine:
    """This project's engine; the peers override what they do differently."""

    name = "dcdw"  # of the distribution
    module = "autograd"  # that says whether it is installed

    def __init__(self) -> None:
        self.leaf: Callable[[float], Scalar] = importlib.import_module(self.module).Value

    def begin(self, leaves: list[Scalar]) -> None:
        """Before a recording."""

    def backward(self, C: Scalar) -> None:
        """The gradient of C."""
        C.backward()

    def gradient(self, w: Scalar) -> float:
        """∂C/∂w."""
        return float(w.grad)


class Micrograd(Engine):
    """Karpathy's, which everybody knows."""

    name = "micrograd"
    module = "micrograd.engine"


class PyTorch(Engine):
    """One zero-dimensional tensor per number, in double precision, on one thread."""

    name = module = "torch"

    def __init__(self) -> None:
        torch = importlib.import_module("torch")
        torch.set_num_threads(1)
        self.leaf = lambda x: torch.tensor(x, dtype=torch.float64, requires_grad=True)


class AutoNeuroNet(Engine):
    """In C++, bound with pybind11."""

    name = module = "autoneuronet"

    def __init__(self) -> None:
        self.leaf = importlib.import_module("autoneuronet").Var

    def backward(self, C: Scalar) -> None:
        """The gradient of C."""
        C.setGrad(1.0)
        C.backward()


class SimpleGrad(Engine):
    """In C++, bound with pybind11, in single precision."""

    name = module = "simplegrad"

    def __init__(self) -> None:
        self.leaf = importlib.import_module("simplegrad").Node

    def gradient(self, w: Scalar) -> float:
        """∂C/∂w."""
        return float(w.grad())


class XAD(Engine):
    """A tape in C++, as banks use it; the tape is reused for every recording."""

    name = module = "xad"

    def __init__(self) -> None:
        adjoint = importlib.import_module("xad.adj_1st")
        self.leaf = adjoint.Real
        self.tape = adjoint.Tape()
        self.tape.activate()
        self.registered: list[Scalar] = []

    def begin(self, leaves: list[Scalar]) -> None:
        """Starts the tape anew."""
        if leaves is not self.registered:
            for x in leaves:
                self.tape.registerInput(x)
            self.registered = leaves
        self.tape.newRecording()

    def backward(self, C: Scalar) -> None:
        """The gradient of C."""
        self.tape.registerOutput(C)
        C.setDerivative(1.0)
        self.tape.computeAdjoints()

    def gradient(self, w: Scalar) -> float:
        """∂C/∂w."""
        return float(w.getDerivative())


PEERS = (Micrograd, PyTorch, AutoNeuroNet, SimpleGrad, XAD)


def installed() -> tuple[type[Engine], ...]:
    """The peers that are there."""
    return tuple(p for p in PEERS if find_spec(p.module.partition(".")[0]))


def missing() -> tuple[str, ...]:
    """The names of those that are not."""
    return tuple(p.name for p in PEERS if p not in installed())
