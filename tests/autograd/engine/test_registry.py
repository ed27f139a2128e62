"""Every operation has a code, and every code a row: the table's, and those of users."""

import pytest

from autograd import GraphError, Value, graph, operation, tanh
from autograd.engine.value import FIRST_USER_CODE, code_of_name, row_of_code
from autograd.ops import BY_NAME, TABLE


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_a_row_and_its_code_lead_to_each_other(row):
    code = code_of_name(row.name)
    assert 0 < code < FIRST_USER_CODE
    assert row_of_code(code) is row


def test_a_node_gives_the_row_that_computed_it():
    x = Value(0.5)
    assert tanh(x).row is BY_NAME["tanh"]
    assert (x + 1).row is BY_NAME["add"]
    assert x.row is None
    assert x.detach().row is None


def test_a_node_of_a_user_s_operation_gives_that_operation_s_row():
    first = operation("cubed", lambda x: x**3, lambda x, z: 3 * x**2)
    second = operation("cubed", lambda x: x * x * x, lambda x, z: 3 * x**2)
    y, z = first(Value(2.0)), second(Value(2.0))
    assert (y.row, z.row) == (first.row, second.row)
    assert y.row is not z.row
    assert row_of_code(code_of_name("cubed")) is second.row  # the last one made


def test_the_graph_s_row_is_the_node_s_and_a_leaf_has_none():
    x = Value(0.5, label="x")
    assert graph.row(tanh(x)) is BY_NAME["tanh"]
    with pytest.raises(GraphError, match=r"label='x'.* is a leaf"):
        graph.row(x)


def test_an_unknown_name_has_no_code():
    with pytest.raises(KeyError, match="coss"):
        code_of_name("coss")


@pytest.mark.parametrize("code", [-1, 1 << 16, FIRST_USER_CODE + 5000])
def test_a_code_of_no_operation_is_refused(code):
    with pytest.raises(LookupError, match=str(code)):
        row_of_code(code)


def test_the_table_cannot_be_changed():
    with pytest.raises(TypeError):
        BY_NAME["mine"] = BY_NAME["tanh"]
    with pytest.raises(TypeError):
        TABLE[0] = BY_NAME["tanh"]
