"""Files that are replaced as a whole or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil


def replace(path: str | os.PathLike[str], content: bytes) -> None:
    """Put `content` in place of what the file `path` holds.

    Whatever happens meanwhile, the file holds the old bytes or the new ones, never a part:
    they are written to another file beside it (`.NAME.….tmp`, which a killed process leaves
    behind), brought to the disk, and then given the name in one step.

    Raises
    ------
    OSError
        If the folder does not exist or cannot be written to, or the disk is full.
    """
    target = os.path.realpath(path)  # a link stays a link
    folder, name = os.path.split(target)
    if os.path.isdir(target):
        raise IsADirectoryError(f"{path} is a folder; write the name of a file in it")
    if os.path.exists(target) and not os.path.isfile(target):
        raise OSError(f"{path} is not a file that can be replaced, but a device or a pipe")
    if not os.path.isdir(folder):
        raise FileNotFoundError(f"{path} cannot be written: there is no folder {folder}")
    draft = os.path.join(folder, f".{name}.{secrets.token_hex(4)}.tmp")
    try:
        with open(draft, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileNotFoundError):  # a new file has those of any new file
            shutil.copymode(target, draft)
        os.replace(draft, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(draft)
        raise
    _settle(folder)


def _settle(folder: str) -> None:
    """Bring the new name to the disk too, where the system can."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
