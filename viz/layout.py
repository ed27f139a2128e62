"""Running the program that lays pictures out, for a limited time."""

from __future__ import annotations

import subprocess

from graphviz.backend import dot_command

from viz.dot import PACKAGE, use_a_dot


class RenderError(RuntimeError):
    """No program lays pictures out here, or it failed, or it took too long."""


class RenderTimeoutError(RenderError):
    """The time was up before the picture was laid out."""


def lay_out(source: str, format: str, timeout: float | None, engine: str = "dot") -> bytes:
    """A picture as bytes of a format, as "svg", from its source in Graphviz's language.

    timeout : seconds that it may take; None for as long as it takes
    """
    if not use_a_dot():
        raise RenderError(
            f"no program lays pictures out here: run `pip install {PACKAGE}`, or install Graphviz "
            "(https://graphviz.org/download); a picture saved as .dot needs neither"
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
        said = done.stderr.decode(errors="replace").strip()
        raise RenderError(f"{command[0]} could not lay the picture out: {said}")
    return done.stdout
