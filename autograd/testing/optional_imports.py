"""What testing needs beyond the engine, imported when it is used."""

from __future__ import annotations

import importlib
from types import ModuleType


def need(name: str) -> ModuleType:
    """The module `name`; if it is missing, an ImportError that says what to install."""
    try:
        return importlib.import_module(name)
    except ImportError:
        raise ImportError(
            f'autograd.testing needs {name} for this: pip install "dcdw[test]"'
        ) from None
