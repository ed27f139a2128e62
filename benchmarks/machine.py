"""Where the figures were taken."""

from __future__ import annotations

import configparser
import contextlib
import os
import platform
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

REPORTED = (
    "numpy", "scipy", "micrograd", "torch", "jax", "jaxlib", "casadi", "ddx-ad",
    "autoneuronet", "simplegrad", "xad", "hypothesis", "matplotlib",
)  # fmt: skip
"""The distributions whose versions are reported if they are installed."""


def describe() -> str:
    """Processor, Python and versions, in two lines."""
    known = facts()
    return (
        f"{known['processor']}, {known['cores']} cores, {known['system']}, {known['python']}\n"
        + ", ".join(f"{name} {version}" for name, version in versions().items())
    )


def facts() -> dict[str, Any]:
    """What is known of this machine; `load` is the mean number of busy processes of the
    last minute, if the system reports it."""
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "system": platform.system(),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
    }


def versions() -> dict[str, str]:
    """The versions by distribution."""
    setup = configparser.ConfigParser()
    setup.read(Path(__file__).parent.parent / "setup.cfg", encoding="utf-8")
    installed = {"dcdw": setup["metadata"]["version"]}
    for name in REPORTED:
        with contextlib.suppress(metadata.PackageNotFoundError):
            installed[name] = metadata.version(name)
    return installed


def processor() -> str:
    """The processor's name, as far as the system knows it."""
    if sys.platform == "linux":
        with open("/proc/cpuinfo") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
