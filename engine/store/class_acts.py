"""What a person makes of classes. Each act is one call inside ``Project.write``, undoable."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import Connection, select

from engine.domain.errors import InputError
from engine.domain.records import ClassRecord
from engine.store.bulk_rows import upsert
from engine.store.classes import add_classes, is_in_use, list_classes
from engine.store.schema import class_edits, classes
from engine.store.undo_log import Changes, Recorder, recording

Row = dict[str, Any]

#: The keys that a class may have.
CLASS_KEYS = "123456789"
_COLOUR = re.compile(r"#[0-9a-f]{6}")
_FIELDS = ("name", "color", "key", "merged_into")


def add_class(conn: Connection, name: str) -> tuple[Changes, int]:
    """Make a class; returns its id too. Raises InputError if there is one of that name."""
    name = _free_name(conn, name)
    known = {row.name: row.id for row in conn.execute(select(classes.c.name, classes.c.id))}
    class_id = known.get(name)
    if class_id is None or not _is_undone(conn, class_id):
        own = _unused(name, known)
        class_id = add_classes(conn, [own])[own]
        # The row of a class stays when its making is undone, since rows of the machine may come
        # to refer to it; this mark then says that it is not there.
        mark = _row(class_id, merged_into=class_id)
        upsert(conn, class_edits, [mark], key=["class_id"])
    with recording(conn, "Add class") as recorder:
        shown = None if known.get(name, class_id) == class_id else name
        _edit(conn, recorder, class_id, merged_into=None, name=shown)
    return recorder.changes, class_id


def rename_class(conn: Connection, class_id: int, name: str) -> Changes:
    """Call the class ``name``. Raises InputError if another class is called so."""
    record = _get(conn, class_id)
    wanted = record.name if name.strip() == record.name else _free_name(conn, name, but=class_id)
    found = conn.execute(select(classes.c.name).where(classes.c.id == class_id)).scalar_one()
    with recording(conn, "Rename class") as recorder:
        _edit(conn, recorder, class_id, name=None if wanted == found else wanted)
    return recorder.changes


def merge_class(conn: Connection, class_id: int, into: int) -> Changes:
    """Let everything of the class count as class ``into``. Raises InputError for the same one."""
    _get(conn, class_id)
    _get(conn, into)
    if class_id == into:
        raise InputError("A class cannot be merged into itself.", remedy="Choose another class.")
    with recording(conn, "Merge classes") as recorder:
        _edit(conn, recorder, class_id, merged_into=into)
    return recorder.changes


def remove_class(conn: Connection, class_id: int) -> Changes:
    """Take a class off the list that nothing is of. Raises InputError if something is."""
    record = _get(conn, class_id)
    users = select(class_edits.c.class_id).where(
        class_edits.c.merged_into == class_id, class_edits.c.class_id != class_id
    )
    if is_in_use(conn, class_id) or conn.execute(users.limit(1)).first() is not None:
        raise InputError(
            f"There are images or boxes of the class {record.name}.",
            remedy="Merge it into another class, or give them other classes first.",
        )
    with recording(conn, "Remove class") as recorder:
        _edit(conn, recorder, class_id, merged_into=class_id)
    return recorder.changes


def recolour_class(conn: Connection, class_id: int, color: str | None) -> Changes:
    """Draw the class in ``color`` (``#rrggbb``), or in the usual one for None."""
    _get(conn, class_id)
    wanted = None if color is None else color.lower()
    if wanted is not None and not _COLOUR.fullmatch(wanted):
        raise InputError(f"{color} is no colour.", remedy="Give it as #rrggbb.")
    with recording(conn, "Recolour class") as recorder:
        _edit(conn, recorder, class_id, color=wanted)
    return recorder.changes


def set_class_key(conn: Connection, class_id: int, key: str | None) -> Changes:
    """Give the class the key 1 to 9, or the usual one for None; who had it loses it."""
    _get(conn, class_id)
    if key is not None and (len(key) != 1 or key not in CLASS_KEYS):
        raise InputError(f"{key} cannot be the key of a class.", remedy="Choose 1 to 9.")
    with recording(conn, "Set class key") as recorder:
        query = select(class_edits.c.class_id).where(class_edits.c.key == key)
        for other in conn.execute(query).scalars().all() if key is not None else ():
            if other != class_id:
                _edit(conn, recorder, other, key=None)
        _edit(conn, recorder, class_id, key=key)
    return recorder.changes


def _edit(conn: Connection, recorder: Recorder, class_id: int, **values: Any) -> None:
    """Change some fields of the class's edit; a row that would say nothing goes."""
    query = select(class_edits).where(class_edits.c.class_id == class_id)
    old = conn.execute(query).one_or_none()
    before = None if old is None else dict(old._mapping)
    after = (before or _row(class_id)) | values
    says_something = any(after[name] is not None for name in _FIELDS)
    recorder.put(class_edits, before, after if says_something else None)


def _row(class_id: int, merged_into: int | None = None) -> Row:
    return {"class_id": class_id, **dict.fromkeys(_FIELDS), "merged_into": merged_into}


def _get(conn: Connection, class_id: int) -> ClassRecord:
    for record in list_classes(conn):
        if record.id == class_id:
            return record
    raise InputError("This class is not there any more.", remedy="Look at the classes again.")


def _free_name(conn: Connection, name: str, but: int | None = None) -> str:
    name = " ".join(name.split())
    if not name:
        raise InputError("A class needs a name.", remedy="Give it one.")
    for record in list_classes(conn):
        if record.id != but and record.name.casefold() == name.casefold():
            raise InputError(
                f"There is a class {record.name} already.",
                remedy="Choose another name, or merge the two classes.",
            )
    return name


def _is_undone(conn: Connection, class_id: int) -> bool:
    edits = class_edits.c
    query = select(edits.merged_into, edits.name).where(edits.class_id == class_id)
    row = conn.execute(query).one_or_none()
    return row is not None and row.merged_into == class_id and row.name is None


def _unused(name: str, known: dict[str, int]) -> str:
    """``name``, with a number if a class was found under it that is called otherwise now."""
    number, own = 1, name
    while own in known:
        number += 1
        own = f"{name} ({number})"
    return own
