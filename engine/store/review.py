"""A person's operations. Each is one call inside ``Project.write`` and can be undone."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from engine.domain.errors import InputError
from engine.domain.geometry import Box
from engine.domain.records import DECIDED_STATES, AnnotationOrigin, ImageRecord, ReviewState
from engine.store import schema
from engine.store.images import get_image
from engine.store.schema import reviews
from engine.store.undo_log import (
    Changes,
    OperationRecord,
    Recorder,
    history,
    recording,
    redo,
    redo_name,
    undo,
    undo_name,
)

__all__ = [
    "Changes",
    "EditedBox",
    "OperationRecord",
    "ShownBox",
    "accept",
    "history",
    "redo",
    "redo_name",
    "reject",
    "replace_boxes",
    "reset",
    "seconds_per_box",
    "skip",
    "undo",
    "undo_name",
]

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ShownBox:
    """A proposal as the window shows it; ``run_id`` and ``score`` tell where it came from."""

    class_id: int
    box: Box
    run_id: int | None = None
    score: float | None = None


@dataclass(frozen=True, slots=True)
class EditedBox:
    """A person's box; ``id`` is that of the annotation it was, None for a new one."""

    id: int | None
    class_id: int
    box: Box
    origin: AnnotationOrigin
    run_id: int | None = None
    score: float | None = None


def accept(
    conn: Connection, image_id: int, boxes: Sequence[ShownBox], seconds: float | None = None
) -> Changes:
    """Take the boxes shown as the image's annotations; its state becomes accepted.

    An image that a person has corrected keeps its annotations and is corrected (again, if it
    had been skipped since). ``seconds``: what the person took.
    """
    image = get_image(conn, image_id)
    with recording(conn, "Accept", seconds) as recorder:
        old = _rows(conn, image_id)
        if _is_corrected(conn, image_id, old):
            _set_state(conn, recorder, image_id, ReviewState.CORRECTED, seconds)
        else:
            _replace(recorder, old, [_shown_row(image, shown) for shown in boxes])
            _set_state(conn, recorder, image_id, ReviewState.ACCEPTED, seconds)
    return recorder.changes


def reject(conn: Connection, image_id: int, seconds: float | None = None) -> Changes:
    """No box of this image is to be used; its annotations go (undo brings them back)."""
    return _clear(conn, image_id, "Reject", ReviewState.REJECTED, seconds)


def reset(conn: Connection, image_id: int) -> Changes:
    """Back to unreviewed, without annotations (undo brings them back)."""
    return _clear(conn, image_id, "Reset", ReviewState.UNREVIEWED, None)


def skip(conn: Connection, image_id: int, seconds: float | None = None) -> Changes:
    """Leave the image for later; its annotations stay."""
    get_image(conn, image_id)
    with recording(conn, "Skip", seconds) as recorder:
        _set_state(conn, recorder, image_id, ReviewState.SKIPPED, seconds)
    return recorder.changes


def replace_boxes(
    conn: Connection,
    image_id: int,
    boxes: Sequence[EditedBox],
    operation: str,
    seconds: float | None = None,
) -> Changes:
    """Make the image's annotations exactly these; its state becomes corrected.

    Boxes are clipped to the image. ``operation`` is the name that undo shows ("Move box").
    Raises InputError if a box has nothing inside the image, or is kept but not there any more.
    """
    image = get_image(conn, image_id)
    with recording(conn, operation, seconds) as recorder:
        _replace(recorder, _rows(conn, image_id), [_edited_row(image, box) for box in boxes])
        _set_state(conn, recorder, image_id, ReviewState.CORRECTED, seconds)
    return recorder.changes


def seconds_per_box(conn: Connection) -> float | None:
    """Median over the decided images of the seconds a person took for each; None if unknown."""
    decided = reviews.c.state.in_([state.value for state in DECIDED_STATES])
    query = select(reviews.c.seconds).where(decided, reviews.c.seconds.is_not(None))
    seconds = conn.execute(query).scalars().all()
    return statistics.median(seconds) if seconds else None


def _clear(
    conn: Connection, image_id: int, operation: str, state: ReviewState, seconds: float | None
) -> Changes:
    get_image(conn, image_id)
    with recording(conn, operation, seconds) as recorder:
        _replace(recorder, _rows(conn, image_id), [])
        _set_state(conn, recorder, image_id, state, seconds)
    return recorder.changes


def _set_state(
    conn: Connection, recorder: Recorder, image_id: int, state: ReviewState, seconds: float | None
) -> None:
    """Add the time spent as well, unless the operation leaves all as it was."""
    old = _review(conn, image_id)
    if not recorder.has_changed and (old["state"] if old else ReviewState.UNREVIEWED) == state:
        return
    spent = old["seconds"] if old else None
    if seconds is not None:
        spent = (spent or 0.0) + seconds
    recorder.put(reviews, old, {"image_id": image_id, "state": state.value, "seconds": spent})


def _replace(recorder: Recorder, old: Sequence[Row], new: Sequence[Row]) -> None:
    """Turn the rows ``old`` into ``new``; what is equal but for its id stays untouched."""
    left = {row["id"]: row for row in old}
    for row in new:
        if row["id"] is None:
            row["id"] = next(
                (id_ for id_, kept in left.items() if kept == {**row, "id": id_}), None
            )
        if row["id"] is not None and row["id"] not in left:
            raise InputError(
                "The box has been deleted meanwhile.", remedy="Look at the image again."
            )
        recorder.put(schema.annotations, left.pop(row["id"], None), row)
    for row in left.values():
        recorder.put(schema.annotations, row, None)


def _is_corrected(conn: Connection, image_id: int, rows: Sequence[Row]) -> bool:
    review = _review(conn, image_id)
    if review is not None and review["state"] == ReviewState.CORRECTED:
        return True
    return any(row["origin"] != AnnotationOrigin.ACCEPTED for row in rows)


def _rows(conn: Connection, image_id: int) -> list[Row]:
    query = select(schema.annotations).where(schema.annotations.c.image_id == image_id)
    return [dict(row._mapping) for row in conn.execute(query.order_by(schema.annotations.c.id))]


def _review(conn: Connection, image_id: int) -> Row | None:
    query = select(reviews).where(reviews.c.image_id == image_id)
    row = conn.execute(query).one_or_none()
    return None if row is None else dict(row._mapping)


def _shown_row(image: ImageRecord, shown: ShownBox) -> Row:
    origin = AnnotationOrigin.ACCEPTED
    return _edited_row(
        image, EditedBox(None, shown.class_id, shown.box, origin, shown.run_id, shown.score)
    )


def _edited_row(image: ImageRecord, edited: EditedBox) -> Row:
    box = edited.box.clipped(image.width, image.height)
    if not box.has_extent:
        raise InputError(
            "The box has nothing inside the image.",
            path=image.path,
            place=f"box {edited.box.as_tuple()}",
            remedy="Draw it over the image.",
        )
    return {
        "id": edited.id,
        "image_id": image.id,
        "class_id": edited.class_id,
        "xmin": float(box.xmin),
        "ymin": float(box.ymin),
        "xmax": float(box.xmax),
        "ymax": float(box.ymax),
        "origin": AnnotationOrigin(edited.origin).value,
        "run_id": edited.run_id,
        "score": None if edited.score is None else float(edited.score),
    }
