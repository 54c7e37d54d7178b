"""Taking boxes of a file into the project: one operation of a person, one step of undo."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Table, select

from engine.domain.geometry import Box
from engine.domain.imports import Existing, ImportAs
from engine.domain.records import DECIDED_STATES, AnnotationOrigin, ReviewState
from engine.store import schema
from engine.store.batches import chunks
from engine.store.classes import class_ids_for, known_class_ids
from engine.store.row_changes import Row, RowChange
from engine.store.schema import class_edits
from engine.store.sqlite import upsert
from engine.store.undo_log import Changes, recording

_BATCH = 500
_EDITS = tuple(column.name for column in class_edits.c if column.name != "class_id")
_TABLES: dict[ImportAs, Table] = {
    ImportAs.TRUTH: schema.true_boxes,
    ImportAs.ANNOTATIONS: schema.annotations,
    ImportAs.PROPOSALS: schema.proposals,
}


@dataclass(frozen=True, slots=True)
class ImportedBox:
    class_id: int
    box: Box
    score: float | None = None


@dataclass(frozen=True, slots=True)
class ImportedImage:
    """What a file says of one image; ``state`` is for annotations only, None says nothing."""

    image_id: int
    boxes: Sequence[ImportedBox]
    state: ReviewState | None = None
    split: str | None = None


@dataclass(frozen=True, slots=True)
class ImportRules:
    """``state`` is what an image without one of its own becomes; ``run_id`` is for proposals."""

    become: ImportAs
    existing: Existing = Existing.KEEP
    state: ReviewState = ReviewState.UNREVIEWED
    run_id: int | None = None


@dataclass
class ImportCounts:
    """What an import changes, or would change."""

    images: int = 0  # whose boxes, state or split become others
    kept: int = 0  # left as they are because they have boxes or a decision already
    added: int = 0  # boxes
    removed: int = 0  # boxes
    image_ids: set[int] = field(default_factory=set)


def preview_import(
    conn: Connection, found: Iterable[ImportedImage], rules: ImportRules
) -> ImportCounts:
    """What ``import_boxes`` would change; changes nothing."""
    counts = ImportCounts()
    for _changes in _all_changes(conn, found, rules, counts):
        pass
    return counts


def import_boxes(
    conn: Connection,
    found: Iterable[ImportedImage],
    rules: ImportRules,
    operation: str,
    check: Callable[[int], object] = lambda _images: None,
    class_ids: Collection[int] = (),
) -> tuple[Changes, ImportCounts]:
    """Take the boxes in, as ``rules`` say, under the name ``operation`` in the undo menu.

    ``class_ids`` are those of ``bring_classes``: new ones come and go with the boxes. ``check`` is
    called with the number of images done, and may raise to stop: inside ``Project.write`` nothing
    is then changed. Boxes lie inside their images.
    """
    counts, done = ImportCounts(), 0
    with recording(conn, operation) as recorder:
        for changes in _all_changes(conn, found, rules, counts):
            recorder.put_all(changes)
            done += _BATCH
            check(done)
        if recorder.has_changed:
            recorder.put_all(_shown_classes(conn, class_ids))
    return recorder.changes, counts


def bring_classes(conn: Connection, names: Sequence[str]) -> dict[str, int]:
    """The class of each name; new ones are marked as not there yet, as after an undo.

    The row of a class stays when an import is undone, since the machine's rows may refer to it by
    then; ``import_boxes`` takes the mark away, as a part of what undo takes back.
    """
    known = known_class_ids(conn)
    ids = class_ids_for(conn, names)
    new = [ids[name] for name in names if name not in known]
    marks = [dict.fromkeys(_EDITS) | {"class_id": i, "merged_into": i} for i in new]
    upsert(conn, class_edits, marks, key=["class_id"])
    return ids


def _shown_classes(conn: Connection, class_ids: Collection[int]) -> list[RowChange]:
    query = select(class_edits).where(
        class_edits.c.class_id.in_(class_ids), class_edits.c.merged_into == class_edits.c.class_id
    )
    changes = []
    for row in conn.execute(query):
        before = dict(row._mapping)
        after = before | {"merged_into": None}
        says_something = any(after[name] is not None for name in _EDITS)
        changes.append(RowChange(class_edits.name, before, after if says_something else None))
    return changes


def _all_changes(
    conn: Connection, found: Iterable[ImportedImage], rules: ImportRules, counts: ImportCounts
) -> Iterator[list[RowChange]]:
    for batch in chunks(found, _BATCH):
        ids = [image.image_id for image in batch]
        old = _rows_by_image(conn, _TABLES[rules.become], ids)
        reviews = _single_rows(conn, schema.reviews, ids)
        splits = _single_rows(conn, schema.splits, ids)
        changes: list[RowChange] = []
        for image in batch:
            own = _image_changes(image, old[image.image_id], reviews.get(image.image_id), rules)
            if own is None:
                counts.kept += 1
                own = []
            own += _split_change(image, splits.get(image.image_id))
            _count(counts, image.image_id, own, _TABLES[rules.become].name)
            changes += own
        changes.sort(key=lambda change: change.kind)  # few statements, deletions first
        yield changes


def _image_changes(
    image: ImportedImage, old: list[Row], review: Row | None, rules: ImportRules
) -> list[RowChange] | None:
    """None if the image keeps what it has."""
    state = ReviewState(review["state"]) if review else ReviewState.UNREVIEWED
    decided = state in DECIDED_STATES and rules.become is not ImportAs.TRUTH
    if rules.existing is Existing.KEEP and (old or decided):
        return None
    new = [_row(image.image_id, box, rules) for box in image.boxes]
    if rules.existing is Existing.ADD:
        known = [_values(row) for row in old]
        new, old = [row for row in new if _values(row) not in known], []
    changes = _replaced(_TABLES[rules.become].name, old, new)
    if rules.become is ImportAs.ANNOTATIONS:
        kept = rules.existing is Existing.ADD and decided and state is not ReviewState.REJECTED
        changes += [] if kept else _state_change(image, review, rules)
    return changes


def _replaced(table: str, old: list[Row], new: list[Row]) -> list[RowChange]:
    """Rows that stay the same stay untouched."""
    left = list(old)
    changes: list[RowChange] = []
    for row in new:
        same = next((kept for kept in left if _values(kept) == _values(row)), None)
        if same is not None:
            left.remove(same)
        else:
            changes.append(RowChange(table, None, row))
    if table == schema.proposals.name and (changes or left):  # these are swapped image by image
        return [RowChange(table, row, None) for row in old] + [
            RowChange(table, None, row) for row in new
        ]
    return [RowChange(table, row, None) for row in left] + changes


def _state_change(image: ImportedImage, review: Row | None, rules: ImportRules) -> list[RowChange]:
    state = image.state or rules.state
    if state is ReviewState.UNREVIEWED:
        return [RowChange("reviews", review, None)] if review else []
    seconds = review["seconds"] if review else None
    after = {"image_id": image.image_id, "state": state.value, "seconds": seconds}
    return [] if review == after else [RowChange("reviews", review, after)]


def _split_change(image: ImportedImage, old: Row | None) -> list[RowChange]:
    if image.split is None or (old is not None and old["split"] == image.split):
        return []
    after = {"image_id": image.image_id, "split": image.split}
    return [RowChange("splits", old, after)]


def _row(image_id: int, box: ImportedBox, rules: ImportRules) -> Row:
    xmin, ymin, xmax, ymax = map(float, box.box.as_tuple())
    row: Row = {
        "image_id": image_id,
        "class_id": box.class_id,
        "xmin": xmin,
        "ymin": ymin,
        "xmax": xmax,
        "ymax": ymax,
    }
    if rules.become is ImportAs.ANNOTATIONS:
        row |= {"origin": AnnotationOrigin.IMPORTED.value, "run_id": None, "score": box.score}
    elif rules.become is ImportAs.PROPOSALS:
        score = 1.0 if box.score is None else box.score
        row |= {"run_id": rules.run_id, "score": score, "threshold": 0.0}
    return row


def _count(counts: ImportCounts, image_id: int, changes: list[RowChange], table: str) -> None:
    counts.images += bool(changes)
    counts.added += sum(c.table == table and c.before is None for c in changes)
    counts.removed += sum(c.table == table and c.after is None for c in changes)
    if changes:
        counts.image_ids.add(image_id)


def _values(row: Row) -> tuple[Any, ...]:
    """What makes two boxes the same one."""
    return (row["class_id"], row["xmin"], row["ymin"], row["xmax"], row["ymax"], row.get("score"))


def _rows_by_image(conn: Connection, table: Table, ids: Sequence[int]) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = {image_id: [] for image_id in ids}
    query = select(table).where(table.c.image_id.in_(ids)).order_by(table.c.id)
    for row in conn.execute(query):
        found[row.image_id].append(dict(row._mapping))
    return found


def _single_rows(conn: Connection, table: Table, ids: Sequence[int]) -> dict[int, Row]:
    rows = conn.execute(select(table).where(table.c.image_id.in_(ids)))
    return {row.image_id: dict(row._mapping) for row in rows}
