"""The grid itself: tiles of the queue's rows, selected by keys, clicks and a rubber band."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QModelIndex, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QRubberBand, QWidget

from app.grid.boxes import BoxSource
from app.grid.selection import Selection
from app.grid.tile_painter import Tile, paint_tile
from app.grid.tiling import Tiling
from app.i18n import tr
from app.image_loader import Copy, ImageFile, ImageLoader
from app.models.queue_model import QueueModel
from app.panels.state_marks import mark_word

SIDES = (96, 360)
_SMALL = 128
_BAND_FROM = 6  # pixels that a press moves before it is a rubber band
_SHIFT = Qt.KeyboardModifier.ShiftModifier
_CONTROL = Qt.KeyboardModifier.ControlModifier


class Wall(QAbstractScrollArea):
    """Shows what the model lists. Which rows are meant is in ``selection``."""

    selection_changed = Signal()
    opened = Signal(int)  # row, by a double click

    def __init__(
        self,
        model: QueueModel,
        loader: ImageLoader,
        boxes: BoxSource,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._model, self._loader, self._boxes = model, loader, boxes
        self.selection = Selection()
        self._side = 168
        self._crops = False
        self._class_colours: Mapping[int, str] = {}
        self._press: QPoint | None = None  # in the page
        self._before: set[int] = set()
        self._band = QRubberBand(QRubberBand.Shape.Rectangle, self.viewport())
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(tr("Grid of images"))
        model.modelReset.connect(self._on_reset)
        model.dataChanged.connect(self._on_data_changed)
        loader.loaded.connect(self._on_loaded)
        boxes.arrived.connect(self.viewport().update)
        self._on_reset()

    @property
    def side(self) -> int:
        """Pixels of a tile's picture."""
        return self._side

    def set_side(self, side: int) -> None:
        """Another size of the tiles; what was in the middle stays in sight."""
        self._side = min(max(side, SIDES[0]), SIDES[1])
        self._measure()
        self.show_row(self.selection.current)

    def set_crops(self, crops: bool) -> None:
        self._crops = crops
        self.viewport().update()

    def set_class_colours(self, colours: Mapping[int, str]) -> None:
        """``#rrggbb`` by class id."""
        self._class_colours = colours
        self.viewport().update()

    def tiling(self) -> Tiling:
        return Tiling(self._model.rowCount(), self.viewport().width(), self._side)

    def go_to(self, row: int) -> None:
        """Make ``row`` current, with nothing selected."""
        self.selection.move(row)
        self.show_row(row)
        self._tell()

    def show_row(self, row: int) -> None:
        """Scroll as little as it takes to see the row."""
        bar, tile = self.verticalScrollBar(), self.tiling().tile(row)
        if tile.top() - 8 < bar.value():
            bar.setValue(tile.top() - 8)
        elif tile.bottom() + 8 > bar.value() + self.viewport().height():
            bar.setValue(tile.bottom() + 8 - self.viewport().height())

    def select_all(self) -> None:
        self.selection.select_all()
        self._tell()

    def visible_rows(self) -> range:
        top = self.verticalScrollBar().value()
        return self.tiling().between(top, top + self.viewport().height())

    # Events

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        painter = QPainter(self.viewport())
        tiling, top = self.tiling(), self.verticalScrollBar().value()
        for row in self.visible_rows():
            area = tiling.tile(row).translated(0, -top)
            paint_tile(painter, area, self._tile(row), self._crops, self._class_colours)
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._measure()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        to = self._target(Qt.Key(event.key()))
        if to is None:
            event.ignore()
            return
        self.selection.move(to, extend=bool(event.modifiers() & _SHIFT))
        self.show_row(self.selection.current)
        self._tell()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        self._press = self._in_page(event.position().toPoint())
        toggle = bool(event.modifiers() & _CONTROL)
        extend = bool(event.modifiers() & _SHIFT)
        row = self.tiling().at(self._press)
        if row is not None:
            self.selection.click(row, toggle, extend)
        elif not toggle:
            self.selection.clear()
        self._before = set(self.selection.rows) if toggle or extend else set()
        self._tell()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._press is None:
            return
        at = self._in_page(event.position().toPoint())
        if self._band.isHidden() and (at - self._press).manhattanLength() < _BAND_FROM:
            return
        area = QRect(self._press, at).normalized()
        self._band.setGeometry(area.translated(0, -self.verticalScrollBar().value()))
        self._band.show()
        self._scroll_along(event.position().toPoint().y())
        self.selection.band(self.tiling().touching(area), self._before)
        self._tell()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._press = None
            self._band.hide()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        row = self.tiling().at(self._in_page(event.position().toPoint()))
        if row is not None:
            self.opened.emit(row)

    def sizeHint(self) -> QSize:
        return QSize(900, 600)

    def _target(self, key: Qt.Key) -> int | None:
        tiling, now = self.tiling(), self.selection.current
        page = max(1, self.viewport().height() // (self._side + 30)) * tiling.columns
        steps = {
            Qt.Key.Key_Left: now - 1,
            Qt.Key.Key_Right: now + 1,
            Qt.Key.Key_Up: now - tiling.columns if now >= tiling.columns else now,
            Qt.Key.Key_Down: now + tiling.columns,
            Qt.Key.Key_PageUp: now - page,
            Qt.Key.Key_PageDown: now + page,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: self.selection.count - 1,
        }
        return steps.get(key)

    def _tile(self, row: int) -> Tile:
        entry = self._model.entry(row)
        usable = entry.problem is None
        picture = self._picture(ImageFile(entry.image_id, entry.path)) if usable else None
        boxes = self._boxes.of(entry.image_id) if usable else ()
        current = row == self.selection.current
        return Tile(entry, picture, boxes, row in self.selection.rows, current)

    def _picture(self, file: ImageFile) -> QImage | None:
        """Of small tiles a screen holds more than memory should hold large pictures."""
        small = self._side <= _SMALL and not self._crops
        return self._loader.thumbnail(file) if small else self._loader.tile(file)

    def _in_page(self, point: QPoint) -> QPoint:
        return point + QPoint(0, self.verticalScrollBar().value())

    def _scroll_along(self, y: int) -> None:
        bar = self.verticalScrollBar()
        if y < 0 or y > self.viewport().height():
            bar.setValue(bar.value() + (y if y < 0 else y - self.viewport().height()))

    def _measure(self) -> None:
        bar, seen = self.verticalScrollBar(), self.viewport().height()
        bar.setRange(0, max(0, self.tiling().height - seen))
        bar.setPageStep(seen)
        bar.setSingleStep(self._side // 2)
        self.viewport().update()

    def _tell(self) -> None:
        if self.selection.count:
            entry = self._model.entry(self.selection.current)
            chosen = len(self.selection.rows)
            self.setAccessibleDescription(
                tr(
                    "{path}, {state}, {count} selected",
                    path=entry.path,
                    state=mark_word(entry),
                    count=chosen,
                )
            )
        self.viewport().update()
        self.selection_changed.emit()

    def _on_reset(self) -> None:
        self.selection.reset(self._model.rowCount(), self.selection.current)
        self._boxes.clear()
        self._measure()
        self._tell()

    def _on_data_changed(self, first: QModelIndex, last: QModelIndex) -> None:
        rows = range(first.row(), last.row() + 1)
        self._boxes.forget(self._model.entry(row).image_id for row in rows)
        self.viewport().update()

    def _on_loaded(self, image_id: int, copy: Copy) -> None:
        if copy in (Copy.TILE, Copy.THUMBNAIL) and self._model.row_of(image_id) is not None:
            self.viewport().update()
