"""The tables of names: both columns of every row run, and give the same numbers."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

import autograd
import nn
import viz
from autograd import Value

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the other libraries

PAGES = Path(__file__).parents[2] / "docs"

MICROGRAD = """
import random
from micrograd.engine import Value
from micrograd.nn import MLP
"""
OUR_MICROGRAD = "import random"
SAME = """
x, y = Value(0.5), Value(2)
C = (x * y + y).relu()
random.seed(7)
net = MLP(3, [4, 1])
v = [0.1, -0.2, 0.3]
"""
PYTORCH = """
import torch
from torch.nn import functional as F
x, y = torch.tensor(0.5, requires_grad=True), torch.tensor(2.0, requires_grad=True)
C = x * torch.tanh(y)
f = lambda t: torch.tanh(t**3)
t, s = torch.tensor(0.5, requires_grad=True), torch.tensor(2.0)
logits = torch.tensor([1.0, 2.0, 0.5])
"""
OUR_PYTORCH = """
x, y = Value(0.5), Value(2.0)
C = x * tanh(y)
f = lambda t: tanh(t**3)
logits = [Value(1.0), Value(2.0), Value(0.5)]
"""
JAX = """
import jax, numpy as np
from jax import numpy as jnp
from jax.test_util import check_grads
f = lambda x: jnp.tanh(x**3)
g = lambda x, y: x * jnp.sin(y)
k = lambda v: (v**3).sum()
h = lambda v: jnp.concatenate([v**2, v**3])
v, u, batch = jnp.array([1.0, 2.0]), jnp.array([1.0, 0.0]), np.array([-0.5, 0.1, 1.0])
"""
OUR_JAX = """
import numpy as np
f = lambda x: tanh(x**3)
g = lambda x, y: x * sin(y)
k = lambda v: sum(x**3 for x in v)
h = lambda v: [x**2 for x in v] + [x**3 for x in v]
v, u, batch = [1.0, 2.0], [1.0, 0.0], np.array([-0.5, 0.1, 1.0])
"""


def rows(page: str) -> list[tuple[str, str]]:
    """The two code cells of every row of the page's table."""
    text = (PAGES / page).read_text(encoding="utf-8")
    return re.findall(r"^\| `([^`]+)` \| `([^`]+)` \|", text, re.M)


def ours(setup: str) -> dict[str, Any]:
    from autograd.testing import check_grad

    names = {"check_grad": check_grad}
    for package in (nn, viz, autograd):
        names |= {name: getattr(package, name) for name in package.__all__}
    names["sum"] = sum
    exec(setup, names)
    return names


def run(line: str, names: dict[str, Any]) -> Any:
    """The result of the last expression of a line."""
    *statements, last = line.split("; ")
    for statement in statements:
        exec(statement, names)
    return eval(last, names)


def numbers(x: Any) -> list[float] | None:
    """The numbers in a result, if it is made of them."""
    if hasattr(x, "detach"):
        x = x.detach()
    if isinstance(x, Value):
        return [x.data]
    if isinstance(x, Iterable) and getattr(x, "ndim", 1) > 0:
        parts = [numbers(each) for each in x]
        return None if None in parts else [n for each in parts for n in each]
    try:
        return [float(x)]
    except (TypeError, ValueError):
        return None


def compare(line: tuple[str, str], theirs: dict[str, Any], here: dict[str, Any]) -> bool:
    """Run both; whether there were numbers, which then agree."""
    left, right = numbers(run(line[0], theirs)), numbers(run(line[1], here))
    if left is not None and right is not None:
        assert right == pytest.approx(left, rel=1e-6)
    return left is not None and right is not None


@pytest.mark.parametrize("row", rows("from_micrograd.md"), ids=lambda row: row[1])
def test_a_name_of_micrograd_and_ours_do_the_same(row):
    pytest.importorskip("micrograd")
    if row[0] == "C._op":  # text
        theirs: dict[str, Any] = {}
        exec(MICROGRAD + SAME, theirs)
        assert run(row[0], theirs) == run(row[1], ours(OUR_MICROGRAD + SAME))
        return
    theirs = {}
    exec(MICROGRAD + SAME, theirs)
    comparable = compare(row, theirs, ours(OUR_MICROGRAD + SAME))
    assert comparable or row[0] in ("Value(2.0)", "net.zero_grad()")


STATELESS = {  # objects and switches: that both exist is all there is to compare
    "torch.nn.Linear(3, 2)",
    "torch.optim.SGD([x], lr=0.1, momentum=0.9)",
    "torch.no_grad()",
    "torch.autograd.set_detect_anomaly(False)",
    "check_grads(f, (0.5,), order=2)",
}


@pytest.mark.parametrize("row", rows("from_pytorch.md"), ids=lambda row: row[1])
def test_a_name_of_pytorch_and_ours_do_the_same(row):
    torch = pytest.importorskip("torch")
    torch.set_default_dtype(torch.float64)
    try:
        theirs: dict[str, Any] = {}
        exec(PYTORCH, theirs)
        assert compare(row, theirs, ours(OUR_PYTORCH)) or row[0] in STATELESS
    finally:
        torch.set_default_dtype(torch.float32)


@pytest.fixture
def jax():
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    yield jax
    jax.config.update("jax_enable_x64", False)


@pytest.mark.parametrize("row", rows("from_jax.md"), ids=lambda row: row[1])
def test_a_name_of_jax_and_ours_do_the_same(row, jax):
    theirs: dict[str, Any] = {}
    exec(JAX, theirs)
    assert compare(row, theirs, ours(OUR_JAX)) or row[0] in STATELESS


@pytest.mark.parametrize("page", ["from_micrograd.md", "from_pytorch.md", "from_jax.md"])
def test_every_row_of_a_table_has_both_columns_as_code(page):
    text = (PAGES / page).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.startswith("| `")]
    assert len(rows(page)) == len(lines) > 10


@pytest.mark.parametrize(
    ("page", "setup"),
    [
        ("from_micrograd.md", OUR_MICROGRAD + SAME),
        ("from_pytorch.md", OUR_PYTORCH),
        ("from_jax.md", OUR_JAX),
    ],
)
def test_our_column_runs_without_the_other_library_too(page, setup):
    for _, right in rows(page):
        run(right, ours(setup))
