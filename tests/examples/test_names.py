"""examples/names.py: it reads a word list, learns it, invents words, and refuses a bad list."""

import argparse
import math
import random
import sys

import names
import numpy as np
import pytest
import words
from transformer import Transformer


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """A function that runs the script in an empty folder: its exit status, output and errors."""

    def result(*arguments):
        monkeypatch.setattr(sys, "argv", ["names.py", *arguments])
        monkeypatch.chdir(tmp_path)
        status = 0
        try:
            names.run(names.main)
        except SystemExit as end:
            status = end.code
        out, err = capsys.readouterr()
        return (1, out, f"{err}{status}") if isinstance(status, str) else (status, out, err)

    return result


def written(folder, text):
    """A word list of that text."""
    path = folder / "list.txt"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


# ── the word list ──────────────────────────────────────────────────────────────


def test_words_are_lower_case_once_each_and_too_long_ones_are_counted(tmp_path):
    path = written(tmp_path, "\ufeffAnna\nBo \n\n anna\nabcdefghijklmnop\n123\nJean  Paul\nÉva")
    assert words.read(path) == (["anna", "bo", "jean paul", "éva"], 1)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "has no line with a letter in it"),
        ("\n 12\n---\n", "has no line with a letter in it"),
        ("anna\nAnna\n", "has 1 of at least 2 words"),
        ("a" * 16 + "\n" + "b" * 16, "has 0 of at least 2 words"),
        (b"\xff\xfe\x00a", "is not UTF-8 text"),
        ("\n".join(map(chr, range(0x4E00, 0x4E80))), "has 128 different letters"),
    ],
)
def test_a_list_that_nothing_can_be_learned_from_is_one_sentence(text, says, tmp_path):
    path = written(tmp_path, text)
    with pytest.raises(words.WordListError) as caught:
        words.read(path)
    assert f"{path} {says}" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        ((), 2, "names.py: error: name a text file with one word a line, or write --builtin"),
        (("none.txt",), 1, "none.txt: No such file or directory"),
        ((".",), 1, ".: Is a directory"),
        (("empty.txt",), 1, "empty.txt has no line with a letter in it; write one word a line"),
        (("--builtin", "--steps", "0"), 2, "names.py: error: argument --steps: 0 is less than 1"),
    ],
)
def test_what_is_wrong_is_one_line(arguments, status, says, tmp_path, run):
    (tmp_path / "empty.txt").touch()
    found, out, err = run(*arguments)
    assert (found, out, err.splitlines()[-1]) == (status, "", says)
    assert status == 2 or len(err.splitlines()) == 1


@pytest.mark.parametrize(
    ("check", "text"),
    [(names.share, "1"), (names.share, "-0.1"), (names.share, "nan"), (names.temperature, "0"),
     (names.temperature, "inf"), (names.width, "6"), (names.width, "0")],
)  # fmt: skip
def test_arguments_that_mean_nothing_are_refused(check, text):
    with pytest.raises(argparse.ArgumentTypeError):
        check(text)


def test_tokens_and_words_are_two_ways_to_write_one_thing():
    alphabet = words.Alphabet(["anna", "bo"])
    assert alphabet.letters == ["a", "b", "n", "o"]
    assert alphabet.tokens("bo") == [words.EDGE, 2, 4, words.EDGE]
    assert alphabet.word(alphabet.tokens("anna")[1:-1]) == "anna"
    (two, four) = alphabet.batches(["anna", "bo", "ab"])
    assert two.shape == (2, 4, 5)
    assert four.shape == (1, 6, 5)
    assert two[0].argmax(axis=1).tolist() == alphabet.tokens("bo")
    assert (four.sum(axis=2) == 1).all()


def test_pairs_are_counted_with_one_more_each():
    alphabet = words.Alphabet(["ab"])
    bigrams = words.Bigrams(alphabet, ["ab", "aa"])
    # after an edge 1+2 of 3+2 are a; after a one each of edge, a, b; after b one edge
    expected = -np.log([3 / 5, 2 / 6, 2 / 4])
    assert bigrams.loss(["ab"]) == pytest.approx(expected.mean(), rel=1e-15)


# ── learning ───────────────────────────────────────────────────────────────────


def trained(learned, held, steps, seed=0):
    """A model, its alphabet and its course."""
    alphabet = words.Alphabet([*learned, *held])
    model = Transformer(len(alphabet), 8, rng=seed)
    return (
        model,
        alphabet,
        names.train(model, alphabet, learned, held, steps, random.Random(seed)),
    )


def test_a_short_list_is_learned_by_heart():
    learned = ["anna", "bo", "clara", "dan"]
    model, alphabet, course = trained(learned, [], 150)
    characters = sum(len(word) + 1 for word in learned)
    least = math.log(len(learned)) * len(learned) / characters  # nothing tells which word it is
    assert least <= course.learned[-1] < 1.03 * least
    invented = names.sample(model, alphabet, 40, 0.5, seed=1)
    assert set(invented) == set(learned)


def test_the_weights_that_are_kept_are_the_best_on_the_held_out_words():
    learned, held = ["anna", "hanna", "joanna"], ["susanna", "dan"]
    model, alphabet, course = trained(learned, held, 60)
    assert course.kept < course.steps[-1]
    assert min(course.held) == course.held[course.steps.index(course.kept)]
    cost = names.compile(names.word_cost(model))
    assert names.mean_cost(cost, alphabet.batches(held)) == pytest.approx(min(course.held))


def test_before_training_the_loss_is_about_a_guess():
    _, alphabet, course = trained(["anna", "bo", "clara"], [], 1)
    assert course.learned[0] == pytest.approx(math.log(len(alphabet)), rel=0.1)


@pytest.mark.thorough
def test_the_same_seed_invents_the_same_words(run):
    once, again, other = (run("--builtin", "--steps", "5", "--seed", seed)[1] for seed in "112")
    assert once == again != other


@pytest.mark.thorough
def test_it_says_how_well_it_did_and_draws(tmp_path, run):
    status, out, err = run("--builtin", "--steps", "100")
    assert status == 0, err
    losses = [list(map(float, line.split()[-2:])) for line in out.splitlines()[3:6]]
    assert losses[0] == [3.296, 3.296]  # ln 27
    for pairs, transformer in zip(losses[1], losses[2], strict=True):
        assert transformer < pairs < 3.296
    assert (tmp_path / "pictures" / "names.png").read_bytes().startswith(b"\x89PNG")
    new = out.splitlines()[8].strip().split(", ")
    assert f"{len(new)} of them new and different" in out.splitlines()[7]
    assert not set(new) & set(names.BUILTIN.read_text().split())


def test_what_is_not_new_is_not_shown(tmp_path, run):
    path = written(tmp_path, "anna\nbo\n")
    known = run(str(path), "--held-out", "0", "--steps", "100", "--temperature", "0.2")[1]
    assert "none of them new and different:\n  -\n" in known
    wild = run(str(path), "--steps", "1", "--temperature", "50", "--samples", "200")[1]
    shown = wild.split("new and different:\n")[1].splitlines()[0].strip().split(", ")
    assert "" not in shown
    assert not {"anna", "bo"} & set(shown)
