"""How misdirected the attention of a run is: every measure of every image, stored with the run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.domain.errors import BoxwrightError, ProjectError
from engine.domain.geometry import Box
from engine.domain.records import ImageRecord, RunKind, RunRecord
from engine.domain.settings import BoxSettings
from engine.exchange.tables import read_boxes
from engine.inspection.map_measures import Case, Judged, Values, from_map
from engine.inspection.truth import known_boxes
from engine.jobs.reporter import Reporter
from engine.jobs.requests import MeasureRequest
from engine.localization.measures import COMBINED, with_combined
from engine.store import images as image_rows
from engine.store import measures as measure_rows
from engine.store import runs
from engine.store import score_maps as map_rows
from engine.store.project import Project
from engine.store.score_maps import StoredMap
from engine.workflows.projects import open_project
from engine.workflows.propose import latest_proposing
from engine.workflows.unusable import unusable_kept

if TYPE_CHECKING:
    from engine.inspection.network_measures import NetworkMeasures

BATCH = 16  # images before the network at once
QUICK_BATCH = 256


def run(request: MeasureRequest, reporter: Reporter) -> dict[str, Any]:
    """Measure the images that a proposing run has maps of, a batch in each transaction.

    Returns the run, how many images were measured, and their mean misdirection.
    """
    with open_project(request.project) as project, unusable_kept(project, reporter):
        record = proposing_run(project, request.run)
        job = _Job.of(project, record, request)
        done, total = 0, 0.0
        for batch in job.batches():
            found = job.measured(batch, reporter)
            with project.write() as connection:
                measure_rows.put_measures(connection, record.id, found)
            reporter.artifact("measures", list(found))
            combined = [value for v in found.values() if (value := v[COMBINED]) is not None]
            done, total = done + len(found), total + sum(combined)
            reporter.progress(job.seen, len(job.images), "images", "Measuring")
    return {"run": record.id, "images": done, "misdirection": total / done if done else None}


def proposing_run(project: Project, run_id: int | None) -> RunRecord:
    """Proposing run ``run_id``, or the newest with score maps (of that training, if it is one).

    Raises ProjectError if there is none.
    """
    if run_id is not None:
        with project.read() as connection:
            record = runs.get_run(connection, run_id)
            if record.kind is RunKind.PROPOSE and map_rows.images_with_maps(connection, run_id):
                return record
            if record.kind is not RunKind.TRAIN:
                raise ProjectError(
                    f"Run {run_id} has no score maps.",
                    path=project.folder,
                    remedy="Choose a training, or a proposing run; 'boxwright status' lists them.",
                )
    return latest_proposing(project, run_id)


def boxes_by_image(
    project: Project, images: Sequence[ImageRecord], table: Path | None
) -> dict[int, list[Box]]:
    """Image id -> the boxes to hold maps against: those of ``table``, else the project's own."""
    if table is None:
        with project.read() as connection:
            return known_boxes(connection, images)
    by_path: dict[str, list[Box]] = {}
    for row in read_boxes(table):
        by_path.setdefault(row.image, []).append(row.box)
    return {image.id: by_path[image.path] for image in images if image.path in by_path}


@dataclass
class _Job:
    project: Project
    record: RunRecord
    settings: BoxSettings
    images: list[ImageRecord]
    truth: dict[int, list[Box]]
    network: NetworkMeasures | None
    seen: int = 0

    @classmethod
    def of(cls, project: Project, record: RunRecord, request: MeasureRequest) -> _Job:
        with project.read() as connection:
            mapped = map_rows.images_with_maps(connection, record.id)
            images = [i for i in image_rows.list_images(connection) if i.id in mapped]
        table = None if request.boxes is None else Path(request.boxes).expanduser()
        truth = boxes_by_image(project, images, table)
        settings = project.settings().boxes
        network = None
        if not request.quick:
            from engine.inspection.network_measures import NetworkMeasures  # pulls in torch

            network = NetworkMeasures(project, record.id, settings, request.device)
        return cls(project, record, settings, images, truth, network)

    def batches(self) -> Iterator[list[ImageRecord]]:
        size = QUICK_BATCH if self.network is None else BATCH
        for start in range(0, len(self.images), size):
            batch = self.images[start : start + size]
            self.seen = start + len(batch)
            yield batch

    def measured(self, batch: list[ImageRecord], reporter: Reporter) -> dict[int, dict[str, Any]]:
        """Image id -> values; an image whose map is none is warned of and left out."""
        judged: list[tuple[ImageRecord, StoredMap, Judged]] = []
        for image in batch:
            reporter.check()
            stored = self._map(image)
            case = Case(image.width, image.height, stored.values, self.truth.get(image.id, ()))
            try:
                judged.append((image, stored, Judged.of(case, self.settings)))
            except BoxwrightError as error:
                reporter.warn(f"{image.path}: {error}")
        found: dict[int, Values] = {image.id: from_map(case) for image, _, case in judged}
        if self.network is not None:
            further = self.network.measure(
                [(image, stored.class_id, case) for image, stored, case in judged], reporter
            )
            found = {image_id: v | further.get(image_id, {}) for image_id, v in found.items()}
        return {image_id: with_combined(values) for image_id, values in found.items()}

    def _map(self, image: ImageRecord) -> StoredMap:
        """The map of the image label, else that of the most probable class."""
        with self.project.read() as connection:
            maps = map_rows.maps_of_image(connection, self.record.id, image.id)
        own = [stored for stored in maps if stored.class_id == image.class_id]
        return (own or maps)[0]
