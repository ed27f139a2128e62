"""One row is one place: what a new line in the table brings with it.

A copy of the sources gets two new rows, is built, and is asked for everything
an operation has.  No other line is written.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

pytestmark = pytest.mark.thorough  # it builds the engine anew

ROOT = Path(__file__).parents[2]

# The versine, 1 - cos x, written so that it keeps its digits close to 0.
GOOD_ROW = """\
    Op("versine", "versin", lambda x: 2 * f.sin(x / 2) ** 2, lambda x, z: f.sin(x), (R,)),
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
    """The project with three more rows in its table, built in place."""
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
    (folder / "tests" / "autograd").mkdir(parents=True)
    for name in (
        "setup.py", "setup.cfg", "pyproject.toml", "README.md", "LICENSE", "tests/__init__.py",
        "tests/oracle.py", "tests/autograd/__init__.py", "tests/autograd/test_ops.py",
    ):  # fmt: skip
        if (ROOT / name).exists():
            shutil.copy(ROOT / name, folder / name)

    ops = folder / "autograd" / "ops.py"
    text = ops.read_text(encoding="utf-8")
    assert text.count(END_OF_TABLE) == 1
    ops.write_text(
        text.replace(END_OF_TABLE, GOOD_ROW + WRONG_ROWS + END_OF_TABLE), encoding="utf-8"
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
}
if importlib.util.find_spec("jax"):
    QUESTIONS["function of JAX"] = (
        "math.isclose(Program(versine(x := Value(1.0)), [x]).to_jax()(1.0), versine(1.0), "
        "rel_tol=1e-6)"
    )
PREAMBLE = """
import copy, math, pickle, autograd
from autograd import *
from autograd.testing import check_op
import viz

def gradient(f, number):
    x = Value(number)
    f(x).backward()
    return x.grad
"""


@pytest.mark.parametrize("what", QUESTIONS)
def test_with_its_row_an_operation_has_its(what: str, copy: Path) -> None:
    result = run(copy, "-c", f"{PREAMBLE}\nassert {QUESTIONS[what]}")
    assert result.returncode == 0, result.stderr


def test_with_its_row_an_operation_has_its_line_for_type_checkers(copy: Path) -> None:
    stub = (copy / "autograd" / "value.pyi").read_text(encoding="utf-8")
    assert "def versine(x: float) -> float: ..." in stub
    assert "def versine(x: Value) -> Value: ..." in stub
    assert "    def versine(self) -> Value: ..." in stub


def property_tests(copy: Path, name: str) -> subprocess.CompletedProcess[str]:
    """The tests of test_ops.py that are about the operation `name`."""
    command = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", f"[{name}]")
    return run(copy, *command, "tests/autograd/test_ops.py")


def test_with_its_row_an_operation_has_its_property_tests(copy: Path) -> None:
    result = property_tests(copy, "versine")
    assert result.returncode == 0, result.stdout[-3000:]
    assert "5 passed" in result.stdout


def test_the_property_tests_reject_a_value_that_loses_its_digits(copy: Path) -> None:
    result = property_tests(copy, "blunt_versine")
    assert result.returncode == 1
    assert "AssertionError: blunt_versine at" in result.stdout


def test_the_property_tests_reject_a_derivative_of_something_else(copy: Path) -> None:
    result = property_tests(copy, "wrong_versine")
    assert result.returncode == 1
    assert "AssertionError: ∂wrong_versine/∂x at" in result.stdout
