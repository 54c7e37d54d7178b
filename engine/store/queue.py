"""The queue that a person works through: every image with what it is listed and ordered by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Select, func, select

from engine.domain.records import WAITING_STATES, QueueEntry, ReviewState, RunKind
from engine.store.batches import chunks
from engine.store.classes import Merged, merged_classes
from engine.store.labels import given_labels, noted_images
from engine.store.schema import images, measures, proposals, reviews, runs

#: The measure that tells how far a network's evidence lies off the object.
MISDIRECTION = "misdirection"
_FETCHED = 5000


def queue(conn: Connection) -> list[QueueEntry]:
    """Every image as the queue shows it, by path."""
    rows = conn.execute(_query(_has_learned(conn)))
    # fetched many at a time, which is faster than one by one and takes less memory than all
    entries = _entries(conn, chain.from_iterable(rows.partitions(_FETCHED)), None)
    # ORDER BY would walk the index and jump about in the table: with 100,000 images that takes
    # about twice as long.
    entries.sort(key=attrgetter("path"))
    return entries


def queue_entries(conn: Connection, image_ids: Sequence[int]) -> list[QueueEntry]:
    """The entries of some images, in the order asked for; ids that are not there are left out."""
    found: dict[int, QueueEntry] = {}
    query = _query(_has_learned(conn))
    for ids in chunks(image_ids):
        rows = conn.execute(query.where(images.c.id.in_(ids)))
        found.update((entry.image_id, entry) for entry in _entries(conn, rows, ids))
    return [found[image_id] for image_id in image_ids if image_id in found]


def queue_around(conn: Connection, before: int, after: int) -> list[QueueEntry]:
    """The first image that waits for a person, and its neighbours by path: what is seen first.

    Takes a moment however many images there are; without one that waits, the first images.
    """
    state = func.coalesce(reviews.c.state, ReviewState.UNREVIEWED.value)
    waits = images.c.problem.is_(None) & state.in_([each.value for each in WAITING_STATES])
    joined = select(images.c.path).outerjoin(reviews, reviews.c.image_id == images.c.id)
    first = conn.execute(joined.where(waits).order_by(images.c.path).limit(1)).scalar() or ""
    ids = select(images.c.id, images.c.path)
    behind = ids.where(images.c.path >= first).order_by(images.c.path).limit(after)
    ahead = ids.where(images.c.path < first).order_by(images.c.path.desc()).limit(before)
    found = [*conn.execute(ahead), *conn.execute(behind)]
    return queue_entries(conn, [row.id for row in sorted(found, key=attrgetter("path"))])


@dataclass(frozen=True, slots=True)
class _Extras:
    """What few images have."""

    merged: Merged
    labels: dict[int, tuple[int, ...]]
    notes: set[int]
    misdirection: dict[int, float]

    @property
    def is_empty(self) -> bool:
        return not (self.merged.into or self.labels or self.notes or self.misdirection)


def _entries(
    conn: Connection, rows: Iterable[Sequence[Any]], ids: Sequence[int] | None
) -> list[QueueEntry]:
    merged = merged_classes(conn)
    extras = _Extras(
        merged, given_labels(conn, merged, ids), noted_images(conn, ids), _misdirection(conn, ids)
    )
    if extras.is_empty and not _has_learned(conn):
        # the usual case, and the one in which 100,000 are to be there at once
        return [
            QueueEntry(image_id, path, width, height, class_id, _STATES[state], score, problem)
            for image_id, path, width, height, class_id, state, score, problem in rows
        ]
    return [_entry(row, extras) for row in rows]


# A scalar subquery, since one look into the index on (image_id, score) finds the best.
_BEST_SCORE = (
    select(func.max(proposals.c.score))
    .where(proposals.c.image_id == images.c.id)
    .correlate(images)
    .scalar_subquery()
)
_BEST_QUALITY = (
    select(proposals.c.quality_50)
    .where(proposals.c.image_id == images.c.id)
    .order_by(proposals.c.score.desc())
    .limit(1)
    .correlate(images)
    .scalar_subquery()
)
# None stands for an image without a review row.
_STATES: dict[str | None, ReviewState] = {state.value: state for state in ReviewState}
_STATES[None] = ReviewState.UNREVIEWED


def _query(with_quality: bool) -> Select[Any]:
    columns = [
        images.c.id,
        images.c.path,
        images.c.width,
        images.c.height,
        images.c.class_id,
        reviews.c.state,
        _BEST_SCORE,
        images.c.problem,
    ]
    if with_quality:  # a look into the table for each image
        columns.append(_BEST_QUALITY)
    return select(*columns).outerjoin(reviews, reviews.c.image_id == images.c.id)


def _entry(row: Sequence[Any], extras: _Extras) -> QueueEntry:
    image_id, path, width, height, class_id, state, score, problem, *quality = row
    given = extras.labels.get(image_id, ())
    if given:
        class_id = given[0]
    elif class_id is not None:
        class_id = extras.merged(class_id)
    return QueueEntry(
        image_id,
        path,
        width,
        height,
        class_id,
        _STATES[state],
        score,
        problem,
        quality[0] if quality else None,
        extras.misdirection.get(image_id),
        image_id in extras.notes,
        given[1:],
    )


def _has_learned(conn: Connection) -> bool:
    """Qualities come from a run that learned from a person's boxes."""
    query = select(runs.c.id).where(runs.c.kind == RunKind.LEARN.value).limit(1)
    return conn.execute(query).first() is not None


def _misdirection(conn: Connection, ids: Sequence[int] | None) -> dict[int, float]:
    """Of the newest run that was measured."""
    named = measures.c.name == MISDIRECTION
    measured = select(measures.c.run_id).where(measures.c.run_id == runs.c.id, named).exists()
    newest = conn.execute(
        select(runs.c.id).where(measured).order_by(runs.c.id.desc()).limit(1)
    ).scalar()
    if newest is None:
        return {}
    query = select(measures.c.image_id, measures.c.value).where(
        measures.c.run_id == newest, named, measures.c.value.is_not(None)
    )
    if ids is not None:
        query = query.where(measures.c.image_id.in_(ids))
    return {row.image_id: row.value for row in conn.execute(query)}
