"""Several methods instead of one on faith: train each, propose with each, keep what looks best."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from engine.domain.errors import InputError
from engine.domain.records import RunKind, RunState
from engine.domain.settings import TrainSettings
from engine.jobs.reporter import Reporter
from engine.jobs.requests import ProposeRequest, QuickStartRequest, TrainRequest
from engine.store import images as image_rows
from engine.store import runs
from engine.store.project import Project
from engine.store.snapshots import label_drift
from engine.workflows import propose, train
from engine.workflows.map_sources import guess_quality, map_sources
from engine.workflows.projects import open_project


def run(request: QuickStartRequest, reporter: Reporter) -> dict[str, Any]:
    """Returns the trainings in order, the guess at each and the one whose boxes are proposed.

    Stopped and asked again it goes on behind the last finished training.
    """
    if not request.trainings:
        raise InputError("No method is given to start with.", remedy="For example cam and dgdm.")
    trained: dict[int, int] = {}  # proposing run -> training run
    for settings in request.trainings:
        within = reporter.within(settings.method.upper())
        run_id = _finished(request.project, settings) or _train(request, settings, within)
        proposed = propose.run(_proposing(request, run_id), within)
        trained[proposed["run"]] = run_id
    guesses = _guesses(request, set(trained))
    best = max(guesses, key=lambda proposing: guesses[proposing])
    again = propose.run(_proposing(request, trained[best], boxes_only=True), reporter)
    return {
        "run": best,
        "trained": list(trained.values()),
        "used": trained[best],
        "guesses": {str(trained[proposing]): guess for proposing, guess in guesses.items()},
        "images": again["images"],
        "boxes": again["boxes"],
    }


def _finished(folder: str, settings: TrainSettings) -> int | None:
    """A training of the present labels with these very settings, if there is one."""
    with open_project(folder) as project, project.read() as connection:
        for record in runs.list_runs(connection, RunKind.TRAIN):
            same = record.settings.get("train") == asdict(settings)
            if record.state is RunState.FINISHED and same:
                return None if label_drift(connection, project.folder, record) else record.id
    return None


def _train(request: QuickStartRequest, settings: TrainSettings, reporter: Reporter) -> int:
    wanted = TrainRequest(request.project, settings, request.split)
    return int(train.run(wanted, reporter)["run"])


def _proposing(
    request: QuickStartRequest, training_run: int, boxes_only: bool = False
) -> ProposeRequest:
    return ProposeRequest(
        request.project, training_run, request.maps, request.boxes, boxes_only=boxes_only
    )


def _guesses(request: QuickStartRequest, proposing: set[int]) -> dict[int, float]:
    """By proposing run, how good its boxes look without any truth (``guess_quality``)."""
    with open_project(request.project) as project:
        images = _images(project)
        single = [s for s in map_sources(project, images) if len(s.run_ids) == 1]
        sources = [source for source in single if source.run_ids[0] in proposing]
        found = guess_quality(sources, images, request.boxes)
    return {source.run_ids[0]: found[source.name] for source in sources}


def _images(project: Project) -> dict[int, Any]:
    with project.read() as connection:
        return {image.id: image for image in image_rows.list_images(connection)}
