"""What every test may rely on."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

# Tests train networks so small that a second thread only waits; before torch is loaded.
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real images with true boxes and real weights; a test that asks for them skips without."""
    default = Path(__file__).parents[2] / "shared" / "data"
    folder = Path(os.environ.get("BOXWRIGHT_SHARED", default))
    if not folder.is_dir():
        pytest.skip("the real images and weights are not on this machine")
    return folder
