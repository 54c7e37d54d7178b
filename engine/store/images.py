"""Images: machine rows, given out with the labels that persons have given them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from engine.domain.errors import ProjectError
from engine.domain.records import DECIDED_STATES, ImageRecord, KnownFile
from engine.store.batches import CHUNK, chunks
from engine.store.bulk_rows import plain_rows, upsert
from engine.store.classes import add_classes, list_classes, merged_classes
from engine.store.labels import given_labels
from engine.store.queue import queue, queue_around, queue_entries
from engine.store.schema import images, reviews

__all__ = [
    "CHUNK",
    "NewImage",
    "add_classes",
    "add_images",
    "chunks",
    "get_image",
    "get_images",
    "known_files",
    "list_classes",
    "list_images",
    "mark_gone",
    "mark_unusable",
    "queue",
    "queue_around",
    "queue_entries",
    "undecided_ids",
]


@dataclass(frozen=True, slots=True)
class NewImage:
    """An image as found on disk; see ``ImageRecord``. ``modified_ns`` is the file's time."""

    path: str
    class_id: int | None
    width: int
    height: int
    digest: str | None
    problem: str | None
    bytes: int
    modified_ns: int


_NEW_FIELDS = [field.name for field in fields(NewImage)]
_new_values = attrgetter(*_NEW_FIELDS)


def add_images(conn: Connection, found: Sequence[NewImage]) -> list[int]:
    """Insert the images, or bring those with a known path up to date; their ids in that order.

    What a person has decided about them stays as it is.
    """
    values = [_new_values(image) for image in found]
    # a folder looked through again has mostly what is known already, and a write costs more
    ids, known = _rows_by_path(conn, [image.path for image in found])
    changed = [row for row in values if known.get(row[0]) != row]
    upsert(conn, images, [dict(zip(_NEW_FIELDS, r, strict=True)) for r in changed], key=["path"])
    added = [row[0] for row in changed if row[0] not in ids]
    ids |= _rows_by_path(conn, added)[0]
    return [ids[image.path] for image in found]


def _rows_by_path(
    conn: Connection, paths: Sequence[str]
) -> tuple[dict[str, int], dict[str, tuple[Any, ...]]]:
    """By path the id of each image that is there, and its values in the order of ``NewImage``."""
    ids, rows = {}, {}
    columns = [images.c[name] for name in _NEW_FIELDS]
    for some in chunks(paths):
        query = select(images.c.id, *columns).where(images.c.path.in_(some))
        for image_id, *values in conn.execute(query):
            ids[values[0]], rows[values[0]] = image_id, tuple(values)
    return ids, rows


def known_files(conn: Connection) -> dict[str, KnownFile]:
    """By path what is known of every file that could be read, to tell which have changed since."""
    names = ("bytes", "modified_ns", "width", "height", "digest", "problem")
    query = select(images.c.path, *(images.c[name] for name in names))
    query = query.where(images.c.digest.is_not(None))
    return {path: KnownFile(*values) for path, *values in conn.execute(query)}


def mark_gone(conn: Connection, image_ids: Sequence[int]) -> None:
    """The files of these images are gone; the rows stay, since a person's boxes hang on them."""
    gone = {"problem": "The file is gone.", "bytes": 0, "modified_ns": 0}
    for ids in chunks(image_ids):
        conn.execute(update(images).where(images.c.id.in_(ids)).values(gone))


def mark_unusable(conn: Connection, problems: Mapping[int, str]) -> None:
    """Keep why no picture comes of these files (by image id), as indexing would have."""
    rows = [{"image": image_id, "why": problem} for image_id, problem in problems.items()]
    if rows:
        which = images.c.id == bindparam("image")
        conn.execute(update(images).where(which).values(problem=bindparam("why")), rows)


_RECORD_COLUMNS = (
    images.c.id,
    images.c.path,
    images.c.width,
    images.c.height,
    images.c.class_id,
    images.c.digest,
    images.c.problem,
)


def list_images(conn: Connection, usable_only: bool = True) -> list[ImageRecord]:
    """All images by path; with ``usable_only`` without those that cannot be read."""
    query = select(*_RECORD_COLUMNS)
    if usable_only:
        query = query.where(images.c.problem.is_(None))
    records = _records(conn, plain_rows(conn, query), None)
    # ORDER BY would walk the index and jump about in the table: with 100,000 images that takes
    # about twice as long.
    records.sort(key=attrgetter("path"))
    return records


def get_image(conn: Connection, image_id: int) -> ImageRecord:
    """One image. Raises ProjectError if there is none with this id."""
    return get_images(conn, [image_id])[0]


def get_images(conn: Connection, image_ids: Sequence[int]) -> list[ImageRecord]:
    """Some images, in the order asked for. Raises ProjectError if one of them is not there."""
    found: dict[int, ImageRecord] = {}
    for ids in chunks(image_ids):
        rows = conn.execute(select(*_RECORD_COLUMNS).where(images.c.id.in_(ids)))
        found.update((record.id, record) for record in _records(conn, rows, ids))
    missing = next((image_id for image_id in image_ids if image_id not in found), None)
    if missing is not None:
        raise ProjectError(
            f"The project holds no image with id {missing}.", remedy="Open the project again."
        )
    return [found[image_id] for image_id in image_ids]


def undecided_ids(conn: Connection) -> set[int]:
    """Usable images that no person has settled; skipped ones are among them."""
    decided = reviews.c.state.in_([state.value for state in DECIDED_STATES])
    query = (
        select(images.c.id)
        .outerjoin(reviews, (reviews.c.image_id == images.c.id) & decided)
        .where(images.c.problem.is_(None), reviews.c.image_id.is_(None))
    )
    return set(conn.execute(query).scalars())


def _records(
    conn: Connection, rows: Iterable[Sequence[Any]], ids: Sequence[int] | None
) -> list[ImageRecord]:
    """With the image labels that count."""
    merged = merged_classes(conn)
    given = given_labels(conn, merged, ids)
    records = []
    for image_id, path, width, height, class_id, digest, problem in rows:
        own = given.get(image_id, ())
        if own:
            class_id = own[0]
        elif class_id is not None:
            class_id = merged(class_id)
        records.append(
            ImageRecord(image_id, path, width, height, class_id, digest, problem, own[1:])
        )
    return records
