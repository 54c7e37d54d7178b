"""Classes as they count: what was found, with a person's edits laid over it.

A class that a person has merged into another counts as that one wherever it is read: its image
labels, proposals, score maps and annotations are given out with the id of the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, Row, select

from engine.domain.records import ClassRecord
from engine.store import schema
from engine.store.bulk_rows import upsert
from engine.store.schema import class_edits, classes, images


@dataclass(frozen=True, slots=True)
class Merged:
    """Which classes count as others."""

    into: Mapping[int, int]

    def __call__(self, class_id: int) -> int:
        """The class that ``class_id`` counts as: mostly itself."""
        return self.into.get(class_id, class_id)

    def members(self, class_id: int) -> list[int]:
        """All classes that count as ``class_id``, itself first."""
        return [class_id, *(own for own, target in self.into.items() if target == class_id)]


def add_classes(conn: Connection, names: Iterable[str]) -> dict[str, int]:
    """Make the classes that are not there yet, in the order given; all by the name as found.

    For what is found on disk; a name that a person or a file gives is ``class_ids_for``'s.
    """
    unique = list(dict.fromkeys(names))
    upsert(conn, classes, [{"name": name} for name in unique], key=["name"])
    found = conn.execute(select(classes.c.name, classes.c.id).order_by(classes.c.id))
    return {row.name: row.id for row in found}


def class_ids_for(conn: Connection, names: Iterable[str]) -> dict[str, int]:
    """The class that each name means, made if there is none: as named now, else as found."""
    wanted = list(dict.fromkeys(names))
    known = known_class_ids(conn)
    missing = [name for name in wanted if name not in known]
    if missing:
        known |= add_classes(conn, missing)
    return {name: known[name] for name in wanted}


def known_class_ids(conn: Connection) -> dict[str, int]:
    """Class by name: by what it was found as, and above all by what it is called now."""
    merged = merged_classes(conn)
    rows = conn.execute(select(classes.c.name, classes.c.id))
    known = {row.name: merged(row.id) for row in rows}
    return known | {record.name: record.id for record in list_classes(conn)}


def list_classes(conn: Connection) -> list[ClassRecord]:
    """The classes that count, in the order they came; merged ones are not among them."""
    return [_record(row) for row in _rows(conn) if _counts(conn, row)]


def class_names(conn: Connection) -> dict[int, str]:
    """The name of every class by id; of a merged one that of the class it counts as."""
    own = {row.id: row.edited or row.name for row in _rows(conn)}
    merged = merged_classes(conn)
    return {class_id: own[merged(class_id)] for class_id in own}


def merged_classes(conn: Connection) -> Merged:
    """Who counts as whom, through any number of mergers."""
    edits = class_edits.c
    query = select(edits.class_id, edits.merged_into).where(edits.merged_into.is_not(None))
    step = {row.class_id: row.merged_into for row in conn.execute(query)}
    return Merged({own: end for own in step if (end := _end(own, step)) != own})


def _end(class_id: int, step: Mapping[int, int]) -> int:
    seen = {class_id}
    while (after := step.get(class_id, class_id)) not in seen:
        seen.add(after)
        class_id = after
    return class_id


def _rows(conn: Connection) -> list[Row[tuple[int, str, str, str, str, int]]]:
    query = select(
        classes.c.id,
        classes.c.name,
        class_edits.c.name.label("edited"),
        class_edits.c.color,
        class_edits.c.key,
        class_edits.c.merged_into,
    ).outerjoin(class_edits, class_edits.c.class_id == classes.c.id)
    return list(conn.execute(query.order_by(classes.c.id)))


def _record(row: Row[tuple[int, str, str, str, str, int]]) -> ClassRecord:
    return ClassRecord(row.id, row.edited or row.name, row.color, row.key)


def _counts(conn: Connection, row: Row[tuple[int, str, str, str, str, int]]) -> bool:
    """A class merged into itself is one whose making was undone: gone, unless it is in use."""
    if row.merged_into == row.id:
        return is_in_use(conn, row.id)
    return row.merged_into is None


def is_in_use(conn: Connection, class_id: int) -> bool:
    """True if an image label or a box of a person is of this class."""
    tables = (images, schema.image_labels, schema.annotations, schema.left_boxes)
    return any(
        conn.execute(select(table.c.class_id).where(table.c.class_id == class_id).limit(1)).first()
        for table in tables
    )
