"""Where the figures were taken."""

from __future__ import annotations

import os
import platform
import sys
from importlib import metadata


def describe(peers: tuple[str, ...] = ()) -> str:
    """Processor, Python and the versions of `peers` (distributions), in two lines."""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{processor()}, {os.cpu_count()} cores, {platform.system()}, {python}\n" + ", ".join(
        f"{name} {metadata.version(name)}" for name in peers
    )


def processor() -> str:
    """The processor's name, as well as the system knows it."""
    if sys.platform == "linux":
        with open("/proc/cpuinfo") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
