"""A learning that is killed: what was there before stays, and the next one takes over."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from engine.domain.records import Proposal, RunKind, RunState
from engine.jobs.events import Finished, Progress
from engine.jobs.requests import LearnRequest
from engine.store import runs
from engine.store.images import list_images
from engine.store.project import Project
from engine.store.proposals import proposals_of
from engine.store.review import accept_many
from tests.jobs.trained_project import make_trained_project
from tests.jobs.worker_process import Worker

Start = Callable[[LearnRequest], Worker]


def _accept_half(folder: Path) -> dict[int, list[Proposal]]:
    """Accept every other image; the proposals of the rest."""
    with Project.open(folder) as project:
        with project.read() as connection:
            ids = [image.id for image in list_images(connection)]
        with project.write() as connection:
            accept_many(connection, ids[::2])
        with project.read() as connection:
            return dict(proposals_of(connection, ids[1::2]))


def test_a_killed_learning_is_taken_up_again(start_worker: Start, tmp_path: Path) -> None:
    trained = make_trained_project(tmp_path, per_class=8)
    before = _accept_half(trained)
    worker = start_worker(LearnRequest(str(trained)))
    worker.wait_for(lambda e: isinstance(e, Progress) and "Learning" in e.message)
    worker.end()
    with Project.open(trained) as project, project.read() as connection:
        assert dict(proposals_of(connection, list(before))) == before
    events, code = start_worker(LearnRequest(str(trained), update=True)).finish()
    assert code == 0
    assert isinstance(events[-1], Finished)
    with Project.open(trained) as project, project.read() as connection:
        states = [record.state for record in runs.list_runs(connection, RunKind.LEARN)]
    assert states[0] is RunState.FINISHED
    assert RunState.RUNNING not in states
