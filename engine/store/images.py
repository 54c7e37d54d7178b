"""Classes and images (machine rows), and the queue that a person works through."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import islice
from operator import attrgetter
from typing import Any, TypeVar

from sqlalchemy import Connection, Select, func, select

from engine.domain.errors import ProjectError
from engine.domain.records import (
    DECIDED_STATES,
    ClassRecord,
    ImageRecord,
    QueueEntry,
    ReviewState,
)
from engine.store.schema import classes, images, proposals, reviews
from engine.store.sqlite import upsert

T = TypeVar("T")

#: How many values one statement lists; every database takes that many.
CHUNK = 1000


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


_NEW_IMAGE_FIELDS = [field.name for field in fields(NewImage)]


def chunks(values: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """``values`` in lists of at most ``size``, for statements that list them."""
    rest = iter(values)
    while chunk := list(islice(rest, size)):
        yield chunk


def add_classes(conn: Connection, names: Iterable[str]) -> dict[str, int]:
    """Make the classes that are not there yet, in the order given; returns all of them by name."""
    unique = list(dict.fromkeys(names))
    upsert(conn, classes, [{"name": name} for name in unique], key=["name"])
    return {record.name: record.id for record in list_classes(conn)}


def list_classes(conn: Connection) -> list[ClassRecord]:
    """All classes in the order they came."""
    query = select(classes.c.id, classes.c.name).order_by(classes.c.id)
    return [ClassRecord(row.id, row.name) for row in conn.execute(query)]


def add_images(conn: Connection, found: Sequence[NewImage]) -> list[int]:
    """Insert the images, or bring those with a known path up to date; their ids in that order.

    What a person has decided about them stays as it is.
    """
    rows = [{name: getattr(image, name) for name in _NEW_IMAGE_FIELDS} for image in found]
    upsert(conn, images, rows, key=["path"])
    ids: dict[str, int] = {}
    for paths in chunks(image.path for image in found):
        query = select(images.c.path, images.c.id).where(images.c.path.in_(paths))
        ids.update((row.path, row.id) for row in conn.execute(query))
    return [ids[image.path] for image in found]


def file_stamps(conn: Connection) -> dict[str, tuple[int, int]]:
    """Path -> (bytes, modified_ns) of every image, to tell which files have changed since."""
    query = select(images.c.path, images.c.bytes, images.c.modified_ns)
    return {path: (size, modified) for path, size, modified in conn.execute(query)}


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
    return _by_path([ImageRecord(*row) for row in conn.execute(query)])


def get_image(conn: Connection, image_id: int) -> ImageRecord:
    """One image. Raises ProjectError if there is none with this id."""
    query = select(*_RECORD_COLUMNS).where(images.c.id == image_id)
    row = conn.execute(query).one_or_none()
    if row is None:
        raise _no_image(image_id)
    return ImageRecord(*row)


def get_images(conn: Connection, image_ids: Sequence[int]) -> list[ImageRecord]:
    """Some images, in the order asked for. Raises ProjectError if one of them is not there."""
    found: dict[int, ImageRecord] = {}
    for ids in chunks(image_ids):
        rows = conn.execute(select(*_RECORD_COLUMNS).where(images.c.id.in_(ids)))
        found.update((row.id, ImageRecord(*row)) for row in rows)
    missing = next((image_id for image_id in image_ids if image_id not in found), None)
    if missing is not None:
        raise _no_image(missing)
    return [found[image_id] for image_id in image_ids]


def queue(conn: Connection) -> list[QueueEntry]:
    """Every image as the queue shows it, by path."""
    return _by_path([_queue_entry(row) for row in conn.execute(_queue_query())])


def queue_entries(conn: Connection, image_ids: Sequence[int]) -> list[QueueEntry]:
    """The entries of some images, in the order asked for; ids that are not there are left out."""
    found: dict[int, QueueEntry] = {}
    for ids in chunks(image_ids):
        rows = conn.execute(_queue_query().where(images.c.id.in_(ids)))
        found.update((row[0], _queue_entry(row)) for row in rows)
    return [found[image_id] for image_id in image_ids if image_id in found]


def undecided_ids(conn: Connection) -> set[int]:
    """Usable images that no person has settled; skipped ones are among them."""
    decided = reviews.c.state.in_([state.value for state in DECIDED_STATES])
    query = (
        select(images.c.id)
        .outerjoin(reviews, (reviews.c.image_id == images.c.id) & decided)
        .where(images.c.problem.is_(None), reviews.c.image_id.is_(None))
    )
    return set(conn.execute(query).scalars())


def _no_image(image_id: int) -> ProjectError:
    return ProjectError(
        f"The project holds no image with id {image_id}.", remedy="Open the project again."
    )


def _by_path(records: list[T]) -> list[T]:
    """Sort by path. ORDER BY would walk the index and jump about in the table.

    With 100,000 images that takes about twice as long.
    """
    records.sort(key=attrgetter("path"))
    return records


# A scalar subquery, since one look into the index on (image_id, score) finds the best.
_BEST_SCORE = (
    select(func.max(proposals.c.score))
    .where(proposals.c.image_id == images.c.id)
    .correlate(images)
    .scalar_subquery()
)
# None stands for an image without a review row.
_STATES: dict[str | None, ReviewState] = {state.value: state for state in ReviewState}
_STATES[None] = ReviewState.UNREVIEWED


def _queue_query() -> Select[Any]:
    return select(
        images.c.id,
        images.c.path,
        images.c.width,
        images.c.height,
        images.c.class_id,
        reviews.c.state,
        _BEST_SCORE,
        images.c.problem,
    ).outerjoin(reviews, reviews.c.image_id == images.c.id)


def _queue_entry(row: Sequence[Any]) -> QueueEntry:
    image_id, path, width, height, class_id, state, score, problem = row
    return QueueEntry(image_id, path, width, height, class_id, _STATES[state], score, problem)
