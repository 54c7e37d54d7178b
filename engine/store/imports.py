"""Taking boxes of a file into the project: one operation of a person, one step of undo.

All of it is said in statements on whole tables, those of ``staging`` among them: a million boxes
are compared, put in and kept for undo without passing through Python, so that a person's act,
which has to wait meanwhile, waits for seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Select, func, literal, select

from engine.domain.errors import ProjectError
from engine.domain.imports import ImportAs
from engine.domain.records import AnnotationOrigin
from engine.store import import_plan, sqlite, staging
from engine.store.batches import chunks
from engine.store.bulk_rows import upsert
from engine.store.classes import class_ids_for, known_class_ids
from engine.store.import_plan import ImportCounts, ImportRules, table_of
from engine.store.row_changes import RowChange
from engine.store.schema import class_edits, empty_truths, images, left_boxes, reviews, splits
from engine.store.staging import Staging
from engine.store.undo_log import Changes, recording

__all__ = ["ImportCounts", "ImportRules", "bring_classes", "preview_import", "take_in", "taking_in"]

Check = Callable[[int, int], object]

#: Boxes that go in by one statement; between two the import can be stopped.
_BATCH = 50_000
_ROWS = 2000
_EDITS = tuple(column.name for column in class_edits.c if column.name != "class_id")


def preview_import(staged: Staging, class_ids: Sequence[int], rules: ImportRules) -> ImportCounts:
    """What ``take_in`` would change; changes nothing. ``class_ids``: that of each class number,
    a number that no class has for a new one."""
    staged.set_classes(class_ids)
    return import_plan.plan(staged.connection, rules)


@contextmanager
def taking_in(staged: Staging) -> Iterator[Connection]:
    """The write transaction for ``take_in``, on the connection that has the staged boxes.

    Raises ProjectError if an image of theirs is not there; classes and runs come from within.
    """
    with sqlite.locked(staged.connection):
        _check_images(staged.connection)
        yield staged.connection


def _check_images(conn: Connection) -> None:
    here = select(images.c.id).where(images.c.id == staging.images.c.image_id).exists()
    lost = conn.execute(select(staging.images.c.image_id).where(~here).limit(1)).scalar()
    if lost is not None:
        raise ProjectError(
            f"The project holds no image with id {lost}.", remedy="Open the project again."
        )


def take_in(
    staged: Staging,
    rules: ImportRules,
    operation: str,
    check: Check = lambda _done, _total: None,
    new_classes: Collection[int] = (),
) -> Changes:
    """Do what ``preview_import`` has found in the same transaction, under the name ``operation``
    in the undo menu.

    ``new_classes`` are those of ``bring_classes``: they come and go with the boxes. ``check`` is
    called with the number of boxes done and of all, and may raise to stop: nothing is then changed.
    """
    conn = staged.connection
    table = table_of(rules)
    with recording(conn, operation) as recorder:
        if conn.execute(select(staging.touched).limit(1)).first():
            base = conn.execute(select(func.coalesce(func.max(table.c.id), 0))).scalar_one()
            recorder.swap(
                table,
                select(staging.going.c.id),
                _slices(conn, rules, base, check),
                select(staging.touched.c.image_id),
            )
        singles = (
            *_state_changes(conn, rules),
            *_split_changes(conn),
            *_emptiness_changes(conn, rules),
            *_left_behind(conn, rules),
        )
        for changes in chunks(sorted(singles, key=attrgetter("kind")), _ROWS):
            recorder.put_all(changes)
        if recorder.has_changed:
            recorder.put_all(_shown_classes(conn, new_classes))
    return recorder.changes


def bring_classes(conn: Connection, names: Sequence[str]) -> dict[str, int]:
    """The class of each name; new ones are marked as not there yet, as after an undo.

    The row of a class stays when an import is undone, since the machine's rows may refer to it by
    then; ``take_in`` takes the mark away, as a part of what undo takes back.
    """
    known = known_class_ids(conn)
    ids = class_ids_for(conn, names)
    new = [ids[name] for name in names if name not in known]
    marks = [dict.fromkeys(_EDITS) | {"class_id": i, "merged_into": i} for i in new]
    upsert(conn, class_edits, marks, key=["class_id"])
    return ids


def _slices(conn: Connection, rules: ImportRules, base: int, check: Check) -> Iterator[Select[Any]]:
    """The rows that come, some at a time, with ids above ``base``."""
    box = staging.boxes.c
    columns = [
        (box.id + base).label("id"),
        box.image_id,
        staging.classes.c.class_id,
        *(box[name] for name in ("xmin", "ymin", "xmax", "ymax")),
        *_own_columns(rules),
    ]
    query = import_plan.coming(*columns).order_by(box.id)
    last = int(conn.execute(select(func.coalesce(func.max(box.id), 0))).scalar_one())
    for start in range(0, last, _BATCH):
        yield query.where(box.id > start, box.id <= start + _BATCH)
        check(min(start + _BATCH, last), last)


def _own_columns(rules: ImportRules) -> list[Any]:
    score = staging.boxes.c.score
    if rules.become is ImportAs.ANNOTATIONS:
        return [literal(AnnotationOrigin.IMPORTED.value).label("origin"), score]
    if rules.become is ImportAs.PROPOSALS:
        run_id = literal(rules.run_id).label("run_id")
        return [run_id, import_plan.score_of(rules).label("score"), literal(0.0).label("threshold")]
    return []


def _state_changes(conn: Connection, rules: ImportRules) -> Iterator[RowChange]:
    for image_id, before, seconds, after in conn.execute(import_plan.states(rules)).all():
        row = {"image_id": image_id, "seconds": seconds}
        old = None if before is None else row | {"state": before}
        new = None if after == import_plan.UNREVIEWED else row | {"state": after}
        yield RowChange(reviews.name, old, new)


def _split_changes(conn: Connection) -> Iterator[RowChange]:
    for image_id, before, after in conn.execute(import_plan.splits_changing()).all():
        old = None if before is None else {"image_id": image_id, "split": before}
        yield RowChange(splits.name, old, {"image_id": image_id, "split": after})


def _emptiness_changes(conn: Connection, rules: ImportRules) -> Iterator[RowChange]:
    for image_id, is_empty in conn.execute(import_plan.emptiness(rules)).all():
        row = {"image_id": image_id}
        yield RowChange(empty_truths.name, *((None, row) if is_empty else (row, None)))


def _left_behind(conn: Connection, rules: ImportRules) -> Iterator[RowChange]:
    for row in conn.execute(import_plan.left_behind(rules)).all():
        yield RowChange(left_boxes.name, dict(row._mapping), None)


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
