"""An operation is one row: what a new row in the table brings with it.

A copy of the sources gets a row of every kind, is built once, and is checked for everything an
operation has.  No other line is written.
"""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

pytestmark = pytest.mark.thorough  # it builds the engine anew

ROOT = Path(__file__).parents[3]

# The versine, 1 - cos x, written so that it keeps its digits close to 0; the variance of
# many numbers; the distance of pairs, squared and weighed; shares of a whole; and a softmax and
# a dot of another name, which programs run as they run those.
GOOD_ROWS = """\
    Op("versine", "versin", lambda x: 2 * f.sin(x / 2) ** 2, lambda x, z: f.sin(x), (R,)),
    Op("variance", "var", lambda x: over.sum((x - over.sum(x) / n) ** 2) / n,
                          lambda x, z: 2 * (x - over.sum(x) / n) / n, (R,), many=True, empty=0.),
    Op("distance", "dist", lambda x, y, scale=1.: scale * over.sum((x - y) ** 2),
                           lambda x, y, scale, z: (2 * scale * (x - y), -2 * scale * (x - y),
                                                   over.sum((x - y) ** 2)), (R, R, R), many=True),
    Op("shares", "share", lambda x: over.first(x) / over.sum(x),
                          lambda x, z: f.where(i == 0, 1 - z, -z) / over.sum(x),
                          (POSITIVE,), many=True, each=True),
    Op("gibbs", "gibbs", lambda x: portion(over.first(x), x, over.max(x)),
                         lambda x, z: f.where(i == 0, z * over.rest(f.softmax(x)),
                                              -z * f.softmax(x)), (R,), many=True, each=True,
        edges={(1000, -1000): (0, 0)}),
    Op("weighing", "weigh", lambda x, y, start=0.: over.sum(x * y, start),
                            lambda x, y, start, z: (y, x, 1), (R, R, R), many=True),
"""
# The same as one would write it first, with a derivative that is not its own.
WRONG_ROWS = """\
    Op("blunt_versine", "versin", lambda x: 1 - f.cos(x), lambda x, z: f.sin(x), (R,)),
    Op("wrong_versine", "versin", lambda x: 2 * f.sin(x / 2) ** 2, lambda x, z: z * z, (R,)),
"""
END_OF_TABLE = ")\n# fmt: on\n"


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    environment["PYTHONIOENCODING"] = "utf-8"
    return subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with more rows in its table, built in place."""
    for needed in ("Cython", "setuptools"):
        if importlib.util.find_spec(needed) is None:
            pytest.skip(f"building the engine takes {needed}, which is not installed here")
    compiler = (sysconfig.get_config_var("CC") or "").split()
    if compiler and shutil.which(compiler[0]) is None:
        pytest.skip(f"building the engine takes a C compiler, and there is no {compiler[0]} here")

    folder = tmp_path_factory.mktemp("copy")
    built = shutil.ignore_patterns("*.so", "*.pyd", "*.pyi", "__pycache__")
    for package in ("autograd", "nn", "viz"):
        shutil.copytree(ROOT / package, folder / package, ignore=built)
    (folder / "tests" / "autograd" / "ops").mkdir(parents=True)
    (folder / "docs" / "tools").mkdir(parents=True)
    for name in (
        "setup.py", "setup.cfg", "pyproject.toml", "README.md", "LICENSE", "tests/__init__.py",
        "tests/autograd/__init__.py", "tests/autograd/ops/oracle.py",
        "tests/autograd/ops/switch_points.py", "tests/autograd/ops/__init__.py",
        "tests/autograd/ops/test_table.py",
        "tests/autograd/ops/test_orders.py", "docs/tools/__init__.py", "docs/tools/operations.py",
    ):  # fmt: skip
        if (ROOT / name).exists():
            shutil.copy(ROOT / name, folder / name)

    table = folder / "autograd" / "ops" / "table.py"
    text = table.read_text(encoding="utf-8")
    assert text.count(END_OF_TABLE) == 1
    table.write_text(
        text.replace(END_OF_TABLE, GOOD_ROWS + WRONG_ROWS + END_OF_TABLE), encoding="utf-8"
    )
    result = run(folder, "setup.py", "build_ext", "--inplace")
    assert result.returncode == 0, result.stderr[-3000:]
    return folder


QUESTIONS = {
    "value": "versine(Value(1.0)).data == 2 * math.sin(0.5) ** 2",
    "derivative": "versine(Value(1.0)).partials == (math.sin(1.0),)",
    "gradient": "gradient(versine, 1.0) == math.sin(1.0)",
    "function of floats": "versine(1.0) == versine(Value(1.0)).data",
    "method": "Value(1.0).versine().data == versine(1.0)",
    "name": "versine(Value(1.0)).op == 'versine'",
    "label in pictures": "versine(Value(1.0))._op == 'versin'",
    "export": "'versine' in autograd.__all__",
    "documentation": "'∂versine/∂x = sin(x)' in versine.__doc__",
    "second derivative": "grad(grad(versine))(1.0) == math.cos(1.0)",
    "picture": "'versin' in viz.draw(versine(Value(1.0))).source",
    "check": "check_op('versine').ok",
    "copy": "copy.deepcopy(versine(Value(1.0))).op == 'versine'",
    "pickle": "pickle.loads(pickle.dumps(versine(Value(1.0)))).partials == (math.sin(1.0),)",
    "source": "'versine' in codegen.of_row(BY_NAME['versine'])['C: for the engine (ops.h)']",
}
# What a row over many operands has, asked of a call on x, y, w of each kind.
OF_MANY = {
    "value": "math.isclose(f(X).data, number(X), rel_tol=1e-14)",
    "function of floats": "f(X).data == f([v.data for v in X])",
    "derivative": "f(X).op == name and all(map(close, f(X).partials, slopes(1)))",
    "order 2": "all(map(close, flat(hessian(f)(AT)), slopes(2)))",
    "order 3": "all(map(close, flat(jacobian(lambda v: flat(hessian(f)(v)))(AT)), slopes(3)))",
    "method": "callable(getattr(Value, name))",
    "compiled program": "Program(f(X), X)(*AT) == f(AT) == compile(f)(AT)",
    "Hessian of a program": (
        "all(map(close, flat(Program(f(X), X).hessian(*AT).tolist()), slopes(2)))"
    ),
    "program as Python": "run(Program(f(X), X).source('python'))(*AT) == f(AT)",
    "program as C": "f'op_{name}(' in Program(f(X), X).source('c')",
    "file": "reloaded(Program(f(X), X))(*AT) == f(AT)",
    "picture": "BY_NAME[name].symbol in viz.draw(f(X)).source",
    "documentation": "f'∂{name}/∂x' in getattr(autograd, name).__doc__",
    "line in the table of operations": "name in '\\n'.join(operations.rows(row, ERRORS, 1))",
    "check": "check_op(name).ok",
    "pickle": "pickle.loads(pickle.dumps(f(X))).partials == f(X).partials",
}
if importlib.util.find_spec("jax"):
    QUESTIONS["function of JAX"] = "close(in_jax(versine(x := Value(1.0)), [x])(1.0), versine(1.0))"
    OF_MANY["function of JAX"] = "close(in_jax(f(X), X)(*AT), f(AT))"
PREAMBLE = """
import copy, io, itertools, math, pickle, autograd
from autograd import *
from autograd.ops import BY_NAME, codegen
from autograd.testing import check_op
import viz

def gradient(f, number):
    x = Value(number)
    f(x).backward()
    return x.grad

def close(x, y):
    return math.isclose(x, y, rel_tol=1e-6 if abs(y) > 1e-3 else 1e-9, abs_tol=1e-9)

def in_jax(root, inputs):
    return Program(root, inputs).to_jax()
"""
PREAMBLE_OF_MANY = """
from docs.tools import operations
from tests.autograd.ops.oracle import derivative

row = BY_NAME[name]
AT = [1.5, 2.0, 0.75, 3.0, 1.25]
X = [Value(x) for x in AT]
ERRORS = {name: 0.5, **{f"∂{name}/∂{x}": 0.5 for x in row.operands}}

def f(v):
    return row.apply(getattr(autograd, name), list(v))

def number(v):
    return float(derivative(row, tuple(x.data for x in v), ()))

def slopes(order):
    every = itertools.product(range(len(AT)), repeat=order)
    return [float(derivative(row, tuple(AT), by)) for by in every]

def flat(rows):
    return [x for part in rows for x in flat(part)] if isinstance(rows, list) else [rows]

def run(source):
    scope = dict(vars(autograd))
    exec(source, scope)
    return scope["program"]

def reloaded(program):
    program.save("saved.program")
    return Program.load("saved.program")
"""


@pytest.fixture(scope="module")
def failures(copy: Path) -> dict[str, str]:
    """The questions that the built copy does not answer with yes, and what it said instead."""
    script = copy / "questions.py"
    lines = [PREAMBLE, "import json, traceback", "failed = {}"]
    kinds = [("versine", QUESTIONS), *((name, OF_MANY) for name in MANY)]
    for name, questions in kinds:
        lines += [f"name = {name!r}", PREAMBLE_OF_MANY if name in MANY else ""]
        for what, question in questions.items():
            lines += [
                "try:",
                f"    assert {question}",
                "except Exception:",
                f"    failed[{f'{name}: {what}'!r}] = traceback.format_exc()",
            ]
    script.write_text("\n".join([*lines, "print(json.dumps(failed))"]), encoding="utf-8")
    result = run(copy, "questions.py")
    assert result.returncode == 0, result.stderr
    printed: dict[str, str] = json.loads(result.stdout)
    return printed


MANY = ("variance", "distance", "shares", "gibbs", "weighing")
EVERY = [f"versine: {what}" for what in QUESTIONS]
EVERY += [f"{name}: {what}" for name in MANY for what in OF_MANY]


@pytest.mark.parametrize("what", EVERY)
def test_an_operation_that_is_only_a_row_has_its(what: str, failures: dict[str, str]) -> None:
    assert what not in failures, failures[what]


def test_an_operation_of_no_operands_is_what_its_row_says(copy: Path) -> None:
    result = run(copy, "-c", f"{PREAMBLE}\nassert variance([]) == 0.0 and shares([]) == []")
    assert result.returncode == 0, result.stderr


def test_an_operation_that_is_only_a_row_has_its_line_for_type_checkers(copy: Path) -> None:
    stub = (copy / "autograd" / "engine" / "value.pyi").read_text(encoding="utf-8")
    assert "def versine(x: float) -> float: ..." in stub
    assert "def versine(x: Value) -> Value: ..." in stub
    assert "    def versine(self) -> Value: ..." in stub


def property_tests(
    copy: Path, name: str, where: str = "tests/autograd/ops/test_table.py"
) -> subprocess.CompletedProcess[str]:
    """The tests of the table that are about the operation `name`."""
    command = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", f"[{name}]")
    return run(copy, *command, where)


def test_an_operation_that_is_only_a_row_has_its_property_tests(copy: Path) -> None:
    result = property_tests(copy, "versine", "tests/autograd/ops")
    assert result.returncode == 0, result.stdout[-3000:]
    assert "10 passed" in result.stdout


def test_the_property_tests_reject_a_value_that_loses_its_digits(copy: Path) -> None:
    result = property_tests(copy, "blunt_versine")
    assert result.returncode == 1
    assert "AssertionError: blunt_versine at" in result.stdout


def test_the_property_tests_reject_a_derivative_of_something_else(copy: Path) -> None:
    result = property_tests(copy, "wrong_versine")
    assert result.returncode == 1
    assert "AssertionError: ∂wrong_versine/∂x at" in result.stdout
