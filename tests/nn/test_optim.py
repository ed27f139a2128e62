"""SGD against the rule of 1986, written out."""

import pytest

from autograd import Value
from nn import SGD


def test_sgd_is_the_rule_of_1986():
    w = Value(1.0)
    epsilon, alpha = 0.1, 0.9
    optimizer = SGD([w], lr=epsilon, momentum=alpha)
    expected, delta = 1.0, 0.0
    for _ in range(20):
        optimizer.zero_grad()
        (w * w).backward()
        delta = -epsilon * (2 * expected) + alpha * delta
        expected += delta
        optimizer.step()
        assert w.data == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("attempt", "error", "sentence"),
    [
        (lambda w: SGD([], 0.1), ValueError, "no parameters"),
        (lambda w: SGD([w], 0.0), ValueError, "must be positive, not 0.0"),
        (lambda w: SGD([w], float("nan")), ValueError, "must be positive"),
        (lambda w: SGD([w], 0.1, momentum=1.0), ValueError, "not at 1.0"),
        (lambda w: SGD([w * 2], 0.1), TypeError, "moves leaves"),
        (lambda w: SGD([3.0], 0.1), TypeError, "moves leaves"),
    ],
)
def test_what_cannot_train_is_refused(attempt, error, sentence):
    with pytest.raises(error, match=sentence):
        attempt(Value(1.0))
