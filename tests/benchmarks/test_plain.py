"""The Value that is raced, held to the plain twin whose place it takes."""

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
    assert [v.grad for v in (C, *raced)] == [v.grad for v in (D, *twin)]
    assert C.data == D.data
