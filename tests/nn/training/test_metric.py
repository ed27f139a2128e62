"""Accuracy: the share of examples that a model gets right."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nn import loss
from nn.training.metric import accuracy, metric_of


@pytest.mark.parametrize(
    ("outputs", "targets", "right"),
    [
        ([[1.0, 2.0], [3.0, 0.0]], [1, 1], 0.5),  # classes
        ([[1.0, 2.0], [3.0, 0.0]], [[1], [0]], 1.0),
        ([[0.1, 0.2], [0.9, 0.3]], [[0, 1], [0, 1]], 0.5),  # rows of 0s and a 1
        ([0.4, 0.6, 0.7], [0, 1, 0], 2 / 3),  # sides of ½
        ([[-0.1], [0.1]], [1, -1], 0.0),  # sides of 0
        ([[0.9, 0.9], [0.9, 0.1]], [[1, 1], [1, 1]], 0.5),  # all of an example's
    ],
)
def test_accuracy_is_the_share_that_is_right(outputs, targets, right):
    assert accuracy(np.array(outputs), np.array(targets)) == pytest.approx(right)


@given(st.lists(st.tuples(st.floats(-9, 9), st.integers(0, 1)), min_size=1))
def test_logits_answer_by_their_sign(pairs):
    z, d = (np.array(column, float) for column in zip(*pairs, strict=True))
    _, by_logits = metric_of("accuracy", loss.binary_cross_entropy_from_logits)
    assert by_logits(z, d) == pytest.approx(np.mean((z > 0) == d))
    _, by_margin = metric_of("accuracy", loss.hinge)
    assert by_margin(z, 2 * d - 1) == pytest.approx(np.mean((z > 0) == d))


@pytest.mark.parametrize(
    ("outputs", "targets", "sentence"),
    [
        (np.zeros(3), np.zeros(2), "3 rows of outputs, but 2 of targets"),
        (np.zeros((3, 2)), np.zeros((3, 4)), r"have shape \(3, 2\), but the targets \(3, 4\)"),
        (np.zeros(2), np.array([0.5, 2.0]), "accuracy needs classes"),
        ([], [], "needs at least one example"),
    ],
)
def test_outputs_without_an_accuracy_are_refused(outputs, targets, sentence):
    with pytest.raises(ValueError, match=sentence):
        accuracy(outputs, targets)
