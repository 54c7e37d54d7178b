"""Workers that do not outlive their test, and small projects to run them on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.jobs.reporter import silent_reporter
from engine.jobs.requests import IndexRequest, Request
from engine.workflows import index
from tests.jobs.worker_process import Worker
from tests.pictures import write_pictures


@pytest.fixture
def start_worker() -> Iterator[Callable[[Request | bytes], Worker]]:
    workers: list[Worker] = []

    def start(request: Request | bytes) -> Worker:
        workers.append(Worker(request))
        return workers[-1]

    yield start
    for worker in workers:
        worker.end()


@pytest.fixture
def small_project(tmp_path: Path) -> Path:
    """A project of 18 pictures in three classes."""
    images = write_pictures(tmp_path / "pictures")
    folder = tmp_path / "project"
    index.run(IndexRequest(str(folder), str(images)), silent_reporter())
    return folder
