"""New names from a list of names: a small transformer in scalars, trained compiled.

It learns from a word list of your own, a text file with one word a line, to say which
letter comes next, and then invents words of that kind.  --builtin takes the 568 first
names of names.txt beside this script.  A tenth of the words is held out; the weights that
do best on those are kept.  With --held-out 0 it learns all words, a short list by heart.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from common import BLUE, GREY, ORANGE, at_least_one, figure, parser, run, save, table
from matplotlib.ticker import MaxNLocator
from tqdm import tqdm
from transformer import Transformer
from words import EDGE, Alphabet, Bigrams, WordListError, read

import autograd
from autograd import Value, compile, dot, logsumexp
from nn import Adam, flatten, schedule
from nn.table import hold_out

BUILTIN = Path(__file__).with_name("names.txt")
BATCH = 32  # words a step
RATE, BETAS = 0.01, (0.9, 0.99)  # of Adam; the rate falls to 0
LOOKS = 60  # at the losses, in a training
SEEN = 500  # words that a look takes at most


class Course(NamedTuple):
    """How a training went: losses at some steps, and the step whose weights were kept."""

    steps: list[int]
    learned: list[float]
    held: list[float]
    kept: int


def main() -> None:
    """Train on the list; print the losses beside the baselines, and new words; draw."""
    options = arguments()
    try:
        words, left_out = read(options.words)
    except WordListError as error:
        sys.exit(str(error))
    rng = random.Random(options.seed)
    learned, held = divided(words, options.held_out, rng)
    alphabet = Alphabet(words)
    model = Transformer(
        len(alphabet), max(map(len, words)) + 1, width=options.width, blocks=options.blocks, rng=rng
    )
    print(
        f"{len(words):,} words, {len(alphabet.letters)} letters; {len(learned):,} to learn from, "
        f"{len(held):,} held out. {len(model.parameters()):,} weights."
    )
    if left_out:
        print(f"{left_out:,} words with more than 15 letters are left out.")
    course = train(model, alphabet, learned, held, options.steps, rng)
    bigrams = Bigrams(alphabet, learned)
    report(course, alphabet, bigrams.loss(learned), bigrams.loss(held) if held else None)
    invented = sample(model, alphabet, options.samples, options.temperature, options.seed)
    new = [word for word in dict.fromkeys(invented) if word and word not in set(words)]
    print(
        f"{options.samples} words at temperature {options.temperature:g}, "
        f"{len(new) or 'none'} of them new and different:\n  {', '.join(new) or '-'}\n"
    )
    draw(course, math.log(len(alphabet)), bigrams, learned, held, options)


def arguments() -> argparse.Namespace:
    """The command line."""
    line = parser(__doc__)
    which = line.add_mutually_exclusive_group()
    which.add_argument("words", nargs="?", type=Path, metavar="FILE", help="one word a line")
    which.add_argument("--builtin", action="store_true", help="the first names in names.txt")
    line.add_argument("--steps", type=at_least_one, default=1000, metavar="N",
                      help=f"of Adam, each on {BATCH} words (1000)")  # fmt: skip
    line.add_argument("--held-out", type=share, default=0.1, metavar="SHARE",
                      help="of the words (0.1)")  # fmt: skip
    line.add_argument("--samples", type=at_least_one, default=30, metavar="N",
                      help="words to invent (30)")  # fmt: skip
    line.add_argument("--temperature", type=temperature, default=0.8, metavar="T",
                      help="low: likely words, high: wild ones (0.8)")  # fmt: skip
    line.add_argument("--width", type=width, default=16, metavar="N",
                      help="numbers in a vector, a multiple of the 4 heads (16)")  # fmt: skip
    line.add_argument("--blocks", type=at_least_one, default=1, metavar="N",
                      help="one after another (1)")  # fmt: skip
    options = line.parse_args()
    if options.builtin:
        options.words = BUILTIN
    elif options.words is None:
        line.error("name a text file with one word a line, or write --builtin")
    return options


def share(text: str) -> float:
    """A number from 0 to below 1, for argparse."""
    if not 0.0 <= (number := float(text)) < 1.0:
        raise argparse.ArgumentTypeError(f"{number:g} does not lie in [0, 1)")
    return number


def temperature(text: str) -> float:
    """A number from 0.01 to 100, for argparse."""
    if not 0.01 <= (number := float(text)) <= 100.0:
        raise argparse.ArgumentTypeError(f"{number:g} does not lie between 0.01 and 100")
    return number


def width(text: str) -> int:
    """A positive multiple of the number of heads, for argparse."""
    if (number := at_least_one(text)) % 4:
        raise argparse.ArgumentTypeError(f"{number} is not a multiple of 4")
    return number


def divided(words: Sequence[str], part: float, rng: random.Random) -> tuple[list[str], list[str]]:
    """The words to learn from and those held out, both in random order."""
    learned, held = hold_out(len(words), part, rng)
    if not part:
        learned, held = learned + held, []
    return [words[k] for k in learned], [words[k] for k in held]


# ── training ───────────────────────────────────────────────────────────────────


def word_cost(model: Transformer) -> Callable[[Sequence[Sequence[Value | float]]], Value]:
    """The cost of a word, tokens one-hot from edge to edge: Σ -ln p over what comes next."""

    def cost(word: Sequence[Sequence[Value | float]]) -> Value:
        logits = model(word[:-1])
        pairs = zip(logits, word[1:], strict=True)
        return autograd.sum([logsumexp(z) - dot(z, wanted) for z, wanted in pairs])

    return cost


class Learner:
    """The model's weights in one vector, the compiled cost of a word, and Adam.

    Words of one length are a batch, and each length has a program of its own, so that
    nothing is spent on padding.
    """

    def __init__(self, model: Transformer, alphabet: Alphabet) -> None:
        self.alphabet = alphabet
        self.flat = flatten(model)
        self.cost = compile(word_cost(model))
        self.optimizer = Adam(model.parameters(), RATE, betas=BETAS)

    def step(self, words: Sequence[str]) -> float:
        """Move the weights; the mean of -ln p a letter before that."""
        batches = self.alphabet.batches(words)
        self.optimizer.zero_grad()
        total = sum(self.cost.backward(batch, reduce="sum") for batch in batches)
        self.flat.grad /= letters(batches)
        self.optimizer.step()
        return total / letters(batches)


def train(
    model: Transformer,
    alphabet: Alphabet,
    learned: Sequence[str],
    held: Sequence[str],
    steps: int,
    rng: random.Random,
) -> Course:
    """Adam on random words.  The weights in the end are the best on `held`, or the last."""
    learner = Learner(model, alphabet)
    rate = schedule.linear(RATE, steps + 1)
    seen, unseen = alphabet.batches(learned[:SEEN]), alphabet.batches(held[:SEEN])
    course, best = Course([], [], [], steps), math.inf
    weights = learner.flat.data.copy()
    every = max(1, steps // LOOKS)
    bar = tqdm(range(steps + 1), unit="step")
    for step in bar:
        if step % every == 0 or step == steps:
            course.steps.append(step)
            course.learned.append(mean_cost(learner.cost, seen))
            course.held.append(mean_cost(learner.cost, unseen) if held else math.nan)
            bar.set_postfix_str(f"loss {course.learned[-1]:.3f}, held out {course.held[-1]:.3f}")
            if not held or course.held[-1] < best:
                best, course = course.held[-1], course._replace(kept=step)
                weights[:] = learner.flat.data
        if step < steps:
            learner.optimizer.lr = rate(step)
            learner.step(rng.sample(learned, min(BATCH, len(learned))))
    learner.flat.data[:] = weights
    return course


def mean_cost(cost: Callable[[np.ndarray], np.ndarray], batches: Sequence[np.ndarray]) -> float:
    """The mean of -ln p over all letters and the ends of the words."""
    return float(sum(cost(batch).sum() for batch in batches)) / letters(batches)


def letters(batches: Sequence[np.ndarray]) -> int:
    """How many tokens there are to predict."""
    return sum(len(batch) * (batch.shape[1] - 1) for batch in batches)


def sample(
    model: Transformer, alphabet: Alphabet, count: int, temperature: float, seed: int
) -> list[str]:
    """New words, letter by letter from softmax(logits / temperature)."""
    rng = np.random.default_rng(seed)
    last = compile(lambda tokens: model(tokens)[-1])
    tokens = np.full((count, 1), EDGE)
    for _ in range(len(model.position) - 1):
        z = np.column_stack(last(alphabet.one_hot(tokens)))
        p = np.exp((z - z.max(axis=1, keepdims=True)) / temperature)
        reached = p.cumsum(axis=1) > rng.random((count, 1)) * p.sum(axis=1, keepdims=True)
        tokens = np.column_stack([tokens, reached.argmax(axis=1)])
    return [alphabet.word(until_edge(row[1:].tolist())) for row in tokens]


def until_edge(tokens: list[int]) -> list[int]:
    """The tokens before the first edge."""
    return tokens[: [*tokens, EDGE].index(EDGE)]


# ── what is shown ──────────────────────────────────────────────────────────────


def report(course: Course, alphabet: Alphabet, learned: float, held: float | None) -> None:
    """Print the losses, in nats a letter, beside what guessing and counting pairs give."""
    guess = f"{math.log(len(alphabet)):.3f}"
    at = course.steps.index(course.kept)
    rows = [
        [f"a guess, ln {len(alphabet)}", guess, guess],
        ["counting pairs of letters", f"{learned:.3f}", "-" if held is None else f"{held:.3f}"],
        [f"the transformer, step {course.kept}", f"{course.learned[at]:.3f}",
         "-" if held is None else f"{course.held[at]:.3f}"],
    ]  # fmt: skip
    table(["loss: mean of -ln p a letter", "learned words", "held out"], rows)


def draw(
    course: Course,
    guess: float,
    bigrams: Bigrams,
    learned: Sequence[str],
    held: Sequence[str],
    options: argparse.Namespace,
) -> None:
    """The losses over the steps, and the baselines."""
    made, (ax,) = figure(1, width=6.8)
    ax.plot(course.steps, course.learned, color=BLUE, label="learned words")
    for name, loss in ("a guess", guess), ("counting pairs", bigrams.loss(held or learned)):
        ax.axhline(loss, color=GREY, linestyle="--", linewidth=1)
        ax.annotate(f"{name}, {loss:.2f}", (1, loss), xycoords=("axes fraction", "data"),
                    ha="right", va="bottom", color="#555555", fontsize=9)  # fmt: skip
    if held:
        best = course.held[course.steps.index(course.kept)]
        ax.plot(course.steps, course.held, color=ORANGE, label="held-out words")
        ax.plot(course.kept, best, "o", color=ORANGE, label=f"kept: {best:.2f}")
    ax.set(title=f"Learning {options.words.name}", xlabel="step", ylabel="mean of -ln p a letter",
           ylim=(0, None), xlim=(0, None))  # fmt: skip
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.grid(alpha=0.3)
    ax.legend(frameon=False, loc="lower left")
    save(made, options.out, "names.png")


if __name__ == "__main__":
    run(main)
