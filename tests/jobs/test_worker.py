"""The engine's process: its words, its exit codes, its ways to end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from engine.domain.records import RunState
from engine.domain.settings import TrainSettings
from engine.jobs.catalogue import recipe
from engine.jobs.events import (
    LAST_WORDS,
    Artifact,
    Cancelled,
    Failed,
    Finished,
    Metric,
    Progress,
    Started,
)
from engine.jobs.requests import IndexRequest, ProposeRequest, Request, TrainRequest
from engine.store import proposals, runs
from engine.store.images import list_images
from engine.store.project import Project
from tests.jobs.worker_process import Worker
from tests.pictures import write_pictures

Start = Callable[[Request | bytes], Worker]


def tiny_training(epochs: int) -> TrainSettings:
    return replace(
        recipe("compact"), epochs=epochs, image_size=32, resize_size=36, batch_size=6, device="cpu"
    )


def states(project: Path) -> list[RunState]:
    with Project.open(project) as opened, opened.read() as connection:
        return [record.state for record in runs.list_runs(connection)]


def test_indexing_speaks_from_start_to_last_word(start_worker: Start, tmp_path: Path) -> None:
    images = write_pictures(tmp_path / "pictures", per_class=2)
    worker = start_worker(IndexRequest(str(tmp_path / "project"), str(images)))
    events, code = worker.finish()
    assert code == 0
    assert isinstance(events[0], Started)
    assert any(isinstance(event, Progress) for event in events)
    assert isinstance(events[-1], Finished)
    assert events[-1].result["images"] == 6
    assert sum(isinstance(event, LAST_WORDS) for event in events) == 1
    added = [i for event in events if isinstance(event, Artifact) for i in event.ids]
    with Project.open(tmp_path / "project") as project, project.read() as connection:
        assert sorted(added) == [image.id for image in list_images(connection)]


def test_bad_input_fails_with_file_and_remedy(start_worker: Start, tmp_path: Path) -> None:
    worker = start_worker(IndexRequest(str(tmp_path / "project"), str(tmp_path / "nowhere")))
    events, code = worker.finish()
    assert code == 1
    assert isinstance(events[-1], Failed)
    assert events[-1].kind == "input"
    assert events[-1].path == str(tmp_path / "nowhere")
    assert not (tmp_path / "project").exists()


def test_what_is_no_request_is_refused(start_worker: Start) -> None:
    events, code = start_worker(b'{"type": "Destroy"}\n').finish()
    assert code == 1
    assert isinstance(events[0], Failed)
    assert events[0].kind == "input"


def test_train_and_propose(start_worker: Start, small_project: Path) -> None:
    worker = start_worker(TrainRequest(str(small_project), tiny_training(2)))
    events, code = worker.finish()
    assert code == 0, events[-1]
    assert any(isinstance(event, Metric) and "loss" in event.values for event in events)
    events, code = start_worker(ProposeRequest(str(small_project))).finish()
    assert code == 0, events[-1]
    assert isinstance(events[-1], Finished)
    assert events[-1].result["images"] == 18
    shown = {i for e in events if isinstance(e, Artifact) and e.kind == "proposals" for i in e.ids}
    with Project.open(small_project) as project, project.read() as connection:
        stored = {proposal.image_id for proposal in proposals.all_proposals(connection)}
    assert shown == stored
    assert len(stored) == 18
    assert states(small_project) == [RunState.FINISHED, RunState.FINISHED]


def test_end_of_input_cancels(start_worker: Start, small_project: Path) -> None:
    worker = start_worker(TrainRequest(str(small_project), tiny_training(5000)))
    worker.wait_for(lambda event: isinstance(event, Metric))
    worker.close_input()
    events, code = worker.finish()
    assert code == 2
    assert isinstance(events[-1], Cancelled)
    assert states(small_project) == [RunState.CANCELLED]


def test_a_killed_training_is_resumed(start_worker: Start, small_project: Path) -> None:
    worker = start_worker(TrainRequest(str(small_project), tiny_training(40)))
    worker.wait_for(lambda event: isinstance(event, Metric) and event.step >= 3)
    worker.process.kill()
    worker.process.wait()
    events, code = start_worker(TrainRequest(str(small_project), resume=True)).finish()
    assert code == 0, events[-1]
    steps = [event.step for event in events if isinstance(event, Metric)]
    assert min(steps) > 1.0
    assert isinstance(events[-1], Finished)
    assert events[-1].result["epochs"] == 40
    assert states(small_project) == [RunState.FINISHED]


def test_impossible_settings_are_told(start_worker: Start, small_project: Path) -> None:
    settings = replace(tiny_training(1), resize_size=-5)
    events, code = start_worker(TrainRequest(str(small_project), settings)).finish()
    assert code == 1
    assert isinstance(events[-1], Failed)
    assert events[-1].kind == "training"
    assert events[-1].remedy
    assert states(small_project) == [RunState.FAILED]


def test_a_ready_worker_serves_what_comes_and_ends_when_nothing_comes(tmp_path: Path) -> None:
    images = write_pictures(tmp_path / "pictures", per_class=2)
    served = Worker(IndexRequest(str(tmp_path / "project"), str(images)), "--ready", "IndexRequest")
    events, code = served.finish()
    assert code == 0
    assert isinstance(events[-1], Finished)
    served.end()
    unwanted = Worker(b"", "--ready", "LearnRequest")
    unwanted.close_input()
    assert unwanted.finish() == ([], 2)
    unwanted.end()
