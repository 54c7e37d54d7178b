"""A person's operations. Each is one call inside ``Project.write`` and can be undone."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from engine.domain.records import DECIDED_STATES, ReviewState
from engine.store.history import OperationRecord, PastOperation, history, past
from engine.store.images import get_image
from engine.store.review_many import accept_many, reject_many, reset_many, skip_many
from engine.store.review_rows import (
    EditedBox,
    ShownBox,
    annotation_rows,
    edited_row,
    is_corrected,
    replace_rows,
    review_after,
    review_row,
    shown_row,
)
from engine.store.schema import annotations as boxes_of_persons
from engine.store.schema import reviews
from engine.store.undo_log import (
    Changes,
    Recorder,
    recording,
    redo,
    redo_name,
    travel,
    undo,
    undo_name,
)

__all__ = [
    "Changes",
    "EditedBox",
    "OperationRecord",
    "Pace",
    "PastOperation",
    "ShownBox",
    "accept",
    "accept_many",
    "history",
    "pace",
    "past",
    "redo",
    "redo_name",
    "reject",
    "reject_many",
    "replace_boxes",
    "reset",
    "reset_many",
    "skip",
    "skip_many",
    "travel",
    "undo",
    "undo_name",
]


def accept(
    conn: Connection, image_id: int, boxes: Sequence[ShownBox], seconds: float | None = None
) -> Changes:
    """Take the boxes shown as the image's annotations; its state becomes accepted.

    An image that a person has corrected keeps its annotations and is corrected (again, if it
    had been skipped since). ``seconds``: what the person took.
    """
    image = get_image(conn, image_id)
    with recording(conn, "Accept", seconds) as recorder:
        old = annotation_rows(conn, image_id)
        if is_corrected(review_row(conn, image_id), old):
            _set_state(conn, recorder, image_id, ReviewState.CORRECTED, seconds)
        else:
            replace_rows(recorder, old, [shown_row(image, shown) for shown in boxes])
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
        replace_rows(
            recorder, annotation_rows(conn, image_id), [edited_row(image, box) for box in boxes]
        )
        _set_state(conn, recorder, image_id, ReviewState.CORRECTED, seconds)
    return recorder.changes


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds that a person takes; None where nothing is known yet."""

    per_image: float | None
    per_box: float | None


def pace(conn: Connection) -> Pace:
    """Medians over the decided images: of their seconds, and of these for each of their boxes.

    Images without a box tell nothing of the seconds per box.
    """
    of_image = boxes_of_persons.c.image_id == reviews.c.image_id
    boxes = select(func.count()).where(of_image).correlate(reviews).scalar_subquery()
    decided = reviews.c.state.in_([state.value for state in DECIDED_STATES])
    query = select(reviews.c.seconds, boxes).where(decided, reviews.c.seconds.is_not(None))
    rows = [(float(seconds), int(count)) for seconds, count in conn.execute(query)]
    each = [seconds / count for seconds, count in rows if count]
    return Pace(
        statistics.median(seconds for seconds, _ in rows) if rows else None,
        statistics.median(each) if each else None,
    )


def _clear(
    conn: Connection, image_id: int, operation: str, state: ReviewState, seconds: float | None
) -> Changes:
    get_image(conn, image_id)
    with recording(conn, operation, seconds) as recorder:
        replace_rows(recorder, annotation_rows(conn, image_id), [])
        _set_state(conn, recorder, image_id, state, seconds)
    return recorder.changes


def _set_state(
    conn: Connection, recorder: Recorder, image_id: int, state: ReviewState, seconds: float | None
) -> None:
    """Add the time spent as well, unless the operation leaves all as it was."""
    old = review_row(conn, image_id)
    if not recorder.has_changed and (old["state"] if old else ReviewState.UNREVIEWED) == state:
        return
    recorder.put(reviews, old, review_after(image_id, old, state, seconds))
