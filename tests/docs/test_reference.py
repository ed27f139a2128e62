"""The reference: every public name is in it, with a docstring that says what it should."""

import dataclasses
import enum
import importlib
import inspect
import re

import pytest

from docs.tools import docstrings, reference

ENTRIES = [
    pytest.param(module, name, thing, id=f"{module}.{name}")
    for module in reference.modules()
    for name, thing in reference.public(module)
]


@pytest.mark.parametrize("package", reference.PACKAGES)
def test_every_public_name_of_a_package_is_in_the_reference(package):
    pages = {module: reference.page(module) for module in reference.modules()}
    for name in importlib.import_module(package).__all__:
        thing = getattr(importlib.import_module(package), name)
        if inspect.ismodule(thing):
            written = thing.__name__ in pages or not any(reference.public(thing.__name__))
        else:
            written = re.search(rf"^\.\. auto\w+:: {package}\.{name}$", pages[package], re.M)
        assert written, f"{package}.{name}"


def test_the_pages_are_written_and_listed(tmp_path):
    reference.write(tmp_path / "reference")
    contents = (tmp_path / "reference" / "index.rst").read_text(encoding="utf-8")
    for module in reference.modules():
        assert (tmp_path / "reference" / f"{module}.rst").exists()
        assert f"   {module}\n" in contents


@pytest.mark.parametrize(("module", "name", "thing"), ENTRIES)
def test_every_public_name_has_a_docstring_of_its_own(module, name, thing):
    if callable(thing):
        assert (thing.__doc__ or "").strip(), f"{module}.{name} has no docstring"


def signature(thing) -> list[str]:
    """The names of the parameters; Cython's classes write theirs into their docstring."""
    if not callable(thing):
        return []
    try:
        return list(inspect.signature(thing).parameters)
    except ValueError:
        written = re.match(r"\w+\((.*?)\)", thing.__doc__ or "")
        return re.findall(r"(\w+)(?:=|,|$)", written.group(1).replace("''", "")) if written else []


def documented(thing) -> set[str]:
    """The parameters under `Parameters`."""
    text = inspect.getdoc(thing) or ""
    section = re.search(r"^Parameters\n-+\n(.*?)(?=\n\n|\Z)", text, re.M | re.S)
    heads = re.findall(r"^(\S[^:\n]*)(?: :.*)?$", section.group(1), re.M) if section else []
    return {name.strip(" *") for head in heads for name in head.split(",")}


@pytest.mark.parametrize(("module", "name", "thing"), ENTRIES)
def test_the_parameters_that_a_docstring_lists_are_those_of_the_signature(module, name, thing):
    listed = documented(thing)
    if not listed:
        return  # in a sentence, or with nothing to say
    parameters = set(signature(thing))
    assert listed <= parameters, f"{module}.{name} documents what it does not take"
    own = parameters - listed
    assert not own, f"{module}.{name} says nothing of {', '.join(sorted(own))}"


@pytest.mark.parametrize(("module", "name", "thing"), ENTRIES)
def test_many_parameters_are_not_left_to_be_guessed(module, name, thing):
    kinds = (BaseException, tuple, enum.Enum)
    if name in reference.OPERATIONS or (inspect.isclass(thing) and issubclass(thing, kinds)):
        return
    if dataclasses.is_dataclass(thing):  # a result: its attributes matter
        return
    parameters = signature(thing)
    text = inspect.getdoc(thing) or ""
    named = documented(thing)
    if re.search(r"(are those of|as for) `\w+`", text):  # said there
        return
    for parameter in parameters:
        mentioned = re.search(rf"\b{parameter}\b", text)
        assert parameter in named or mentioned or len(parameters) <= 2, (
            f"{module}.{name}: {parameter}"
        )


def test_lined_up_text_stays_lined_up():
    lines = ["What is where:", "", "    scene      what is in it", "    style      its colours"]
    docstrings.process(None, "module", "viz", None, None, lines)
    assert lines[2:6] == [
        "::",
        "",
        "        scene      what is in it",
        "        style      its colours",
    ]


def test_formulas_stay_line_by_line():
    lines = ["step():  g ← ∂C/∂w", "         w ← w - lr · g", "", "∂mul/∂x = y", "∂mul/∂y = x"]
    docstrings.process(None, "class", "SGD", None, None, lines)
    assert [line for line in lines if line.startswith("    ")] == [
        "    step():  g ← ∂C/∂w",
        "             w ← w - lr · g",
        "    ∂mul/∂x = y",
        "    ∂mul/∂y = x",
    ]


def test_the_first_line_of_a_property_is_no_type():
    lines = ["The leaves besides the inputs: read at every call."]
    docstrings.process(None, "property", "weights", None, None, lines)
    assert lines[:2] == ["The leaves besides the inputs:", "read at every call."]


def test_bars_of_a_formula_are_not_markup_but_those_in_code_stay():
    lines = ["The sum of |w|, as `a | b`."]
    docstrings.process(None, "function", "f", None, None, lines)
    assert lines[0] == r"The sum of \|w\|, as `a | b`."


def test_text_that_follows_a_section_does_not_belong_to_it():
    lines = ["f.", "", "Parameters", "----------", "x : float", "    A number.", "", ">>> f(1)"]
    docstrings.process(None, "function", "f", None, None, lines)
    assert lines[5:9] == ["    A number.", "", "", ">>> f(1)"]


def test_an_example_stays_an_example():
    lines = ["A sum.", "", ">>> 1 + 1    # two", "2"]
    docstrings.process(None, "function", "f", None, None, lines)
    assert lines[2:4] == [">>> 1 + 1    # two", "2"]
