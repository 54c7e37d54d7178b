"""Image labels and notes that persons have given. Writing is undoable."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import Connection, select

from engine.domain.errors import InputError
from engine.store.batches import chunks
from engine.store.classes import Merged, list_classes, merged_classes
from engine.store.row_changes import Row, RowChange
from engine.store.schema import image_labels, images, notes
from engine.store.undo_log import Changes, recording

_BATCH = 500


def given_labels(
    conn: Connection, merged: Merged, image_ids: Sequence[int] | None = None
) -> dict[int, tuple[int, ...]]:
    """The classes that persons have given images, the first one first; all images for None."""
    found: dict[int, dict[int, None]] = defaultdict(dict)
    for row in _label_rows(conn, image_ids):
        found[row["image_id"]][merged(row["class_id"])] = None
    return {image_id: tuple(labels) for image_id, labels in found.items()}


def set_labels(conn: Connection, image_ids: Sequence[int], class_ids: Sequence[int]) -> Changes:
    """Let ``class_ids`` (the main one first) be the image labels, and not what was found.

    With none at all the label that was found counts again. Boxes stay as they are. Raises
    InputError for a class that is not there.
    """
    known = {record.id for record in list_classes(conn)}
    if not known.issuperset(class_ids):
        raise InputError("This class is not there any more.", remedy="Look at the classes again.")
    wanted = tuple(dict.fromkeys(class_ids))
    merged = merged_classes(conn)
    several = len(image_ids) > 1
    name = f"Set label of {len(image_ids):,} images" if several else "Set label"
    with recording(conn, name) as recorder:
        for batch in chunks(dict.fromkeys(image_ids), _BATCH):
            old: dict[int, list[Row]] = defaultdict(list)
            for row in _label_rows(conn, batch):
                old[row["image_id"]].append(row)
            changes = [
                change
                for image_id, found in _found_labels(conn, batch, merged).items()
                for change in _relabelled(image_id, old[image_id], wanted, found)
            ]
            changes.sort(key=lambda change: change.kind)
            if changes:
                recorder.put_all(changes)
    return recorder.changes


def _relabelled(
    image_id: int, old: list[Row], wanted: tuple[int, ...], found: int | None
) -> list[RowChange]:
    new = () if wanted == (found,) else wanted
    if tuple(row["class_id"] for row in old) == new:
        return []
    gone = [RowChange(image_labels.name, row, None) for row in old]
    return gone + [
        RowChange(image_labels.name, None, {"image_id": image_id, "class_id": class_id})
        for class_id in new
    ]


def set_note(conn: Connection, image_id: int, text: str) -> Changes:
    """Keep ``text`` as the image's note; an empty one takes the note away."""
    text = text.strip()
    query = select(notes).where(notes.c.image_id == image_id)
    old = conn.execute(query).one_or_none()
    with recording(conn, "Write note" if text else "Delete note") as recorder:
        before = None if old is None else dict(old._mapping)
        recorder.put(notes, before, {"image_id": image_id, "text": text} if text else None)
    return recorder.changes


def note_of(conn: Connection, image_id: int) -> str:
    """The image's note; an empty text if it has none."""
    query = select(notes.c.text).where(notes.c.image_id == image_id)
    return conn.execute(query).scalar() or ""


def noted_images(conn: Connection, image_ids: Sequence[int] | None = None) -> set[int]:
    """Which images have a note."""
    query = select(notes.c.image_id)
    if image_ids is not None:
        query = query.where(notes.c.image_id.in_(image_ids))
    return set(conn.execute(query).scalars())


def _label_rows(conn: Connection, image_ids: Sequence[int] | None) -> list[Row]:
    query = select(image_labels).order_by(image_labels.c.id)
    if image_ids is not None:
        query = query.where(image_labels.c.image_id.in_(image_ids))
    return [dict(row._mapping) for row in conn.execute(query)]


def _found_labels(
    conn: Connection, image_ids: Sequence[int], merged: Merged
) -> dict[int, int | None]:
    query = select(images.c.id, images.c.class_id).where(images.c.id.in_(image_ids))
    return {
        row.id: None if row.class_id is None else merged(row.class_id)
        for row in conn.execute(query.order_by(images.c.id))
    }
