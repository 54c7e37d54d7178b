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
from engine.store.imports import (
    ImportedBox,
    ImportedImage,
    ImportRules,
    import_boxes,
    preview_import,
)
from engine.store.project import Project

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
    with project.write() as connection:
        class_ids = image_rows.add_classes(connection, names)
        found = [_imported(record, image, class_ids, reporter) for record, image in images]
        total = len(found)
        if preview_import(connection, found, RULES).images:
            import_boxes(
                connection,
                found,
                RULES,
                "Import truth",
                lambda done: reporter.progress(min(done, total), total, "images", "True boxes"),
            )
    splits = Counter(image.split for _, image in images if image.split)
    return {"true_boxes": sum(len(image.boxes) for image in found), "splits": dict(splits)}


def _imported(
    record: ImageRecord, image: DatasetImage, class_ids: dict[str, int], reporter: Reporter
) -> ImportedImage:
    if image.size is not None and image.size != (record.width, record.height):
        raise InputError(
            f"The image is {record.width} x {record.height} pixels, not"
            f" {image.size[0]} x {image.size[1]}.",
            path=image.path,
            remedy="Give boxes in pixels of the image as shown, its EXIF orientation applied.",
        )
    inside = [
        ImportedBox(class_ids[name], cut)
        for name, box in image.boxes
        if (cut := box.clipped(record.width, record.height)).has_extent
    ]
    if len(inside) < len(image.boxes):
        reporter.warn(f"{image.path}: a true box outside the image is left out.")
    return ImportedImage(record.id, inside, split=image.split)
