"""Class and score beside the boxes: where they find room, never one over another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QStaticText, QTransform

from app.canvas import palette

_TEXT_PIXELS = 11
_LEFT, _RIGHT = 8.0, 6.0  # around the text; on the left is a stripe in the colour of the box
_LEAST_ROOM = 120.0  # pixels of text that even a narrow box may have
_GAP = 3.0  # between a box and its label
_CELL = 64.0
_KEPT_TEXTS = 4000


@dataclass(frozen=True, slots=True)
class Label:
    """A text for the box at ``index``, in logical pixels of the screen."""

    index: int
    place: QRectF
    text: QStaticText


class LabelBoard:
    """Measures texts (and remembers them) and finds places for labels."""

    def __init__(self) -> None:
        self.font = QFont()
        self.font.setPixelSize(_TEXT_PIXELS)
        self._metrics = QFontMetricsF(self.font)
        self._height = self._metrics.height() + 4
        self._texts: dict[str, tuple[QStaticText, float]] = {}

    def place_all(
        self, boxes: Iterable[tuple[int, QRectF, str]], room: QRectF, most: int
    ) -> dict[int, Label]:
        """Labels by index for as many boxes as there is room for, the first ones first."""
        taken = _Taken()
        placed: dict[int, Label] = {}
        for index, rect, words in boxes:
            text, width = self._measured(words, rect)
            spot = next((s for s in self._spots(rect, width, room) if taken.free(s)), None)
            if spot is not None:
                taken.take(spot)
                placed[index] = Label(index, spot, text)
                if len(placed) >= most:
                    break
        return placed

    def place_one(self, index: int, rect: QRectF, words: str, room: QRectF) -> Label:
        """The label of a box that must have one, whatever is beneath it."""
        text, width = self._measured(words, rect)
        spots = self._spots(rect, width, room)
        corner = QRectF(rect.left(), rect.top() + _GAP, width, self._height)
        return Label(index, spots[0] if spots else corner, text)

    def paint(self, painter: QPainter, label: Label, colour: QColor) -> None:
        place = label.place
        painter.fillRect(place, palette.CHIP)
        painter.fillRect(QRectF(place.left(), place.top(), 3, place.height()), colour)
        painter.setFont(self.font)
        painter.setPen(palette.CHIP_TEXT)
        painter.drawStaticText(QPointF(place.left() + _LEFT, place.top() + 2), label.text)

    def _spots(self, rect: QRectF, width: float, room: QRectF) -> list[QRectF]:
        """Above the box, inside it at the top, beneath it: what of that is wholly on the screen."""
        left = min(max(rect.left() - 1, room.left()), max(room.right() - width, room.left()))
        inside = max(rect.top(), room.top()) + _GAP
        tops = [rect.top() - self._height - _GAP]
        if inside + self._height <= rect.bottom() and rect.width() >= width:
            tops.append(inside)
        tops.append(rect.bottom() + _GAP)
        spots = (QRectF(left, top, width, self._height) for top in tops)
        return [s for s in spots if room.top() <= s.top() and s.bottom() <= room.bottom()]

    def _measured(self, words: str, rect: QRectF) -> tuple[QStaticText, float]:
        room = max(rect.width() - _LEFT - _RIGHT, _LEAST_ROOM)
        found = self._known(words)
        if found[1] > room + _LEFT + _RIGHT:
            return self._known(self._metrics.elidedText(words, Qt.TextElideMode.ElideRight, room))
        return found

    def _known(self, words: str) -> tuple[QStaticText, float]:
        found = self._texts.get(words)
        if found is None:
            if len(self._texts) >= _KEPT_TEXTS:
                self._texts.clear()
            text = QStaticText(words)
            text.setTextFormat(Qt.TextFormat.PlainText)
            text.prepare(QTransform(), self.font)
            found = (text, self._metrics.horizontalAdvance(words) + _LEFT + _RIGHT)
            self._texts[words] = found
        return found


class _Taken:
    """Which places are taken, in cells, so that a look costs the same for any number."""

    def __init__(self) -> None:
        self._cells: defaultdict[tuple[int, int], list[QRectF]] = defaultdict(list)

    def free(self, place: QRectF) -> bool:
        return not any(
            place.intersects(other) for cell in _cells(place) for other in self._cells.get(cell, ())
        )

    def take(self, place: QRectF) -> None:
        for cell in _cells(place):
            self._cells[cell].append(place)


def _cells(place: QRectF) -> list[tuple[int, int]]:
    left, right = int(place.left() // _CELL), int(place.right() // _CELL)
    top, bottom = int(place.top() // _CELL), int(place.bottom() // _CELL)
    return [(x, y) for x in range(left, right + 1) for y in range(top, bottom + 1)]
