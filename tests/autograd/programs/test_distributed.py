"""A program runs unchanged on a distributed engine, and the sums are those of one process."""

import copy
import importlib
import pickle
import sys
from pathlib import Path

import numpy as np
import pytest

distributed = pytest.importorskip(
    "distributed", reason='Dask is not installed: pip install "dcdw[test]"'
)
sys.path.append(str(Path(__file__).parents[3] / "examples"))
cluster = importlib.import_module("cluster")

pytestmark = pytest.mark.filterwarnings("default")  # what Dask warns of is not ours to mend


def in_one_process(rows, program):
    """The sums, one partition after the other."""
    total = np.zeros(1 + program.inputs)
    for k in range(rows.numblocks[0]):
        block = rows.blocks[k].compute(scheduler="synchronous")
        total += cluster.sums(block, program, cluster.WEIGHTS)[0]
    return total


@pytest.mark.thorough
def test_partitions_on_threads_of_a_cluster_sum_to_the_gradient_of_the_whole_batch():
    program = pickle.loads(pickle.dumps(cluster.cost()))
    rows = cluster.batch(200_000, 20_000)
    whole = rows.compute(scheduler="synchronous")
    values, grads = program.value_and_grad(*whole.T, *cluster.WEIGHTS)
    with distributed.Client(
        processes=False, n_workers=1, threads_per_worker=4, dashboard_address=None
    ):
        result = cluster.partitioned(rows, program, cluster.WEIGHTS).compute()
    assert np.allclose(result, [values.sum(), *(g.sum() for g in grads)], rtol=1e-10)
    assert program.weights == []


def peak():
    """Bytes of this process at its height."""
    with open("/proc/self/status") as file:
        return 1024 * next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads a process's height from /proc")
def test_ten_million_rows_in_small_processes_sum_to_the_answer_of_one():
    program, rows = cluster.cost(), cluster.batch(10_000_000, 100_000)
    # Inputs and gradients of the whole batch are 800 MB; a partition's are 8.
    with distributed.Client(
        n_workers=2, threads_per_worker=1, memory_limit="1GiB", dashboard_address=None
    ) as client:
        small = cluster.batch(100_000, 100_000)
        cluster.partitioned(small, program, cluster.WEIGHTS).compute()
        before = client.run(peak)
        result = cluster.partitioned(rows, program, cluster.WEIGHTS).compute()
        after = client.run(peak)
    assert len(after) == 2
    for worker, height in after.items():
        assert height - before[worker] < 200e6
    assert np.allclose(result, in_one_process(rows, copy.copy(program)), rtol=1e-12)
