"""The modules of ``packaging/`` are run as files: their folder has to be on the path."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "packaging"))
