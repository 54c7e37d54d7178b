"""Stored score maps against true boxes."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path

from engine.domain.errors import InputError, ProjectError
from engine.domain.geometry import Box
from engine.domain.records import ImageRecord
from engine.domain.settings import BoxSettings
from engine.exchange.tables import BoxRow, read_boxes, read_splits
from engine.jobs.reporter import Reporter
from engine.localization.evaluation import Evaluation, Sample, evaluate
from engine.localization.masks import find_masks
from engine.store import images as image_rows
from engine.store import score_maps as map_rows
from engine.store import truth as truth_rows
from engine.store.classes import class_names
from engine.store.project import Project
from engine.workflows.projects import open_project
from engine.workflows.propose import latest_proposing

#: Splits whose true boxes may choose a threshold, best first; never the one that is reported.
TUNING_SPLITS = ("val", "train")


@dataclass(frozen=True)
class EvaluateRequest:
    """``boxes`` and ``split`` are CSV files; None means the project's own, as for settings.

    The project's own true boxes and splits are those that an import has brought. ``masks`` is a
    folder of true masks laid out as the images are (see ``engine.localization.masks``).
    """

    project: str
    boxes: Path | None = None
    split: Path | None = None
    run: int | None = None
    settings: BoxSettings | None = None
    masks: Path | None = None


def evaluate_project(request: EvaluateRequest, reporter: Reporter) -> Evaluation:
    """Evaluate the newest score maps (of training ``run``) on the test rows, or on all rows."""
    with open_project(request.project) as project:
        settings = request.settings or project.settings().boxes
        samples = samples_by_image(project, request.boxes, request.run, reporter)
        splits = _splits(project, request)
    if request.masks is not None:
        samples = _with_masks(samples, request.masks)
    if not splits:
        return evaluate(list(samples.values()), settings, None, reporter)
    test = [sample for path, sample in samples.items() if splits.get(path) == "test"]
    if not test:
        raise InputError("No row of split test has a true box and a score map.", path=request.split)
    tuning_split, tuning = _tuning(samples, splits)
    return evaluate(test, settings, tuning, reporter, tuning_split)


def _with_masks(samples: dict[str, Sample], folder: Path) -> dict[str, Sample]:
    """Raises InputError if no image has a mask there."""
    found = {path: replace(s, mask=find_masks(folder, path)) for path, s in samples.items()}
    if not any(sample.mask for sample in found.values()):
        raise InputError(
            "No image has a mask in this folder.",
            path=folder,
            remedy="For an image a/b.jpg, the mask is a/b.png below it.",
        )
    return found


def _splits(project: Project, request: EvaluateRequest) -> dict[str, str]:
    """Split by image; those of the project only where its own true boxes are used."""
    if request.split is not None:
        return read_splits(request.split)
    if request.boxes is not None:
        return {}
    with project.read() as connection:
        by_id = truth_rows.splits_by_image(connection)
        found = {i.path: by_id[i.id] for i in image_rows.list_images(connection) if i.id in by_id}
    return found if "test" in found.values() else {}


def _tuning(
    samples: dict[str, Sample], splits: dict[str, str]
) -> tuple[str | None, list[Sample] | None]:
    """The split that chooses the thresholds, with its images."""
    for name in TUNING_SPLITS:
        chosen = [sample for path, sample in samples.items() if splits.get(path) == name]
        if chosen:
            return name, chosen
    return None, None


def samples_by_image(
    project: Project, boxes: Path | None, training_run: int | None, reporter: Reporter
) -> dict[str, Sample]:
    """Images of ``boxes`` with a score map of their image label, by path.

    With None for ``boxes``, the project's own true boxes, and the images known to have none.

    Raises InputError for a row that does not fit its image; a warning counts what has no map.
    """
    record = latest_proposing(project, training_run)
    rows = _true_rows(project) if boxes is None else _rows_by_image(boxes)
    boxes = boxes or project.database
    samples: dict[str, Sample] = {}
    with project.read() as connection:
        images = {image.path: image for image in image_rows.list_images(connection)}
        names = class_names(connection)
        predicted = map_rows.predictions(connection, record.id)
        for path, of_image in rows.items():
            image = images.get(path)
            if image is None or image.class_id is None:
                continue
            stored = map_rows.get_map(connection, record.id, image.id, image.class_id)
            if stored is None:
                continue
            samples[path] = Sample(
                values=stored.values,
                width=image.width,
                height=image.height,
                truth=_truth(of_image, image, names[image.class_id], boxes),
                label=image.class_id,
                predicted=predicted[image.id],
                rank=stored.rank,
                name=path,
                class_name=names[image.class_id],
                is_empty=not of_image,
            )
    _report_missing(len(rows), len(samples), boxes, reporter)
    return samples


def _report_missing(rows: int, samples: int, boxes: Path, reporter: Reporter) -> None:
    if samples == 0:
        raise ProjectError(
            f"None of the {rows} images of this file has a score map in the project.",
            path=boxes,
            remedy="Check that its paths are relative to the image root, and propose with --all.",
        )
    if samples < rows:
        reporter.warn(
            f"{boxes}: {rows - samples} of {rows} images have no score map and are left out;"
            " propose with --all to include the reviewed ones."
        )


def _rows_by_image(boxes: Path) -> dict[str, list[BoxRow]]:
    rows: dict[str, list[BoxRow]] = defaultdict(list)
    for row in read_boxes(boxes):
        rows[row.image].append(row)
    return rows


def _true_rows(project: Project) -> dict[str, list[BoxRow]]:
    """No row for an image that is known to be empty. Raises ProjectError if no import has brought
    true boxes."""
    with project.read() as connection:
        names = class_names(connection)
        true = truth_rows.true_boxes_by_image(connection)
        known = true.keys() | truth_rows.empty_images(connection)
        images = [i for i in image_rows.list_images(connection) if i.id in known]
    if not true:
        raise ProjectError(
            "The project has no true boxes.",
            path=project.folder,
            remedy="Give a CSV of them, or import them: boxwright import PROJECT FILE --as truth",
        )
    return {
        image.path: [
            BoxRow(image.path, names[class_id], image.width, image.height, box)
            for class_id, box in true.get(image.id, ())
        ]
        for image in images
    }


def _truth(rows: list[BoxRow], image: ImageRecord, class_name: str, boxes: Path) -> list[Box]:
    for row in rows:
        if (row.width, row.height) != (image.width, image.height):
            raise InputError(
                f"{row.image} is {image.width} x {image.height} pixels, not"
                f" {row.width} x {row.height}.",
                path=boxes,
                remedy="Give boxes in pixels of the image as shown, its EXIF orientation applied.",
            )
    own = [row.box for row in rows if row.class_name == class_name]
    return own or [row.box for row in rows]
