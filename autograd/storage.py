"""Programs in files.

A file is, all integers little-endian:

    8 bytes    "dcdwprog"
    uint32     the version of the format: 1
    uint64     length of the rest
    32 bytes   SHA-256 of the rest
    the rest   uint32, the length of a header in JSON; the header; the arrays

The header has `operations` (the names of the table's rows that occur, since codes change
when the table grows), `inputs`, `single`, `reassociate`, `labels` of the weights, and
`arrays`: name, type and length of each, in the order in which they follow.  Loading reads
numbers and names only; no code of the file is run.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
from typing import Any

import numpy as np

from autograd.errors import GraphError
from autograd.files import replace
from autograd.listing import COMPUTED, CONSTANT, INPUT, WEIGHT, Listing, coded, named
from autograd.ops import BY_NAME
from autograd.value import NAMES, Value

MAGIC, VERSION = b"dcdwprog", 1
PREFIX = struct.Struct("<8sIQ32s")
WRONG = (
    ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError, RecursionError,
    struct.error,
)  # fmt: skip
TYPES = {
    "role": "<u1", "code": "<u2", "stopped": "<u1", "start": "<u4", "operand": "<u4",
    "data": "<f8", "outputs": "<u4", "guards": "<i4",
}  # fmt: skip


def save(listing: Listing, single: bool, reassociate: bool, path: str | os.PathLike[str]) -> None:
    """Write a program's graph, with the numbers that its weights have now, in place of what
    the file holds: all or nothing."""
    arrays = {name: getattr(listing, name) for name in TYPES}
    names, arrays["code"] = named(listing.code)
    arrays["data"] = np.array(listing.data)
    arrays["data"][listing.role == WEIGHT] = [w.data for w in listing.weights]
    flat = {name: np.ascontiguousarray(a).ravel().astype(TYPES[name]) for name, a in arrays.items()}
    header = {
        "operations": names[1:],
        "inputs": listing.inputs,
        "single": single,
        "reassociate": reassociate,
        "labels": [w.label for w in listing.weights],
        "arrays": [[name, TYPES[name], len(a)] for name, a in flat.items()],
    }
    text = json.dumps(header).encode()
    rest = struct.pack("<I", len(text)) + text + b"".join(a.tobytes() for a in flat.values())
    replace(path, PREFIX.pack(MAGIC, VERSION, len(rest), hashlib.sha256(rest).digest()) + rest)


def load(path: str | os.PathLike[str]) -> tuple[Listing, bool, bool]:
    """The graph of a file, whether its one output is given alone, and whether sums may be
    reordered."""
    with open(path, "rb") as file:
        content = file.read()
    if len(content) < PREFIX.size or content[:8] != MAGIC:
        raise GraphError(f"{path} is not a program that was saved by dcdw")
    _, version, length, checksum = PREFIX.unpack_from(content)
    rest = content[PREFIX.size :]
    if not 1 <= version <= VERSION:
        raise GraphError(
            f"{path} has version {version} of the format, and this dcdw reads up to {VERSION}"
        )
    if len(rest) != length:
        raise GraphError(f"{path} was cut short: {len(rest)} bytes of {length} are there")
    if hashlib.sha256(rest).digest() != checksum:
        raise GraphError(f"{path} was altered after it was saved: its checksum is another")
    try:
        return _parsed(rest)
    except WRONG as error:
        raise GraphError(f"{path} does not hold a program: {error}") from error


def _parsed(rest: bytes) -> tuple[Listing, bool, bool]:
    (length,) = struct.unpack_from("<I", rest)
    header = json.loads(rest[4 : 4 + length])
    if type(header["inputs"]) is not int or header["inputs"] < 0:
        raise ValueError(f"it has {header['inputs']!r} inputs")
    arrays: dict[str, Any] = {}
    start = 4 + length
    for name, kind, count in header["arrays"]:
        if TYPES[name] != kind:
            raise ValueError(f"{name} has the type {kind}")
        a = np.frombuffer(rest, np.dtype(kind), count, start)
        arrays[name] = a.astype(np.dtype(kind).newbyteorder("="))
        start += a.nbytes
    arrays["code"] = coded(["", *header["operations"]], arrays["code"])
    arrays["guards"] = arrays["guards"].reshape(-1, 4)
    labels = [str(label) for label in header["labels"]]
    numbers = arrays["data"][arrays["role"] == WEIGHT].tolist()
    weights = [Value(x, label) for x, label in zip(numbers, labels, strict=True)]
    listing = Listing(inputs=header["inputs"], weights=weights, **arrays)
    check(listing)
    if header["single"] and len(listing.outputs) != 1:
        raise ValueError(f"its one output is {len(listing.outputs)}")
    return listing, bool(header["single"]), bool(header.get("reassociate"))


def check(listing: Listing) -> None:
    """Raise ValueError unless the arrays fit together: what is replayed trusts them."""
    n = len(listing)
    sizes = {len(listing.code), len(listing.stopped), len(listing.data), len(listing.start) - 1}
    counts = listing.start[1:].astype(np.int64) - listing.start[:-1].astype(np.int64)
    if sizes != {n} or (counts < 0).any() or int(listing.start[-1]) != len(listing.operand):
        raise ValueError("its arrays do not fit together")
    computed = listing.role == COMPUTED
    if listing.start[0] != 0 or (counts[~computed] != 0).any() or (listing.role > CONSTANT).any():
        raise ValueError("its leaves do not fit together")
    if not (listing.role[: listing.inputs] == INPUT).all() or (
        (listing.role[listing.inputs :] == INPUT).any() or listing.inputs > n
    ):
        raise ValueError("its inputs do not come first")
    if (listing.operand >= np.repeat(np.arange(n), counts)).any():
        raise ValueError("an operand comes after its result")
    for k in np.flatnonzero(computed).tolist():
        op = BY_NAME.get(NAMES[listing.code[k]])
        if op is None or not op.takes(int(counts[k])):
            raise ValueError(f"node {k} has {counts[k]} operands")
    if (listing.outputs >= n).any():
        raise ValueError("an output is missing")
    guards = listing.guards
    if (guards < 0).any() or (guards[:, :2] >= n).any() or (guards[:, 2] > 5).any():
        raise ValueError("a guard is missing")
