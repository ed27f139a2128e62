"""named_scope and Value.scope: where a Value was made."""

import copy
import pickle
import threading

import pytest

from autograd import Value, detect_anomaly, exp, named_scope, no_grad, operation, sum, where
from autograd.graph import order


def test_outside_of_every_block_the_scope_is_empty():
    x = Value(1.0)
    assert x.scope == (x * 2).scope == ""


def test_all_that_is_made_in_a_block_is_in_its_scope():
    x = Value(2.0)
    with named_scope("here"):
        made = [Value(1.0), x * 2, exp(x), sum([x, x, 3.0]), where(True, x, 1.0), x.detach()]
        with no_grad():
            made.append(x * x)
        with detect_anomaly():
            made.append(x + 1)
    assert {v.scope for v in made} == {"here"}
    assert {v.scope for v in order(*made)} == {"", "here"}
    assert x.scope == ""


def test_an_operation_of_ones_own_is_recorded_in_the_scope():
    cube = operation("cube_in_scope", lambda x: x * x * x, lambda x, z: 3 * x * x)
    with named_scope("here"):
        z = cube(Value(2.0))
    assert (z.op, z.scope) == ("cube_in_scope", "here")


def test_blocks_nest_with_dots_and_end():
    with named_scope("a"):
        with named_scope("b.c"):
            inner = Value(1.0)
        outer = Value(1.0)
    assert (inner.scope, outer.scope, Value(1.0).scope) == ("a.b.c", "a", "")


def test_a_block_that_fails_ends_too():
    with pytest.raises(ZeroDivisionError), named_scope("a"):
        _ = 1 / 0
    assert Value(1.0).scope == ""


def test_one_scope_can_be_entered_again_also_inside_itself():
    scope = named_scope("a")
    with scope, scope:
        inner = Value(1.0)
    with scope:
        again = Value(1.0)
    assert (inner.scope, again.scope, Value(1.0).scope) == ("a.a", "a", "")


def test_it_decorates_a_function():
    @named_scope("twice")
    def twice(x, depth):
        return twice(x, depth - 1) if depth else x * 2

    assert twice(Value(1.0), 0).scope == "twice"
    assert twice(Value(1.0), 2).scope == "twice.twice.twice"


def test_every_thread_has_a_scope_of_its_own():
    seen = []
    with named_scope("main"):
        thread = threading.Thread(target=lambda: seen.append(Value(1.0).scope))
        thread.start()
        thread.join()
        seen.append(Value(1.0).scope)
    assert seen == ["", "main"]


@pytest.mark.parametrize("name", [None, 3, b"a", Value(1.0)])
def test_a_name_that_is_not_text_is_refused(name):
    with pytest.raises(TypeError, match=f"is a str, not {type(name).__name__}"):
        named_scope(name)


@pytest.mark.parametrize("name", ["", ".", ".a", "a.", "a..b"])
def test_an_empty_name_is_refused(name):
    with pytest.raises(ValueError, match="not empty"):
        named_scope(name)


def test_the_scope_of_a_value_cannot_be_set():
    with pytest.raises(AttributeError):
        Value(1.0).scope = "a"


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda v: pickle.loads(pickle.dumps(v))]
)
def test_copies_and_pickles_keep_the_scopes_also_inside_another(copied):
    with named_scope("leaf"):
        x = Value(2.0)
    with named_scope("sum"):
        y = x + 1
    z = exp(y)
    with named_scope("elsewhere"):
        twins = [copied(v) for v in (x, z)]
    for v, twin in zip((x, z), twins, strict=True):
        assert [w.scope for w in order(twin)] == [w.scope for w in order(v)]
    assert [v.scope for v in order(z)] == ["leaf", "sum", "sum", ""]


def test_a_graph_pickled_before_there_were_scopes_is_read():
    from autograd.graph import Frozen, _leaf

    state = Frozen(Value(1.0) * 2, []).__getstate__()
    del state["scopes"]
    graph = Frozen.__new__(Frozen)
    with named_scope("a"):
        graph.__setstate__(state)
        assert _leaf(1.0, 0.0, "", False).scope == ""
    assert graph.computed[0].scope == ""
