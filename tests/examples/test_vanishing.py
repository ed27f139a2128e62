"""The speed of learning, on digits that are noise: it is a formula, not a result."""

import os

import numpy as np
import pytest
import vanishing
from mnist_data import Digits

from tests.examples.test_mnist_data import pair, pickled
from tests.test_examples import printed, row

pytestmark = pytest.mark.thorough  # it trains

sigma = lambda z: 1 / (1 + np.exp(-z))  # noqa: E731


def by_matrices(net, images, wanted):
    """‖∂C/∂b‖ of every hidden layer, by BP1 and BP2."""
    w = [np.array([[p.data for p in n.w] for n in layer.neurons]) for layer in net.layers]
    b = [np.array([n.b.data for n in layer.neurons]) for layer in net.layers]
    a = [images]
    for wl, bl in zip(w, b, strict=True):
        a.append(sigma(a[-1] @ wl.T + bl))
    delta, found = a[-1] - wanted, []
    for wl, al in zip(w[:0:-1], a[-2:0:-1], strict=True):
        delta = delta @ wl * al * (1 - al)
        found.insert(0, np.linalg.norm(delta.mean(0)))
    return found


@pytest.fixture(scope="module")
def measured():
    images, labels = pair(100)
    return vanishing.Measured(2, 7, Digits(images, labels))


def test_the_speeds_are_those_of_the_matrix_form(measured):
    wanted = by_matrices(measured.net, measured.images, measured.wanted)
    assert measured.speeds() == pytest.approx(wanted, rel=1e-12)
    assert measured.speeds() == pytest.approx(wanted, rel=1e-12)  # nothing adds up


def test_a_step_of_training_is_nielsens():
    digits = Digits(*pair(100))
    net = vanishing.Measured(2, 7, digits)
    net.speeds()
    before = net.flat.data.copy()
    eta, n = vanishing.ETA, vanishing.IMAGES
    biases = np.array(["b" in name.split(".") for name, _ in net.net.named_parameters()])
    shrunk = np.where(biases, 1.0, 1 - eta * vanishing.LAMBDA / n) * before
    net.flat.data[:] = shrunk - eta * net.flat.grad
    assert vanishing.training(2, 7, digits, 2)[1] == pytest.approx(net.speeds(), rel=1e-12)


def test_the_script_prints_nine_layers_and_draws(tmp_path):
    data = pickled(tmp_path / "mnist.pkl.gz", (pair(1000), pair(1), pair(1)))
    out = printed(tmp_path, "vanishing", "--data", str(data), "--seeds", "2", "--epochs", "2")
    lines = [line for line in out.splitlines() if "hidden layers, layer" in line]
    assert len(lines) == 9
    assert "0.0657" in lines[0]


@pytest.mark.slow
@pytest.mark.skipif("MNIST" not in os.environ, reason="MNIST=PATH names the real files")
def test_on_the_real_digits_the_books_speeds_lie_in_the_spread_and_the_medians_are_the_reruns(
    tmp_path,
):
    out = printed(tmp_path, "vanishing", "--data", os.environ["MNIST"], "--epochs", "2")
    assert "lie between least and most in 9 of 9 layers" in out
    for hidden, speeds in vanishing.RERUN.items():
        for layer, median in enumerate(speeds, 1):
            cells = row(out, f"{hidden} hidden layers, layer {layer}")
            assert float(cells[2]) == pytest.approx(median, rel=0.3)
