"""Gradients scaled down to a norm, as PyTorch scales them."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import Value
from nn import clip_grad_norm
from nn.optim.clipping import clip_vector
from tests.nn.pytorch_numbers import CLIPPED


def weights(numbers):
    return [Value(x) for x in numbers]


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=5), st.floats(1e-3, 1e3))
def test_a_vector_is_clipped_as_gradients_are(gradients, max_norm):
    ws = weights([0.0] * len(gradients))
    for w, g in zip(ws, gradients, strict=True):
        w.grad = g
    clip_grad_norm(ws, max_norm)
    vector = np.array(gradients)
    clip_vector(vector, max_norm)
    assert vector.tolist() == pytest.approx([w.grad for w in ws], rel=1e-13, abs=1e-300)


@pytest.mark.parametrize("size", [1e200, 1e-200, math.inf, math.nan, 0.0])
def test_a_vector_beyond_the_range_of_squares_is_clipped_too(size):
    vector = np.array([3.0, -4.0]) * size
    clip_vector(vector, 1.0)
    expected = {1e200: [0.6, -0.8], 1e-200: [3e-200, -4e-200], 0.0: [0.0, -0.0]}
    if size in expected:
        assert vector.tolist() == pytest.approx(expected[size], rel=1e-12, abs=0.0)
    else:
        assert not np.isfinite(vector).any()


@pytest.mark.parametrize("max_norm", CLIPPED)
def test_gradients_are_clipped_as_pytorch_clips_them(max_norm):
    ws = weights([0.0, 0.0, 0.0])
    for w, g in zip(ws, (3.0, -4.0, 12.0), strict=True):
        w.grad = g
    assert clip_grad_norm(ws, max_norm) == 13.0
    assert [w.grad for w in ws] == pytest.approx(CLIPPED[max_norm], rel=1e-15)


def test_huge_gradients_are_clipped_too():
    w = Value(0.0)
    w.grad = -1e200
    assert clip_grad_norm([w], 1.0) == 1e200
    assert w.grad == pytest.approx(-1.0)


@pytest.mark.parametrize("g", [math.nan, math.inf])
def test_a_gradient_that_is_no_number_is_not_spread(g):
    ws = weights([0.0, 0.0])
    ws[0].grad, ws[1].grad = g, 2.0
    with pytest.raises(ValueError, match=f"norm of the gradients is {g}; .*detect_anomaly"):
        clip_grad_norm(ws, 1.0)
    assert ws[1].grad == 2.0
