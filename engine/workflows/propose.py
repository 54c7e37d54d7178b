"""Checkpoint to score maps to boxes; or, from the stored maps, boxes alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from engine.domain.errors import InputError, ProjectError
from engine.domain.records import ImageRecord, RunKind, RunRecord
from engine.domain.settings import BoxSettings
from engine.jobs.options import unknown
from engine.jobs.ranks import this_rank
from engine.jobs.reporter import Reporter
from engine.jobs.requests import ProposeRequest
from engine.localization.boxes import derive_boxes
from engine.store import images as image_rows
from engine.store import proposals as proposal_rows
from engine.store import runs
from engine.store import score_maps as map_rows
from engine.store.classes import known_class_ids
from engine.store.project import Connection, Project
from engine.store.proposals import NewProposal
from engine.store.score_maps import StoredMap
from engine.workflows.projects import open_project

if TYPE_CHECKING:
    from engine.learning.parallel import Group

IMAGES_PER_TRANSACTION = 200


def run(request: ProposeRequest, reporter: Reporter) -> dict[str, Any]:
    """Propose boxes; returns the proposing run and how many images and boxes there are.

    Under torchrun each rank computes the score maps of its part of the images, and the leader
    alone opens the project; the others return nothing.
    """
    if request.boxes_only:
        return _boxes_again(request, reporter) if this_rank().leads else {}
    from engine.learning.parallel import joined  # pulls in torch
    from engine.learning.sharded_maps import follow_score_maps

    with joined(request.maps.device) as group:
        if group.leads:
            return _lead(request, reporter, group)
        follow_score_maps(group)
        return {}


def _lead(request: ProposeRequest, reporter: Reporter, group: Group) -> dict[str, Any]:
    from engine.workflows.score import compute_maps

    with open_project(request.project) as project:
        run_id, images, boxes = compute_maps(project, request, reporter, group)
        _keep_settings(project, request)
    return {"run": run_id, "images": images, "boxes": boxes}


def _boxes_again(request: ProposeRequest, reporter: Reporter) -> dict[str, Any]:
    with open_project(request.project) as project:
        record = latest_proposing(project, request.run)
        images, boxes = _derive_again(project, record, request, reporter)
        _keep_settings(project, request)
    return {"run": record.id, "images": images, "boxes": boxes}


def _keep_settings(project: Project, request: ProposeRequest) -> None:
    if request.class_name is None:  # what suits one class is not what the others start from
        project.save_settings(replace(project.settings(), boxes=request.boxes))


def latest_proposing(project: Project, training_run: int | None = None) -> RunRecord:
    """The newest proposing run that has score maps. Raises ProjectError if there is none."""
    with project.read() as connection:
        for record in runs.list_runs(connection, RunKind.PROPOSE):
            wanted = training_run is None or record.parent_id == training_run
            if wanted and map_rows.images_with_maps(connection, record.id):
                return record
    raise ProjectError(
        "There are no score maps yet.",
        path=project.folder,
        remedy=f"Run: boxwright propose {project.folder}",
    )


@dataclass(frozen=True)
class Proposer:
    """Derives the proposals of images from their maps: those of their image labels, if any."""

    run_id: int
    settings: BoxSettings
    images: dict[int, ImageRecord]

    def proposals(self, maps: Iterable[StoredMap], reporter: Reporter) -> list[NewProposal]:
        found: list[NewProposal] = []
        for stored in maps:
            image = self.images[stored.image_id]
            if self._wanted(image, stored):
                try:
                    found += self._of_map(image, stored)
                except InputError as error:  # a map with holes in it must not stop the others
                    reporter.warn(f"{image.path}: {error}")
        return found

    def _of_map(self, image: ImageRecord, stored: StoredMap) -> list[NewProposal]:
        boxes = derive_boxes(
            stored.values, image.width, image.height, self.settings, stored.probability
        )
        threshold = self.settings.threshold
        return [
            NewProposal(image.id, stored.class_id, found.box, found.score, threshold)
            for found in boxes
        ]

    def _wanted(self, image: ImageRecord, stored: StoredMap) -> bool:
        return not image.labels or stored.class_id in image.labels

    def store(self, project: Project, maps: Sequence[StoredMap], reporter: Reporter) -> int:
        """Replace the proposals of the images of ``maps``; returns the number of boxes."""
        fresh = self.proposals(maps, reporter)
        image_ids = sorted({stored.image_id for stored in maps})
        with project.write() as connection:
            proposal_rows.replace_proposals(connection, self.run_id, image_ids, fresh)
        reporter.artifact("proposals", image_ids)
        return len(fresh)


def images_to_propose(project: Project, request: ProposeRequest) -> dict[int, ImageRecord]:
    """Usable images by id; without those that a person has decided unless asked for, and of one
    class where one is asked for. Raises InputError for a class that there is not."""
    with project.read() as connection:
        wanted = _class_id(connection, request.class_name)
        usable = image_rows.list_images(connection)
        undecided = image_rows.undecided_ids(connection)
    return {
        image.id: image
        for image in usable
        if (request.include_decided or image.id in undecided)
        and (wanted is None or wanted in image.labels)
    }


def _class_id(connection: Connection, name: str | None) -> int | None:
    if name is None:
        return None
    known = known_class_ids(connection)
    if name not in known:
        raise unknown("class", name, sorted(known))
    return known[name]


def _derive_again(
    project: Project, record: RunRecord, request: ProposeRequest, reporter: Reporter
) -> tuple[int, int]:
    images = images_to_propose(project, request)
    proposer = Proposer(record.id, request.boxes, images)
    with project.read() as connection:
        waiting = sorted(map_rows.images_with_maps(connection, record.id) & images.keys())
    boxes = 0
    for start in range(0, len(waiting), IMAGES_PER_TRANSACTION):
        chunk = waiting[start : start + IMAGES_PER_TRANSACTION]
        with project.read() as connection:
            maps = [
                stored
                for image_id in chunk
                for stored in map_rows.maps_of_image(connection, record.id, image_id)
            ]
        boxes += proposer.store(project, maps, reporter)
        reporter.progress(start + len(chunk), len(waiting), "images", "Deriving boxes")
    return len(waiting), boxes
