"""What the stand-in does to a project's store in place of the engine."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

from engine.domain.geometry import Box
from engine.domain.records import RunKind, RunState
from engine.jobs.events import Artifact, Event, Finished, Metric
from engine.jobs.requests import ProposeRequest, TrainRequest
from engine.store import images, proposals, runs
from engine.store.project import Project
from engine.store.proposals import NewProposal

Say = Callable[[Event], None]


def keep(request: object, say: Say, wait_for_cancel: Callable[[], None]) -> None:
    """Do to the project's store what the engine would do."""
    if isinstance(request, TrainRequest):
        keep_run(request, say, wait_for_cancel)
    elif isinstance(request, ProposeRequest):
        keep_proposals(request, say)


def keep_run(request: TrainRequest, say: Say, wait_for_cancel: Callable[[], None]) -> None:
    """Record a training run as the engine does, and finish if its epochs are few."""
    with Project.open(Path(request.project)) as project:
        if request.resume:
            with project.write() as conn:
                found = runs.latest_run(conn, RunKind.TRAIN, {RunState.INTERRUPTED})
                assert found is not None
                runs.reopen_run(conn, found.id)
            run_id = found.id
        else:
            settings = {"train": dataclasses.asdict(request.settings)}
            with project.write() as conn:
                run_id = runs.start_run(conn, RunKind.TRAIN, settings, {})
                runs.add_metrics(conn, run_id, 1.0, {"loss": 2.0, "accuracy": 0.5})
        say(Artifact("run", [run_id]))
        say(Metric(1.5, {"loss": 1.5, "accuracy": 0.6}))
        if not request.resume and request.settings.epochs > 1:
            try:
                wait_for_cancel()
            finally:
                with project.write() as conn:
                    runs.end_run(conn, run_id, RunState.CANCELLED)
        with project.write() as conn:
            runs.end_run(conn, run_id, RunState.FINISHED)
    result = {"run": run_id, "checkpoint": "x", "metrics": {"accuracy": 0.9}}
    say(Finished(result))


def keep_proposals(request: ProposeRequest, say: Say) -> None:
    """A box in the middle of every image, one transaction and one event per image."""
    with Project.open(Path(request.project)) as project:
        with project.write() as conn:
            run_id = runs.start_run(conn, RunKind.PROPOSE, {}, {}, parent_id=request.run)
            found = images.list_images(conn)
        for image in found:
            box = Box(image.width / 4, image.height / 4, image.width / 2, image.height / 2)
            new = NewProposal(image.id, image.class_id or 1, box, 0.5, request.boxes.threshold)
            with project.write() as conn:
                proposals.replace_proposals(conn, run_id, [image.id], [new])
            say(Artifact("proposals", [image.id]))
        with project.write() as conn:
            runs.end_run(conn, run_id, RunState.FINISHED)
    say(Finished({"run": run_id, "images": len(found), "boxes": len(found)}))
