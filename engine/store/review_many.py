"""A person's decision about many images at once: one operation, one step of undo."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Table, select

from engine.domain.geometry import Box
from engine.domain.records import DECIDED_STATES, AnnotationOrigin, ImageRecord, ReviewState
from engine.store import schema
from engine.store.batches import chunks
from engine.store.images import get_images
from engine.store.left_boxes import settled_state
from engine.store.proposals import proposals_of
from engine.store.review_rows import Row, ShownBox, is_corrected, review_after, shown_row
from engine.store.row_changes import RowChange
from engine.store.undo_log import Changes, recording

_BATCH = 500


@dataclass(frozen=True, slots=True)
class _Image:
    """One image as it is before the act; ``shown`` are its proposals, best first, ``left`` the
    rows of what a person has left undecided."""

    record: ImageRecord
    rows: Sequence[Row]
    left: Sequence[Row]
    review: Row | None
    shown: Sequence[ShownBox]
    seconds: float | None

    @property
    def state(self) -> ReviewState:
        return ReviewState(self.review["state"]) if self.review else ReviewState.UNREVIEWED


_Decide = Callable[[_Image], list[RowChange]]


def accept_many(
    conn: Connection,
    image_ids: Sequence[int],
    seconds: float | None = None,
    operation: str = "Accept",
) -> Changes:
    """Take the proposals of the images, as they are in the store, for their annotations.

    Left as they are: images without a proposal, those that cannot be used, those accepted
    already. One that a person has corrected keeps its annotations and is corrected (again, if it
    had been skipped since). Of one decided in part what is left is taken, but for boxes that were
    skipped. ``seconds``: what the person took for all of them together.
    """
    return _act(conn, image_ids, _accepted, operation, seconds)


def reject_many(
    conn: Connection, image_ids: Sequence[int], seconds: float | None = None
) -> Changes:
    """No box of these images is to be used; their annotations go (undo brings them back)."""
    return _act(conn, image_ids, _cleared_to(ReviewState.REJECTED), "Reject", seconds)


def reset_many(conn: Connection, image_ids: Sequence[int]) -> Changes:
    """Back to unreviewed, without annotations (undo brings them back)."""
    return _act(conn, image_ids, _cleared_to(ReviewState.UNREVIEWED), "Reset", None)


def skip_many(conn: Connection, image_ids: Sequence[int], seconds: float | None = None) -> Changes:
    """Leave the images for later; their annotations stay."""
    return _act(conn, image_ids, _skipped, "Skip", seconds)


def _act(
    conn: Connection,
    image_ids: Sequence[int],
    decide: _Decide,
    operation: str,
    seconds: float | None,
) -> Changes:
    wanted = list(dict.fromkeys(image_ids))
    each = None if seconds is None or not wanted else seconds / len(wanted)
    name = operation if len(wanted) == 1 else f"{operation} {len(wanted):,} images"
    with recording(conn, name, seconds) as recorder:
        for batch in chunks(wanted, _BATCH):
            changes = [
                change
                for image in _images(conn, batch, each, decide is _accepted)
                if image.record.usable
                for change in decide(image)
            ]
            changes.sort(key=lambda change: change.kind)  # few statements
            if changes:
                recorder.put_all(changes)
    return recorder.changes


def _images(
    conn: Connection, ids: Sequence[int], seconds: float | None, with_proposals: bool
) -> Iterator[_Image]:
    annotations = _rows_by_image(conn, schema.annotations, ids)
    left = _rows_by_image(conn, schema.left_boxes, ids)
    reviews = _rows_by_image(conn, schema.reviews, ids)
    proposed = proposals_of(conn, ids) if with_proposals else {}
    for record in get_images(conn, ids):
        shown = [
            ShownBox(p.class_id, p.box, p.run_id, p.score) for p in proposed.get(record.id, ())
        ]
        review = next(iter(reviews[record.id]), None)
        yield _Image(record, annotations[record.id], left[record.id], review, shown, seconds)


def _accepted(image: _Image) -> list[RowChange]:
    if image.left and image.state not in DECIDED_STATES:
        return _rest_accepted(image)
    if is_corrected(image.review, image.rows):
        return _to_state(image, ReviewState.CORRECTED)
    inside = [shown for shown in image.shown if _is_inside(shown.box, image.record)]
    if image.state is ReviewState.ACCEPTED or not inside:
        return []
    new = [shown_row(image.record, shown) for shown in inside]
    return [
        *(RowChange("annotations", row, None) for row in image.rows),
        *(RowChange("annotations", None, row) for row in new),
        *_to_state(image, ReviewState.ACCEPTED),
    ]


def _rest_accepted(image: _Image) -> list[RowChange]:
    """What is left, beside what is decided; what was skipped stays as it is."""
    going = [row for row in image.left if not row["skipped"]]
    if not going:
        return []
    new = [
        {name: value for name, value in row.items() if name != "skipped"}
        | {"id": None, "origin": AnnotationOrigin.ACCEPTED.value}
        for row in going
    ]
    some_stay = len(going) < len(image.left)
    settled = settled_state([*image.rows, *new], len(image.shown))
    return [
        *(RowChange("left_boxes", row, None) for row in going),
        *(RowChange("annotations", None, row) for row in new),
        *_to_state(image, ReviewState.SKIPPED if some_stay else settled, touched=True),
    ]


def _is_inside(box: Box, image: ImageRecord) -> bool:
    return box.clipped(image.width, image.height).has_extent


def _cleared_to(state: ReviewState) -> _Decide:
    def clear(image: _Image) -> list[RowChange]:
        gone = [RowChange("annotations", row, None) for row in image.rows]
        gone += [RowChange("left_boxes", row, None) for row in image.left]
        return gone + _to_state(image, state, touched=bool(gone))

    return clear


def _skipped(image: _Image) -> list[RowChange]:
    return _to_state(image, ReviewState.SKIPPED)


def _to_state(image: _Image, state: ReviewState, touched: bool = False) -> list[RowChange]:
    if image.state is state and not touched:
        return []
    after = review_after(image.record.id, image.review, state, image.seconds)
    return [] if after == image.review else [RowChange("reviews", image.review, after)]


def _rows_by_image(conn: Connection, table: Table, ids: Sequence[int]) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = {image_id: [] for image_id in ids}
    query = select(table).where(table.c.image_id.in_(ids)).order_by(*table.primary_key)
    for row in conn.execute(query):
        found[row.image_id].append(dict(row._mapping))
    return found
