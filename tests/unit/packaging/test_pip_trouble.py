"""pip's many ways to fail, told as causes."""

from __future__ import annotations

from pathlib import Path

import pytest
from bootstrap.pip_trouble import cause, explain

OFFLINE = (
    "WARNING: Retrying (Retry(total=4, connect=None)) after connection broken by"
    " 'NewConnectionError(...: Failed to establish a new connection: [Errno -3] Temporary failure"
    " in name resolution')': /simple/torch/\n"
    "ERROR: No matching distribution found for torch==2.15.0\n"
)


@pytest.mark.parametrize(
    ("output", "words"),
    [
        (OFFLINE, "cannot be reached"),
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left", "full"),
        ("ERROR: No matching distribution found for torch==2.15.0", "no build for this system"),
        ("HINT: This error might have occurred since this system does not have Windows Long Path"
         " support enabled.", "too long"),
        ("ERROR: [Errno 13] Permission denied: '/x/.venv'", "who owns"),
        ("error: subprocess-exited-with-error", "could not install"),
    ],
)  # fmt: skip
def test_cause(output: str, words: str) -> None:
    assert words in cause(output)


def test_the_last_lines_and_the_log_are_shown(tmp_path: Path) -> None:
    text = explain("\n".join(f"line {n}" for n in range(100)), tmp_path / "log")
    assert "line 99" in text
    assert "line 80" not in text
    assert text.endswith(str(tmp_path / "log"))
