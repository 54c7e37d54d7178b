"""Reading what persons have decided: annotations and review states. ``review`` writes them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from engine.domain.geometry import Box
from engine.domain.records import Annotation, AnnotationOrigin, ReviewState
from engine.store import schema
from engine.store.images import chunks
from engine.store.schema import images, reviews


def annotations_of(conn: Connection, image_ids: Sequence[int]) -> dict[int, list[Annotation]]:
    """Image id -> its annotations, oldest first; an empty list where it has none."""
    found: dict[int, list[Annotation]] = {image_id: [] for image_id in image_ids}
    for ids in chunks(found):
        for row in conn.execute(_select().where(schema.annotations.c.image_id.in_(ids))):
            found[row.image_id].append(_annotation(row))
    return found


def all_annotations(conn: Connection) -> Iterator[Annotation]:
    """Every annotation by image, oldest first, without holding all of them in memory.

    Those of skipped images are among them; rejected and unreviewed images have none.
    """
    return map(_annotation, conn.execute(_select().execution_options(yield_per=1000)))


def review_states(conn: Connection) -> dict[int, ReviewState]:
    """The state of every image."""
    state = func.coalesce(reviews.c.state, ReviewState.UNREVIEWED.value)
    query = select(images.c.id, state).outerjoin(reviews, reviews.c.image_id == images.c.id)
    return {image_id: ReviewState(value) for image_id, value in conn.execute(query)}


def _select() -> Select[Any]:
    return select(schema.annotations).order_by(
        schema.annotations.c.image_id, schema.annotations.c.id
    )


def _annotation(row: Row[Any]) -> Annotation:
    return Annotation(
        row.id,
        row.image_id,
        row.class_id,
        Box(row.xmin, row.ymin, row.xmax, row.ymax),
        AnnotationOrigin(row.origin),
        row.run_id,
        row.score,
    )
