"""The page of the table of operations has every row, every formula and every edge."""

import re

import pytest

from autograd.ops import BY_NAME, TABLE
from autograd.ops.printer import partial_formulas, value_formula
from autograd.ops.tex import mathematics
from docs.tools import operations


@pytest.fixture(scope="module")
def page() -> str:
    errors = {
        op.name: {op.name: 0.25, **{f"∂{op.name}/∂{x}": 1.5 for x in op.operands}} for op in TABLE
    }
    points = {op.name: 7 for op in TABLE}
    return operations.page(errors, points, "a machine")


def test_every_row_of_the_table_stands_in_one_group():
    assert [op for _, group in operations.groups() for op in group] == list(TABLE)
    assert all(title for title, _ in operations.groups())


@pytest.mark.parametrize("op", TABLE, ids=lambda op: op.name)
def test_an_operation_has_its_value_its_partials_and_their_errors(op, page):
    lines = page.splitlines()
    head = f"| **`{operations.signature(op)}`** |"
    start = next(k for k, line in enumerate(lines) if line.startswith(head))
    formulas = lines[start : start + 1 + len(op.operands)]
    assert "| 0.25 |" in formulas[0]
    for operand, formula in zip(op.operands, formulas[1:], strict=True):
        assert re.search(rf"\\partial z/\\partial .*{operand}", formula)
        assert "| 1.50 |" in formula
    assert all(formula.count("→") == len(op.edges) for formula in formulas)


@pytest.mark.parametrize("op", TABLE, ids=lambda op: op.name)
def test_its_formulas_are_mathematics_that_a_browser_can_draw(op):
    docutils = pytest.importorskip("docutils.utils.math.latex2mathml")
    for line in operations.rows(op, {op.name: 0.0}, 1):
        (formula,) = re.findall(r"\| \$(.*?)\$ \|", line)
        assert docutils.tex2mathml(formula).startswith("<math")


def test_a_formula_is_written_as_people_write_it():
    (by_x,) = partial_formulas(BY_NAME["tanh"])
    assert mathematics(BY_NAME["tanh"], by_x) == r"\operatorname{sech}(x)^{2}"
    (by_x,) = partial_formulas(BY_NAME["log1p"])
    assert mathematics(BY_NAME["log1p"], by_x) == r"\frac{1}{1 + x}"
    (by_x,) = partial_formulas(BY_NAME["mean"])
    assert mathematics(BY_NAME["mean"], by_x) == r"\frac{1}{n}"


def test_what_a_formula_uses_twice_has_a_name_there():
    (by_x,) = partial_formulas(BY_NAME["mean"])
    assert "with" not in mathematics(BY_NAME["mean"], by_x)
    text = mathematics(BY_NAME["norm"], value_formula(BY_NAME["norm"]))
    assert text.endswith(r"\text{with } m = \max_{j} \lvert x_j\rvert")


def test_the_edges_are_what_the_engine_gives(page):
    text = page.replace("\u00a0", " ")
    assert "(0, 0) → 1; (5, 0) → 1" in text  # pow
    assert "(5, 0) → 1.60944" in text
    assert "(1, 1) → (0.5, 0.5)" in text  # max
    assert "−1 → nan" in text  # log
