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

from autograd.engine.value import Value
from autograd.errors import GraphError
from autograd.files import Path, atomic_write, open_file, path_of
from autograd.programs.ir import WEIGHT, FlatGraph, check, coded, named

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


def save(graph: FlatGraph, single: bool, reassociate: bool, path: Path) -> None:
    """Write a program's graph, with the numbers that its weights have now, in place of what
    the file holds: all or nothing."""
    arrays = {name: getattr(graph, name) for name in TYPES}
    names, arrays["code"] = named(graph.code)
    arrays["data"] = np.array(graph.data)
    arrays["data"][graph.role == WEIGHT] = [w.data for w in graph.weights]
    flat = {name: np.ascontiguousarray(a).ravel().astype(TYPES[name]) for name, a in arrays.items()}
    header = {
        "operations": names[1:],
        "inputs": graph.inputs,
        "single": single,
        "reassociate": reassociate,
        "labels": [w.label for w in graph.weights],
        "arrays": [[name, TYPES[name], len(a)] for name, a in flat.items()],
    }
    text = json.dumps(header).encode()
    rest = struct.pack("<I", len(text)) + text + b"".join(a.tobytes() for a in flat.values())
    atomic_write(path, PREFIX.pack(MAGIC, VERSION, len(rest), hashlib.sha256(rest).digest()) + rest)


def load(path: Path) -> tuple[FlatGraph, bool, bool]:
    """The graph of a file, whether its one output stands in no list, and whether sums may be
    reordered."""
    path = path_of(path)
    rest = _rest(path)
    try:
        return _parsed(rest)
    except WRONG as error:
        raise GraphError(f"{path} does not hold a program: {error}") from error


def _rest(path: str) -> bytes:
    """What follows the prefix, which is read first: other files may be of any length."""
    with open_file(path) as file:
        prefix = file.read(PREFIX.size)
        if len(prefix) < PREFIX.size or not prefix.startswith(MAGIC):
            raise GraphError(f"{path} is not a program that was saved by dcdw")
        _, version, length, checksum = PREFIX.unpack(prefix)
        if not 1 <= version <= VERSION:
            raise GraphError(
                f"{path} has version {version} of the format, and this dcdw reads up to {VERSION}"
            )
        size = os.fstat(file.fileno()).st_size - PREFIX.size
        if size != length:
            how = "cut short" if size < length else "altered after it was saved"
            raise GraphError(f"{path} was {how}: {size} bytes of {length} are there")
        rest = file.read(length)
    if hashlib.sha256(rest).digest() != checksum:
        raise GraphError(f"{path} was altered after it was saved: its checksum is another")
    return rest


def _parsed(rest: bytes) -> tuple[FlatGraph, bool, bool]:
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
    graph = FlatGraph(inputs=header["inputs"], weights=weights, **arrays)
    check(graph)
    if header["single"] and len(graph.outputs) != 1:
        raise ValueError(f"its one output is {len(graph.outputs)}")
    return graph, bool(header["single"]), bool(header.get("reassociate"))
