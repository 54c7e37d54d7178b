"""Sheets that fill from the top; what does not fit goes onto the next. Lengths are mm."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.backends.backend_pdf import PdfPages
from PIL import Image

from engine.reporting.contents import Histogram
from engine.reporting.lettering import POINT, cut, wrapped
from engine.reporting.sheet import HEIGHT, INK, MARGIN, SOFT, WIDTH, Sheet

_FOOT = 18.0
_LEADING = 1.45
_GAP = 1.0  # between the pictures of a row

#: Text, a picture as JPEG, a share as a bar, or nothing.
Cell = str | bytes | float | None


@dataclass(frozen=True, slots=True)
class Column:
    title: str
    width: float
    right: bool = False


class Flow:
    """Writes sheets into ``pages``; ``foot`` stands under each beside its number."""

    def __init__(self, pages: PdfPages, foot: str) -> None:
        self._pages, self._foot = pages, foot
        self._number = 0
        self._start()

    def _start(self) -> None:
        self._sheet = Sheet()
        self._y = MARGIN
        self._number += 1
        foot = wrapped(self._foot, WIDTH - 2 * MARGIN - 10, 7)[0]
        self._sheet.put(MARGIN, HEIGHT - 10, foot, 7, SOFT)
        self._sheet.put(WIDTH - MARGIN, HEIGHT - 10, str(self._number), 7, SOFT, right=True)

    def end(self) -> None:
        """Write the last sheet."""
        self._pages.savefig(self._sheet.figure)  # type: ignore[no-untyped-call]

    def new_sheet(self) -> None:
        """Begin a new sheet unless this one is still empty."""
        if self._y > MARGIN:
            self.end()
            self._start()

    def keep(self, height: float) -> None:
        """Begin a new sheet if ``height`` does not fit on this one."""
        if self._y + height > HEIGHT - _FOOT:
            self.new_sheet()

    def space(self, height: float) -> None:
        self._y += height

    def heading(self, text: str) -> None:
        self.keep(40)
        self.space(6 if self._y > MARGIN else 0)
        self.text(text, size=14, weight="bold")
        self.space(1)

    def subheading(self, text: str, keep: float = 35) -> None:
        """A title that stays with the ``keep`` mm after it."""
        self.keep(keep)
        self.space(4)
        self.text(text, size=10, weight="bold")
        self.space(1)

    def text(self, text: str, size: float = 9, weight: str = "normal", soft: bool = False) -> None:
        """A paragraph over the sheet's width."""
        width = min(WIDTH - 2 * MARGIN, 150.0 if size < 11 else 178.0)
        for line in wrapped(text, width, size, weight):
            step = size * POINT * _LEADING
            self.keep(step)
            self._y += step
            self._sheet.put(
                MARGIN, self._y - step * 0.28, line, size, SOFT if soft else INK, weight
            )

    def pair(self, name: str, value: str, soft: bool = False) -> None:
        """A name on the left, what it means on the right."""
        size, left = 8.5, 46.0
        step = size * POINT * _LEADING
        lines = wrapped(value, WIDTH - 2 * MARGIN - left, size)
        names = wrapped(name, left - 4, size)
        rows = max(len(lines), len(names))
        self.keep(rows * step + 1.2)
        for at in range(rows):
            y = self._y + (at + 0.72) * step
            if at < len(names):
                self._sheet.put(MARGIN, y, names[at], size, SOFT if soft else INK)
            if at < len(lines):
                self._sheet.put(MARGIN + left, y, lines[at], size, INK if soft else SOFT)
        self._y += rows * step + (0.4 if soft else 1.6)

    def table(
        self, columns: Sequence[Column], rows: Sequence[Sequence[Cell]], height: float = 6.5
    ) -> None:
        """Rows of ``height``; the titles stand again on each new sheet."""
        widths = _fitted(columns)
        self.keep(6 + 2 * height)
        self._titles(columns, widths)
        for row in rows:
            if self._y + height > HEIGHT - _FOOT:
                self.new_sheet()
                self._titles(columns, widths)
            x = MARGIN
            for column, width, cell in zip(columns, widths, row, strict=True):
                self._cell(x, width, height, column, cell)
                x += width
            self._y += height
            self._sheet.rule(self._y)
        self.space(3)

    def histograms(self, charts: Sequence[Histogram]) -> None:
        """Bar charts beside each other, three to a row."""
        width, height = 54.0, 22.0
        for start in range(0, len(charts), 3):
            self.keep(height + 12)
            for at, chart in enumerate(charts[start : start + 3]):
                self._sheet.histogram(chart, MARGIN + at * (width + 8), self._y, width, height)
            self._y += height + 11

    def pictures(
        self, jpegs: Sequence[bytes], height: float, lines: Sequence[str], beside: bool
    ) -> None:
        """Pictures in a row with lines of text before them."""
        self.keep(height + 2)
        left = 52.0 if beside else 0.0
        texts = [part for line in lines for part in wrapped(line, left - 4, 8)]
        for at, line in enumerate(texts):
            self._sheet.put(MARGIN, self._y + 4 + at * 4, line, 8, SOFT if at else INK)
        self._row(jpegs, MARGIN + left, WIDTH - 2 * MARGIN - left, height)
        self._y += height + 2

    def example_row(
        self, examples: Sequence[tuple[Sequence[bytes], Sequence[str]]], wide: int
    ) -> None:
        """Examples beside each other: their pictures, lines of text beneath."""
        width = (WIDTH - 2 * MARGIN - (wide - 1) * 6) / wide
        height = max(_row_height(jpegs, width) for jpegs, _ in examples)
        self.keep(height + 13)
        for at, (jpegs, lines) in enumerate(examples):
            x = MARGIN + at * (width + 6)
            own = _row_height(jpegs, width)
            self._row(jpegs, x, width, own)
            for row, line in enumerate(lines):
                shown = cut(line, width, 7)
                self._sheet.put(x, self._y + own + 3.6 + 3.6 * row, shown, 7, SOFT if row else INK)
        self._y += height + 13

    def _row(self, jpegs: Sequence[bytes], x: float, width: float, height: float) -> None:
        each = (width - _GAP * (len(jpegs) - 1)) / len(jpegs)
        for at, jpeg in enumerate(jpegs):
            self._sheet.picture(jpeg, x + at * (each + _GAP), self._y, each, height)

    def _titles(self, columns: Sequence[Column], widths: Sequence[float]) -> None:
        x = MARGIN
        for column, width in zip(columns, widths, strict=True):
            at = x + width - 1 if column.right else x
            self._sheet.put(at, self._y + 4, column.title, 7.5, SOFT, right=column.right)
            x += width
        self._y += 5.5
        self._sheet.rule(self._y)

    def _cell(self, x: float, width: float, height: float, column: Column, cell: Cell) -> None:
        middle = self._y + height / 2 + 1.1
        if isinstance(cell, bytes):
            self._sheet.picture(cell, x, self._y + 0.8, height - 1.6, height - 1.6)
        elif isinstance(cell, float):
            self._sheet.bar(x, self._y, width - 4, cell)
            self._sheet.put(x, self._y + height - 1.2, f"{100 * cell:.0f} %", 6.5, SOFT)
        else:
            shown = wrapped("–" if cell is None else cell, width - 2, 8)[0]
            at = x + width - 1 if column.right else x
            self._sheet.put(at, middle, shown, 8, INK, right=column.right)


def _fitted(columns: Sequence[Column]) -> list[float]:
    """The columns' widths, brought to the sheet's."""
    total = sum(column.width for column in columns)
    return [column.width * (WIDTH - 2 * MARGIN) / total for column in columns]


def _row_height(jpegs: Sequence[bytes], width: float) -> float:
    each = (width - _GAP * (len(jpegs) - 1)) / len(jpegs)
    sizes = [Image.open(io.BytesIO(jpeg)).size for jpeg in jpegs]
    return max(min(each * height / width_px, 60.0) for width_px, height in sizes)
