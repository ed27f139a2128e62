"""evaluate and predict: the numbers that the model itself returns, row by row."""

import math

import numpy as np
import pytest

from autograd import no_grad
from nn import MLP, Module, RNNCell, Score, evaluate, loss, predict

X = np.random.default_rng(1).normal(size=(7, 3))


def by_hand(model, x):
    with no_grad():
        out = model(x)
    return [v.data for v in out] if isinstance(out, list) else out.data


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("outputs", [1, 4])
def test_predict_returns_what_the_model_returns(compiled, outputs):
    model = MLP(3, [5, outputs], activation="tanh", rng=1)
    result = predict(model, X, compiled=compiled)
    assert result.shape == ((7,) if outputs == 1 else (7, 4))
    assert result.tolist() == [by_hand(model, x) for x in X.tolist()]


class States(Module):
    """All hidden states of a cell."""

    def __init__(self):
        self.cell = RNNCell(2, 3, rng=1)

    def __call__(self, xs):
        return self.cell.run(xs)


@pytest.mark.parametrize("compiled", [True, False])
def test_sequences_are_predicted_as_sequences(compiled):
    model, x = States(), np.random.default_rng(1).normal(size=(5, 4, 2))
    result = predict(model, x, compiled=compiled)
    assert result.shape == (5, 4, 3)
    assert result[2].tolist() == [[h.data for h in state] for state in model(x[2].tolist())]


@pytest.mark.parametrize("compiled", [True, False])
def test_a_model_that_decides_gives_every_row_its_own_path(compiled):
    def model(x):
        return [x[0] * 2, x[1]] if x[0] > 0 else [x[0] - 1, x[2]]

    result = predict(model, X, compiled=compiled)
    assert result.tolist() == [
        [a * 2, b] if a > 0 else [a - 1, c] for a, b, c in X.tolist()
    ]  # fmt: skip


@pytest.mark.parametrize("compiled", [True, False])
def test_evaluate_is_the_mean_or_the_sum_and_the_metric(compiled):
    model, d = MLP(3, [5, 2], rng=1), np.arange(7) % 2
    each = [
        loss.cross_entropy_from_logits(by_hand(model, x), int(k))
        for x, k in zip(X.tolist(), d, strict=True)
    ]
    how = {"metric": "accuracy", "compiled": compiled}
    result = evaluate(model, X, d, loss.cross_entropy_from_logits, **how)
    right = np.argmax(predict(model, X), 1) == d
    assert result == Score(pytest.approx(math.fsum(each) / 7), pytest.approx(np.mean(right)))
    result = evaluate(model, X, d, loss.cross_entropy_from_logits, reduce="sum", compiled=compiled)
    assert result == Score(pytest.approx(math.fsum(each)), None)


def test_a_metric_is_given_outputs_and_targets_as_arrays():
    def largest(outputs, targets):
        assert outputs.shape == targets.shape == (7,)
        return np.max(np.abs(outputs - targets))

    model = MLP(3, [5, 1], rng=1)
    score = evaluate(model, X, np.zeros(7), loss.quadratic, metric=largest)
    assert score.metric == np.max(np.abs(predict(model, X)))


def test_predicting_and_evaluating_change_no_weight_and_no_gradient():
    model = MLP(3, [5, 1], rng=1)
    before = model.state_dict()
    evaluate(model, X, np.zeros(7), loss.quadratic)
    predict(model, X)
    assert model.state_dict() == before
    assert {p.grad for p in model.parameters()} == {0.0}


@pytest.mark.parametrize(
    ("model", "x", "error", "sentence"),
    [
        (MLP(3, [1]), X[:, :2], ValueError, r"rows of X, which has shape \(7, 2\): this neuron"),
        (3, X, TypeError, "a model must be a function of one example, not 3"),
        (lambda x: "yes", X, TypeError, "what the model gives is 'yes'"),
        (lambda x: [], X, TypeError, "the model must return numbers"),
        (lambda x: [x[:1], x[:2]], X, TypeError, "in rows of equal length"),
        (MLP(3, [1]), [], ValueError, "X is empty"),
    ],
)
def test_rows_that_cannot_be_predicted_are_refused(model, x, error, sentence):
    with pytest.raises(error, match=sentence):
        predict(model, x)


@pytest.mark.parametrize("compiled", [True, False])
def test_outputs_of_different_length_for_different_rows_are_refused(compiled):
    def model(x):
        return [x[0], x[1]] if x[0] > 0 else [x[1]]

    for rows in ([[-1.0, 0.0], [1.0, 0.0]], [[1.0, 0.0], [-1.0, 0.0]]):
        with pytest.raises(ValueError, match=r"for some rows and|for the first and"):
            predict(model, rows, compiled=compiled)


@pytest.mark.parametrize("result", [None, "good", [1.0, 2.0]])
def test_a_metric_that_does_not_return_a_number_is_refused(result):
    def metric(outputs, targets):
        return result

    with pytest.raises(TypeError, match="a metric must return one number, but metric returned"):
        evaluate(MLP(3, [1]), X, X[:, 0], loss.quadratic, metric=metric)
