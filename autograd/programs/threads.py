"""A tape run over a batch that is split over threads."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from autograd.programs.tape import Tape


def replay_in_threads(
    tape: Tape,
    columns: list[Any],
    rows: int,
    threads: int,
    weight_grads: np.ndarray | None = None,
    accumulate: bool = False,
    **arrays: Any,
) -> None:
    """As `Tape.run`, each thread with as many rows.

    The gradients by the weights are summed in the order of the threads, whichever is done first.
    """
    total = np.zeros(len(tape.weights)) if weight_grads is None else weight_grads
    needed = accumulate or weight_grads is not None
    sums = [np.zeros_like(total) for _ in range(threads)] if needed else [None] * threads
    errors: list[BaseException] = []

    def part(k: int) -> None:
        first, end = k * rows // threads, (k + 1) * rows // threads
        try:
            tape.run(columns, rows, weight_grads=sums[k], first=first, end=end, **arrays)
        except BaseException as error:
            errors.append(error)

    others = [threading.Thread(target=part, args=(k,)) for k in range(1, threads)]
    for thread in others:
        thread.start()
    part(0)
    for thread in others:
        thread.join()
    if errors:
        raise errors[0]
    for each in sums:
        if each is not None:
            total += each
    if accumulate:
        tape.add_grads(total)
