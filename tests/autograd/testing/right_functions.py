"""Thirty right functions, on which a checker must not cry wolf, and what to plant in each."""

import math
import random

from autograd import (
    atan2,
    cbrt,
    clip,
    cos,
    exp,
    hypot,
    log,
    logsumexp,
    max,
    mean,
    norm,
    relu,
    sigmoid,
    sin,
    softmax,
    softplus,
    sqrt,
    tanh,
    where,
)


def shifted(a, b, c):
    """The largest is subtracted for the sake of rounding, as a float: that is no detached path."""
    top = a.data if a.data > b.data else b.data
    return log(exp(a - top) + exp(b - top)) + top * 1.0 + c


def stepped(a, b):
    """A branch that chooses a constant."""
    slope = 1.0 if a > 0 else 0.01
    return slope * a * b


def halved(a, b):
    """A branch that chooses how often."""
    turns = 0
    while abs(a) > 100 and turns < 20:
        a, turns = a / 2, turns + 1
    return a * a + b


def spread(a, b, c, d):
    middle = mean([a, b, c, d])
    return sqrt(mean([(x - middle) ** 2 for x in (a, b, c, d)]))


def net(a, b, u, v, w):
    h, k = tanh(a * u + b * v), tanh(a * v - b * w)
    return softplus(h * w + k * u)


def entropy(a, b, c):
    p = softmax([a, b, c])
    return -(p[0] * log(p[0] + 1e-9) + p[1] * log(p[1] + 1e-9))


RIGHT = {
    # quotients
    "a / b": lambda a, b: a / b,
    "tanh(a) / b": lambda a, b: tanh(a) / b,
    "log(a) / b": lambda a, b: log(a) / b,
    "(a - b) / (a + b)": lambda a, b: (a - b) / (a + b),
    "a / (1 + a²)": lambda a: a / (1 + a * a),
    # differences
    "exp(a) - exp(b)": lambda a, b: exp(a) - exp(b),
    "log(a) - log(b)": lambda a, b: log(a) - log(b),
    "(a - b) (a + b)": lambda a, b: (a - b) * (a + b),
    "√(a² + 1) - a": lambda a: sqrt(a * a + 1) - a,
    # oscillations
    "sin(a²)": lambda a: sin(a * a),
    "sin(50 a)": lambda a: sin(50 * a),
    "sin(1 / a)": lambda a: sin(1 / a),
    "cos(a) exp(-b)": lambda a, b: cos(a) * exp(-b),
    # powers
    "a³ - 2 a": lambda a: a**3 - 2 * a,
    "a ** b": lambda a, b: a**b,
    "a ** -1.5": lambda a: a**-1.5,
    "∛a b": lambda a, b: cbrt(a) * b,
    # norms
    "norm(a, b, c)": lambda a, b, c: norm([a, b, c]),
    "hypot(a, b) / (1 + c²)": lambda a, b, c: hypot(a, b) / (1 + c * c),
    "√(a² + b²)": lambda a, b: sqrt(a * a + b * b),
    "atan2(a, b)": lambda a, b: atan2(a, b) * a,
    # softmaxes
    "softmax": lambda a, b, c: softmax([a, b, c])[0] * b,
    "logsumexp": lambda a, b, c: logsumexp([a, b, c]) - a,
    "logsumexp, shifted by hand": shifted,
    "entropy": entropy,
    # branches
    "a² if a > 1 else a": lambda a, b: (a * a if a > 1 else a) * b,
    "a slope that a branch chooses": stepped,
    "halved until small": halved,
    "where, max, relu, clip": lambda a, b: (
        where(a > b, a * b, max(a, b)) + relu(a) * clip(b, -1, 1)
    ),
    # vectors
    "a net": net,
}
"""By name; of one to five numbers."""

POINTS = {
    "uniform in ±3": lambda rng: rng.uniform(-3, 3),
    "uniform in ±1000": lambda rng: rng.uniform(-1000, 1000),
    "log-uniform from 1e-300 to 1e300": lambda rng: (
        rng.choice((1, -1)) * 10 ** rng.uniform(-300, 300)
    ),
}


def arity(f):
    return f.__code__.co_argcount


def drawn(f, sampling, count, seed):
    """Points for f, from a sampling by name."""
    rng = random.Random(seed)
    return ([POINTS[sampling](rng) for _ in range(arity(f))] for _ in range(count))


# ── planted ──


def detached(f, j):
    """f, with a path that leaves the graph through its j-th argument."""

    def planted(*x):
        return f(*x) + math.sin(0.5 * x[j].data) * x[j]

    return planted


def noisy(f, seed, size=1e-3):
    """f with noise."""
    rng = random.Random(seed)

    def planted(*x):
        return f(*x) * (1.0 + size * rng.random())

    return planted


def flipped(f, j, edge):
    """f, with another branch from an edge of the j-th argument on."""

    def planted(*x):
        return f(*x) if x[j].data < edge else f(*x) * sigmoid(x[0])

    return planted
