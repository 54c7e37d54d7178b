"""Reading what persons have decided: annotations and review states. ``review`` writes them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Select, func, select

from engine.domain.geometry import Box
from engine.domain.records import DECIDED_STATES, Annotation, AnnotationOrigin, ReviewState
from engine.store import schema
from engine.store.batches import chunks
from engine.store.bulk_rows import plain_rows
from engine.store.classes import Merged, merged_classes
from engine.store.schema import images, reviews


def annotations_of(conn: Connection, image_ids: Sequence[int]) -> dict[int, list[Annotation]]:
    """Image id -> its annotations, oldest first; an empty list where it has none."""
    found: dict[int, list[Annotation]] = {image_id: [] for image_id in image_ids}
    merged = merged_classes(conn)
    for ids in chunks(found):
        rows = conn.execute(_select().where(schema.annotations.c.image_id.in_(ids)))
        for row in rows.all():
            annotation = _annotation(row, merged)
            found[annotation.image_id].append(annotation)
    return found


def all_annotations(conn: Connection) -> Iterator[Annotation]:
    """Every annotation by image, oldest first, without holding all of them in memory.

    Those of skipped images are among them, and what an import brought to unreviewed ones;
    rejected images have none.
    """
    merged = merged_classes(conn)
    rows = conn.execute(_select().execution_options(yield_per=1000))
    return (_annotation(row, merged) for row in rows)


def review_states(conn: Connection) -> dict[int, ReviewState]:
    """The state of every image."""
    state = func.coalesce(reviews.c.state, ReviewState.UNREVIEWED.value)
    query = select(images.c.id, state).outerjoin(reviews, reviews.c.image_id == images.c.id)
    return {image_id: _STATES[value] for image_id, value in plain_rows(conn, query)}


def count_decided(conn: Connection) -> int:
    """How many images a person has decided about."""
    decided = reviews.c.state.in_([state.value for state in DECIDED_STATES])
    return conn.execute(select(func.count()).where(decided)).scalar_one()


def _select() -> Select[Any]:
    return select(schema.annotations).order_by(
        schema.annotations.c.image_id, schema.annotations.c.id
    )


# Looked up, not called: an enumeration's call takes as long as all the rest of a row.
_STATES = {state.value: state for state in ReviewState}
_ORIGINS = {origin.value: origin for origin in AnnotationOrigin}


def _annotation(row: Sequence[Any], merged: Merged) -> Annotation:
    number, image_id, class_id, xmin, ymin, xmax, ymax, origin, run_id, score = row
    box = Box(xmin, ymin, xmax, ymax)
    return Annotation(number, image_id, merged(class_id), box, _ORIGINS[origin], run_id, score)
