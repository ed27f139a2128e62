"""The program that lays pictures out, and running it for a limited time.

Graphviz's `dot` is used where it is installed, and otherwise the executable of
the package `graphviz-pure`, which is its translation and comes with dcdw.
"""

from __future__ import annotations

import importlib.metadata
import os
import pathlib
import shutil
import subprocess

from graphviz.backend import dot_command

PACKAGE = "graphviz-pure"
INSTALL = "install Graphviz (https://graphviz.org/download)"
TIMEOUT = 20.0  # seconds, unless the user says otherwise


class RenderError(RuntimeError):
    """No program lays pictures out here, or it failed, or it took too long."""


class RenderTimeoutError(RenderError):
    """The time limit passed before the picture was laid out."""


def lay_out(source: str, format: str, timeout: float | None, engine: str = "dot") -> bytes:
    """A picture as bytes of a format, as "svg", from its source in Graphviz's language.

    timeout : the seconds it may take, or None for no limit
    """
    if not use_a_dot():
        raise RenderError(
            f"no program lays pictures out here: run `pip install {PACKAGE}`, or {INSTALL}; a "
            "picture saved as .dot needs neither"
        )
    command = dot_command.command(engine, format)
    try:
        done = subprocess.run(command, input=source.encode(), capture_output=True, timeout=timeout)
    except subprocess.TimeoutExpired:
        raise RenderTimeoutError(
            f"laying the picture out took longer than {timeout:g} seconds; collapse it further, "
            "or give it a longer `timeout`"
        ) from None
    except OSError as error:
        raise RenderError(f"{command[0]} could not lay the picture out: {error}") from error
    if done.returncode:
        raise failure(done.stderr, format)
    return done.stdout


def failure(stderr: bytes, format: str) -> RenderError:
    """The error that says why the program failed."""
    program, message = pathlib.Path(dot_command.DOT_BINARY), stderr.decode(errors="replace").strip()
    if f'Format: "{format}" not recognized' not in message:
        return RenderError(f"{program} could not lay the picture out: {message}")
    remedy = f", or {INSTALL}" if program == _packaged() else ""
    return RenderError(f"{program.name} cannot write {format}: choose svg or png{remedy}")


def find_dot() -> pathlib.Path | None:
    """The program to lay pictures out with: the system's `dot`, or graphviz-pure, or None."""
    system = shutil.which("dot")
    return pathlib.Path(system) if system else _packaged()


def use_a_dot() -> bool:
    """Make the package `graphviz` use that program; whether there is one.

    What somebody else has set `DOT_BINARY` to is left alone.
    """
    current = pathlib.Path(dot_command.DOT_BINARY)
    if current not in (pathlib.Path("dot"), _packaged()):
        return True
    program = find_dot()
    # By its plain name the system's dot is looked up again each time.
    packaged = program is not None and program == _packaged()
    dot_command.DOT_BINARY = program if packaged else pathlib.Path("dot")
    return program is not None


def _packaged() -> pathlib.Path | None:
    """The executable of graphviz-pure, even in an environment that is not activated."""
    try:
        files = importlib.metadata.files(PACKAGE) or []
    except importlib.metadata.PackageNotFoundError:
        return None
    for file in files:
        if file.stem == PACKAGE and file.parent.name.lower() in ("bin", "scripts"):
            path = pathlib.Path(os.path.normpath(file.locate()))
            if path.exists():
                return path
    return None
