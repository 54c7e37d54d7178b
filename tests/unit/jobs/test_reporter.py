"""Progress is throttled, and is also the cancel check."""

from __future__ import annotations

import threading

import pytest

from engine.domain.errors import JobCancelled
from engine.jobs.events import Event, Metric, Progress, Warned
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


def test_a_part_of_a_job_says_which_it_is_and_is_cancelled_with_it() -> None:
    sent: list[Event] = []
    cancel = threading.Event()
    part = Reporter(sent.append, cancel, interval=0).within("Cell 2 of 3")
    part.progress(1, 4, "steps", "Epoch 1")
    part.progress(2, 4, "steps")
    part.warn("careful")
    assert sent == [
        Progress(1, 4, "steps", "Cell 2 of 3: Epoch 1"),
        Progress(2, 4, "steps", "Cell 2 of 3"),
        Warned("careful"),
    ]
    cancel.set()
    with pytest.raises(JobCancelled):
        part.check()
