"""Rows of a split file, or the project's own splits, as a choice of images."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from engine.domain.errors import InputError
from engine.exchange.tables import read_splits
from engine.store import images as image_rows
from engine.store import truth as truth_rows
from engine.store.project import Project

#: In place of a file: the splits that an import or a data set has brought.
IMPORTED = "imported"


def images_in_split(project: Project, split: str, names: Collection[str]) -> set[str]:
    """Image paths whose split is one of ``names``, of the CSV file ``split`` or, for IMPORTED, of
    the project. Raises InputError if there is none."""
    if split != IMPORTED:
        return rows_named(Path(split).expanduser(), names)
    with project.read() as connection:
        by_id = truth_rows.splits_by_image(connection)
        images = image_rows.list_images(connection)
    chosen = {image.path for image in images if by_id.get(image.id) in names}
    if not chosen:
        wanted = " or ".join(sorted(names))
        raise InputError(
            f"The project has no image of split {wanted}.",
            path=project.folder,
            remedy="Give a CSV of image, class and split, or make the project with --dataset.",
        )
    return chosen


def rows_named(split: Path, names: Collection[str]) -> set[str]:
    """Image paths whose split is one of ``names``. Raises InputError if there is none."""
    chosen = {image for image, name in read_splits(split).items() if name in names}
    if not chosen:
        wanted = " or ".join(sorted(names))
        raise InputError(f"No row is in split {wanted}.", path=split)
    return chosen
