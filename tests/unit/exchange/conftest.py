"""An image root with every case that has ever hurt an export, and its boxes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.exchange.model import ExportSet
from engine.jobs.events import Event, Warned
from engine.jobs.reporter import Reporter
from tests.exchange_cases import CASES, CLASSES, write_images


@pytest.fixture
def cases() -> ExportSet:
    return ExportSet(CASES, CLASSES, {"project": "test", "runs": [7]})


@pytest.fixture
def image_root(tmp_path: Path) -> Path:
    """The files of ``CASES``; the turned one is stored lying, with EXIF orientation 6."""
    return write_images(tmp_path / "images")


@pytest.fixture
def warnings() -> list[str]:
    return []


@pytest.fixture
def reporter(warnings: list[str]) -> Reporter:
    def send(event: Event) -> None:
        if isinstance(event, Warned):
            warnings.append(event.message)

    return Reporter(send)


@pytest.fixture
def bytes_of() -> Callable[[Path], dict[str, bytes]]:
    def read(folder: Path) -> dict[str, bytes]:
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        return {str(path.relative_to(folder)): path.read_bytes() for path in files}

    return read
