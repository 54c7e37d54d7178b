"""A person's operations. Each is one call inside ``Project.write`` and can be undone."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from engine.domain.records import DECIDED_STATES, ImageRecord, LeftBox, ReviewState
from engine.store.history import OperationRecord, PastOperation, history, past
from engine.store.images import get_image
from engine.store.left_boxes import left_row, left_rows, state_by_boxes, waiting_state
from engine.store.review_many import accept_many, reject_many, reset_many, skip_many
from engine.store.review_rows import (
    EditedBox,
    Row,
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
from engine.store.schema import left_boxes, reviews
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
    conn: Connection,
    image_id: int,
    boxes: Sequence[ShownBox],
    seconds: float | None = None,
    left: Sequence[LeftBox] = (),
    operation: str = "Accept",
) -> Changes:
    """Take the boxes shown as the image's annotations; its state becomes accepted.

    An image that a person has corrected keeps its annotations and is corrected (again, if it
    had been skipped since). In one that is decided box by box, ``boxes`` come beside what is
    decided, and ``left`` stays undecided: while there is any, so is the image. ``seconds``: what
    the person took. Raises InputError if a box has nothing inside the image.
    """
    image = get_image(conn, image_id)
    with recording(conn, operation, seconds) as recorder:
        old, waiting = annotation_rows(conn, image_id), left_rows(conn, image_id)
        new = [shown_row(image, shown) for shown in boxes]
        _leave(recorder, image, waiting, left)
        if waiting or left:
            replace_rows(recorder, old, [*old, *new])
            state = state_by_boxes(conn, image_id, [*old, *new], [box.skipped for box in left])
        elif is_corrected(review_row(conn, image_id), old):
            state = ReviewState.CORRECTED
        else:
            replace_rows(recorder, old, new)
            state = ReviewState.ACCEPTED
        _set_state(conn, recorder, image_id, state, seconds)
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
    left: Sequence[LeftBox] = (),
) -> Changes:
    """Make the image's annotations exactly these; its state becomes corrected.

    While boxes are ``left`` undecided so is the image. Boxes are clipped to the image.
    ``operation`` is the name that undo shows ("Move box").
    Raises InputError if a box has nothing inside the image, or is kept but not there any more.
    """
    image = get_image(conn, image_id)
    with recording(conn, operation, seconds) as recorder:
        replace_rows(
            recorder, annotation_rows(conn, image_id), [edited_row(image, box) for box in boxes]
        )
        _leave(recorder, image, left_rows(conn, image_id), left)
        skipped = [box.skipped for box in left]
        state = waiting_state(skipped) if left else ReviewState.CORRECTED
        _set_state(conn, recorder, image_id, state, seconds)
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
    image = get_image(conn, image_id)
    with recording(conn, operation, seconds) as recorder:
        replace_rows(recorder, annotation_rows(conn, image_id), [])
        _leave(recorder, image, left_rows(conn, image_id), ())
        _set_state(conn, recorder, image_id, state, seconds)
    return recorder.changes


def _leave(
    recorder: Recorder, image: ImageRecord, old: Sequence[Row], left: Sequence[LeftBox]
) -> None:
    """Make ``left`` what stays undecided of the image."""
    replace_rows(recorder, old, [left_row(image, box) for box in left], left_boxes)


def _set_state(
    conn: Connection, recorder: Recorder, image_id: int, state: ReviewState, seconds: float | None
) -> None:
    """Add the time spent as well, unless the operation leaves all as it was."""
    old = review_row(conn, image_id)
    if not recorder.has_changed and (old["state"] if old else ReviewState.UNREVIEWED) == state:
        return
    recorder.put(reviews, old, review_after(image_id, old, state, seconds))
