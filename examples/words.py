"""A word list as `names.py` reads it: words, their letters, and what counting pairs predicts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import numpy as np

LONGEST = 15  # letters in a word
MOST = 100  # different letters
EDGE = 0  # the token before the first letter and after the last


class WordListError(ValueError):
    """A word list from which nothing can be learned; the message says why, in one line."""


def read(path: Path) -> tuple[list[str], int]:
    """The words in a text file, one per line, and how many were left out as too long.

    They are made lower-case, each is taken once, and lines without a letter are skipped.

    Raises
    ------
    WordListError
        If the file is not text, or has no words, one word, or only words that are too long.
    OSError
        If it cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")  # -sig: a mark that some editors write
    except UnicodeDecodeError:
        raise WordListError(f"{path} is not UTF-8 text; save it as plain text in UTF-8") from None
    lines = [" ".join(line.lower().split()) for line in text.splitlines()]
    distinct = list(dict.fromkeys(line for line in lines if any(map(str.isalpha, line))))
    if not distinct:
        raise WordListError(f"{path} has no line with a letter in it; write one word per line")
    words = [word for word in distinct if len(word) <= LONGEST]
    if len(words) < 2:
        raise WordListError(
            f"{path} has {len(words)} of at least 2 words that are needed: different ones of "
            f"at most {LONGEST} letters, one a line"
        )
    letters = len(set("".join(words)))
    if letters > MOST:
        raise WordListError(
            f"{path} has {letters} different letters and signs; {MOST} is the most that this "
            "small a model takes"
        )
    return words, len(distinct) - len(words)


class Alphabet:
    """The letters of a word list as tokens 1, 2, …; 0 stands for the edge of a word."""

    def __init__(self, words: Iterable[str]) -> None:
        self.letters = sorted(set("".join(words)))
        self._place = {letter: k for k, letter in enumerate(self.letters, 1)}

    def __len__(self) -> int:
        return len(self.letters) + 1

    def tokens(self, word: str) -> list[int]:
        """The word between two edges."""
        return [EDGE, *(self._place[letter] for letter in word), EDGE]

    def word(self, tokens: Iterable[int]) -> str:
        """The letters of tokens without edges."""
        return "".join(self.letters[k - 1] for k in tokens)

    def one_hot(self, tokens: np.ndarray) -> np.ndarray:
        """A row of 0s with a 1 in its place, for every token."""
        return np.eye(len(self))[tokens]

    def batches(self, words: Iterable[str]) -> list[np.ndarray]:
        """The words one-hot, those of one length together: (words, length + 2, tokens)."""
        groups = defaultdict(list)
        for word in words:
            groups[len(word)].append(self.tokens(word))
        return [self.one_hot(np.array(groups[length])) for length in sorted(groups)]


class Bigrams:
    """What counting pairs of neighbours predicts: each token from the one before alone.

    Every count is raised by one, so that no pair is impossible.
    """

    def __init__(self, alphabet: Alphabet, words: Iterable[str]) -> None:
        self.alphabet = alphabet
        counts = np.ones((len(alphabet), len(alphabet)))
        for word in words:
            tokens = alphabet.tokens(word)
            np.add.at(counts, (tokens[:-1], tokens[1:]), 1.0)
        self.surprise = -np.log(counts / counts.sum(axis=1, keepdims=True))

    def loss(self, words: Iterable[str]) -> float:
        """The mean of -ln p over all letters and the ends of the words."""
        pairs = [pair for tokens in map(self.alphabet.tokens, words) for pair in pairwise(tokens)]
        return float(np.mean([self.surprise[pair] for pair in pairs]))
