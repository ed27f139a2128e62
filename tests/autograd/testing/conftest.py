"""So that the tests here can import `planting`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
