"""Data of every kind becomes arrays of numbers, or is refused in one sentence."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from nn import loss, table
from nn.training import data

finite = st.floats(-1e9, 1e9)


@given(hnp.arrays(float, hnp.array_shapes(min_dims=2, max_dims=3, max_side=4), elements=finite))
def test_arrays_lists_and_iterators_are_the_same_data(array):
    for form in (array, array.tolist(), iter(array), array.astype(object), array[::-1][::-1]):
        result = data.inputs(form)
        assert result.dtype == np.float64
        assert result.flags.c_contiguous
        assert np.array_equal(result, array)


@pytest.mark.parametrize("kind", [bool, np.int8, np.uint32, np.float16, np.float32, ">f8"])
def test_numbers_of_every_kind_are_taken(kind):
    assert data.inputs(np.ones((2, 3), kind)).tolist() == [[1.0] * 3] * 2


def test_fractions_and_whole_numbers_of_any_length_are_numbers():
    assert data.inputs([[Fraction(1, 2), 10**30]]).tolist() == [[0.5, 1e30]]


def test_the_rows_of_a_csv_are_data(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a,b,y\n" + "".join(f"{k},{k * k},{2 * k}\n" for k in range(10)))
    read = table.read_table(path, "y")
    X = data.inputs(read.xs)
    assert X.shape == (10, 2)
    assert data.targets(read.ys, 10).tolist() == [2.0 * k for k in range(10)]


class Frame:
    """What pandas and polars have: columns that convert themselves to arrays."""

    def __array__(self, dtype=None, copy=None):
        return np.array([[1, 2.5], [3, 4]], dtype=object)

    def __iter__(self):
        return iter(["a", "b"])


def test_a_data_frame_is_its_numbers():
    assert data.inputs(Frame()).tolist() == [[1.0, 2.5], [3.0, 4.0]]


@pytest.mark.parametrize(
    ("wrong", "error", "sentence"),
    [
        ([], ValueError, r"X is empty \(shape \(0,\)\)"),
        (np.empty((0, 3)), ValueError, r"X is empty \(shape \(0, 3\)\)"),
        (np.empty((3, 0)), ValueError, r"X is empty \(shape \(3, 0\)\)"),
        ([1.0, 2.0], ValueError, r"X has shape \(2,\), .* np.reshape\(X, \(-1, 1\)\)"),
        (3.0, ValueError, r"X has shape \(\)"),
        ([[1, 2], [3]], ValueError, r"different lengths: row 0 has shape \(2,\), and row 1 \(1,\)"),
        ([[1, 2], 3], ValueError, r"row 0 has shape \(2,\), and row 1 \(\)"),
        ([[1, [2]], [3, 4]], ValueError, "different lengths"),
        ([[1, "two"], [3, 4]], TypeError, r"X\[0, 1\] is 'two', where a number belongs"),
        (np.array([["1", "2"]]), TypeError, r"X\[0, 0\] is '1', where a number"),
        ([[1, None]], TypeError, r"X\[0, 1\] is None, where a number"),
        ([[1, 2j]], TypeError, "X is an array of complex128"),
        (np.array([["2026-01-01"]], "M8[D]"), TypeError, "array of datetime64"),
        ("numbers.csv", TypeError, "X is 'numbers.csv'; it is an array or a list"),
        (None, TypeError, "X is None"),
        (object(), TypeError, "X is <object .*, where a number belongs"),
        ({(1, 2), (3, 4)}, TypeError, "X is a set, which has no rows in order"),
        ({1: [2.0]}, TypeError, "X is a dict, which has no rows in order"),
        ([[10**400, 1]], ValueError, r"X\[0, 0\] is larger than any float"),
        (np.ma.array([[1, 2]], mask=[[0, 1]]), ValueError, "X has masked numbers"),
        ([[1, math.nan], [math.inf, 2]], ValueError,
         r"X\[0, 1\] is nan, and 1 more like it \(shape \(2, 2\)\)"),
        ([[1, 2], [3, -math.inf]], ValueError, r"X\[1, 1\] is -inf \(shape"),
    ],
)  # fmt: skip
def test_inputs_that_are_no_rows_of_numbers_are_refused(wrong, error, sentence):
    with pytest.raises(error, match=sentence):
        data.inputs(wrong)


@pytest.mark.parametrize(
    ("wrong", "error", "sentence"),
    [
        ([1, 2], ValueError, r"X has 3 rows, but y has 2 rows \(shape \(2,\)\)"),
        ([[1, 2, 3]], ValueError, r"X has 3 rows, but y has 1 row \(shape \(1, 3\)\)"),
        (1.0, ValueError, "X has 3 rows, but y has one number"),
        ([1, 2, math.nan], ValueError, r"y\[2\] is nan"),
        (["a", "b", "c"], TypeError, r"y\[0\] is 'a', where a number belongs"),
        (np.zeros((3, 2, 2)), ValueError, r"y has shape \(3, 2, 2\); a target is"),
    ],
)
def test_targets_that_are_no_numbers_are_refused(wrong, error, sentence):
    with pytest.raises(error, match=sentence):
        data.targets(wrong, 3)


# ── what a cost wants ──


@given(st.lists(st.integers(0, 3), min_size=1), st.booleans())
def test_classes_become_rows_of_0s_and_a_1(labels, column):
    y = data.targets(np.reshape(labels, (-1, 1)) if column else labels, len(labels))
    rows = data.fitting(loss.cross_entropy_from_logits, y, (4,))
    assert rows.shape == (len(labels), 4)
    assert np.argmax(rows, 1).tolist() == labels
    assert (np.sort(rows, 1) == [0.0, 0.0, 0.0, 1.0]).all()


@pytest.mark.parametrize(
    ("cost", "y", "outputs", "sentence"),
    [
        (loss.quadratic, [[1.0, 2.0]], (3,),
         r"gives 3 numbers per example, but y of shape \(1, 2\) has 2"),
        (loss.mean_squared_error, [1.0], (2, 2), "gives 4 numbers per example"),
        (loss.quadratic, [[1.0, 2.0]], (), "gives 1 number per example"),
        (loss.hinge, [1.0, 0.0], (), r"hinge needs targets of 1 or -1, but y\[1\] is 0"),
        (loss.binary_cross_entropy_from_logits, [[0.5], [1.5]], (1,), r"but y\[1, 0\] is 1.5"),
        (loss.cross_entropy_from_logits, [0, 1], (), "the model gives one"),
        (loss.cross_entropy_from_logits, [0, 3], (3,), r"to 2 for 3 logits, but y\[1\] is 3"),
        (loss.cross_entropy_from_logits, [-1], (3,), r"y\[0\] is -1"),
        (loss.cross_entropy_from_logits, [0.5], (3,), r"whole numbers, .* y\[0\] is 0.5"),
        (loss.cross_entropy_from_logits, [[0.5, 0.5]], (3,), "has 2 probabilities per example"),
        (loss.cross_entropy_from_logits, [[0.5, 0.6]], (2,), r"but the sum of y\[0\] is 1.1"),
        (loss.cross_entropy_from_logits, [[1.5, -0.5]], (2,), r"0 and 1, but y\[0, 0\] is 1.5"),
    ],
)  # fmt: skip
def test_targets_that_a_cost_has_no_use_for_are_refused(cost, y, outputs, sentence):
    with pytest.raises(ValueError, match=sentence):
        data.fitting(cost, np.array(y, float), outputs)


@pytest.mark.parametrize(
    ("cost", "y", "outputs"),
    [
        (loss.quadratic, [1.5, 2.0], ()),
        (loss.quadratic, [[1.5], [2.0]], ()),
        (loss.quadratic, [1.5, 2.0], (1,)),
        (loss.hinge, [[1, -1]], (2,)),
        (loss.binary_cross_entropy_from_logits, [0, 0.5, 1], ()),
        (loss.cross_entropy_from_logits, [[0.25, 0.75]], (2,)),
        (lambda outputs, target: outputs, [[9.0, 9.0, 9.0]], ()),
    ],
)
def test_other_targets_stay_as_they_are(cost, y, outputs):
    y = np.array(y, float)
    assert data.fitting(cost, y, outputs) is y
