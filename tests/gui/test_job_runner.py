"""The engine's process: its events, its end, and every way in which it can go wrong."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from PySide6.QtTest import QSignalSpy

from app.engine_death import DIED
from app.job_runner import JobRunner
from engine.jobs.events import Failed
from engine.jobs.requests import TrainRequest

STAND_IN = str(Path(__file__).with_name("engine_stand_in.py"))
REQUEST = TrainRequest("somewhere")
Wait = Callable[[Callable[[], bool]], None]


def runner(behaviour: str, grace_ms: int = 5000) -> JobRunner:
    return JobRunner(command=(sys.executable, STAND_IN, behaviour), grace_ms=grace_ms)


def only(spy: QSignalSpy) -> object:
    assert spy.count() == 1
    return spy.at(0)[0]


def failure(spy: QSignalSpy) -> Failed:
    word = only(spy)
    assert isinstance(word, Failed)
    return word


def test_events_arrive_in_order_and_typed(wait_for: Wait) -> None:
    job = runner("succeed")
    heard: list[object] = []
    for heard_signal in (job.started, job.progress, job.metric, job.artifact, job.warned):
        heard_signal.connect(heard.append)
    job.finished.connect(heard.append)
    job.start(REQUEST)
    assert job.running
    assert job.request == REQUEST
    wait_for(lambda: not job.running)
    names = [type(event).__name__ for event in heard]
    assert names == ["Started", "Progress", "Metric", "Artifact", "Warned", "Progress", "Finished"]
    assert heard[0].job == "TrainRequest"
    assert heard[3].ids == [3, 4]
    assert heard[6].result == {"images": 2}


def test_the_next_job_may_start_in_the_slot_that_hears_of_the_end(wait_for: Wait) -> None:
    job = runner("succeed")
    ends: list[object] = []

    def again(word: object) -> None:
        ends.append(word)
        if len(ends) < 3:
            job.start(REQUEST)

    job.finished.connect(again)
    job.start(REQUEST)
    wait_for(lambda: len(ends) == 3)
    assert not job.running


def test_a_second_job_is_refused_while_one_runs(wait_for: Wait) -> None:
    job = runner("wait")
    job.start(REQUEST)
    with pytest.raises(RuntimeError, match="another job"):
        job.start(REQUEST)
    job.cancel()
    wait_for(lambda: not job.running)


def test_failure_names_file_place_and_remedy(wait_for: Wait) -> None:
    job = runner("fail")
    failed = QSignalSpy(job.failed)
    job.start(REQUEST)
    wait_for(lambda: not job.running)
    word = failure(failed)
    assert (word.path, word.place, word.remedy) == ("a.jpg", "byte 12", "Copy it again.")


def test_cancel_closes_standard_input_and_the_engine_agrees(wait_for: Wait) -> None:
    job = runner("wait")
    progress, cancelled, failed = (
        QSignalSpy(job.progress),
        QSignalSpy(job.cancelled),
        QSignalSpy(job.failed),
    )
    job.start(REQUEST)
    wait_for(lambda: progress.count() > 0)
    job.cancel()
    job.cancel()  # an impatient second click changes nothing
    assert job.cancelling
    wait_for(lambda: not job.running)
    assert cancelled.count() == 1
    assert failed.count() == 0
    assert not job.cancelling


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGTERM to ignore")
def test_a_stubborn_engine_is_terminated_then_killed(wait_for: Wait) -> None:
    job = runner("stubborn", grace_ms=200)
    progress, cancelled = QSignalSpy(job.progress), QSignalSpy(job.cancelled)
    job.start(REQUEST)
    wait_for(lambda: progress.count() > 0)
    process = psutil.Process(job.process_id)
    job.cancel()
    wait_for(lambda: not job.running)
    assert cancelled.count() == 1
    assert not process.is_running()


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_death_from_outside_says_what_happened(wait_for: Wait) -> None:
    job = runner("wait")
    progress, failed = QSignalSpy(job.progress), QSignalSpy(job.failed)
    job.start(REQUEST)
    wait_for(lambda: progress.count() > 0)
    os.kill(job.process_id, signal.SIGKILL)
    wait_for(lambda: not job.running)
    word = failure(failed)
    assert word.kind == DIED
    assert "SIGKILL" in word.message
    assert "kept" in (word.remedy or "")


def test_exit_without_a_last_word_reports_code_and_what_was_said(wait_for: Wait) -> None:
    job = runner("exit")
    failed = QSignalSpy(job.failed)
    job.start(REQUEST)
    wait_for(lambda: not job.running)
    word = failure(failed)
    assert "exit code 7" in word.message
    assert "about to vanish" in (word.details or "")


def test_an_engine_that_cannot_start_is_reported(wait_for: Wait, tmp_path: Path) -> None:
    job = JobRunner(command=(str(tmp_path / "no such program"),))
    failed = QSignalSpy(job.failed)
    job.start(REQUEST)
    wait_for(lambda: failed.count() == 1)
    assert "could not be started" in failure(failed).message
    assert not job.running


def test_stray_output_is_logged_and_not_taken_for_an_event(
    wait_for: Wait, caplog: pytest.LogCaptureFixture
) -> None:
    job = runner("chatter")
    finished = QSignalSpy(job.finished)
    job.start(REQUEST)
    wait_for(lambda: not job.running)
    assert finished.count() == 1
    assert "a stray print" in caplog.text


def test_an_engine_that_will_not_end_after_its_last_word_is_ended(wait_for: Wait) -> None:
    job = runner("linger", grace_ms=200)
    finished = QSignalSpy(job.finished)
    job.start(REQUEST)
    wait_for(lambda: not job.running)
    assert finished.count() == 1


def test_shutting_down_leaves_no_process(wait_for: Wait) -> None:
    job = runner("stubborn", grace_ms=60_000)
    progress = QSignalSpy(job.progress)
    job.start(REQUEST)
    wait_for(lambda: progress.count() > 0)
    process = psutil.Process(job.process_id)
    began = time.monotonic()
    job.shut_down(wait_ms=300)
    assert not process.is_running()
    assert time.monotonic() - began < 60
