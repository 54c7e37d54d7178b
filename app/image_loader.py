"""Pictures for the screen: decoded in threads, kept within a budget of bytes, stale ones left."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from threading import Event
from typing import TypeVar

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QImage

from app.picture_cache import PictureCache
from app.picture_files import (
    DETAIL_SIDE,
    PREVIEW_SIDE,
    SIDES,
    THUMBNAIL_SIDE,
    Copy,
    ImageFile,
    decode,
    decode_quickly,
    to_qimage,
)
from app.worker_pool import Ticket, WorkerPool
from engine.domain.errors import BoxwrightError, UnusableImageError
from engine.store.project import Project

__all__ = [
    "DETAIL_SIDE",
    "PREVIEW_SIDE",
    "THUMBNAIL_SIDE",
    "Copy",
    "ImageFile",
    "ImageLoader",
    "PictureCache",
    "to_qimage",
]

T = TypeVar("T")

PICTURE_BUDGET = 80 * 2**20
THUMBNAIL_BUDGET = 24 * 2**20
TILE_BUDGET = 64 * 2**20
#: For the window to paint a draft before the preview is decoded beside it.
_DRAFT_PAUSE_MS = 20
_PATIENCE_S = 0.4  # that what is not urgent has, each time
#: Small pictures that may wait; when a person scrolls on, the oldest are no longer wanted.
_MOST_WAITING = {"thumbnail": 40, "tile": 120}


class ImageLoader(QObject):
    """Answers ``show`` and ``thumbnail`` at once from memory or later by signal.

    Of a large JPEG that is to be shown now, ``loaded`` brings a draft first and the preview after.
    """

    loaded = Signal(int, object, object)  # image id, Copy, QImage
    unreadable = Signal(int, object, str)  # image id, Copy, what is wrong and what to do
    unusable = Signal(int, str)  # before it, image id and why: its content is to blame

    def __init__(
        self, project: Project, parent: QObject | None = None, small_threads: int = 1
    ) -> None:
        """``small_threads`` decode thumbnails and tiles side by side."""
        super().__init__(parent)
        self._project = project
        # What is being looked at never waits behind what may be looked at.
        self._urgent = WorkerPool("picture", 1, self)
        self._ahead = WorkerPool("prefetch", 1, self)
        self._small = WorkerPool("thumbnail", small_threads, self)
        self._calm = Event()  # set while nothing urgent is being decoded
        self._calm.set()
        self._pictures = PictureCache(PICTURE_BUDGET)
        self._thumbnails = PictureCache(THUMBNAIL_BUDGET)
        self._tiles = PictureCache(TILE_BUDGET)
        self._waiting: OrderedDict[tuple[int, Copy], Ticket] = OrderedDict()
        self._unreadable: set[int] = set()
        self._shown: int | None = None  # image id of the preview asked for last
        self._draft: tuple[int, QImage] | None = None
        self._after_draft: ImageFile | None = None
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.timeout.connect(self._finish_draft)
        self._missed: dict[tuple[int, Copy], ImageFile] = {}  # small ones, while painting
        self._ask = QTimer(self)
        self._ask.setSingleShot(True)
        self._ask.timeout.connect(self._ask_for_missed)

    def show(self, file: ImageFile, copy: Copy = Copy.PREVIEW) -> QImage | None:
        """The picture if it is in memory; else None now and ``loaded`` or ``unreadable`` later.

        A preview means another image: what else was asked for and has not begun is forgotten.
        """
        found = self._pictures.get(file.image_id, copy)
        if copy is Copy.PREVIEW:
            self._shown = file.image_id
        if found is None and copy is Copy.PREVIEW:
            self._withdraw([key for key in self._waiting if key[1] is not Copy.THUMBNAIL])
            self._request_quickly(file)
        elif found is None:
            self._request(self._urgent, file, copy)
        return found

    def draft(self, image_id: int) -> QImage | None:
        """The coarse copy of the image that is to be shown, if there is one by now."""
        held = self._draft
        return held[1] if held is not None and held[0] == image_id else None

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
            if self.draft(image_id) is not None:
                self._draft = None
            for copy in Copy:
                self._cache(copy).drop(image_id, copy)

    def set_budget(self, total: int) -> None:
        """Share out ``total`` bytes as the budgets that it begins with."""
        whole = PICTURE_BUDGET + THUMBNAIL_BUDGET + TILE_BUDGET
        for cache, part in (
            (self._pictures, PICTURE_BUDGET),
            (self._thumbnails, THUMBNAIL_BUDGET),
            (self._tiles, TILE_BUDGET),
        ):
            cache.set_budget(total * part // whole)

    @property
    def budget(self) -> int:
        """Bytes that pictures may take."""
        return self._pictures.budget + self._thumbnails.budget + self._tiles.budget

    @property
    def bytes(self) -> int:
        """Memory held by pictures."""
        return self._pictures.bytes + self._thumbnails.bytes + self._tiles.bytes

    @property
    def waiting(self) -> int:
        """How many pictures are asked for and not there yet."""
        return len(self._waiting) + len(self._missed) + (self._after_draft is not None)

    def holds(self, image_id: int, copy: Copy) -> bool:
        """True if that picture is in memory."""
        return self._cache(copy).get(image_id, copy) is not None

    def close(self) -> None:
        """Drop what waits; wait for what is being decoded."""
        self._pause.stop()
        self._ask.stop()
        self._calm.set()
        for pool in (self._urgent, self._ahead, self._small):
            pool.close()
        self._waiting.clear()

    def _request(self, pool: WorkerPool, file: ImageFile, copy: Copy) -> None:
        key = (file.image_id, copy)
        if key in self._waiting:
            return

        def work() -> QImage:
            return decode(self._project, file.path, SIDES[copy])

        self._waiting[key] = pool.submit(
            self._first(work) if pool is self._urgent else self._behind(work),
            lambda picture: self._keep(key, picture),
            lambda error: self._refuse(key, error),
        )

    def _first(self, work: Callable[[], T]) -> Callable[[], T]:
        """``work``, while which nothing else is begun."""
        self._calm.clear()

        def alone() -> T:
            try:
                return work()
            finally:
                self._calm.set()

        return alone

    def _behind(self, work: Callable[[], T]) -> Callable[[], T]:
        """``work``, begun when nothing urgent is under way, but in the end in any case."""

        def later() -> T:
            self._calm.wait(_PATIENCE_S)
            return work()

        return later

    def _request_quickly(self, file: ImageFile) -> None:
        """A draft and then the preview, or the preview at once where it is as fast."""
        preview, draft = (file.image_id, Copy.PREVIEW), (file.image_id, Copy.DRAFT)
        if self.draft(file.image_id) is not None:
            if self._after_draft is None:
                self._request(self._urgent, file, Copy.PREVIEW)
            return
        if draft in self._waiting:
            return
        if preview in self._waiting:
            self._calm.set()  # it is being prefetched, and what was urgent has been withdrawn
            return
        self._waiting[draft] = self._urgent.submit(
            self._first(lambda: decode_quickly(self._project, file.path)),
            lambda found: self._keep_first(file, *found),
            lambda error: self._refuse(draft, error),
        )

    def _keep_first(self, file: ImageFile, copy: Copy, picture: QImage) -> None:
        self._waiting.pop((file.image_id, Copy.DRAFT), None)
        if copy is Copy.PREVIEW:
            self._keep((file.image_id, copy), picture)
        elif file.image_id == self._shown:
            self._draft = (file.image_id, picture)
            self._after_draft = file
            self._pause.start(_DRAFT_PAUSE_MS)
            self.loaded.emit(file.image_id, copy, picture)

    def _finish_draft(self) -> None:
        file, self._after_draft = self._after_draft, None
        if file is not None and file.image_id == self._shown:
            self._request(self._urgent, file, Copy.PREVIEW)

    def _keep(self, key: tuple[int, Copy], picture: QImage) -> None:
        self._waiting.pop(key, None)
        if self.draft(key[0]) is not None and key[1] is Copy.PREVIEW:
            self._draft = None
        self._cache(key[1]).put(*key, picture)
        self.loaded.emit(*key, picture)

    def _refuse(self, key: tuple[int, Copy], error: BoxwrightError) -> None:
        self._waiting.pop(key, None)
        self._unreadable.add(key[0])
        if isinstance(error, UnusableImageError):
            self.unusable.emit(key[0], error.message)
        copy = Copy.PREVIEW if key[1] is Copy.DRAFT else key[1]
        self.unreadable.emit(key[0], copy, str(error))

    def _withdraw(self, keys: Sequence[tuple[int, Copy]]) -> None:
        """Take back what has not begun; what has is let through, since it may be wanted yet."""
        for key in keys:
            if self._waiting[key].withdraw():
                del self._waiting[key]

    def _little(self, file: ImageFile, copy: Copy) -> QImage | None:
        found = self._cache(copy).get(file.image_id, copy)
        if found is None and file.image_id not in self._unreadable:
            self._missed[file.image_id, copy] = file
            self._ask.start(0)
        return found

    def _ask_for_missed(self) -> None:
        """Only now, since a thread that is woken takes the interpreter from the painting."""
        missed, self._missed = self._missed, {}
        for (_, copy), file in missed.items():
            self._drop_oldest(copy)
            self._request(self._small, file, copy)

    def _drop_oldest(self, copy: Copy) -> None:
        waiting = [key for key in self._waiting if key[1] is copy]
        self._withdraw(waiting[: max(0, len(waiting) - _MOST_WAITING[copy] + 1)])

    def _cache(self, copy: Copy) -> PictureCache:
        return {Copy.THUMBNAIL: self._thumbnails, Copy.TILE: self._tiles}.get(copy, self._pictures)
