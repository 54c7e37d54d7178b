"""Some damaged files of each format; tests/benchmarks/exchange_fuzz.py tries many more."""

from __future__ import annotations

import pytest

from tests.benchmarks.exchange_fuzz import WRITERS, fuzz, nested


@pytest.mark.parametrize("format_name", WRITERS)
def test_damaged_files_are_refused_or_reported(format_name: str) -> None:
    found = fuzz(format_name, files=300, project_each=25, seed=1)
    assert found.crashes == []
    assert found.endings.total() == 300
    assert found.slowest < 5
    assert any("refused" in ending or "report" in ending for ending in found.endings)


@pytest.mark.parametrize("format_name", WRITERS)
def test_nesting_without_end_takes_neither_memory_nor_time(format_name: str) -> None:
    found = nested(format_name, 64 << 20)
    assert found["said"]
    assert float(str(found["mb"])) < 150
    assert float(str(found["seconds"])) < 10
