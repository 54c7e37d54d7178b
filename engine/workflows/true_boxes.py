"""True boxes of a CSV file, fitted to a project's images."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from engine.domain.errors import InputError
from engine.domain.geometry import Box
from engine.exchange.tables import read_boxes
from engine.store.classes import class_names
from engine.store.images import list_images
from engine.store.project import Project


def true_boxes_of_file(project: Project, path: Path) -> dict[str, list[Box]]:
    """Image path to its boxes in pixels, those of its image label where there are any.

    Images that the project has not are left out. Raises InputError for a size that does not fit,
    or if no row is of an image of the project.
    """
    with project.read() as connection:
        images = {image.path: image for image in list_images(connection)}
        names = class_names(connection)
    own: dict[str, list[Box]] = defaultdict(list)
    others: dict[str, list[Box]] = defaultdict(list)
    for row in read_boxes(path):
        image = images.get(row.image)
        if image is None:
            continue
        if (row.width, row.height) != (image.width, image.height):
            raise InputError(
                f"{row.image} is {image.width} x {image.height} pixels, not"
                f" {row.width} x {row.height}.",
                path=path,
                remedy="Give boxes in pixels of the image as shown, its EXIF orientation applied.",
            )
        named = image.class_id is not None and names[image.class_id] == row.class_name
        (own if named else others)[row.image].append(row.box)
    if not own and not others:
        raise InputError(
            "None of its images is in the project.",
            path=path,
            remedy="Check that its paths are relative to the image root.",
        )
    return {image: own.get(image) or others[image] for image in sorted({*own, *others})}
