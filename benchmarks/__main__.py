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
    "testing": "what a check costs, what it finds, its false alarms",
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
    options = command.parse_args()
    unknown = [name for name in options.subjects if name not in SUBJECTS]
    if unknown:
        command.error(f"no subject {unknown[0]!r}; there is {', '.join(SUBJECTS)}")
    if options.list:
        for name, about in SUBJECTS.items():
            print(f"{name:12} {about}")
        return 0
    try:
        options.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        command.error(f"cannot write to {options.out}: {error.strerror}; name another --out")
    if options.hips:
        os.environ[others.HIPS] = (
            environment.hips(options.out / "hips") if options.hips == MAKE else options.hips
        )

    print(machine.describe())
    absent = [*peers.missing(), *others.missing()]
    if absent:
        print(f"not installed, skipped: {', '.join(absent)}")
    tables = [measured(name, options) for name in options.subjects or SUBJECTS]
    asked = {"quick": options.quick, "hips": bool(options.hips), "checks": options.checks}
    results.save(tables, options.out / "results.json", asked)
    written = [options.out / "results.json", *figure.draw(tables, options.out)]
    print("\nWritten: " + ", ".join(map(str, written)))
    return 1 if any(table.error for table in tables) else 0


def measured(name: str, options: argparse.Namespace) -> Table:
    """One subject, printed while it is measured."""
    checks = {"checks": options.checks} if name == "testing" else {}
    table = Table(name, SUBJECTS[name])
    table.show(import_module(f"benchmarks.{name}").rows(quick=options.quick, **checks))
    return table


if __name__ == "__main__":
    sys.exit(main())
