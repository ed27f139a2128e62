"""Programs run a row by an instruction of its own for what it says, not for its name."""

import pytest

from autograd.ops import BY_NAME, TABLE, Op, R, instructions, over
from autograd.ops.table import n


@pytest.mark.parametrize("name", ["sum", "mean", "dot", "softmax"])
def test_rows_that_programs_run_quickly_are_found_by_what_they_say(name):
    row = BY_NAME[name]
    other = Op("another", "?", row.value, row.partials, row.domain, many=True, each=row.each)
    assert instructions.instruction(row) == instructions.instruction(other) == name.upper()


@pytest.mark.parametrize(
    ("value", "partials"),
    [
        (lambda x: over.sum(x), lambda x, z: 2),  # another derivative
        (lambda x: over.sum(x) / (n + 1), lambda x, z: 1 / n),
        (lambda x: over.sum(x * x), lambda x, z: 2 * x),
        (lambda x, y, bias: over.sum(x * y, bias), lambda x, y, bias, z: (x, y, 1)),
    ],
)
def test_a_row_that_says_something_else_is_run_by_its_own_function(value, partials):
    row = Op("sum", "sum", value, partials, (R,) * value.__code__.co_argcount, many=True)
    assert not instructions.instruction(row)


def test_the_other_rows_are_run_by_their_own_functions():
    rows = [op.name for op in TABLE if instructions.instruction(op)]
    assert rows == ["sum", "mean", "dot", "softmax"]
