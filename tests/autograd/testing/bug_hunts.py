"""Hunts for what the checker misses and for what it accuses wrongly.

`python tests/autograd/testing/bug_hunts.py` prints the table of docs/testing.md.
"""

import math
import random

from planted_bugs import PARTIALS, TRAVERSALS, forged

import autograd
from autograd import Value
from autograd.graph import order
from autograd.ops import TABLE
from autograd.testing import Verdict, check_grad
from autograd.testing import strategies as ag
from autograd.testing.sample_points import called, ordinary, width
from autograd.testing.strategies import Expression


def one_operation(row, k, change):
    """The operation as a function with its partial k changed, in the middle of a graph."""

    def f(*x):
        if row.name == "mul":
            root = called(row, [v / 1.0 for v in x]) / 1.5
        else:
            root = called(row, [v * 1.0 for v in x]) * 1.5
        target = next(i for i, v in enumerate(order(root)) if v.op == row.name and v.args[0].op)
        return forged(root, target, k, change)

    return f


def detection(size, graphs=300, seed=0):
    """The share of planted errors of that relative size that is found, and named right."""
    rng = random.Random(seed)
    planted = detected = named = 0
    while planted < graphs:
        program, xs = random_program(rng, ag.SMOOTH), [rng.uniform(-2, 2) for _ in range(2)]
        root = program(*map(Value, xs))
        places = [i for i, v in enumerate(order(root)) if v.op and v.carries(0)]
        target = rng.choice(places) if places else None
        v = order(root)[target] if places else None
        if v is None or v.partials[0] == 0.0 or not math.isfinite(v.partials[0]):
            continue
        f = planted_in(program, target, size)
        right, wrong = gradient(program, xs), gradient(f, xs)
        if not all(map(math.isfinite, right)) or relative_change(right, wrong) < size / 10:
            continue  # the planted error does not reach the gradient
        planted += 1
        report = check_grad(f, *xs, oracle="replay", raises=False)
        detected += not report.ok
        named += f" = {v.op}(" in report.detail and "by operand 0" in report.detail
    return detected / planted, named / planted


def planted_in(program, target, size):
    return lambda *x: forged(program(*x), target, 0, lambda p: p * (1 + size))


def gradient(f, xs):
    leaves = [Value(x) for x in xs]
    f(*leaves).backward()
    return [leaf.grad for leaf in leaves]


def relative_change(right, wrong):
    return max(abs(a - b) / abs(a) if a else 0.0 for a, b in zip(right, wrong, strict=True))


def random_program(rng, ops, inputs=2, longest=8):
    steps = []
    for _ in range(rng.randint(1, longest)):
        row = autograd.ops.BY_NAME[rng.choice(ops)]
        count = width(row, each=rng.randint(1, 3))
        steps.append((row.name, tuple(rng.randrange(inputs + len(steps)) for _ in range(count))))
    return Expression(inputs, tuple(steps))


SIZES = (1.0, 1.0, 1.0, 1e-8, 1e4, 1e-150, 1e100)


def false_alarms(checks, seed):
    """Reports of fault among checks of random graphs over the whole table."""
    rng = random.Random(seed)
    names = [op.name for op in TABLE]
    alarms = []
    for _ in range(checks):
        program = random_program(rng, names, inputs=2, longest=6)
        xs = [rng.choice((1, -1)) * rng.choice(SIZES) * rng.choice((0.25, 0.5, 1, 2, rng.random()))
              for _ in range(2)]  # fmt: skip
        report = check_grad(program, *xs, kinks="skip", raises=False)
        if not report.ok:
            alarms.append((program, xs, str(report)))
    return alarms


# ── the table of the documentation ──


def rules(change):
    """Planted in every operation of the table: how often it is found, and named right."""
    planted = detected = named = 0
    for row in TABLE:
        count = width(row, each=2)
        for k in range(count):
            for point in ordinary(row, 3):
                x = point[:count]
                partial = called(row, [Value(v) for v in x]).partials[k]
                if abs(partial) < 1e-6:
                    continue
                f = one_operation(row, k, change)
                report = check_grad(f, *x, oracle="replay", raises=False)
                planted += 1
                detected += not report.ok
                named += f"= {row.name}(" in report.detail and f"operand {k} is" in report.detail
    return planted, detected, named


def traversals(backward, graphs=200, seed=0):
    """A wrong traversal on random programs on which it makes a difference."""
    rng = random.Random(seed)
    planted = detected = named = 0
    while planted < graphs:
        program, xs = random_program(rng, ag.SMOOTH), [rng.uniform(-2, 2) for _ in range(2)]
        right = gradient(program, xs)
        leaves = [Value(x) for x in xs]
        backward(program(*leaves))
        wrong = [leaf.grad for leaf in leaves]
        if not all(map(math.isfinite, right + wrong)) or relative_change(right, wrong) < 1e-6:
            continue
        report = check_grad(program, *xs, oracle="replay", raises=False, backward=backward)
        planted += 1
        detected += not report.ok
        named += report.verdict is Verdict.TRAVERSAL
    return planted, detected, named


def main():
    print("| planted | where | planted | found | named right |")
    print("|---|---|---|---|---|")
    for bug, change in PARTIALS.items():
        print(row_of(f"a partial: {bug}", "every operation of the table", *rules(change)))
    for name, backward in TRAVERSALS.items():
        doc = backward.__doc__.strip().splitlines()[0].rstrip(".")
        print(row_of(f"a traversal, {name}: {doc}", "random graphs", *traversals(backward)))
    for size in (1e-4, 1e-6, 1e-8):
        detected, named = detection(size, graphs=2000)
        numbers = (2000, round(2000 * detected), round(2000 * named))
        print(row_of(f"a partial off by {size:.0e}", "random graphs", *numbers))


def row_of(what, where, planted, detected, named):
    return f"| {what} | {where} | {planted} | {detected / planted:.1%} | {named / planted:.1%} |"


if __name__ == "__main__":
    main()
