"""Walks in order, and a finaliser that starts one in the middle of another."""

import gc

import pytest

from autograd import Program, Value, gradients
from autograd.graph import order


class Cyclic:
    """Garbage that runs a backward pass when the collector finds it."""

    collected = 0

    def __init__(self, root):
        self.root, self.itself = root, self

    def __del__(self):
        Cyclic.collected += 1
        self.root.backward()


@pytest.fixture
def threshold():
    before = gc.get_threshold()
    gc.collect()
    gc.disable()
    yield gc.set_threshold
    gc.collect()  # what runs when it is collected runs here, and in no later test
    assert not any(type(x) is Cyclic for x in gc.get_objects())
    gc.set_threshold(*before)
    gc.enable()


WALKS = {
    "order": lambda C, w: [id(v) for v in order(C)],
    "gradients": gradients,
    "a program": lambda C, w: Program([C, *w], w[1:]).source(),
    "gradients recorded": lambda C, w: [g.data for g in gradients(C, w, create_graph=True)],
}


@pytest.mark.parametrize("walk", WALKS.values(), ids=WALKS)
def test_a_finaliser_may_run_backward_in_the_middle_of_a_walk(walk, threshold):
    w = [Value(0.5 + k) for k in range(9)]
    C = w[0]
    for x in w:
        C = C * x + x
    above = w[1] * 3.0 + C
    right = walk(C, w)
    alive = []
    Cyclic.collected = 0
    for k in range(60):
        Cyclic(above)
        alive.append([[] for _ in range(100)])  # the next list is allocated, not used again
        threshold(gc.get_count()[0] + 1 + k % 20)  # the collector runs after that many allocations
        gc.enable()
        result = walk(C, w)
        gc.disable()
        assert result == right
    assert Cyclic.collected > 10
