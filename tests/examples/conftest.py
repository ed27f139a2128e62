"""Lets tests import what scripts in `examples/` import from one another."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "examples"))
