"""True boxes and splits of a data set into the project."""

from __future__ import annotations

from collections import Counter
from typing import Any

from engine.datasets import Dataset, DatasetImage
from engine.domain.errors import InputError
from engine.domain.imports import Existing, ImportAs
from engine.domain.records import ImageRecord
from engine.jobs.reporter import Reporter
from engine.store import images as image_rows
from engine.store.imports import ImportRules, preview_import, take_in, taking_in
from engine.store.project import Project
from engine.store.staging import StagedImage, Staging

RULES = ImportRules(ImportAs.TRUTH, Existing.REPLACE)


def take_truth(project: Project, dataset: Dataset, reporter: Reporter) -> dict[str, Any]:
    """Keep the splits and true boxes of the usable images, in one step of undo.

    A box is cut at the image's edge; one that lies outside is left out with a warning. Raises
    InputError, with nothing kept, where the data set states another size than the image has.
    """
    with project.read() as connection:
        known = {image.path: image for image in image_rows.list_images(connection)}
    images = [(known[image.path], image) for image in dataset.images if image.path in known]
    names = sorted({box.class_name for _, image in images for box in image.boxes})
    numbers = {name: number for number, name in enumerate(names)}
    count = 0
    with project.staging() as connection:
        staging = Staging(connection)
        for record, image in images:
            count += _stage(staging, record, image, numbers, reporter)
        staging.set_images(StagedImage(record.id, split=image.split) for record, image in images)
        with taking_in(staging) as writing:
            ids = image_rows.add_classes(writing, names)
            if preview_import(staging, [ids[name] for name in names], RULES).images:
                take_in(
                    staging,
                    RULES,
                    "Import truth",
                    lambda done, total: reporter.progress(done, total, "boxes", "True boxes"),
                )
    splits = Counter(image.split for _, image in images if image.split)
    return {"true_boxes": count, "splits": dict(splits)}


def _stage(
    staging: Staging,
    record: ImageRecord,
    image: DatasetImage,
    numbers: dict[str, int],
    reporter: Reporter,
) -> int:
    """Returns how many boxes lie in the image."""
    if image.size is not None and image.size != (record.width, record.height):
        raise InputError(
            f"The image is {record.width} x {record.height} pixels, not"
            f" {image.size[0]} x {image.size[1]}.",
            path=image.path,
            remedy="Give boxes in pixels of the image as shown, its EXIF orientation applied.",
        )
    inside = [
        (name, cut)
        for name, box in image.boxes
        if (cut := box.clipped(record.width, record.height)).has_extent
    ]
    if len(inside) < len(image.boxes):
        reporter.warn(f"{image.path}: a true box outside the image is left out.")
    file = staging.file(image.path)
    for name, cut in inside:
        staging.add((record.id, numbers[name], *cut.as_tuple(), None, None, file, ""))
    return len(inside)
