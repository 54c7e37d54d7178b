"""Score maps of a training run's network for the project's images, resumable batch by batch."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from engine.domain.errors import ProjectError
from engine.domain.records import ImageRecord, RunKind, RunRecord, RunState
from engine.jobs.reporter import Reporter
from engine.jobs.requests import ProposeRequest
from engine.learning.checkpoints import latest_checkpoint, load_network
from engine.learning.device import choose_device
from engine.learning.maps import ImageMaps, score_maps
from engine.learning.network import Network
from engine.learning.versions import versions
from engine.store import images as image_rows
from engine.store import runs
from engine.store import score_maps as map_rows
from engine.store.project import Project
from engine.store.score_maps import StoredMap
from engine.workflows.projects import recorded_run
from engine.workflows.propose import Proposer, images_to_propose
from engine.workflows.train import run_folder

UNFINISHED = frozenset({RunState.INTERRUPTED, RunState.CANCELLED, RunState.FAILED})


def compute_maps(
    project: Project, request: ProposeRequest, reporter: Reporter
) -> tuple[int, int, int]:
    """Returns the proposing run, its number of images, and the number of boxes proposed now."""
    training = _training_run(project, request.run)
    checkpoint = latest_checkpoint(run_folder(project, training))
    network = load_network(checkpoint, choose_device(request.maps.device))
    images = images_to_propose(project, request.include_decided)
    run_id = _begin(project, training, request, checkpoint.name)
    reporter.artifact("run", [run_id])
    with recorded_run(project, run_id):
        boxes = _score_all(project, request, reporter, network, run_id, images)
    with project.read() as connection:
        return run_id, len(map_rows.images_with_maps(connection, run_id)), boxes


def _score_all(
    project: Project,
    request: ProposeRequest,
    reporter: Reporter,
    network: Network,
    run_id: int,
    images: dict[int, ImageRecord],
) -> int:
    with project.read() as connection:
        done = map_rows.images_with_maps(connection, run_id)
    waiting = [image for image in images.values() if image.id not in done]
    keeper = _Keeper(project, run_id, network.class_names, waiting)
    proposer = Proposer(run_id, request.boxes, images)
    boxes = 0
    paths = [project.absolute(image.path) for image in waiting]
    for batch in score_maps(network, paths, keeper.labels(), request.maps, reporter):
        boxes += proposer.store(project, keeper.keep(batch), reporter)
    return boxes


class _Keeper:
    """Writes a batch of maps under the ids of the store."""

    def __init__(
        self, project: Project, run_id: int, class_names: tuple[str, ...], images: list[ImageRecord]
    ) -> None:
        self._project = project
        self._run_id = run_id
        self._images = images
        with project.write() as connection:
            by_name = image_rows.add_classes(connection, class_names)
        self._class_ids = [by_name[name] for name in class_names]

    def labels(self) -> list[int | None]:
        """Image labels as class indices of the network; None where it does not know the class."""
        index = {class_id: position for position, class_id in enumerate(self._class_ids)}
        return [index.get(i.class_id) if i.class_id is not None else None for i in self._images]

    def keep(self, batch: list[ImageMaps]) -> list[StoredMap]:
        stored = [
            StoredMap(
                image_id=self._images[maps.index].id,
                class_id=self._class_ids[class_index],
                probability=float(maps.probabilities[class_index]),
                values=values,
            )
            for maps in batch
            for class_index, values in maps.maps.items()
        ]
        predicted = {
            self._images[maps.index].id: self._class_ids[int(maps.probabilities.argmax())]
            for maps in batch
        }
        with self._project.write() as connection:
            map_rows.put_maps(connection, self._run_id, stored)
            map_rows.put_predictions(connection, self._run_id, predicted)
        return stored


def _training_run(project: Project, run_id: int | None) -> RunRecord:
    with project.read() as connection:
        if run_id is None:
            record = runs.latest_run(connection, RunKind.TRAIN, {RunState.FINISHED})
        else:
            record = runs.get_run(connection, run_id)
    if record is None:
        raise ProjectError(
            "There is no finished training yet.",
            path=project.folder,
            remedy=f"Run: boxwright train {project.folder}",
        )
    if record.kind is not RunKind.TRAIN:
        raise ProjectError(f"Run {record.id} is no training run.", path=project.folder)
    return record


def _begin(project: Project, training: RunRecord, request: ProposeRequest, checkpoint: str) -> int:
    """A new proposing run, or the unfinished one that asked for the same maps."""
    maps = asdict(request.maps)
    with project.write() as connection:
        for record in runs.list_runs(connection, RunKind.PROPOSE):
            if record.parent_id != training.id:
                continue
            same = record.settings["maps"] == maps and record.settings["checkpoint"] == checkpoint
            if same and record.state in UNFINISHED:
                runs.reopen_run(connection, record.id)
                return record.id
            break
        settings: dict[str, Any] = {
            "maps": maps,
            "boxes": asdict(request.boxes),
            "checkpoint": checkpoint,
        }
        return runs.start_run(
            connection, RunKind.PROPOSE, settings, versions(), parent_id=training.id
        )
