"""One whole sample, made once for all tests of its kind."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.jobs.reporter import silent_reporter
from engine.sample.generate import SampleFiles, generate


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> SampleFiles:
    folder: Path = tmp_path_factory.mktemp("sample")
    return generate(folder, 0, silent_reporter())
