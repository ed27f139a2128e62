"""The Value used in the benchmarks, compared with the plain twin it stands in for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import plain
from benchmarks.plain import Value

POSITIVE = st.floats(0.125, 8.0)


def cost(x, y):
    """Each of the operations that are written out, with Values and with numbers."""
    a = (x + y) * (x - y) + 2.0 * x / y - 0.5
    return (a.exp() + 1.0).log() + (y**-0.5 - x).relu() * 3.0


@given(POSITIVE, POSITIVE)
def test_operations_written_out_are_those_of_the_table(x, y):
    raced, twin = [Value(x), Value(y)], [plain.Value(x), plain.Value(y)]
    C, D = cost(*raced), cost(*twin)
    C.backward()
    D.backward()
    assert C.data == pytest.approx(D.data, rel=1e-14)
    assert [w.grad for w in raced] == pytest.approx([w.grad for w in twin], rel=1e-12, abs=1e-12)
