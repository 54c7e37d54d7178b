"""Class and score beside the boxes: where they find room, never one over another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QStaticText, QTransform

from app.canvas import palette

_TEXT_PIXELS = 11
_LEFT, _RIGHT = 8.0, 6.0  # around the text; on the left is a stripe in the colour of the box
_LEAST_ROOM = 120.0  # pixels of text that even a narrow box may have
_TEXT_FROM_CORNER = QPointF(_LEFT, 2)
_GAP = 3.0  # between a box and its label
_KEPT_TEXTS = 4000

Words = tuple[str, str]  # name, and score or nothing
Edges = tuple[float, float, float, float]  # of a box: left, top, right, bottom
Spot = tuple[float, float, float]  # left, top and width; all labels are of one height


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
        self._cut: dict[tuple[str, int], str] = {}  # long names by the room that they have

    def place_all(
        self, boxes: Iterable[tuple[int, Edges, Words]], room: QRectF, most: int
    ) -> dict[int, Label]:
        """Labels by index for as many boxes as there is room for, the first ones first."""
        taken = _Taken(self._height)
        placed: dict[int, Label] = {}
        for index, box, words in boxes:
            text, width = self._measured(words, box[2] - box[0])
            spot = next((s for s in self._spots(box, width, room) if taken.free(s)), None)
            if spot is not None:
                taken.take(spot)
                placed[index] = Label(index, self._rect(spot), text)
                if len(placed) >= most:
                    break
        return placed

    def place_one(self, index: int, rect: QRectF, words: Words, room: QRectF) -> Label:
        """The label of a box that must have one, whatever is beneath it."""
        text, width = self._measured(words, rect.width())
        box = (rect.left(), rect.top(), rect.right(), rect.bottom())
        spots = self._spots(box, width, room)
        return Label(index, self._rect(spots[0] if spots else (box[0], box[1], width)), text)

    def paint(self, painter: QPainter, labels: Iterable[Label], colour: QColor) -> None:
        """All of these, of boxes of one colour, in as few calls as can be."""
        shown = list(labels)
        chips = [label.place for label in shown]
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(palette.CHIP)
        painter.drawRects(chips)
        painter.setBrush(colour)
        painter.drawRects([QRectF(c.left(), c.top(), 3, c.height()) for c in chips])
        painter.setFont(self.font)
        painter.setPen(palette.CHIP_TEXT)
        for label in shown:
            corner = label.place.topLeft()
            painter.drawStaticText(corner + _TEXT_FROM_CORNER, label.text)

    def _spots(self, box: Edges, width: float, room: QRectF) -> list[Spot]:
        """Above the box, inside it at the top, beneath it: what of that is wholly on the screen."""
        least, most, height = room.top(), room.bottom(), self._height
        left = min(max(box[0] - 1, room.left()), max(room.right() - width, room.left()))
        inside = max(box[1], least) + _GAP
        tops = [box[1] - height - _GAP]
        if inside + height <= box[3] and box[2] - box[0] >= width:
            tops.append(inside)
        tops.append(box[3] + _GAP)
        return [(left, top, width) for top in tops if least <= top and top + height <= most]

    def _rect(self, spot: Spot) -> QRectF:
        return QRectF(spot[0], spot[1], spot[2], self._height)

    def _measured(self, words: Words, width: float) -> tuple[QStaticText, float]:
        """The text and its width with margins; a name that is too long is cut, a score never."""
        name, score = words
        found = self._known(name + score)
        room = max(width - _LEFT - _RIGHT, _LEAST_ROOM)
        if found[1] <= room + _LEFT + _RIGHT:
            return found
        room -= self._metrics.horizontalAdvance(score)
        cut = self._cut.get((name, int(room)))
        if cut is None:
            cut = self._metrics.elidedText(name, Qt.TextElideMode.ElideRight, int(room))
            self._cut[name, int(room)] = cut
        return self._known(cut + score)

    def _known(self, words: str) -> tuple[QStaticText, float]:
        found = self._texts.get(words)
        if found is None:
            if len(self._texts) >= _KEPT_TEXTS:
                self._texts.clear()
                self._cut.clear()
            text = QStaticText(words)
            text.setTextFormat(Qt.TextFormat.PlainText)
            text.prepare(QTransform(), self.font)
            found = (text, self._metrics.horizontalAdvance(words) + _LEFT + _RIGHT)
            self._texts[words] = found
        return found


class _Taken:
    """Which places are taken, by lines of text, so that a look costs the same for any number."""

    def __init__(self, height: float) -> None:
        self._height = height
        self._lines: dict[int, list[Spot]] = {}

    def free(self, spot: Spot) -> bool:
        left, top, width = spot
        line = int(top // self._height)
        for near in (line - 1, line, line + 1):
            for x, y, w in self._lines.get(near, ()):
                if left < x + w and x < left + width and abs(top - y) < self._height:
                    return False
        return True

    def take(self, spot: Spot) -> None:
        self._lines.setdefault(int(spot[1] // self._height), []).append(spot)
