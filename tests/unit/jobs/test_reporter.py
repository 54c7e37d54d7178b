"""Progress is throttled, and is also the cancel check."""

from __future__ import annotations

import threading

import pytest

from engine.domain.errors import JobCancelled
from engine.jobs.events import Event, Metric, Progress
from engine.jobs.reporter import Reporter


def test_progress_is_throttled_but_the_end_is_told() -> None:
    told: list[Event] = []
    reporter = Reporter(told.append, interval=60)
    for done in range(1001):
        reporter.progress(done, 1000, "images")
    assert told == [Progress(0, 1000, "images"), Progress(1000, 1000, "images")]


def test_track_counts_what_is_done() -> None:
    told: list[Event] = []
    reporter = Reporter(told.append, interval=0)
    assert list(reporter.track("abc", "letters")) == ["a", "b", "c"]
    assert [event.done for event in told if isinstance(event, Progress)] == [0, 1, 2, 3]


def test_cancel_raises_at_the_next_report() -> None:
    cancel = threading.Event()
    told: list[Event] = []
    reporter = Reporter(told.append, cancel)
    reporter.metric(1, loss=2.0)
    cancel.set()
    for report in (reporter.check, lambda: reporter.progress(1, 2), lambda: reporter.metric(2)):
        with pytest.raises(JobCancelled):
            report()
    assert told == [Metric(1, {"loss": 2.0})]
