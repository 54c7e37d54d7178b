"""Labelled images to a checkpoint."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import msgspec

from engine.domain.errors import ProjectError, TrainingError
from engine.domain.records import RunKind, RunRecord, RunState
from engine.domain.settings import TrainSettings
from engine.jobs.ranks import this_rank
from engine.jobs.reporter import Reporter
from engine.jobs.requests import TrainRequest
from engine.learning.network import check_settings
from engine.learning.parallel import Group, joined
from engine.learning.training import TrainingSet, train
from engine.learning.versions import versions
from engine.store import images as image_rows
from engine.store import runs
from engine.store.project import Project
from engine.store.snapshots import Snapshot, read_snapshot, snapshot_of, write_snapshot
from engine.workflows.hierarchy import with_parents
from engine.workflows.projects import open_project, recorded_run, shortened
from engine.workflows.splits import images_in_split
from engine.workflows.unusable import unusable_kept

_TASK = "training"
RESUMABLE = frozenset({RunState.INTERRUPTED, RunState.CANCELLED, RunState.FAILED})


def run(request: TrainRequest, reporter: Reporter) -> dict[str, Any]:
    """Train, or go on with the newest training if it stopped; returns the run and its last metrics.

    Under torchrun the leader alone opens the project; the other ranks get from it what to train
    on, and return nothing.
    """
    rank = this_rank()
    if rank.count == 1:
        return _lead(request, reporter, None)
    with joined(request.settings.device) as group:
        return _lead(request, reporter, group) if group.leads else _follow(reporter, group)


def _lead(request: TrainRequest, reporter: Reporter, group: Group | None) -> dict[str, Any]:
    with open_project(request.project) as project:
        if request.resume:
            record, snapshot = _unfinished(project)
        else:
            record, snapshot = _begin(project, request, reporter)
        settings = msgspec.convert(record.settings["train"], TrainSettings)
        project.save_settings(replace(project.settings(), train=settings))
        reporter.artifact("run", [record.id])
        with unusable_kept(project, reporter), recorded_run(project, record.id):
            return _train(project, record, snapshot, settings, reporter, request.resume, group)


def _train(
    project: Project,
    record: RunRecord,
    snapshot: Snapshot,
    settings: TrainSettings,
    reporter: Reporter,
    resume: bool,
    group: Group | None,
) -> dict[str, Any]:
    def keep(epoch: int, values: dict[str, float]) -> None:
        with project.write() as connection:
            runs.add_metrics(connection, record.id, epoch, values)

    data = TrainingSet(
        paths=tuple(project.absolute(path) for path in snapshot.paths),
        labels=tuple(snapshot.labels),
        class_names=tuple(snapshot.class_names),
    )
    folder = run_folder(project, record)
    if group is not None:
        _tell_others(group, data, settings, folder, resume)
    result = train(data, settings, folder, reporter, resume=resume, on_epoch=keep, group=group)
    return {
        "run": record.id,
        "method": settings.method,
        "backbone": settings.backbone,
        "epochs": result.epochs,
        "checkpoint": str(result.checkpoint),
        "metrics": result.metrics,
    }


class _Task(msgspec.Struct, frozen=True):
    """What the leader of several ranks has the others train."""

    paths: list[str]
    labels: list[int]
    class_names: list[str]
    settings: TrainSettings
    folder: str
    resume: bool


def _tell_others(
    group: Group, data: TrainingSet, settings: TrainSettings, folder: Path, resume: bool
) -> None:
    paths = [str(path) for path in data.paths]
    labels, names = list(data.labels), list(data.class_names)
    task = _Task(paths, labels, names, settings, str(folder), resume)
    group.put(_TASK, msgspec.json.encode(task))


def _follow(reporter: Reporter, group: Group) -> dict[str, Any]:
    task = msgspec.json.decode(group.take(_TASK, keep=True), type=_Task)
    paths = tuple(Path(path) for path in task.paths)
    data = TrainingSet(paths, tuple(task.labels), tuple(task.class_names))
    train(data, task.settings, Path(task.folder), reporter, task.resume, group=group)
    return {}


def run_folder(project: Project, record: RunRecord) -> Path:
    """Where the run's checkpoints are. Raises ProjectError if the run has none."""
    if record.folder is None:
        raise ProjectError(f"Run {record.id} has no checkpoints.", path=project.folder)
    return project.folder / record.folder


def _begin(
    project: Project, request: TrainRequest, reporter: Reporter
) -> tuple[RunRecord, Snapshot]:
    check_settings(request.settings)  # unknown names leave no run
    snapshot = _snapshot(project, request.split)
    _warn_of_thin_classes(project, snapshot, reporter)
    chosen = with_parents(request.settings, snapshot)
    settings = {"train": asdict(chosen), "split": request.split}
    with project.write() as connection:
        run_id = runs.start_run(connection, RunKind.TRAIN, settings, versions())
        runs.set_run_folder(connection, run_id, f"runs/{run_id:04d}")
        record = runs.get_run(connection, run_id)
    folder = run_folder(project, record)
    folder.mkdir(parents=True, exist_ok=True)
    write_snapshot(folder, snapshot)
    return record, snapshot


def _warn_of_thin_classes(project: Project, snapshot: Snapshot, reporter: Reporter) -> None:
    counts = Counter(snapshot.class_names[label] for label in snapshot.labels)
    with project.read() as connection:
        known = [record.name for record in image_rows.list_classes(connection)]
    absent = [name for name in known if name not in counts]
    if absent:
        reporter.warn(f"No image to train on, so not learned: {shortened(absent)}.")
    single = [name for name, count in counts.items() if count == 1]
    if single:
        reporter.warn(f"One image alone, from which little can be learned: {shortened(single)}.")


def _snapshot(project: Project, split: str | None) -> Snapshot:
    with project.read() as connection:
        names = {record.id: record.name for record in image_rows.list_classes(connection)}
        images = image_rows.list_images(connection)
    if split is not None:
        wanted = images_in_split(project, split, {"train"})
        images = [image for image in images if image.path in wanted]
    pairs = [(image.path, label) for image in images for label in image.labels]
    if not pairs:
        raise TrainingError(
            "No usable image has a class to train on.",
            path=project.folder,
            remedy="Put the images into a folder per class, or give a CSV of image and class.",
        )
    return snapshot_of(pairs, names)


def _unfinished(project: Project) -> tuple[RunRecord, Snapshot]:
    with project.write() as connection:
        record = next(iter(runs.list_runs(connection, RunKind.TRAIN)), None)
        if record is None or record.state not in RESUMABLE:
            raise ProjectError(
                "There is no unfinished training to go on with: "
                + (
                    "there is none yet."
                    if record is None
                    else f"the newest, run {record.id}, is {record.state}."
                ),
                path=project.folder,
                remedy="Start a new one.",
            )
        runs.reopen_run(connection, record.id)
    return record, read_snapshot(run_folder(project, record))
