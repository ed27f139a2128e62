"""Training on digits that are noise, but for a mark: enough to see that it learns."""

import contextlib
import io
import os

import mnist
import numpy as np
import pytest

from autograd import Value
from nn import History
from tests.examples.test_mnist_data import pair, pickled
from tests.test_examples import printed, row, run

pytestmark = pytest.mark.thorough  # it trains


def marked(count, seed):
    """Noise, and a bar of ink in the rows that the label says."""
    images, labels = pair(count, seed)
    images *= 0.2
    for image, label in zip(images, labels, strict=True):
        image[56 * label + 100 : 56 * label + 156] = 0.9
    return images, labels


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    parts = marked(300, 1), marked(10, 2), marked(100, 3)
    return str(pickled(tmp_path_factory.mktemp("data") / "mnist.pkl.gz", parts))


def test_a_net_of_scalars_learns_digits_that_are_easy(tmp_path, data):
    out = printed(tmp_path, "mnist", "--data", data, "--epochs", "20", "--seeds", "2")
    assert all(int(n) > 60 for n in row(out, "best"))  # of 100; chance is 10


def test_the_books_figures_stand_beside_its_own_setting():
    assert mnist.KNOWN[(30,), "quadratic", 3.0, 0.0].epochs == (9129, 9295, 9348)
    assert mnist.KNOWN[(30,), "cross-entropy", 0.5, 5.0].best == 9649
    history = History(epoch=[1, 2], val_metric=[0.9, 0.91], seconds=[1.0, 1.0])
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        mnist.report({7: history}, mnist.KNOWN[(30,), "quadratic", 3.0, 0.0], 10_000)
    assert row(out.getvalue(), "after epoch 1") == ["9,295", "9,100"]
    assert row(out.getvalue(), "best") == ["9,542", "9,100"]


@pytest.mark.parametrize(
    "setting",
    [
        ("--cost", "cross-entropy"),
        ("--cost", "cross-entropy", "--lmbda", "5"),
        ("--hidden", "20", "10"),
        ("--hidden",),
    ],
)
def test_the_other_settings_of_the_book_run(tmp_path, data, setting):
    out = printed(tmp_path, "mnist", "--data", data, "--epochs", "4", "--seeds", "1", *setting)
    assert int(row(out, "best")[-1]) > 15  # of 100; chance is 10


def test_the_same_seed_learns_the_same(tmp_path, data):
    first, second, other = (
        row(run("mnist", "--data", data, "--epochs", "2", "--seeds", "1", "--seed", seed,
                cwd=tmp_path)[1], "after epoch 1")
        for seed in ("3", "3", "4")
    )  # fmt: skip
    assert first == second != other


def test_the_costs_derivative_by_z_is_a_minus_y():
    z, y = [Value(x) for x in (-800.0, -1.0, 0.5, 900.0)], [0.0, 1.0, 0.0, 0.0]
    mnist.cross_entropy(z, y).backward()
    a = [0.0, 1 / (1 + np.exp(1.0)), 1 / (1 + np.exp(-0.5)), 1.0]
    assert [v.grad for v in z] == pytest.approx(np.subtract(a, y))


WRONG = [("--eta", "0"), ("--eta", "x"), ("--lmbda", "-1"), ("--cost", "hinge"), ("--hidden", "0")]


@pytest.mark.parametrize("wrong", WRONG)
def test_settings_that_mean_nothing_are_refused(tmp_path, wrong):
    status, _, err = run("mnist", *wrong, cwd=tmp_path)
    assert status == 2
    assert "error: argument" in err.splitlines()[-1]


def test_a_training_that_diverges_says_so_in_a_line(tmp_path, data):
    status, _, err = run("mnist", "--data", data, "--lmbda", "1e300", cwd=tmp_path)
    assert status == 1
    assert "try a smaller learning rate" in err.splitlines()[-1]


@pytest.mark.slow
@pytest.mark.skipif("MNIST" not in os.environ, reason="MNIST=PATH names the real files")
def test_the_real_digits_reach_what_the_book_says(tmp_path):
    out = printed(tmp_path, "mnist", "--data", os.environ["MNIST"], "--epochs", "15")
    assert max(int(n.replace(",", "")) for n in row(out, "best")[1:]) >= 9450
