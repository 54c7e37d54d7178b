"""Boxes that a person has left undecided beside decided ones. ``review`` writes them.

An image decided in part is no complete ground truth: what is left may be an object. So its state is
none of the decided ones, and whoever learns, judges or exports takes whole decided images only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, func, select

from engine.domain.geometry import Box
from engine.domain.records import (
    DECIDED_STATES,
    AnnotationOrigin,
    ImageRecord,
    LeftBox,
    ReviewState,
)
from engine.store import schema
from engine.store.batches import chunks
from engine.store.classes import merged_classes
from engine.store.review_rows import box_values
from engine.store.schema import reviews

_boxes = schema.left_boxes
_DECIDED = [state.value for state in DECIDED_STATES]

Row = dict[str, Any]


def left_boxes_of(conn: Connection, image_ids: Sequence[int]) -> dict[int, list[LeftBox]]:
    """Image id -> what is left, oldest first; nothing where the image is decided."""
    found: dict[int, list[LeftBox]] = {image_id: [] for image_id in image_ids}
    merged = merged_classes(conn)
    decided = select(reviews.c.image_id).where(
        reviews.c.image_id == _boxes.c.image_id, reviews.c.state.in_(_DECIDED)
    )
    for ids in chunks(found):
        query = select(_boxes).where(_boxes.c.image_id.in_(ids), ~decided.exists())
        for row in conn.execute(query.order_by(_boxes.c.id)):
            box = Box(row.xmin, row.ymin, row.xmax, row.ymax)
            left = LeftBox(merged(row.class_id), box, row.run_id, row.score, row.skipped)
            found[row.image_id].append(left)
    return found


def images_with_left_boxes(conn: Connection) -> set[int]:
    return set(conn.execute(select(_boxes.c.image_id).distinct()).scalars())


def left_rows(conn: Connection, image_id: int) -> list[Row]:
    """The rows themselves, whatever the image's state."""
    query = select(_boxes).where(_boxes.c.image_id == image_id)
    return [dict(row._mapping) for row in conn.execute(query.order_by(_boxes.c.id))]


def left_row(image: ImageRecord, left: LeftBox) -> Row:
    """A new row for a box that stays undecided. Raises InputError if it lies outside."""
    return {
        "id": None,
        "image_id": image.id,
        "class_id": left.class_id,
        **box_values(image, left.box),
        "run_id": left.run_id,
        "score": None if left.score is None else float(left.score),
        "skipped": left.skipped,
    }


def waiting_state(left: Sequence[bool]) -> ReviewState:
    """Of an image with boxes left, for each of them whether it is skipped: for later if all are."""
    return ReviewState.SKIPPED if all(left) else ReviewState.PARTLY


def state_by_boxes(
    conn: Connection, image_id: int, rows: Sequence[Row], left: Sequence[bool]
) -> ReviewState:
    """Of an image that is decided box by box: accepted in the end if all is as it was proposed."""
    if left:
        return waiting_state(left)
    query = select(func.count()).where(schema.proposals.c.image_id == image_id)
    return settled_state(rows, int(conn.execute(query).scalar_one()))


def settled_state(rows: Sequence[Row], proposed: int) -> ReviewState:
    """Of an image with these annotations for which as many boxes were ``proposed``."""
    as_proposed = all(row["origin"] == AnnotationOrigin.ACCEPTED for row in rows)
    whole = as_proposed and len(rows) == proposed
    return ReviewState.ACCEPTED if whole else ReviewState.CORRECTED
