"""Other tools for derivatives of functions, behind one interface.

HIPS autograd has our package's name, so it runs in a separate interpreter, which the environment
variable DCDW_HIPS or the option --hips names.
"""

from __future__ import annotations

import importlib
import inspect
import os
import subprocess
import types
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

from benchmarks.functions import rosenbrock, ten_operations

HIPS = "DCDW_HIPS"


class Third:
    """The third derivative of `ten_operations`, for the length of a `with` block."""

    name = ""

    @classmethod
    def installed(cls) -> bool:
        """Whether it can run here."""
        return find_spec("jax") is not None

    def __enter__(self) -> Third:
        return self

    def __exit__(self, *error: object) -> None:
        """Releases what it holds."""

    def run(self, x: float) -> object:
        """What is timed."""
        raise NotImplementedError

    def value(self, x: float) -> float:
        """The derivative."""
        return float(self.run(x))  # type: ignore[arg-type]


class Jax(Third):
    """Traced anew at every call, in double precision."""

    name = "jax"

    def __init__(self) -> None:
        jax = importlib.import_module("jax")
        jax.config.update("jax_enable_x64", True)
        functions = importlib.import_module("jax.numpy")
        self.jax = jax
        self.third = jax.grad(jax.grad(jax.grad(lambda x: ten_operations(x, functions))))

    def run(self, x: float) -> object:
        """Waits until the number is there, since jax computes in the background."""
        return self.third(x).block_until_ready()


class JaxJitted(Jax):
    """Compiled before it is timed."""

    name = "jax, jitted"

    def __init__(self) -> None:
        super().__init__()
        self.third = self.jax.jit(self.third)


class Hips(Third):
    """In another interpreter, by lines of text: one derivative per line."""

    name = "HIPS autograd"
    served = """
import sys
import autograd.numpy as f
from autograd import grad
{source}
third = grad(grad(grad(lambda x: ten_operations(x, f))))
for line in sys.stdin:
    print(repr(float(third(float(line)))), flush=True)
"""

    @classmethod
    def installed(cls) -> bool:
        """Whether an interpreter is named."""
        return bool(os.environ.get(HIPS))

    def __enter__(self) -> Hips:
        source = "from typing import Any\n" + inspect.getsource(ten_operations)
        self.process = subprocess.Popen(
            [os.environ[HIPS], "-I", "-c", self.served.format(source=source)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *error: object) -> None:
        self.process.communicate()

    def run(self, x: float) -> object:
        """Asks and waits; the pipe's 20 µs or so are included."""
        assert self.process.stdin
        assert self.process.stdout
        print(repr(x), file=self.process.stdin, flush=True)
        return self.process.stdout.readline()


THIRDS: tuple[type[Third], ...] = (Jax, JaxJitted, Hips)


def missing() -> list[str]:
    """The names of the tools that are not installed."""
    absent = [peer.name for peer in (Jax, Hips) if not peer.installed()]
    return absent if CasadiHessian.installed() else [*absent, CasadiHessian.name]


class CasadiHessian:
    """Rosenbrock's sparse Hessian as an expression graph."""

    name = "casadi"

    @staticmethod
    def installed() -> bool:
        """Whether CasADi is there."""
        return find_spec("casadi") is not None

    def __init__(self, n: int) -> None:
        casadi: types.ModuleType = importlib.import_module("casadi")
        x = casadi.SX.sym("x", n)
        second, _ = casadi.hessian(rosenbrock(casadi.vertsplit(x)), x)
        self.function = casadi.Function("H", [x], [second])

    def run(self, x: Sequence[float]) -> Any:
        """The Hessian as CasADi returns it, sparse."""
        return self.function(x)

    def evaluate(self, x: Sequence[float]) -> Any:
        """As a full NumPy array."""
        return self.run(x).full()
