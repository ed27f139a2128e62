"""The examples in docstrings and in the README are run."""

import doctest
import importlib
import os
import re
from pathlib import Path

import pytest

from autograd import Value

ROOT = Path(__file__).parent.parent
MODULES = ["autograd.engine.value"] + [
    str(path.relative_to(ROOT).with_suffix("")).replace(os.sep, ".").removesuffix(".__init__")
    for package in ("autograd", "nn", "viz")
    for path in sorted((ROOT / package).rglob("*.py"))
    if ">>> " in path.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_docstrings_are_true(name):
    module = importlib.import_module(name)
    result = doctest.testmod(module, optionflags=doctest.ELLIPSIS)
    if name == "autograd.engine.value":
        result = _run(Value.__doc__)
    assert result.attempted > 0
    assert result.failed == 0


def _run(text):
    parser, runner = doctest.DocTestParser(), doctest.DocTestRunner()
    runner.run(parser.get_doctest(text, {"Value": Value}, "Value", None, 0))
    return runner.summarize()


def test_the_readmes_first_example_runs_and_draws(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    first = re.search(
        r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.S
    )
    exec(first.group(1), {})
    assert (tmp_path / "flow.svg").read_text(encoding="utf-8").startswith("<?xml")
