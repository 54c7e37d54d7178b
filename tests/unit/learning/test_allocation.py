"""Freed memory is kept for the next tensor, where the C library can be asked for it."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import resource, sys
import psutil
import torch
from engine.learning.allocation import give_freed_memory_back, keep_freed_memory

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

if "back" in sys.argv:
    keep_freed_memory()
    tensors = [torch.ones(40 << 20, dtype=torch.uint8) for _ in range(5)]
    tensors = None
    held = psutil.Process().memory_info().rss
    give_freed_memory_back()
    print(1, held - psutil.Process().memory_info().rss)
    sys.exit()

kept = len(sys.argv) > 1 and keep_freed_memory()
for _ in range(10):  # until glibc has found places that fit
    torch.ones(40 << 20, dtype=torch.uint8)
before = faults()
for _ in range(5):
    torch.ones(40 << 20, dtype=torch.uint8)
print(int(kept), faults() - before)
"""


def measured(*arguments: str) -> tuple[bool, int]:
    """Whether memory is kept, and the pages that five tensors of 40 MB take from the system; with
    "back" the bytes that are given back of what they held."""
    command = [sys.executable, "-c", PROGRAM, *arguments]
    kept, count = subprocess.check_output(command, text=True, timeout=120).split()
    return kept == "1", int(count)


@pytest.mark.skipif(sys.platform != "linux", reason="about glibc")
def test_pages_are_not_taken_from_the_system_again_and_again() -> None:
    kept, few = measured("keep")
    if not kept:
        pytest.skip("this C library cannot be asked to keep memory")
    _, many = measured()
    assert few < many / 10


@pytest.mark.skipif(sys.platform != "linux", reason="about glibc")
def test_what_is_kept_can_be_given_back() -> None:
    kept, _ = measured("keep")
    if not kept:
        pytest.skip("this C library cannot be asked to keep memory")
    _, given = measured("back")
    assert given > 150 * 2**20
