"""Nothing leaks, and long graphs are freed without recursion."""

import gc
import sys
import weakref

import pytest

from autograd import Value, dot, exp, named_scope

pytestmark = pytest.mark.thorough  # a hundred million operations

statm = pytest.importorskip("pathlib").Path("/proc/self/statm")


def resident():
    """Bytes of this process in memory."""
    return int(statm.read_text().split()[1]) * 4096


@pytest.fixture
def no_cyclic_collector():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def record_and_drop(length):
    x = Value(1.0)
    y = x
    for _ in range(length // 4):
        y = exp(y * 0.5 + x) - x
    y.backward()


@pytest.mark.skipif(not statm.exists(), reason="memory is read from Linux' /proc")
@pytest.mark.usefixtures("no_cyclic_collector")
def test_a_million_operations_a_hundred_times_leave_the_process_where_it_was():
    record_and_drop(1_000_000)
    before = resident()
    for _ in range(100):
        record_and_drop(1_000_000)
    assert resident() - before < 8_000_000  # of some 10 GB recorded


@pytest.mark.skipif(not statm.exists(), reason="memory is read from Linux' /proc")
@pytest.mark.usefixtures("no_cyclic_collector")
def test_failures_half_way_do_not_leak():
    xs = [Value(1.0) for _ in range(50)]

    def fail():
        for _ in range(2000):
            with pytest.raises(TypeError):
                dot(xs, [*xs[:-1], "x"])

    fail()
    before = resident()
    for _ in range(5):
        fail()
    assert resident() - before < 2_000_000


def test_a_node_that_dies_drops_its_operands():
    x = Value(1.0)
    before = sys.getrefcount(x)
    y = x * x + dot([x, x], [x, 1.0], x)
    assert sys.getrefcount(x) == before + 6
    del y
    assert sys.getrefcount(x) == before


def test_a_chain_of_a_million_is_recorded_differentiated_and_freed():
    x = Value(1.0)
    y = x
    for _ in range(1_000_000):
        y = y + x
    y.backward()
    assert x.grad == 1_000_001.0


@pytest.mark.slow
def test_a_chain_of_ten_million_is_recorded_differentiated_and_freed():
    x = Value(1.0)
    y = x
    for _ in range(10_000_000):
        y = y + x
    y.backward()
    assert x.grad == 10_000_001.0


class Name(str):
    """Text that can hold anything."""


@pytest.mark.parametrize("kind", [str, Name])
def test_a_label_that_holds_its_value_does_not_keep_it(kind):
    class Large:
        pass

    x, large = Value(1.0), Large()
    gone = weakref.ref(large)
    label = kind("x")
    if kind is Name:
        label.value, label.large = x, large
    x.label = label
    assert x.label == "x"
    assert type(x.label) is str
    y = exp(x)
    y.label = label
    assert Value(2.0, label=label).label == "x"
    with named_scope(label):
        assert Value(1.0).scope == "x"
    del x, y, label, large
    gc.collect()
    assert gone() is None
