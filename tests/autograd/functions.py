"""Random functions as source text: with parts written twice, shared, unused and detached.

    written(rng, inputs, weights)   the text of `def f(x0, x1, …)`, which uses Values w0, w1, …
    made(text, weights)             the function

`rng` is a `random.Random`, or Hypothesis's `st.randoms()`, which shrinks.
"""

from __future__ import annotations

import autograd
from autograd import Value
from autograd.ops import TABLE

SMOOTH = ("neg", "exp", "sin", "cos", "tanh", "sech", "atan", "sigmoid", "softplus", "erf", "gauss")
ANY = tuple(
    op.name for op in TABLE if not op.many and op.name not in ("stop_gradient", "identity", "where")
)
MANY = ("sum", "mean", "prod", "norm", "logsumexp", "max", "min")
SMOOTH_MANY = ("sum", "mean", "prod", "logsumexp")
CONSTANTS = ("0.0", "-0.0", "1.0", "-1.0", "0.5", "2.0")


class Draft:
    """The lines of a function while it is drawn; `names` are what later lines may use."""

    def __init__(self, rng, inputs, weights, smooth):
        self.rng, self.smooth = rng, smooth
        self.inputs = [f"x{k}" for k in range(inputs)]
        self.weights = [f"w{k}" for k in range(weights)]
        self.names = self.inputs + self.weights
        self.lines, self.formulas = [], []

    def number(self, constants=True):
        """A name, an earlier one likelier the later it is; sometimes a constant."""
        if constants and self.rng.randint(0, 9) == 0:
            return self.rng.choice(CONSTANTS)
        late = self.names[-4:] if self.rng.randint(0, 1) else self.names
        return self.rng.choice(late)

    def several(self, least=1, most=6):
        return [self.number() for _ in range(self.rng.randint(least, most))]

    def add(self, formula, prefix=""):
        """A line that names the formula."""
        name = f"t{len(self.lines)}"
        self.lines.append(f"{prefix}{name} = {formula}")
        self.formulas.append(formula)
        self.names.append(name)

    # ── kinds of lines ──

    def operation(self):
        name = self.rng.choice(SMOOTH if self.smooth else ANY)
        count = len(autograd.ops.BY_NAME[name].operands)
        # the first a Value, so that operators of the table give Values
        operands = [self.number(False), *[self.number() for _ in range(count - 1)]]
        self.add(f"{name}({', '.join(operands)})")

    def arithmetic(self):
        sign = self.rng.choice("+-*" if self.smooth else "+-*/")
        self.add(f"{self.number(False)} {sign} {self.number()}")

    def many(self):
        name = self.rng.choice(SMOOTH_MANY if self.smooth else MANY)
        self.add(f"{name}([{', '.join([self.number(False), *self.several()])}])")

    def terms(self):
        """A chain of sums and products written by hand."""
        parts = [
            self.number(False)
            if self.rng.randint(0, 1)
            else f"{self.number(False)} * {self.number()}"
            for _ in range(self.rng.randint(2, 6))
        ]
        if self.rng.randint(0, 2) == 0 and len(parts) > 2:
            parts = [f"({' + '.join(parts[:2])})", *parts[2:]]
            self.rng.shuffle(parts)
        self.add(" + ".join(parts))

    def softmax(self):
        """The softmaxes of one call, of which some are used."""
        operands = [self.number(False), *self.several(1, 5)]
        call = f"softmax([{', '.join(operands)}])"
        for k in range(len(operands)):
            if self.rng.randint(0, 1):
                self.add(f"{call}[{k}]")
        if self.rng.randint(0, 3) == 0:  # the same operands in another order
            self.rng.shuffle(operands)
            self.add(f"softmax([{', '.join(operands)}])[0]")

    def layer(self):
        """Dots of the same numbers with rows of weights; sometimes one is detached."""
        width = self.rng.randint(1, 4)
        xs = [self.number() for _ in range(width)]
        for _ in range(self.rng.randint(1, 3)):
            row = [self.rng.choice([*self.weights, self.number()]) for _ in range(width)]
            pair = [xs, row] if self.rng.randint(0, 2) else [row, xs]
            lists = ", ".join(f"[{', '.join(each)}]" for each in pair)
            bias = self.rng.choice(["0.0", self.rng.choice(self.weights), self.number()])
            self.add(f"dot({lists}, {bias})", self.detached_or_not())

    def detached_or_not(self):
        return "with no_grad(): " if self.rng.randint(0, 5) == 0 else ""

    def again(self):
        """A line written a second time, sometimes without a gradient."""
        if self.formulas:
            self.add(self.rng.choice(self.formulas), self.detached_or_not())

    def detached(self):
        self.add(f"stop_gradient({self.number(False)})")

    def choice(self):
        self.add(f"where({self.number(False)}, {self.number(False)}, {self.number()})")

    def text(self, outputs):
        kinds = [
            self.operation, self.arithmetic, self.many, self.terms, self.softmax, self.softmax,
            self.layer, self.layer, self.again, self.again, self.detached,
        ]  # fmt: skip
        for _ in range(self.rng.randint(1, 9)):
            self.rng.choice(kinds if self.smooth else [*kinds, self.choice])()
        late = self.names[-6:] if self.rng.randint(0, 2) else self.names
        if outputs == 1:
            results = [f"sum([{', '.join(self.rng.choice(late) for _ in range(3))}])"]
        else:
            results = [self.rng.choice(late) for _ in range(outputs)]
        head = f"def f({', '.join(self.inputs)}):"
        listed = results[0] if outputs == 1 else f"[{', '.join(results)}]"
        body = [*self.lines, f"return {listed}"]
        return "\n    ".join([head, *body]) + "\n"


def written(rng, inputs=2, weights=3, outputs=1, smooth=False):
    """The text of a random function."""
    return Draft(rng, inputs, weights, smooth).text(outputs)


def made(text, numbers):
    """The function of that text, and the weights, w0 … of those numbers, that it uses."""
    weights = {f"w{k}": Value(x) for k, x in enumerate(numbers)}
    space = {**{name: getattr(autograd, name) for name in autograd.__all__}, **weights}
    exec(text, space)
    return space["f"], list(weights.values())
