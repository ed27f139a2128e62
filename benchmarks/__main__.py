"""`python -m benchmarks`: every table, as text, as JSON and as pictures."""

from __future__ import annotations

import argparse
import os
import sys
from importlib import import_module
from pathlib import Path

from benchmarks import environment, figure, machine, others, peers, results
from benchmarks.report import Table

SUBJECTS = {
    "engine": "recording, backward, training through nn, memory",
    "derivatives": "the cheap gradient, higher orders, sparse Hessians",
    "testing": "what a check costs, what it finds, what it takes for a fault",
    "compile": "compiled programs: training steps, replay, tracing",
    "training": "whole trainings: MNIST's net, the symmetry net, a transformer",
    "drawing": "pictures, reports of a million Values, a watched training step",
    "growth": "time and memory from a thousand nodes to ten million",
}
MAKE = "make"  # --hips without an interpreter


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Prints tables of speed beside the peers that are installed, and writes them "
        "as JSON and pictures. Without a SUBJECT, all of them.",
    )
    made.add_argument("subjects", nargs="*", metavar="SUBJECT", help=", ".join(SUBJECTS))
    made.add_argument("--list", action="store_true", help="name the subjects and stop")
    made.add_argument("--quick", action="store_true", help="few rounds, small sizes")
    made.add_argument(
        "--out", type=Path, default=Path("benchmarks-out"), metavar="FOLDER",
        help="where results.json and the pictures go; default: %(default)s",
    )  # fmt: skip
    made.add_argument(
        "--hips", nargs="?", const=MAKE, metavar="PYTHON",
        help="measure HIPS autograd too, in an interpreter that has it; without PYTHON, "
        "in an environment that is made in FOLDER with pip",
    )  # fmt: skip
    made.add_argument("--checks", metavar="N", type=int, default=300, help="random graphs")
    return made


def main() -> int:
    """Measure what the command line names."""
    command = parser()
    given = command.parse_args()
    unknown = [name for name in given.subjects if name not in SUBJECTS]
    if unknown:
        command.error(f"no subject {unknown[0]!r}; there is {', '.join(SUBJECTS)}")
    if given.list:
        for name, about in SUBJECTS.items():
            print(f"{name:12} {about}")
        return 0
    try:
        given.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        command.error(f"cannot write to {given.out}: {error.strerror}; name another --out")
    if given.hips:
        os.environ[others.HIPS] = (
            environment.hips(given.out / "hips") if given.hips == MAKE else given.hips
        )

    print(machine.describe())
    absent = [*peers.missing(), *others.missing()]
    if absent:
        print(f"not installed, skipped: {', '.join(absent)}")
    tables = [measured(name, given) for name in given.subjects or SUBJECTS]
    options = {"quick": given.quick, "hips": bool(given.hips), "checks": given.checks}
    results.save(tables, given.out / "results.json", options)
    written = [given.out / "results.json", *figure.draw(tables, given.out)]
    print("\nWritten: " + ", ".join(map(str, written)))
    return 1 if any(table.error for table in tables) else 0


def measured(name: str, given: argparse.Namespace) -> Table:
    """One subject, printed while it is measured."""
    options = {"checks": given.checks} if name == "testing" else {}
    table = Table(name, SUBJECTS[name])
    table.show(import_module(f"benchmarks.{name}").rows(quick=given.quick, **options))
    return table


if __name__ == "__main__":
    sys.exit(main())
