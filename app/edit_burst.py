"""Small edits one after the other, as by the arrow keys, that are written as one."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, QTimer

from engine.domain.records import LeftBox
from engine.store.review import EditedBox

#: A burst of small edits is written once it pauses for this long, and at latest after the second.
MERGE_PAUSE_MS = 300
MERGE_LIMIT_S = 1.5


@dataclass(frozen=True, slots=True)
class Edit:
    """The boxes of an image as they are to be, and what is ``left`` undecided; ``seconds``: what
    the person took."""

    image_id: int
    boxes: tuple[EditedBox, ...]
    operation: str
    seconds: float | None
    left: tuple[LeftBox, ...] = ()


class EditBurst(QObject):
    """Holds an edit back while others like it come; the last one counts, for the time of all."""

    def __init__(self, hand_over: Callable[[Edit], object], parent: QObject) -> None:
        super().__init__(parent)
        self._hand_over = hand_over
        self._held: Edit | None = None
        self._since = 0.0
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.timeout.connect(self.end)

    @property
    def under_way(self) -> bool:
        return self._held is not None

    def join(self, edit: Edit) -> None:
        """Let ``edit`` take the place of one of the same kind; another kind is handed over."""
        old = self._held
        if old is None or (old.image_id, old.operation) != (edit.image_id, edit.operation):
            self.end()
            self._held, self._since = edit, time.monotonic()
        else:
            self._held = replace(edit, seconds=(old.seconds or 0.0) + (edit.seconds or 0.0))
        if time.monotonic() - self._since > MERGE_LIMIT_S:
            self.end()
        else:
            self._pause.start(MERGE_PAUSE_MS)

    def end(self) -> None:
        """Hand over what is held, if anything is."""
        self._pause.stop()
        if self._held is not None:
            edit, self._held = self._held, None
            self._hand_over(edit)
