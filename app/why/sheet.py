"""Maps side by side under one lens: the same place of the image is marked in all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import (
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

from app.i18n import tr
from app.why.lens import Lens
from app.why.panels import MapPanel, Panel
from app.why.regions import block_at, first_block, spanned
from app.why.sheet_layout import (
    MARGIN,
    Drawing,
    Placed,
    Row,
    height_of,
    paint_still,
    panels_of,
    place,
)
from app.why.style import Style, window_style

_WHEEL_STEP = 1.25  # per notch
_CLICK_SLACK = 3.0


class Sheet(QWidget):
    """Paints rows of panels. A double click shows one panel alone, another one all again."""

    hovered = Signal(object)  # the MapPanel under the mouse, or None
    region_drawn = Signal(object)  # QRectF in [0, 1], dragged or clicked where ``draws`` is on

    def __init__(self, lens: Lens, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lens = lens
        self._rows: Sequence[Row] = ()
        self._placed: list[Placed] = []
        self._alone: Panel | None = None
        self._still: QPixmap | None = None
        self._room = QSizeF(600, 400)
        self._press: QPointF | None = None
        self._last = QPointF()
        self._draft: QRectF | None = None
        self._draws = False
        self._block: QSizeF | None = None  # the size of the region dragged last
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("Maps"))
        lens.changed.connect(self._redraw)
        lens.cursor_moved.connect(self.update)

    @property
    def panels(self) -> list[Panel]:
        return [p.panel for p in self._placed if p.panel is not None]

    @property
    def rows(self) -> Sequence[Row]:
        return self._rows

    @property
    def drawing(self) -> bool:
        return self._draws

    def set_drawing(self, on: bool) -> None:
        """Let a drag over a map, or a click, mark a region, instead of moving what is seen."""
        self._draws = on
        self.setCursor(Qt.CursorShape.CrossCursor if on else Qt.CursorShape.ArrowCursor)

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Other panels; one shown alone stays so if a panel of its title is there again."""
        self._rows = rows
        if self._alone is not None:
            again = [p for row in rows for p in row.panels if p.title == self._alone.title]
            self._alone = again[0] if again else None
        self.setAccessibleDescription(
            "; ".join(p.title for row in rows for p in row.panels if p.title)
        )
        self._arrange()

    def set_room(self, room: QSizeF) -> None:
        """What of the sheet can be seen at once."""
        self._room = room
        self._arrange()

    def rect_of(self, panel: Panel) -> QRectF:
        """Where a panel stands. Raises StopIteration if it is not on the sheet."""
        return next(p.rect for p in self._placed if p.panel is panel)

    def panel_at(self, point: QPointF) -> Panel | None:
        """The panel that can be pointed into at this place."""
        for placed in self._placed:
            if placed.panel is not None and placed.panel.is_map and placed.rect.contains(point):
                return placed.panel
        return None

    def update_over(self) -> None:
        """Paint boxes anew, and nothing else."""
        self.update()

    def drawing_now(self) -> Drawing:
        """Everything as it is on the screen, without the mouse."""
        size = QSize(self.width(), round(height_of(self._placed)))
        return Drawing(tuple(self._placed), replace(self._lens.framing, cursor=None), size)

    # Events

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        style = window_style()
        ratio = self.devicePixelRatioF()
        if self._still is None or self._still.devicePixelRatioF() != ratio:
            self._still = QPixmap((QSizeF(self.size()) * ratio).toSize())
            self._still.setDevicePixelRatio(ratio)
            self._still.fill(style.paper)
            still = QPainter(self._still)
            paint_still(still, self._placed, self._lens.framing, style)
            still.end()
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._still)
        self._paint_over(painter, style)
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._redraw()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange:
            self._redraw()
        super().changeEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        place_under = self._place(event.position())
        notches = event.angleDelta().y() / 120.0
        if place_under is None or not notches:
            event.ignore()  # beside the maps the wheel scrolls the sheet
            return
        self._lens.zoom_by(_WHEEL_STEP**notches, place_under)
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._place(event.position()) is not None:
            self._press = self._last = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._press is not None:
            self._drag(event)
        panel = self.panel_at(event.position())
        self._lens.set_cursor(self._place(event.position()))
        self.hovered.emit(panel)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        clicked, self._press = self._press is not None, None
        if self._draft is not None:
            draft, self._draft = self._draft, None
            self._block = draft.size()
            self.update()
            self.region_drawn.emit(draft)
        elif clicked and self._draws and event.button() == Qt.MouseButton.LeftButton:
            self._put_block(event.position())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._press = None
        found = self.panel_at(event.position())
        self._alone = None if self._alone is not None else found
        self._arrange()

    def leaveEvent(self, event: QEvent) -> None:
        self._lens.set_cursor(None)
        self.hovered.emit(None)
        super().leaveEvent(event)

    # What they do

    def _drag(self, event: QMouseEvent) -> None:
        panel = self.panel_at(self._press or event.position())
        if panel is None or self._press is None:
            return
        frame = self._lens.frame(panel.body(self.rect_of(panel)))
        pans = bool(event.buttons() & Qt.MouseButton.MiddleButton) or not self._draws
        if pans:
            delta = event.position() - self._last
            self._lens.pan(delta.x() / frame.width(), delta.y() / frame.height())
        elif (event.position() - self._press).manhattanLength() > _CLICK_SLACK:
            self._draft = spanned(self._press, event.position(), frame)
            self.update()
        self._last = event.position()

    def _put_block(self, point: QPointF) -> None:
        """A click is a block under the mouse, as large as that dragged last."""
        place_under = self._place(point)
        if place_under is not None:
            size = self._block or first_block(self._lens.aspect)
            self.region_drawn.emit(block_at(place_under, size))

    def _place(self, point: QPointF) -> QPointF | None:
        panel = self.panel_at(point)
        if panel is None:
            return None
        return self._lens.place(panel.body(self.rect_of(panel)), point)

    def _arrange(self) -> None:
        if self._alone is None:
            self._placed = place(self._rows, self._room, self._lens.aspect)
        else:
            room = QRectF(0, 0, self._room.width(), self._room.height())
            inner = room.adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN)
            self._placed = [Placed(Row([self._alone]), self._alone, inner)]
        self.setMinimumHeight(round(height_of(self._placed)))
        self._redraw()

    def _redraw(self) -> None:
        self._still = None
        self.update()

    def _paint_over(self, painter: QPainter, style: Style) -> None:
        for panel, rect in panels_of(self._placed):
            painter.save()
            panel.paint_over(painter, rect, self._lens.framing, style)
            if self._draft is not None and isinstance(panel, MapPanel):
                self._paint_draft(painter, panel.body(rect), style)
            painter.restore()

    def _paint_draft(self, painter: QPainter, body: QRectF, style: Style) -> None:
        assert self._draft is not None
        frame = self._lens.frame(body)
        painter.setPen(QPen(style.accent, 1.5))
        painter.drawRect(
            QRectF(
                frame.left() + self._draft.left() * frame.width(),
                frame.top() + self._draft.top() * frame.height(),
                self._draft.width() * frame.width(),
                self._draft.height() * frame.height(),
            )
        )


class SheetArea(QScrollArea):
    """A sheet that is as wide as its place and scrolls where it is taller."""

    def __init__(self, sheet: Sheet, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sheet = sheet
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(sheet)
        self.setFocusProxy(sheet)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.sheet.set_room(QSizeF(self.viewport().size()))
