"""A program on many machines: its gradient over a large batch, by Dask.

A program is a pure function of its inputs and can be pickled, so a distributed engine runs it as it
is.  Each partition of the batch returns the sum of its rows' costs and of their derivatives; the
partitions' sums are added up.  No worker ever holds more than a few partitions.

    python examples/cluster.py --rows 10_000_000

Here the cluster is this machine; Client("tcp://…") connects to another one.
Needs: pip install "dcdw[dask]"
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd import Program, Value, softplus, tanh

WEIGHTS = (0.5, -1.0, 1.5, 0.25)


def cost() -> Program:
    """ln(1 + e^-(t·z)) of a neuron in front of a neuron, with inputs x, y, the class t = ±1 and
    four weights."""
    x, y, t, w0, w1, w2, b = (Value(1.0) for _ in range(7))
    z = w2 * tanh(w0 * x + w1 * y) + b
    return Program(softplus(-t * z), [x, y, t, w0, w1, w2, b])


def sums(rows: np.ndarray, program: Program, weights: Sequence[float]) -> np.ndarray:
    """Over some rows: Σ C, then Σ ∂C/∂input for every input; of shape (1, 1 + inputs)."""
    values, grads = program.value_and_grad(*rows.T, *weights)
    return np.array([[values.sum(), *(g.sum() for g in grads)]])


def batch(count: int, chunk: int, seed: int = 0) -> Any:
    """`count` rows (x, y, t), `chunk` per partition, drawn where they are needed."""
    import dask.array as da

    points = da.random.default_rng(seed).normal(size=(count, 2), chunks=(chunk, 2))
    return points.map_blocks(_with_class, chunks=(points.chunks[0], (3,)), dtype=float)


def _with_class(points: np.ndarray) -> np.ndarray:
    return np.column_stack([points, np.where(points.prod(axis=1) > 0, 1.0, -1.0)])


def partitioned(rows: Any, program: Program, weights: Sequence[float]) -> Any:
    """The sums over all partitions of a Dask array, as a Dask array to compute."""
    count = rows.numblocks[0]
    each = rows.map_blocks(
        sums, program, tuple(weights), chunks=((1,) * count, (1 + program.inputs,)), dtype=float
    )
    return each.sum(axis=0)


def main() -> None:
    """Sum over a batch on a local cluster of processes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--chunk", type=int, default=100_000, help="rows in a partition")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0, help="of the rows")
    options = parser.parse_args()
    try:
        from distributed import Client
    except ImportError:
        parser.error('this needs Dask: pip install "dcdw[dask]"')
    with Client(
        n_workers=options.workers, threads_per_worker=1, memory_limit="1GiB", dashboard_address=None
    ):
        total = partitioned(
            batch(options.rows, options.chunk, options.seed), cost(), WEIGHTS
        ).compute()
    print(f"{options.rows:,} rows in partitions of {options.chunk:,} on {options.workers} workers")
    print(f"mean cost    {total[0] / options.rows:.6f}")
    for name, slope in zip(("w0", "w1", "w2", "b"), total[4:], strict=True):
        print(f"∂C/∂{name:3}      {slope / options.rows:+.6f}")


if __name__ == "__main__":
    main()
