"""Boxes as an export needs them: plain rows, since a record for each takes as long as the rest."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import chain
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, select

from engine.store import bulk_rows, schema
from engine.store.batches import chunks
from engine.store.schema import proposals

_CORNERS = ("xmin", "ymin", "xmax", "ymax")
#: Image, class, corners in half-open pixels, score, run, origin.
BoxRow = tuple[Any, ...]


def annotation_rows(conn: Connection, image_ids: Sequence[int]) -> Iterator[BoxRow]:
    """The annotations of these images, image by image, oldest first."""
    return _rows(
        conn, image_ids, schema.annotations, [schema.annotations.c.origin], schema.annotations.c.id
    )


def proposal_rows(conn: Connection, image_ids: Sequence[int]) -> Iterator[BoxRow]:
    """The proposals of these images without an origin, image by image, best score first."""
    return _rows(conn, image_ids, proposals, [], proposals.c.score.desc(), proposals.c.id)


def images_with_annotations(conn: Connection, class_ids: Collection[int] | None) -> set[int]:
    """Ids of the images with an annotation of one of the classes, or of any."""
    return _images_with(conn, schema.annotations, class_ids)


def images_with_proposals(
    conn: Connection, class_ids: Collection[int] | None, min_score: float
) -> set[int]:
    """Ids of the images with a proposal of one of the classes and at least this score."""
    return _images_with(conn, proposals, class_ids, proposals.c.score >= min_score)


def _rows(
    conn: Connection,
    image_ids: Sequence[int],
    table: Table,
    more: list[ColumnElement[Any]],
    *order: ColumnElement[Any],
) -> Iterator[BoxRow]:
    columns = [table.c[name] for name in ("image_id", "class_id", *_CORNERS, "score", "run_id")]
    query = select(*columns, *more).order_by(table.c.image_id, *order)
    pieces = (query.where(table.c.image_id.in_(ids)) for ids in chunks(image_ids))
    return chain.from_iterable(bulk_rows.plain_rows(conn, piece) for piece in pieces)


def _images_with(
    conn: Connection,
    table: Table,
    class_ids: Collection[int] | None,
    *conditions: ColumnElement[bool],
) -> set[int]:
    query = select(table.c.image_id).distinct().where(*conditions)
    if class_ids is not None:
        query = query.where(table.c.class_id.in_(class_ids))
    return {image_id for (image_id,) in bulk_rows.plain_rows(conn, query)}
