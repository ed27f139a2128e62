"""Arguments: numbers apart from what selects a program, and put together again."""

from collections import namedtuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import Value
from autograd.programs.anomaly import numbers_of
from autograd.programs.arguments import Arguments

Pair = namedtuple("Pair", "first second")
NUMBERS = st.one_of(st.floats(-9, 9), st.integers(-9, 9), st.just(np.float32(0.5)))
STATICS = st.one_of(st.text(max_size=2), st.booleans(), st.none())
ARRAYS = st.sampled_from([np.arange(6.0).reshape(s) for s in ((6,), (6, 1), (6, 1, 1))])
STRUCTURES = st.recursive(
    st.one_of(NUMBERS, STATICS, ARRAYS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.tuples(inner, inner),
        st.builds(Pair, inner, inner),
        st.dictionaries(st.text(max_size=2), inner, max_size=3),
    ),
    max_leaves=8,
)


def row(x, k):
    """What the function gets in place of x for row k, as numbers."""
    if isinstance(x, np.ndarray):
        return x[k].tolist()
    if isinstance(x, str | bool) or x is None:
        return x
    if isinstance(x, dict):
        return {key: row(each, k) for key, each in x.items()}
    if isinstance(x, list | tuple):
        parts = [row(each, k) for each in x]
        return Pair(*parts) if isinstance(x, Pair) else type(x)(parts)
    return float(x)


def plain(x):
    """The same with numbers for Values."""
    if isinstance(x, Value):
        return x.data
    if isinstance(x, dict):
        return {key: plain(each) for key, each in x.items()}
    if isinstance(x, list | tuple):
        parts = [plain(each) for each in x]
        return Pair(*parts) if isinstance(x, Pair) else type(x)(parts)
    return x


@given(st.lists(STRUCTURES, max_size=3), st.dictionaries(st.sampled_from("abc"), STRUCTURES))
def test_arguments_are_put_together_as_they_were(args, options):
    arguments = Arguments(tuple(args), options, frozenset())
    for k in range(arguments.count):
        values = [Value(x) for x in numbers_of(arguments.columns, k)]
        own_args, own_options = arguments.of_values(values)
        assert plain(own_args) == row(args, k)
        assert plain(own_options) == row(options, k)


@given(STRUCTURES, STRUCTURES)
def test_keys_are_equal_for_one_structure_and_its_statics_alone(x, y):
    keys = [Arguments((each,), {}, frozenset()).key for each in (x, y, x)]
    assert keys[0] == keys[2]
    assert hash(keys[0]) == hash(keys[2])
    assert (keys[0] == keys[1]) == (skeleton(x) == skeleton(y))


def skeleton(x):
    """The structure, with all numbers alike."""
    if isinstance(x, np.ndarray):
        return "number" if x.ndim == 1 else ("row", x.shape[1:])
    if isinstance(x, str | bool) or x is None:
        return type(x), x
    if isinstance(x, dict):
        return {key: skeleton(each) for key, each in x.items()}, list(x)
    if isinstance(x, list | tuple):
        return type(x), [skeleton(each) for each in x]
    return "number"


def test_named_statics_are_left_as_they_are_in_any_place():
    static = frozenset(["n", 1])
    positional = Arguments((1.0, 2.0), {}, static)
    named = Arguments((1.0,), {"n": 2.0}, static)
    for arguments in (positional, named):
        assert arguments.columns == [1.0]
        args, options = arguments.of_values([Value(5.0)])
        assert [*args[1:], *options.values()] == [2.0]
    assert positional.key != Arguments((1.0, 3.0), {}, static).key


def test_messages_name_the_part_of_an_argument():
    with pytest.raises(TypeError, match=r"argument 1\['a'\]\[0\] is an array of <U1"):
        Arguments((1.0, {"a": [np.array(["x"])]}), {}, frozenset())


def test_unaligned_and_other_arrays_become_columns_of_floats():
    unaligned = np.zeros(3, [("byte", "i1"), ("x", "f8")])["x"]
    for x in (unaligned, np.arange(3), np.ones(3, bool), np.ones(3, np.float32)):
        (column,) = Arguments((x,), {}, frozenset()).columns
        assert column.dtype == float
        assert column.flags.aligned
        assert column.tolist() == x.tolist()
