"""The engine that waits for its request: used once, ended with the window, never in the way."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import psutil
from PySide6.QtTest import QSignalSpy

from app.job_runner import JobRunner
from engine.jobs.events import Finished
from engine.jobs.requests import LearnRequest, TrainRequest

STAND_IN = str(Path(__file__).with_name("engine_stand_in.py"))
Wait = Callable[[Callable[[], bool]], None]


def _runner(behaviour: str = "succeed") -> JobRunner:
    return JobRunner(command=(sys.executable, STAND_IN, behaviour))


def _is_gone(process: int) -> bool:
    if not psutil.pid_exists(process):
        return True
    return psutil.Process(process).status() == psutil.STATUS_ZOMBIE


def test_the_waiting_process_serves_the_request(wait_for: Wait) -> None:
    job = _runner()
    job.prepare(LearnRequest)
    wait_for(lambda: job.ready.process_id > 0)
    waiting = job.ready.process_id
    assert not job.running
    done = QSignalSpy(job.finished)
    job.start(LearnRequest("somewhere"))
    assert job.process_id == waiting
    assert job.ready.process_id == 0
    wait_for(lambda: not job.running)
    assert isinstance(done.at(0)[0], Finished)
    job.start(LearnRequest("somewhere"))  # none waits: it starts one
    wait_for(lambda: not job.running)
    assert done.count() == 2


def test_another_kind_of_request_starts_its_own(wait_for: Wait) -> None:
    job = _runner()
    job.prepare(LearnRequest)
    wait_for(lambda: job.ready.process_id > 0)
    waiting = job.ready.process_id
    job.start(TrainRequest("somewhere"))
    assert job.process_id != waiting
    assert job.ready.process_id == waiting
    job.prepare(LearnRequest)  # while a job runs nothing is changed
    wait_for(lambda: not job.running)
    job.prepare(LearnRequest)
    assert job.ready.process_id == waiting
    job.shut_down()
    wait_for(lambda: _is_gone(waiting))


def test_other_threads_want_another_process(wait_for: Wait) -> None:
    job = _runner()
    job.prepare(LearnRequest)
    wait_for(lambda: job.ready.process_id > 0)
    waiting = job.ready.process_id
    job.threads = 3
    job.prepare(LearnRequest)
    wait_for(lambda: job.ready.process_id not in (0, waiting))
    wait_for(lambda: _is_gone(waiting))
    job.shut_down()


def test_one_that_was_killed_is_missed_by_nobody(wait_for: Wait) -> None:
    job = _runner()
    job.prepare(LearnRequest)
    wait_for(lambda: job.ready.process_id > 0)
    psutil.Process(job.ready.process_id).kill()
    wait_for(lambda: job.ready.process_id == 0)
    failed = QSignalSpy(job.failed)
    job.start(LearnRequest("somewhere"))
    wait_for(lambda: not job.running)
    assert failed.count() == 0


def test_it_can_be_cancelled_like_any_other(wait_for: Wait) -> None:
    job = _runner("wait")
    job.prepare(LearnRequest)
    wait_for(lambda: job.ready.process_id > 0)
    progress, cancelled = QSignalSpy(job.progress), QSignalSpy(job.cancelled)
    job.start(LearnRequest("somewhere"))
    wait_for(lambda: progress.count() > 0)
    job.cancel()
    wait_for(lambda: not job.running)
    assert cancelled.count() == 1


def test_an_engine_that_cannot_start_is_told_of_by_the_job(wait_for: Wait, tmp_path: Path) -> None:
    job = JobRunner(command=(str(tmp_path / "no engine"),))
    job.prepare(LearnRequest)
    wait_for(lambda: job.ready.process_id == 0)
    failed = QSignalSpy(job.failed)
    job.start(LearnRequest("somewhere"))
    wait_for(lambda: not job.running)
    assert failed.count() == 1
