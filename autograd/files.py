"""Files: written as a whole or not at all, and read only if they are files."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from collections.abc import Callable
from typing import BinaryIO

Path = str | bytes | os.PathLike[str] | os.PathLike[bytes]

SHOWN = 50  # characters of a name that its draft repeats: with them it fits wherever the name does


def path_of(path: Path) -> str:
    """`path` as text.

    Raises
    ------
    TypeError
        If it is not a path. A file descriptor is not accepted, since whoever opened it may hold
        bytes in a buffer and go on using it.
    ValueError
        If it is empty, or has a NUL in it, as no file's path is.
    """
    try:
        text = os.fsdecode(path)
    except TypeError:
        raise TypeError(
            f"a path must be a str, bytes or an os.PathLike, such as {'weights.bin'!r}, "
            f"not {path!r:.60}"
        ) from None
    if not text or "\0" in text:
        raise ValueError(
            f"{text!r} cannot be the path of a file, which is not empty and has no NUL in it; "
            f"write one such as {'weights.bin'!r}"
        )
    return text


def atomic_write(path: Path, content: bytes) -> None:
    """Replace what the file `path` holds by `content`.

    Whatever happens meanwhile, the file holds the old bytes or the new ones, never a part:
    they are written to another file beside it (`.NAME.….tmp`, which a killed process leaves
    behind), flushed to the disk, and then renamed in one step.  A file that is replaced
    keeps its permissions, and nobody else can read its draft.

    Raises
    ------
    TypeError, ValueError
        If `path` is no path.
    OSError
        If the folder does not exist or cannot be written to, or the disk is full.  The file is
        then as it was.
    """
    path = path_of(path)
    target = os.path.realpath(path)  # a link stays a link
    folder, name = os.path.split(target)
    if not os.path.basename(path) or os.path.isdir(target):
        raise IsADirectoryError(f"{path} is a folder; write the name of a file in it")
    if os.path.exists(target) and not os.path.isfile(target):
        raise OSError(f"{path} is not a file that can be replaced, but a device or a pipe")
    if not os.path.isdir(folder):
        raise FileNotFoundError(f"{path} cannot be written: there is no folder {folder}")
    before = _status(target)
    draft = os.path.join(folder, f".{name[:SHOWN]}.{secrets.token_hex(4)}.tmp")
    try:
        with open(draft, "xb", opener=_creator(0o666 if before is None else 0o600)) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if before is not None:
            _pass_on(before, draft)
        os.replace(draft, target)
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.unlink(draft)
        if isinstance(error, OSError) and error.filename == draft:
            raise type(error)(error.errno, f"{path} cannot be written: {error.strerror}") from None
        raise
    _settle(folder)


def _status(path: str) -> os.stat_result | None:
    with contextlib.suppress(FileNotFoundError):
        return os.stat(path)
    return None


def _creator(mode: int) -> Callable[[str, int], int]:
    """Open a file that nobody outside `mode` can read, even before it is written to."""
    return lambda path, flags: os.open(path, flags, mode)


def _pass_on(before: os.stat_result, draft: str) -> None:
    """Copy a file's permissions, and where allowed its owner, to its replacement."""
    if hasattr(os, "chown") and before.st_uid != os.geteuid():
        with contextlib.suppress(OSError):
            os.chown(draft, before.st_uid, before.st_gid)
    os.chmod(draft, stat.S_IMODE(before.st_mode))


def _settle(folder: str) -> None:
    """Flush the new name to the disk too, where the system can; the file is already replaced."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    with contextlib.suppress(OSError):
        number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


def open_file(path: Path) -> BinaryIO:
    """The file `path`, open for reading bytes.

    Raises
    ------
    TypeError, ValueError
        If `path` is no path.
    OSError
        If there is no such file, or it cannot be read; immediately if it is a folder, a device or a
        pipe, which might never end, or never begin.
    """
    path = path_of(path)
    waiting = getattr(os, "O_NONBLOCK", 0)  # of a pipe that nobody writes to
    file = open(path, "rb", opener=lambda path, flags: os.open(path, flags | waiting))  # noqa: SIM115
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(f"{path} is not a file that can be read, but a device or a pipe")
    return file
