"""Many threads at once: recording, replaying, backward, modes and scopes."""

import contextlib
import gc
import sys
import threading

import numpy as np
import pytest

import autograd
from autograd import Program, Value, compile, dot, named_scope, no_grad, tanh
from autograd.graph import order
from nn import MLP, flatten

THREADS = 6


@pytest.fixture(autouse=True)
def eager_switching():
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


def at_once(work):
    """Runs work(0), work(1), … in threads that start together; what they return."""
    start, results, failed = threading.Barrier(THREADS), [None] * THREADS, []

    def run(k):
        start.wait()
        try:
            results[k] = work(k)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=run, args=(k,)) for k in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return results


def cost(w, x):
    z = x
    for k in range(40):
        z = tanh(dot([z, w[k % 3]], [w[1], w[2]], w[0])) + z * 0.5
    return z


def gradient(w, x):
    for p in w:
        p.grad = 0.0
    cost(w, x).backward()
    return [p.grad for p in w]


def weights():
    return [Value(0.3), Value(-0.7), Value(1.1)]


def test_graphs_of_their_own_are_recorded_and_differentiated():
    right = [gradient(weights(), 0.1 * k) for k in range(THREADS)]

    def work(k):
        w = weights()
        return [gradient(w, 0.1 * k) for _ in range(30)]

    for k, results in enumerate(at_once(work)):
        assert results == [right[k]] * 30


def test_gradients_of_graphs_that_share_leaves_all_arrive():
    w, rounds = weights(), 40
    right = [0.0] * 3
    for k in range(THREADS):
        right = [a + b for a, b in zip(right, gradient(w, 0.1 * k), strict=True)]
    for p in w:
        p.grad = 0.0
    at_once(lambda k: [cost(w, 0.1 * k).backward() for _ in range(rounds)])
    assert [p.grad for p in w] == pytest.approx([rounds * g for g in right], rel=1e-12)


def test_graphs_that_share_nodes_are_traversed_and_freed():
    w = weights()
    shared = cost(w, 0.2)
    size = len(order(shared))

    def work(k):
        for _ in range(50):
            root = shared * float(k) + cost(w, 0.1)
            assert len(order(shared)) == size
            autograd.gradients(root, w)
            del root

    at_once(work)


def test_one_program_is_replayed_with_batches_of_many_sizes():
    model = MLP(3, [5, 1], activation="tanh", rng=0)
    flatten(model)
    xs = [Value(0.0) for _ in range(3)]
    program = Program(model(xs), xs)
    X = np.random.default_rng(0).normal(size=(70, 3))
    right = program(*X.T)

    def work(k):
        for rows in [1, 2, 9, 10, 12, 33, 67, 70, 1 + k] * 8:
            assert program(*X[:rows].T).tolist() == right[:rows].tolist()

    at_once(work)


def test_one_function_is_compiled_once_for_all():
    w = weights()
    f = compile(lambda x: cost(w, x))
    right = cost(w, 0.25).data
    assert at_once(lambda k: f(0.25)) == [right] * THREADS
    assert len(f.programs) == 1


def test_weights_that_move_into_a_vector_meanwhile_harm_nobody():
    model = MLP(9, [8, 1], activation="tanh", rng=0)
    f = compile(model)
    X = np.random.default_rng(0).normal(size=(64, 9))
    right = f(X)
    done = threading.Event()

    def work(k):
        if k == 0:
            for _ in range(300):
                flatten(model)
            done.set()
            return
        while not done.is_set():
            assert f(X).tolist() == right.tolist()
            with contextlib.suppress(RuntimeError):  # which says to flatten before
                f.backward(X)

    at_once(work)
    gc.collect()
    model.zero_grad()
    f.backward(X)
    first = [p.grad for p in model.parameters()]
    model.zero_grad()
    f.backward(X)
    assert [p.grad for p in model.parameters()] == first


def test_modes_and_scopes_are_each_threads_own():
    def work(k):
        for _ in range(200):
            with named_scope(f"s{k}"), no_grad() if k % 2 else named_scope("deep"):
                z = Value(1.0) * 2.0
                assert z.constant == bool(k % 2)
                assert z.scope == (f"s{k}" if k % 2 else f"s{k}.deep")
            assert not (Value(1.0) * 2.0).constant
            assert Value(1.0).scope == ""

    at_once(work)


def test_a_buffer_that_is_in_use_says_so_and_is_free_again():
    x = Value(1.0)
    buffer = Program(tanh(x), [x]).buffer()
    for number in (0.5, 0.25):
        buffer.inputs[0] = number
        buffer()
        assert buffer.outputs[0] == tanh(number)


def test_compiled_and_eager_contributions_to_one_vector_all_arrive():
    w = [Value(1.0) for _ in range(5)]
    flat = flatten(w)
    f = compile(lambda x: dot(w[:-1], x, w[-1]))
    X, rounds = np.ones((20_000, 4)), 10
    f.backward(X)
    several = w[0] * 1.0
    for _ in range(30):
        several = several + w[0]

    def work(k):
        if k == 0:
            for _ in range(rounds):
                f.backward(X, reduce="sum")
            done.set()
        contributions = 0
        while k == 1 and not done.is_set():
            several.backward()
            contributions += 31
        return contributions

    for _ in range(5):
        done = threading.Event()
        flat.grad[:] = 0.0
        eager = sum(at_once(work))
        assert flat.grad.tolist() == [rounds * len(X) + eager, *[rounds * len(X)] * 4]
