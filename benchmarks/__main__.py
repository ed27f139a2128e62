"""`python -m benchmarks SUBJECT`: prints the figures of a subject beside its targets."""

from __future__ import annotations

import argparse
from importlib import import_module

from benchmarks import machine, peers, report

SUBJECTS = {"engine": "recording, the sweep, training through nn, memory"}


def main() -> None:
    """Measure what the command line names."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("subjects", nargs="*", metavar="SUBJECT", help=", ".join(SUBJECTS))
    parser.add_argument("--list", action="store_true", help="name the subjects and stop")
    parser.add_argument("--quick", action="store_true", help="few rounds, small sizes")
    given = parser.parse_args()
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
    if peers.missing():
        print(f"not installed, skipped: {', '.join(peers.missing())}")
    for name in given.subjects:
        rows = import_module(f"benchmarks.{name}").rows(quick=given.quick)
        report.show(f"{name}: {SUBJECTS[name]}", rows)


if __name__ == "__main__":
    main()
