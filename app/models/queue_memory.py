"""What a person wants of the queue, kept from one opening of the project to the next."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import msgspec

from app.models.queue_order import QueueOrder
from app.models.queue_rows import QueueFilter


@dataclass(frozen=True, slots=True)
class QueueView:
    """Which images are listed, and how."""

    filter: QueueFilter = field(default_factory=QueueFilter)
    order: QueueOrder = field(default_factory=QueueOrder)


class ProjectTexts(Protocol):
    """Where texts of a project are kept (``app.settings.AppSettings``)."""

    def project_text(self, folder: Path, name: str) -> str: ...

    def set_project_text(self, folder: Path, name: str, text: str) -> None: ...


class QueueMemory:
    """The view of one project's queue; what cannot be understood is as if there were none."""

    def __init__(self, store: ProjectTexts | None, folder: Path) -> None:
        self._store = store
        self._folder = folder

    def load(self) -> QueueView:
        text = "" if self._store is None else self._store.project_text(self._folder, "queue")
        try:
            return msgspec.json.decode(text, type=QueueView) if text else QueueView()
        except msgspec.MsgspecError:
            return QueueView()

    def save(self, view: QueueView) -> None:
        if self._store is not None:
            text = msgspec.json.encode(view).decode()
            self._store.set_project_text(self._folder, "queue", text)
