"""Paints one row of the queue: thumbnail, name, class, state mark, score bar."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app import theme
from app.i18n import decimal, tr
from app.models.queue_model import QueueRole
from app.panels.state_marks import mark_icon, mark_pixmap, mark_word
from engine.domain.records import QueueEntry

ROW_HEIGHT = 64
_MARGIN = 8
_MARK = 14
_BAR = QSize(30, 4)
_MIDDLE = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft


class QueueDelegate(QStyledItemDelegate):
    """``thumbnail`` gives a small picture if it is there, or sees to it that it will be."""

    def __init__(self, thumbnail: Callable[[QueueEntry], QImage | None], parent: QObject) -> None:
        super().__init__(parent)
        self._thumbnail = thumbnail
        self._names: Mapping[int, str] = {}

    def set_names(self, names: Mapping[int, str]) -> None:
        """Class names by id."""
        self._names = names

    def sizeHint(
        self,
        option: QStyleOptionViewItem,  # noqa: ARG002
        index: QModelIndex | QPersistentModelIndex,  # noqa: ARG002
    ) -> QSize:
        return QSize(200, ROW_HEIGHT)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        entry = index.data(QueueRole.ENTRY)
        if entry is None:
            return
        painter.save()
        area: QRect = option.rect
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if selected:
            _paint_selection(painter, area)
        picture = QRect(area.left() + _MARGIN + 2, area.top() + 7, 66, 50)
        self._paint_thumbnail(painter, picture, entry)
        left = picture.right() + 10
        text = QRect(left, area.top() + 7, area.right() - _MARGIN - left, 50)
        self._paint_words(painter, text, entry)
        painter.restore()

    def _paint_thumbnail(self, painter: QPainter, area: QRect, entry: QueueEntry) -> None:
        colours = theme.colours()
        image = None if entry.problem else self._thumbnail(entry)
        if image is None:
            painter.fillRect(area, QColor(colours.canvas))
            if entry.problem:
                mark = mark_pixmap("warning", colours.problem, 20, _ratio(painter))
                painter.drawPixmap(area.center().x() - 9, area.center().y() - 9, mark)
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, True)
        painter.drawImage(QRectF(area), image, _cut(image, area.width() / area.height()))

    def _paint_words(self, painter: QPainter, area: QRect, entry: QueueEntry) -> None:
        colours = theme.colours()
        folder, _, name = entry.path.rpartition("/")
        painter.setPen(QColor(colours.text))
        _draw_elided(painter, QRect(area.left(), area.top(), area.width(), 17), name)
        painter.setFont(_smaller(painter.font()))
        painter.setPen(QColor(colours.muted))
        class_name = self._names.get(entry.class_id or -1) or folder or tr("no class")
        _draw_elided(painter, QRect(area.left(), area.top() + 17, area.width(), 16), class_name)
        self._paint_state(painter, QRect(area.left(), area.top() + 34, area.width(), 16), entry)

    def _paint_state(self, painter: QPainter, area: QRect, entry: QueueEntry) -> None:
        colours = theme.colours()
        colour = colours.problem if entry.problem else colours.state(entry.state)
        mark = mark_pixmap(mark_icon(entry), colour, _MARK, _ratio(painter))
        painter.drawPixmap(area.left(), area.top() + 1, mark)
        painter.setPen(QColor(colour))
        words = area.adjusted(_MARK + 4, 0, -_BAR.width() - 34, 0)
        _draw_elided(painter, words, mark_word(entry))
        if entry.score is not None:
            _paint_score(painter, area, entry.score)


def _paint_selection(painter: QPainter, area: QRect) -> None:
    colours = theme.colours()
    fill = QColor(colours.accent)
    fill.setAlpha(38)
    painter.fillRect(area, fill)
    painter.fillRect(QRect(area.left(), area.top(), 3, area.height()), QColor(colours.accent))


def _paint_score(painter: QPainter, area: QRect, score: float) -> None:
    colours = theme.colours()
    painter.setPen(QColor(colours.muted))
    number = QRect(area.right() - 26, area.top(), 27, area.height())
    painter.drawText(
        number, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, decimal(score, 2)
    )
    bar = QRect(
        number.left() - _BAR.width() - 3, area.center().y() - 1, _BAR.width(), _BAR.height()
    )
    painter.fillRect(bar, QColor(colours.border))
    filled = round(bar.width() * min(max(score, 0.0), 1.0))
    painter.fillRect(QRect(bar.left(), bar.top(), filled, bar.height()), QColor(colours.proposal))


def _cut(image: QImage, aspect: float) -> QRectF:
    """The largest part around the middle of ``image`` with this aspect."""
    width, height = image.width(), image.height()
    if width > height * aspect:
        width = max(1, round(height * aspect))
    else:
        height = max(1, round(width / aspect))
    return QRectF((image.width() - width) / 2, (image.height() - height) / 2, width, height)


def _draw_elided(painter: QPainter, area: QRect, text: str) -> None:
    elided = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, area.width())
    painter.drawText(area, _MIDDLE, elided)


def _smaller(font: QFont) -> QFont:
    result = QFont(font)
    if font.pointSizeF() > 0:
        result.setPointSizeF(font.pointSizeF() * 0.88)
    return result


def _ratio(painter: QPainter) -> float:
    return float(painter.device().devicePixelRatio())
