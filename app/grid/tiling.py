"""Where the tiles of the grid are: arithmetic alone, so that 100,000 of them cost nothing."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRect

GAP = 10
CAPTION = 20


@dataclass(frozen=True, slots=True)
class Tiling:
    """``count`` tiles with pictures of ``side`` pixels in a page ``width`` pixels wide.

    Rectangles and points are those of the whole page, of which the window shows a part.
    """

    count: int
    width: int
    side: int

    @property
    def columns(self) -> int:
        return max(1, (self.width - GAP) // self._step_x)

    @property
    def lines(self) -> int:
        return -(-self.count // self.columns)

    @property
    def height(self) -> int:
        return GAP + self.lines * self._step_y

    def tile(self, at: int) -> QRect:
        """The whole tile: picture and caption."""
        line, column = divmod(at, self.columns)
        left, top = GAP + column * self._step_x, GAP + line * self._step_y
        return QRect(left, top, self.side, self.side + CAPTION)

    def at(self, point: QPoint) -> int | None:
        """The tile at ``point``; None between tiles and behind the last."""
        column, line = (point.x() - GAP) // self._step_x, (point.y() - GAP) // self._step_y
        found = line * self.columns + column
        inside = 0 <= column < self.columns and line >= 0 and found < self.count
        return found if inside and self.tile(found).contains(point) else None

    def between(self, top: int, bottom: int) -> range:
        """The tiles of all lines that reach into these heights."""
        first = max(0, (top - GAP) // self._step_y)
        last = max(0, (bottom - GAP) // self._step_y + 1)
        return range(min(first * self.columns, self.count), min(last * self.columns, self.count))

    def touching(self, area: QRect) -> list[int]:
        """The tiles that a rubber band around ``area`` takes."""
        near = self.between(area.top(), area.bottom())
        return [at for at in near if self.tile(at).intersects(area)]

    @property
    def _step_x(self) -> int:
        return self.side + GAP

    @property
    def _step_y(self) -> int:
        return self.side + CAPTION + GAP
