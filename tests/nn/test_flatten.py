"""Weights in one vector: the same numbers, read and written from both sides."""

import copy
import pickle
import random

import numpy as np
import pytest

from autograd import Value, compile
from nn import MLP, SGD, fit, flatten, loss


def model():
    return MLP(3, [5, 4, 1], activation="tanh", rng=random.Random(1))


def test_a_weight_and_the_vector_read_and_write_one_memory():
    m = model()
    before = [p.data for p in m.parameters()]
    flat = flatten(m)
    assert flat.data.tolist() == before
    w = m.parameters()[7]
    flat.data[7] = 5.0
    assert w.data == 5.0
    w.data = 6.0
    w.grad = 2.0
    assert (flat.data[7], flat.grad[7]) == (6.0, 2.0)
    assert repr(w) == "Value(data=6.0, grad=2.0)"


def test_recording_and_backward_use_the_vector():
    flat = flatten([w := Value(1.0), v := Value(2.0)])
    flat.data[:] = 3.0, 4.0
    C = w * v + w**2
    C.backward()
    assert C.data == 21.0
    assert flat.grad.tolist() == [10.0, 3.0]
    w.backward()
    assert flat.grad[0] == 11.0
    assert w > 2.0
    assert w.detach().data == 3.0


def test_the_vector_outlives_and_is_outlived():
    w = Value(1.0)
    data = flatten([w]).data
    data[0] = 2.0
    assert w.data == 2.0
    del w
    assert data[0] == 2.0
    w = Value(1.0)
    flatten([w])
    assert w.data == 1.0


def test_a_copy_is_an_ordinary_leaf():
    flat = flatten([w := Value(1.0, label="w")])
    copies = [copy.copy(w), copy.deepcopy(w), pickle.loads(pickle.dumps(w))]
    flat.data[0] = 9.0
    assert [c.data for c in copies] == [1.0, 1.0, 1.0]
    assert copies[2].label == "w"


def test_a_leaf_that_is_flattened_again_lives_in_the_last_vector():
    w, v = Value(1.0), Value(2.0)
    first, second = flatten([w, v]), flatten([v, w])
    w.data = 7.0
    assert second.data.tolist() == [2.0, 7.0]
    with pytest.raises(ValueError, match=r"flattened again in another order.* once more"):
        first.data[:] = 0.0
    assert flatten([w, v]).data.tolist() == [7.0, 2.0]


def test_a_part_of_a_flattened_model_is_a_view_of_it():
    m = model()
    whole, part = flatten(m), flatten(m.layers[1])
    part.data[:] = 0.0
    assert whole.data[20:44].tolist() == [0.0] * 24 == part.data.tolist()
    assert np.shares_memory(whole.data, part.data)
    whole.grad[:] = 3.0
    assert part.grad.tolist() == [3.0] * 24


def test_a_vector_follows_its_leaves_into_a_longer_one():
    m = model()
    part = flatten(m.layers[1])
    whole = flatten(m)
    part.data = 5.0
    assert np.shares_memory(whole.data, part.data)
    assert {p.data for p in m.layers[1].parameters()} == {5.0}


def test_training_a_part_leaves_a_held_vector_right():
    """Found by trying: `fit` moved the layer out of the vector, which was then set in vain."""
    m = model()
    flat = flatten(m)
    X, y = [[0.0, 1.0, 2.0], [1.0, 0.0, 1.0]], [0.0, 1.0]
    for part in (m.layers[0].parameters(), m.parameters()[::2], m.parameters()[::-1]):
        fit(m, X, y, loss.quadratic, SGD(part, 0.1), 2, progress=False)
        assert flat.data.tolist() == [p.data for p in m.parameters()]
    flat.data[:] = 0.0
    assert {p.data for p in m.parameters()} == {0.0}


@pytest.mark.parametrize("hold", [lambda f: f.data, lambda f: f.grad[2:4], lambda f: f.data[::2]])
def test_leaves_whose_array_is_held_are_not_moved_away_from_it(hold):
    m = model()
    flat = flatten(m.layers[0])
    held = hold(flat)
    with pytest.raises(ValueError, match=r"array is still held.*delete it \(`del`\)"):
        flatten(m)
    X, y = [[0.0, 1.0, 2.0], [1.0, 0.0, 1.0]], [0.0, 1.0]
    fit(m, X, y, loss.quadratic, SGD(m.parameters(), 0.1), 1, progress=False)
    assert flat.data.tolist() == [p.data for p in m.layers[0].parameters()]
    assert np.shares_memory(held, flat.data) or np.shares_memory(held, flat.grad)
    del held
    flatten(m).data[:] = 0.0
    assert set(flat.data) == {0.0}


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_a_copy_of_a_vector_is_of_the_copied_leaves(copied):
    m = model()
    other, flat = copied((m, flatten(m)))
    flat.data[:] = 2.0
    assert {p.data for p in other.parameters()} == {2.0}
    assert {p.data for p in m.parameters()} != {2.0}


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_training_takes_the_same_steps_bit_for_bit(momentum):
    rng = np.random.default_rng(1)
    X, t = rng.normal(size=(12, 3)), rng.normal(size=12)
    plain, flat = model(), model()
    optimisers = [SGD(m.parameters(), 0.1, momentum) for m in (plain, flat)]
    costs = [compile(lambda x, t, m=m: (m(x) - t) ** 2, static="m") for m in (plain, flat)]
    for step in range(4):
        if step == 1:
            flatten(flat)
        for cost, optimiser in zip(costs, optimisers, strict=True):
            optimiser.zero_grad()
            cost.backward(X, t)
            optimiser.step()
        assert [p.data for p in plain.parameters()] == [p.data for p in flat.parameters()]
        assert [p.grad for p in plain.parameters()] == [p.grad for p in flat.parameters()]


def test_things_that_cannot_be_flattened_are_refused():
    w = Value(1.0)
    for wrong, kind, words in [
        ([w * 2], TypeError, "takes leaves"),
        ([1.0], TypeError, "takes leaves"),
        ([], ValueError, "no parameters"),
        ([w, w], ValueError, "named twice"),
    ]:
        with pytest.raises(kind, match=words):
            flatten(wrong)


def test_numbers_that_are_assigned_go_where_the_values_read_them():
    model = MLP(2, [2, 1])
    flat = flatten(model)
    data, grad = flat.data, flat.grad
    flat.data = 0.5
    flat.grad = np.arange(len(flat))
    flat.data += 1.0
    assert flat.data is data
    assert flat.grad is grad
    assert [p.data for p in model.parameters()] == [1.5] * len(flat)
    assert [p.grad for p in model.parameters()] == list(range(len(flat)))
    with pytest.raises(ValueError, match="could not broadcast"):
        flat.data = np.zeros(3)
    with pytest.raises(AttributeError):
        del flat.data
