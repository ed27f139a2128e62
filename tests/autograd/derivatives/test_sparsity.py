"""Sparse Jacobians and Hessians: equal to the dense ones, from few passes."""

import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
from autograd import Value, hessian
from autograd.derivatives.linearize import colours


def rosenbrock(x):
    return autograd.sum(
        [100 * (x[k + 1] - x[k] ** 2) ** 2 + (1 - x[k]) ** 2 for k in range(len(x) - 1)]
    )


def test_the_sparse_hessian_of_rosenbrock_is_tridiagonal_and_equals_the_dense_one():
    x = np.linspace(-1.0, 1.0, 60)
    S = hessian(rosenbrock, sparse=True)(x)
    assert S.nnz == 60 + 2 * 59
    assert np.array_equal(S.toarray(), hessian(rosenbrock)(x))


@given(st.lists(st.sets(st.integers(0, 7)), max_size=8))
def test_columns_of_one_colour_never_meet_in_a_row(rows):
    columns = [[i for i, row in enumerate(rows) if j in row] for j in range(8)]
    colour = colours([sorted(row) for row in rows], columns)
    for row in rows:
        assert len({colour[j] for j in row}) == len(row)


def test_an_arrowhead_needs_as_many_colours_as_its_full_row_has_entries():
    rows = [[0, j] for j in range(5)] + [list(range(5))]
    columns = [[i for i, row in enumerate(rows) if j in row] for j in range(5)]
    assert len(set(colours(rows, columns))) == 5


def test_a_sparse_hessian_that_depends_on_values_from_outside_is_refused():
    w = Value(2.0)
    with pytest.raises(TypeError, match="depends on Values from outside"):
        hessian(lambda x: x * w, sparse=True)(1.0)


def test_a_missing_scipy_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.sparse", None)
    with pytest.raises(ImportError, match="pip install scipy"):
        hessian(rosenbrock, sparse=True)([1.0, 2.0])
