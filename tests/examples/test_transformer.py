"""The transformer of examples/names.py, checked by NumPy and by its own gradients."""

import math

import numpy as np
import pytest
import transformer

import autograd
from autograd import Value, compile
from autograd.testing import check_grad
from nn import flatten, init
from nn.init import Source

START = init.normal(0.5)  # biases too, so that nothing in the comparison is 0


def numbers(values):
    """The data of nested lists of Values."""
    return np.array([numbers(v) if isinstance(v, list) else v.data for v in values])


def matrices(layer):
    """A layer's weights, of shape (n_out, n_in), and biases."""
    return numbers([n.w for n in layer.neurons]), numbers([n.b for n in layer.neurons])


def affine(layer, x):
    """The layer's result for every row of x."""
    w, b = matrices(layer)
    return x @ w.T + b


def attention_by_numpy(attention, x):
    """Scores of all pairs at once, those that look ahead masked."""
    q, k, v = (
        np.stack(np.split(affine(layer, x), attention.heads, axis=1))
        for layer in (attention.query, attention.key, attention.value)
    )
    scores = q @ k.transpose(0, 2, 1) / math.sqrt(q.shape[2])
    scores[:, ~np.tri(len(x), dtype=bool)] = -np.inf
    weights = np.exp(scores - scores.max(axis=2, keepdims=True))
    weights /= weights.sum(axis=2, keepdims=True)
    return affine(attention.output, np.concatenate(list(weights @ v), axis=1))


def rms_norm_by_numpy(norm, x):
    """Rows of one root mean square."""
    return numbers(norm.gain) * x / np.sqrt((x**2).mean(axis=1, keepdims=True) + 1e-5)


def transformer_by_numpy(model, one_hot):
    """The logits for a sequence."""
    x = one_hot @ numbers(model.token.w).T + numbers(model.position)[: len(one_hot)]
    for block in model.blocks:
        x = x + attention_by_numpy(block.attention, rms_norm_by_numpy(block.norm1, x))
        first, second = block.mlp.layers
        hidden = np.maximum(affine(first, rms_norm_by_numpy(block.norm2, x)), 0.0)
        x = x + affine(second, hidden)
    return affine(model.output, rms_norm_by_numpy(model.norm, x))


def some_model(**options):
    """A transformer of 5 tokens whose weights, gains and biases included, are all random."""
    model = transformer.Transformer(5, 6, **{"width": 8, "heads": 2, "rng": 1} | options)
    flat = flatten(model)
    flat.data[:] = np.random.default_rng(2).normal(0.0, 0.5, len(flat))
    return model


def some_sequence(length, rows=None):
    """Tokens, one-hot."""
    size = length if rows is None else (rows, length)
    return np.eye(5)[np.random.default_rng(3).integers(0, 5, size)]


@pytest.mark.parametrize("heads", [1, 2, 4])
def test_attention_is_numpys(heads):
    attention = transformer.Attention(8, heads, START, Source(1))
    x = np.random.default_rng(2).normal(size=(5, 8))
    result = attention([[Value(a) for a in row] for row in x])
    assert numbers(result) == pytest.approx(attention_by_numpy(attention, x), rel=1e-12)


def test_rms_norm_is_numpys():
    norm = transformer.RMSNorm(4)
    for k, gain in enumerate(norm.gain):
        gain.data = 0.5 + k
    x = np.array([[3.0, -1.0, 0.5, 2.0], [1e-3, 0.0, 0.0, 0.0]])
    result = [norm([Value(a) for a in row]) for row in x]
    assert numbers(result) == pytest.approx(rms_norm_by_numpy(norm, x), rel=1e-14)


@pytest.mark.parametrize("blocks", [1, 2])
def test_the_logits_are_numpys(blocks):
    model, sequence = some_model(blocks=blocks), some_sequence(6)
    result = numbers(model(sequence.tolist()))
    assert result == pytest.approx(transformer_by_numpy(model, sequence), rel=1e-11)


def test_tokens_that_come_later_have_no_gradient():
    model = some_model(blocks=2)
    for t in range(4):
        sequence = [[Value(x) for x in row] for row in some_sequence(4)]
        autograd.sum(model(sequence)[t]).backward()
        size = [max(abs(x.grad) for x in row) for row in sequence]
        assert all(size[: t + 1])
        assert not any(size[t + 1 :])


def test_a_small_attentions_gradient_is_right():
    attention = transformer.Attention(2, 1, START, Source(4))

    def cost(x):
        first, second = attention([x[:2], x[2:]])
        return autograd.sum(first + second)

    check_grad(cost, [0.3, -0.2, 0.5, 0.1])


@pytest.mark.parametrize("length", [2, 6])
def test_compiled_and_eager_gradients_agree(length):
    model, rows = some_model(), some_sequence(length, rows=5)
    flat = flatten(model)

    def cost(sequence):
        return autograd.logsumexp(model(sequence)[-1])

    loss = compile(cost).backward(rows)
    compiled = flat.grad.copy()
    flat.grad[:] = 0.0
    C = autograd.mean([cost(row) for row in rows.tolist()])
    C.backward()
    assert loss == pytest.approx(C.data, rel=1e-13)
    assert compiled == pytest.approx(flat.grad, rel=1e-10, abs=1e-14)


def test_heads_share_a_vector_evenly():
    with pytest.raises(ValueError, match="3 heads cannot share vectors of 8 numbers evenly"):
        transformer.Transformer(5, 6, width=8, heads=3)


def test_a_sequence_that_is_too_long_is_refused():
    with pytest.raises(ValueError, match="takes 6 tokens at most, not 7"):
        some_model()(some_sequence(7).tolist())
