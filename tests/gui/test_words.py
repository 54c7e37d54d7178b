"""Progress, reviews, errors and next steps in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from app.engine_death import died
from app.models.progress import ReviewProgress
from app.next_step import next_step
from app.progress_text import ProgressMeter, duration_text
from app.project_state import ProjectState
from app.review_text import review_text
from app.trouble import from_bug, from_error, from_failed
from engine.domain.errors import InputError
from engine.domain.records import ProjectSummary, ReviewState, RunKind, RunRecord, RunState
from engine.jobs.events import Failed, Progress
from engine.store.settings import ProjectSettings


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (3, "a few seconds"),
        (42, "about 40 s"),
        (58, "about 1 min"),
        (9840, "about 2 h 44 min"),
        (3601, "about 1 h 0 min"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text


def test_rate_and_remaining_time_follow_the_last_seconds() -> None:
    clock = Clock()
    meter = ProgressMeter(clock)
    for second in range(41):
        # slow for twenty seconds, then ten a second
        done = second if second <= 20 else 20 + 10 * (second - 20)
        clock.now = 100.0 + second
        meter.update(Progress(done, 520, "images", "Looking"))
    assert meter.rate() == pytest.approx(10.0)
    assert meter.remaining() == pytest.approx(30.0)
    assert meter.count_text() == "220 of 520 images"
    assert meter.pace_text() == "10 images/s · about 30 s left"


def test_too_little_is_known_for_a_rate_at_first() -> None:
    clock = Clock()
    meter = ProgressMeter(clock)
    assert (meter.rate(), meter.count_text(), meter.pace_text()) == (None, "", "")
    meter.update(Progress(0, 0, "images"))
    assert meter.count_text() == ""
    clock.now += 1
    meter.update(Progress(5, 100, "images"))
    assert meter.pace_text() == ""


def test_another_step_starts_anew_and_bytes_are_told_as_such() -> None:
    clock = Clock()
    meter = ProgressMeter(clock)
    for done in (0, 2_000_000, 4_000_000):
        meter.update(Progress(done, 5_000_000, "bytes"))
        clock.now += 1
    assert meter.count_text() == "4.0 of 5.0 MB"
    assert meter.pace_text() == "2.0 MB/s · a few seconds left"
    meter.update(Progress(1, 10, "images"))
    assert meter.rate() is None


def test_slow_work_is_told_in_seconds_per_piece() -> None:
    clock = Clock()
    meter = ProgressMeter(clock)
    for done in range(3):
        meter.update(Progress(done, 10, "images"))
        clock.now += 4
    assert meter.pace_text().startswith("4.0 s per image")


def test_review_progress() -> None:
    text = review_text(ReviewProgress(312, 5000, 1.4, 2.1))  # the time left counts images
    assert text == "312 of 5,000 done · 1.4 s per box · about 2 h 44 min left"
    assert review_text(ReviewProgress(0, 240, None)) == "0 of 240 done"
    assert review_text(ReviewProgress(240, 240, 2.0, 2.0)) == "240 of 240 done · 2.0 s per box"


def test_an_error_keeps_file_place_and_remedy() -> None:
    error = InputError("No header.", path="a.csv", place="line 1", remedy="Add image,class.")
    text = from_error(error).as_text()
    for part in ("No header.", "a.csv", "line 1", "Add image,class."):
        assert part in text


def test_a_death_says_what_is_left_and_a_bug_how_to_report_it() -> None:
    dead = from_failed(died(9, True, ["Epoch 3 of 12"]))
    assert "kept" in dead.reassurance
    assert "Epoch 3" in dead.as_text()
    bug = from_failed(Failed("bug", "KeyError: 'x'", details="Traceback ..."))
    assert "report" in (bug.remedy or "")
    own = from_bug(ValueError("odd"))
    assert "ValueError: odd" in own.as_text()


def run(state: RunState, kind: RunKind = RunKind.TRAIN, run_id: int = 1) -> RunRecord:
    return RunRecord(run_id, kind, state, None, {}, {}, None, datetime.now().astimezone())


def state(*runs: RunRecord, images: int = 8, proposals: bool = False) -> ProjectState:
    summary = ProjectSummary(
        "birds",
        "/images",
        images,
        0,
        {"heron": 4, "otter": 4},
        dict.fromkeys(ReviewState, 0),
        0,
        list(runs),
        5 if proposals else None,
    )
    return ProjectState(Path("/p"), Path("/images"), True, summary, ProjectSettings())


def action(project: ProjectState, running: bool = False) -> str | None:
    advice = next_step(project, running)
    return None if advice is None else advice.action_id


def test_the_next_step_follows_the_way_of_the_data() -> None:
    trained = run(RunState.FINISHED)
    assert action(state(images=0)) == "file.rescan"
    assert action(state()) == "job.train"
    assert action(state(run(RunState.FAILED))) == "job.train"
    assert action(state(run(RunState.INTERRUPTED))) == "job.resume"
    assert action(state(run(RunState.INTERRUPTED, run_id=2), trained)) == "job.resume"
    assert action(state(trained)) == "job.propose"
    assert action(state(trained, proposals=True)) is None


def test_nothing_is_advised_while_a_job_runs_but_missing_images_are_told() -> None:
    assert action(state(), running=True) is None
    gone = replace(state(), image_root_exists=False)
    assert action(gone, running=True) == "file.locate_images"
