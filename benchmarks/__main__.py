"""`python -m benchmarks SUBJECT`: prints the figures of a subject beside its targets."""

from __future__ import annotations

import argparse
import os
from importlib import import_module

from benchmarks import machine, others, peers, report

SUBJECTS = {
    "engine": "recording, the sweep, training through nn, memory",
    "derivatives": "the cheap gradient, higher orders, sparse Hessians",
    "testing": "what a check costs, what it finds, what it takes for a fault",
    "compile": "compiled programs: training steps, replay, tracing",
    "training": "whole trainings: MNIST's net, the symmetry net, a transformer",
    "drawing": "pictures, reports of a million Values, a watched training step",
}


def main() -> None:
    """Measure what the command line names."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("subjects", nargs="*", metavar="SUBJECT", help=", ".join(SUBJECTS))
    parser.add_argument("--list", action="store_true", help="name the subjects and stop")
    parser.add_argument("--quick", action="store_true", help="few rounds, small sizes")
    parser.add_argument("--hips", metavar="PYTHON", help="an interpreter with HIPS autograd")
    parser.add_argument("--checks", metavar="N", type=int, default=300, help="random graphs")
    given = parser.parse_args()
    if given.hips:
        os.environ[others.HIPS] = given.hips
    unknown = [name for name in given.subjects if name not in SUBJECTS]
    if unknown:
        parser.error(f"no subject {unknown[0]!r}; there is {', '.join(SUBJECTS)}")
    if given.list:
        for name, about in SUBJECTS.items():
            print(f"{name:12} {about}")
        return
    if not given.subjects:
        parser.error("name a subject, or --list")

    print(machine.describe(tuple(p.name for p in peers.installed())))
    absent = [*peers.missing(), *others.missing()]
    if absent:
        print(f"not installed, skipped: {', '.join(absent)}")
    for name in given.subjects:
        options = {"checks": given.checks} if name == "testing" else {}
        rows = import_module(f"benchmarks.{name}").rows(quick=given.quick, **options)
        report.show(f"{name}: {SUBJECTS[name]}", rows)


if __name__ == "__main__":
    main()
