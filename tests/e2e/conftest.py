"""The program as a person starts it: another process, nothing but its words and files."""

from __future__ import annotations

import os
import subprocess
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

Boxwright = Callable[..., subprocess.CompletedProcess[str]]
PROGRAM = Path(sysconfig.get_path("scripts")) / "boxwright"


def program_environment() -> dict[str, str]:
    """A wide terminal, so that messages are one line; no colours; a thread for tiny networks."""
    return {**os.environ, "COLUMNS": "400", "NO_COLOR": "1", "OMP_NUM_THREADS": "1"}


@pytest.fixture(scope="session")
def boxwright() -> Boxwright:
    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [PROGRAM, *map(str, arguments)],
            env=program_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )

    return run
