"""Paths: each row is answered on its own, which is traced once, whoever asks first."""

import threading

import numpy as np
import pytest

from autograd import GraphError
from autograd.programs.paths import Paths


def answers(paths, columns, trace=lambda numbers: numbers[0] // 10):
    """By row the path that answered it; a path takes the numbers of one ten."""
    taken = np.full(len(columns[0]), -1.0)

    def replay(path, columns, left):
        fits = columns[0] // 10 == path
        taken[left[fits]] = path
        return fits

    paths.run(columns, len(columns[0]), trace, replay)
    return taken.tolist()


def test_every_row_is_answered_by_the_path_that_it_takes():
    paths = Paths("f")
    assert answers(paths, [np.array([3.0, 12.0, 5.0, 27.0, 11.0])]) == [0, 1, 0, 2, 1]
    assert paths.known == [0, 1, 2]
    assert answers(paths, [np.array([21.0, 34.0])]) == [2, 3]
    assert paths.known == [0, 1, 2, 3]


def test_a_row_that_does_not_take_the_path_traced_of_it_is_refused():
    with pytest.raises(GraphError, match="f does not decide the same twice"):
        answers(Paths("f"), [np.array([3.0])], trace=lambda numbers: 7.0)


def test_no_rows_are_answered_by_one_path():
    paths = Paths("f")
    assert answers(paths, [np.empty(0)]) == []
    assert len(paths.known) == 1


def test_threads_trace_a_path_once_and_each_gets_its_own_rows():
    paths, start, wrong = Paths("f"), threading.Barrier(4), []

    def work(k):
        rng = np.random.default_rng(k)
        start.wait()
        for _ in range(50):
            rows = rng.integers(0, 80, 9).astype(float)
            if answers(paths, [rows]) != (rows // 10).tolist():
                wrong.append(rows)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert sorted(paths.known) == list(range(8))
