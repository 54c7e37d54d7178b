"""Rows of a person's review: reading them, building them, turning old ones into new ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, select

from engine.domain.errors import InputError
from engine.domain.geometry import Box
from engine.domain.records import AnnotationOrigin, ImageRecord, ReviewState
from engine.store import schema
from engine.store.schema import reviews
from engine.store.undo_log import Recorder

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


def replace_rows(
    recorder: Recorder,
    old: Sequence[Row],
    new: Sequence[Row],
    table: Table = schema.annotations,
) -> None:
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
        recorder.put(table, left.pop(row["id"], None), row)
    for row in left.values():
        recorder.put(table, row, None)


def is_corrected(review: Row | None, rows: Sequence[Row]) -> bool:
    """True if a person has changed, drawn or imported boxes, which nothing may replace."""
    if review is not None and review["state"] == ReviewState.CORRECTED:
        return True
    return any(row["origin"] != AnnotationOrigin.ACCEPTED for row in rows)


def review_after(image_id: int, old: Row | None, state: ReviewState, seconds: float | None) -> Row:
    """The review row that follows ``old``, the seconds added to those spent before."""
    spent = old["seconds"] if old else None
    if seconds is not None:
        spent = (spent or 0.0) + seconds
    return {"image_id": image_id, "state": state.value, "seconds": spent}


def annotation_rows(conn: Connection, image_id: int) -> list[Row]:
    query = select(schema.annotations).where(schema.annotations.c.image_id == image_id)
    return [dict(row._mapping) for row in conn.execute(query.order_by(schema.annotations.c.id))]


def review_row(conn: Connection, image_id: int) -> Row | None:
    query = select(reviews).where(reviews.c.image_id == image_id)
    row = conn.execute(query).one_or_none()
    return None if row is None else dict(row._mapping)


def shown_row(image: ImageRecord, shown: ShownBox) -> Row:
    origin = AnnotationOrigin.ACCEPTED
    return edited_row(
        image, EditedBox(None, shown.class_id, shown.box, origin, shown.run_id, shown.score)
    )


def edited_row(image: ImageRecord, edited: EditedBox) -> Row:
    return {
        "id": edited.id,
        "image_id": image.id,
        "class_id": edited.class_id,
        **box_values(image, edited.box),
        "origin": AnnotationOrigin(edited.origin).value,
        "run_id": edited.run_id,
        "score": None if edited.score is None else float(edited.score),
    }


def box_values(image: ImageRecord, given: Box) -> Row:
    """The box's columns, cut at the image's edge. Raises InputError if nothing is left of it."""
    box = given.clipped(image.width, image.height)
    if not box.has_extent:
        raise InputError(
            "The box has nothing inside the image.",
            path=image.path,
            place=f"box {given.as_tuple()}",
            remedy="Draw it over the image.",
        )
    return {
        "xmin": float(box.xmin),
        "ymin": float(box.ymin),
        "xmax": float(box.xmax),
        "ymax": float(box.ymax),
    }
