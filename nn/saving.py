"""A model's weights in a file: safetensors, which holds numbers and runs no code.

The file holds an array of doubles for every list of parameters (`layers.0.neurons.2.w`) and a
single double for every other (`layers.0.neurons.2.b`), so that other programs can read it, and the
version of this layout.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import safetensors.numpy
from safetensors import SafetensorError, safe_open

from autograd import Value
from autograd.internals import Path, atomic_write, open_file, path_of
from nn.module import Module, check_names

FORMAT, VERSION = "dcdw", "1"  # one entry of the file's metadata: several have no fixed order
METADATA = "__metadata__"  # where the format keeps it, among the names of the arrays

Model = TypeVar("Model", bound=Module)


class SavedModelError(ValueError):
    """A file that does not hold the weights of this model; the message says why, in one line."""


def save(model: Module, path: Path) -> None:
    """Write the weights of `model` to the file `path`, replacing what is there.

    Whatever happens meanwhile, `path` holds the old weights or the new ones, never a part:
    they are written to another file beside it (`.NAME.….tmp`, which a killed process leaves
    behind), flushed to the disk, and then renamed in one step.

    Raises
    ------
    ValueError
        If the model has no parameters, or one with a name that the format keeps for itself.
    OSError
        If the folder does not exist or cannot be written to, or the disk is full.
    """
    arrays = {
        name: np.array([p.data for p in ps]) if isinstance(ps, list) else np.array(ps.data)
        for name, ps in _arranged(model).items()
    }
    if METADATA in arrays:
        raise ValueError(
            f"a parameter called {METADATA!r} cannot be saved: in a safetensors file that name is "
            "taken, and such a file cannot be read; rename the attribute"
        )
    if not arrays:
        raise ValueError(f"there is nothing to save: {model!r} has no parameters")
    atomic_write(path, safetensors.numpy.save(arrays, metadata={FORMAT: VERSION}))


def load(model: Model, path: Path) -> Model:
    """Set the weights of `model` to those in the file `path`, written by `save`; return the model.

    Raises
    ------
    SavedModelError
        If the file is cut short, of another kind or version, or holds the weights of a
        model with other names or sizes.  The model is then as it was.
    OSError
        If there is no such file, or it cannot be read.
    """
    own = _arranged(model)
    path = path_of(path)
    arrays = _read(path)
    try:
        check_names(own, arrays)
    except ValueError as error:
        raise SavedModelError(f"{path}: {error}") from None
    numbers = {name: _fitting(path, name, arrays[name], ps) for name, ps in own.items()}
    for name, ps in own.items():
        for p, x in zip(ps if isinstance(ps, list) else [ps], numbers[name], strict=True):
            p.data = x
    return model


def _arranged(model: Module) -> dict[str, list[Value] | Value]:
    """The parameters by name, those called `NAME.0`, `NAME.1`, … as one list NAME."""
    if not isinstance(model, Module):
        raise TypeError(f"write save(model, path) or load(model, path); {model!r} is not a Module")
    arranged: dict[str, list[Value] | Value] = {}
    for name, p in model.named_parameters():
        stem, _, k = name.rpartition(".")
        row = arranged.setdefault(stem, []) if k == "0" else arranged.get(stem)
        if isinstance(row, list) and k == str(len(row)):
            row.append(p)
        elif arranged.setdefault(name, p) is not p:
            raise ValueError(f"two parameters would be called {name!r}; rename a key of a dict")
    return arranged


def _read(path: str) -> dict[str, np.ndarray]:
    """The arrays in the file."""
    open_file(path).close()  # for its words if it cannot be read
    try:
        with safe_open(path, framework="np") as file:
            _check_version(path, file.metadata() or {})
            return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise SavedModelError(
            f"{path} is cut short, or not a file that nn.save wrote: {error}"
        ) from None


def _check_version(path: str, about: dict[str, str]) -> None:
    if FORMAT not in about:
        raise SavedModelError(f"{path} is a safetensors file, but not one that nn.save wrote")
    if about[FORMAT] != VERSION:
        raise SavedModelError(
            f"{path} has version {about[FORMAT]} of the layout; this dcdw reads version "
            f"{VERSION}. Load it with the dcdw that wrote it"
        )


def _fitting(path: str, name: str, array: np.ndarray, ps: list[Value] | Value) -> list[float]:
    """The numbers of one array, if it has the shape of the parameters."""
    shape = (len(ps),) if isinstance(ps, list) else ()
    if array.shape != shape or array.dtype != np.float64:
        raise SavedModelError(
            f"{path}: {name!r} has shape {array.shape} and type {array.dtype}; this model needs "
            f"{shape} and float64"
        )
    numbers: list[float] = array.ravel().tolist()
    return numbers
