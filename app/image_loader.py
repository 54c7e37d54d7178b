"""Pictures for the screen: decoded in threads, kept within a budget of bytes, stale ones left."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from app.worker_pool import Ticket, WorkerPool
from engine.domain.errors import BoxwrightError
from engine.imaging.decoding import read_rgb
from engine.store.project import Project

#: Longest side of the copies: for a screen, to zoom into, for the queue, for the grid.
PREVIEW_SIDE = 1600
DETAIL_SIDE = 4096
THUMBNAIL_SIDE = 96
TILE_SIDE = 384

PICTURE_BUDGET = 160 * 2**20
THUMBNAIL_BUDGET = 24 * 2**20
TILE_BUDGET = 96 * 2**20
#: Small pictures that may wait; when a person scrolls on, the oldest are no longer wanted.
_MOST_WAITING = {"thumbnail": 40, "tile": 120}


class Copy(StrEnum):
    """Which copy of a picture."""

    PREVIEW = "preview"
    DETAIL = "detail"
    THUMBNAIL = "thumbnail"
    TILE = "tile"


_SIDES = {
    Copy.PREVIEW: PREVIEW_SIDE,
    Copy.DETAIL: DETAIL_SIDE,
    Copy.THUMBNAIL: THUMBNAIL_SIDE,
    Copy.TILE: TILE_SIDE,
}


_SMALL = frozenset({Copy.THUMBNAIL, Copy.TILE})


@dataclass(frozen=True, slots=True)
class ImageFile:
    """What is to be loaded: an image of the project and its path in the image root."""

    image_id: int
    path: str


class PictureCache:
    """The pictures used last, at most ``budget`` bytes of them (but always the newest one)."""

    def __init__(self, budget: int) -> None:
        self._budget = budget
        self._held: OrderedDict[tuple[int, Copy], QImage] = OrderedDict()
        self.bytes = 0

    def get(self, image_id: int, copy: Copy) -> QImage | None:
        found = self._held.get((image_id, copy))
        if found is not None:
            self._held.move_to_end((image_id, copy))
        return found

    def put(self, image_id: int, copy: Copy, picture: QImage) -> None:
        self.drop(image_id, copy)
        self._held[image_id, copy] = picture
        self.bytes += picture.sizeInBytes()
        while self.bytes > self._budget and len(self._held) > 1:
            _, oldest = self._held.popitem(last=False)
            self.bytes -= oldest.sizeInBytes()

    def drop(self, image_id: int, copy: Copy) -> None:
        old = self._held.pop((image_id, copy), None)
        if old is not None:
            self.bytes -= old.sizeInBytes()


class ImageLoader(QObject):
    """Answers ``show`` and ``thumbnail`` at once from memory or later by signal."""

    loaded = Signal(int, object, object)  # image id, Copy, QImage
    unreadable = Signal(int, object, str)  # image id, Copy, what is wrong and what to do

    def __init__(self, project: Project, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project = project
        # What is being looked at never waits behind what may be looked at.
        self._urgent = WorkerPool("picture", 1, self)
        self._ahead = WorkerPool("prefetch", 1, self)
        self._small = WorkerPool("thumbnail", 1, self)
        self._pictures = PictureCache(PICTURE_BUDGET)
        self._thumbnails = PictureCache(THUMBNAIL_BUDGET)
        self._tiles = PictureCache(TILE_BUDGET)
        self._waiting: OrderedDict[tuple[int, Copy], Ticket] = OrderedDict()
        self._unreadable: set[int] = set()

    def show(self, file: ImageFile, copy: Copy = Copy.PREVIEW) -> QImage | None:
        """The picture if it is in memory; else None now and ``loaded`` or ``unreadable`` later.

        A preview means another image: what else was asked for and has not begun is forgotten.
        """
        found = self._pictures.get(file.image_id, copy)
        if found is None:
            if copy is Copy.PREVIEW:
                self._withdraw([key for key in self._waiting if key[1] not in _SMALL])
            self._request(self._urgent, file, copy)
        return found

    def prefetch(self, files: Sequence[ImageFile]) -> None:
        """Have these ready, the first one first, once nothing more urgent is asked for."""
        for file in files:
            if self._pictures.get(file.image_id, Copy.PREVIEW) is None:
                self._request(self._ahead, file, Copy.PREVIEW)

    def thumbnail(self, file: ImageFile) -> QImage | None:
        """The small picture if it is in memory; else None now and ``loaded`` later."""
        return self._little(file, Copy.THUMBNAIL)

    def tile(self, file: ImageFile) -> QImage | None:
        """Like ``thumbnail``, larger: for the grid."""
        return self._little(file, Copy.TILE)

    def forget(self, image_ids: Sequence[int]) -> None:
        """Files have changed: read them anew when they are asked for again."""
        for image_id in image_ids:
            self._unreadable.discard(image_id)
            for copy in Copy:
                self._cache(copy).drop(image_id, copy)

    @property
    def bytes(self) -> int:
        """Memory held by pictures."""
        return self._pictures.bytes + self._thumbnails.bytes + self._tiles.bytes

    def close(self) -> None:
        """Drop what waits; wait for what is being decoded."""
        for pool in (self._urgent, self._ahead, self._small):
            pool.close()
        self._waiting.clear()

    def _request(self, pool: WorkerPool, file: ImageFile, copy: Copy) -> None:
        key = (file.image_id, copy)
        if key in self._waiting:
            return
        self._waiting[key] = pool.submit(
            lambda: _decode(self._project, file.path, _SIDES[copy]),
            lambda picture: self._keep(key, picture),
            lambda error: self._refuse(key, error),
        )

    def _keep(self, key: tuple[int, Copy], picture: QImage) -> None:
        self._waiting.pop(key, None)
        self._cache(key[1]).put(*key, picture)
        self.loaded.emit(*key, picture)

    def _refuse(self, key: tuple[int, Copy], error: BoxwrightError) -> None:
        self._waiting.pop(key, None)
        self._unreadable.add(key[0])
        self.unreadable.emit(*key, str(error))

    def _withdraw(self, keys: Sequence[tuple[int, Copy]]) -> None:
        """Take back what has not begun; what has is let through, since it may be wanted yet."""
        for key in keys:
            if self._waiting[key].withdraw():
                del self._waiting[key]

    def _little(self, file: ImageFile, copy: Copy) -> QImage | None:
        found = self._cache(copy).get(file.image_id, copy)
        if found is None and file.image_id not in self._unreadable:
            self._drop_oldest(copy)
            self._request(self._small, file, copy)
        return found

    def _drop_oldest(self, copy: Copy) -> None:
        waiting = [key for key in self._waiting if key[1] is copy]
        self._withdraw(waiting[: max(0, len(waiting) - _MOST_WAITING[copy] + 1)])

    def _cache(self, copy: Copy) -> PictureCache:
        return {Copy.THUMBNAIL: self._thumbnails, Copy.TILE: self._tiles}.get(copy, self._pictures)


def _decode(project: Project, path: str, side: int) -> QImage:
    return to_qimage(project.absolute(path), side)


def to_qimage(path: Path, side: int) -> QImage:
    """The picture at ``path``, ``side`` pixels at most, in the format Qt paints fastest."""
    rgb = read_rgb(path, max_side=side)
    height, width = rgb.shape[:2]
    picture = QImage(rgb.data, width, height, 3 * width, QImage.Format.Format_RGB888)
    # The conversion copies, so the array may go.
    return picture.convertToFormat(QImage.Format.Format_RGB32)
