"""Which key draws and gives which class: those that a person chose, then 1 to 9 in order."""

from __future__ import annotations

from collections.abc import Sequence

from engine.domain.records import ClassRecord

KEYS = "123456789"


def keys_by_class(classes: Sequence[ClassRecord]) -> dict[int, str]:
    """Class id -> its key, for those that have one."""
    chosen = {record.id: record.key for record in classes if record.key is not None}
    free = iter(key for key in KEYS if key not in chosen.values())
    found: dict[int, str] = {}
    for record in classes:
        key = chosen.get(record.id) or next(free, None)
        if key is not None:
            found[record.id] = key
    return found


def class_of_key(classes: Sequence[ClassRecord], key: str) -> int | None:
    """The class with this key."""
    return next((own for own, its in keys_by_class(classes).items() if its == key), None)
