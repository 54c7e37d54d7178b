"""What a person did, in his language: the store keeps English names, whoever reads them later."""

from __future__ import annotations

import re

from app.i18n import mark, tr, whole

_MANY = re.compile(r"(?P<verb>\w+) (?P<count>\d+) boxes")
#: Operations that count their boxes, by the verb of their names.
_COUNTED = {
    "accept": mark("Accept {count} boxes"),
    "skip": mark("Skip {count} boxes"),
    "move": mark("Move {count} boxes"),
    "resize": mark("Resize {count} boxes"),
    "draw": mark("Draw {count} boxes"),
    "delete": mark("Delete {count} boxes"),
    "duplicate": mark("Duplicate {count} boxes"),
    "keep": mark("Keep {count} boxes"),
    "paste": mark("Paste {count} boxes"),
}
#: Named by the engine or by an older version of this program; the others where they are done.
_OTHERS = (
    mark("Import annotations"),
    mark("Import proposals"),
    mark("Import truth"),
    mark("Delete note"),
)


def operation_text(name: str) -> str:
    """The name of an operation as undo and the history show it."""
    found = _MANY.fullmatch(name)
    if found and found["verb"].lower() in _COUNTED:
        return tr(_COUNTED[found["verb"].lower()], count=whole(int(found["count"])))
    return tr(name)
