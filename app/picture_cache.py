"""Decoded pictures in memory, within a budget of bytes."""

from __future__ import annotations

from collections import OrderedDict

from PySide6.QtGui import QImage

from app.picture_files import Copy


class PictureCache:
    """The pictures used last, at most ``budget`` bytes of them (but always the newest one)."""

    def __init__(self, budget: int) -> None:
        self.budget = budget
        self._held: OrderedDict[tuple[int, Copy], QImage] = OrderedDict()
        self.bytes = 0

    def set_budget(self, budget: int) -> None:
        """Hold at most ``budget`` bytes from now on; the oldest go at once."""
        self.budget = budget
        self._trim()

    def get(self, image_id: int, copy: Copy) -> QImage | None:
        found = self._held.get((image_id, copy))
        if found is not None:
            self._held.move_to_end((image_id, copy))
        return found

    def put(self, image_id: int, copy: Copy, picture: QImage) -> None:
        self.drop(image_id, copy)
        self._held[image_id, copy] = picture
        self.bytes += picture.sizeInBytes()
        self._trim()

    def _trim(self) -> None:
        while self.bytes > self.budget and len(self._held) > 1:
            _, oldest = self._held.popitem(last=False)
            self.bytes -= oldest.sizeInBytes()

    def drop(self, image_id: int, copy: Copy) -> None:
        old = self._held.pop((image_id, copy), None)
        if old is not None:
            self.bytes -= old.sizeInBytes()
