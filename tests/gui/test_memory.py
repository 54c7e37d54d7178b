"""Memory that is dropped goes back to the system."""

from __future__ import annotations

import subprocess
import sys

import pytest

#: Pictures come and go while small things between them stay, as in an hour of review.
SCRIPT = """
import sys
import psutil
from app.memory import give_back_early

def resident():
    return psutil.Process().memory_info().rss / 2**20

if sys.argv[1] == "on" and not give_back_early():
    print("no such allocator")
    raise SystemExit
before, stays = resident(), []
for _ in range(3):
    pictures = []
    for _ in range(20):
        pictures.append(bytearray(b"x") * (8 * 2**20))
        stays.append(bytearray(b"x") * 50_000)
    del pictures
print(resident() - before)
"""


def held(state: str) -> float | None:
    """MiB that are still held after all pictures have been dropped."""
    command = [sys.executable, "-c", SCRIPT, state]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    return None if said == "no such allocator" else float(said)


@pytest.mark.skipif(sys.platform != "linux", reason="others map large pieces apart")
def test_dropped_pictures_are_given_back() -> None:
    left = held("on")
    if left is None:
        pytest.skip("not glibc")
    assert left < 20  # 3 of it stay
    assert left < held("off") / 2  # and it is this that gives them back
