"""A4 sheets that fill from the top; what does not fit goes onto the next. Lengths are mm."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.textpath import text_to_path
from PIL import Image

from engine.reporting.contents import Histogram

WIDTH, HEIGHT = 210.0, 297.0
_MARGIN, _FOOT = 16.0, 18.0
_INCH = 25.4
_POINT = _INCH / 72
_LEADING = 1.45
_INK, _SOFT, _LINE, _GOOD, _BAD = "#1d2126", "#626b76", "#dfe3e8", "#2f6f9f", "#c2410c"
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
        self._figure = Figure(figsize=(WIDTH / _INCH, HEIGHT / _INCH))
        self._y = _MARGIN
        self._number += 1
        foot = self._wrapped(self._foot, WIDTH - 2 * _MARGIN - 10, 7)[0]
        self._put(_MARGIN, HEIGHT - 10, foot, 7, _SOFT)
        self._put(WIDTH - _MARGIN, HEIGHT - 10, str(self._number), 7, _SOFT, right=True)

    def end(self) -> None:
        """Write the last sheet."""
        self._pages.savefig(self._figure)  # type: ignore[no-untyped-call]

    def new_sheet(self) -> None:
        """Begin a new sheet unless this one is still empty."""
        if self._y > _MARGIN:
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
        self.space(6 if self._y > _MARGIN else 0)
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
        width = min(WIDTH - 2 * _MARGIN, 150.0 if size < 11 else 178.0)
        for line in self._wrapped(text, width, size, weight):
            step = size * _POINT * _LEADING
            self.keep(step)
            self._y += step
            self._put(_MARGIN, self._y - step * 0.28, line, size, _SOFT if soft else _INK, weight)

    def pair(self, name: str, value: str, soft: bool = False) -> None:
        """A name on the left, what it means on the right."""
        size, left = 8.5, 46.0
        step = size * _POINT * _LEADING
        lines = self._wrapped(value, WIDTH - 2 * _MARGIN - left, size)
        names = self._wrapped(name, left - 4, size)
        rows = max(len(lines), len(names))
        self.keep(rows * step + 1.2)
        for at in range(rows):
            y = self._y + (at + 0.72) * step
            if at < len(names):
                self._put(_MARGIN, y, names[at], size, _SOFT if soft else _INK)
            if at < len(lines):
                self._put(_MARGIN + left, y, lines[at], size, _INK if soft else _SOFT)
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
            x = _MARGIN
            for column, width, cell in zip(columns, widths, row, strict=True):
                self._cell(x, width, height, column, cell)
                x += width
            self._y += height
            self._rule(self._y)
        self.space(3)

    def histograms(self, charts: Sequence[Histogram]) -> None:
        """Bar charts beside each other, three to a row."""
        width, height = 54.0, 22.0
        for start in range(0, len(charts), 3):
            self.keep(height + 12)
            for at, chart in enumerate(charts[start : start + 3]):
                self._histogram(chart, _MARGIN + at * (width + 8), width, height)
            self._y += height + 11

    def pictures(
        self, jpegs: Sequence[bytes], height: float, lines: Sequence[str], beside: bool
    ) -> None:
        """Pictures in a row with lines of text before them."""
        self.keep(height + 2)
        left = 52.0 if beside else 0.0
        texts = [part for line in lines for part in self._wrapped(line, left - 4, 8)]
        for at, line in enumerate(texts):
            self._put(_MARGIN, self._y + 4 + at * 4, line, 8, _SOFT if at else _INK)
        self._row(jpegs, _MARGIN + left, WIDTH - 2 * _MARGIN - left, height)
        self._y += height + 2

    def example_row(
        self, examples: Sequence[tuple[Sequence[bytes], Sequence[str]]], wide: int
    ) -> None:
        """Examples beside each other: their pictures, lines of text beneath."""
        width = (WIDTH - 2 * _MARGIN - (wide - 1) * 6) / wide
        height = max(_row_height(jpegs, width) for jpegs, _ in examples)
        self.keep(height + 13)
        for at, (jpegs, lines) in enumerate(examples):
            x = _MARGIN + at * (width + 6)
            own = _row_height(jpegs, width)
            self._row(jpegs, x, width, own)
            for row, line in enumerate(lines):
                shown = self._cut(line, width, 7)
                self._put(x, self._y + own + 3.6 + 3.6 * row, shown, 7, _SOFT if row else _INK)
        self._y += height + 13

    def _row(self, jpegs: Sequence[bytes], x: float, width: float, height: float) -> None:
        each = (width - _GAP * (len(jpegs) - 1)) / len(jpegs)
        for at, jpeg in enumerate(jpegs):
            self._picture(jpeg, x + at * (each + _GAP), self._y, each, height)

    def _picture(self, jpeg: bytes, x: float, y: float, width: float, height: float) -> None:
        """The picture at the upper left of a frame, as large as fits."""
        pixels = np.asarray(Image.open(io.BytesIO(jpeg)))
        scale = min(width / pixels.shape[1], height / pixels.shape[0])
        axes = self._axes(x, y, pixels.shape[1] * scale, pixels.shape[0] * scale)
        axes.imshow(pixels, interpolation="bilinear", aspect="auto")
        axes.set_axis_off()

    def _histogram(self, chart: Histogram, x: float, width: float, height: float) -> None:
        axes = self._axes(x, self._y, width, height)
        count = len(chart.counts)
        axes.bar((np.arange(count) + 0.5) / count, chart.counts, 0.88 / count, color=_GOOD)
        axes.set_xlim(0, 1)
        axes.set_yticks([])
        axes.set_xticks([0, 1])
        axes.tick_params(labelsize=7, colors=_SOFT, length=0)
        for side in ("top", "left", "right"):
            axes.spines[side].set_visible(False)
        axes.spines["bottom"].set_color(_LINE)
        below = self._y + height
        self._put(x + width / 2 - 9, below + 3.6, f"median {chart.median:.2f}", 7, _SOFT)
        self._put(x, below + 8, self._wrapped(chart.title, width, 8)[0], 8, _INK)

    def _axes(self, x: float, y: float, width: float, height: float) -> Axes:
        return self._figure.add_axes(
            (x / WIDTH, 1 - (y + height) / HEIGHT, width / WIDTH, height / HEIGHT)
        )

    def _titles(self, columns: Sequence[Column], widths: Sequence[float]) -> None:
        x = _MARGIN
        for column, width in zip(columns, widths, strict=True):
            at = x + width - 1 if column.right else x
            self._put(at, self._y + 4, column.title, 7.5, _SOFT, right=column.right)
            x += width
        self._y += 5.5
        self._rule(self._y)

    def _cell(self, x: float, width: float, height: float, column: Column, cell: Cell) -> None:
        middle = self._y + height / 2 + 1.1
        if isinstance(cell, bytes):
            self._picture(cell, x, self._y + 0.8, height - 1.6, height - 1.6)
        elif isinstance(cell, float):
            self._bar(x, width - 4, cell)
            self._put(x, self._y + height - 1.2, f"{100 * cell:.0f} %", 6.5, _SOFT)
        else:
            shown = self._wrapped("–" if cell is None else cell, width - 2, 8)[0]
            at = x + width - 1 if column.right else x
            self._put(at, middle, shown, 8, _INK, right=column.right)

    def _bar(self, x: float, width: float, share: float) -> None:
        for length, colour in ((width, _BAD), (width * share, _GOOD)):
            self._figure.add_artist(
                Rectangle(
                    (x / WIDTH, 1 - (self._y + 5) / HEIGHT),
                    length / WIDTH,
                    2.6 / HEIGHT,
                    facecolor=colour,
                    linewidth=0,
                )
            )

    def _rule(self, y: float) -> None:
        ends = (_MARGIN / WIDTH, 1 - _MARGIN / WIDTH)
        level = 1 - y / HEIGHT
        self._figure.add_artist(Line2D(ends, (level, level), color=_LINE, linewidth=0.6))

    def _put(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        colour: str,
        weight: str = "normal",
        right: bool = False,
    ) -> None:
        self._figure.text(
            x / WIDTH,
            1 - y / HEIGHT,
            clean(text),
            fontsize=size,
            color=colour,
            fontweight=weight,
            ha="right" if right else "left",
            va="baseline",
            parse_math=False,
        )

    def _wrapped(self, text: str, width: float, size: float, weight: str = "normal") -> list[str]:
        """``text`` in lines no wider than ``width``; words that are wider are cut."""
        lines: list[str] = [""]
        for word in clean(text).split():
            longer = f"{lines[-1]} {word}".strip()
            if self._width(longer, size, weight) <= width:
                lines[-1] = longer
                continue
            pieces = self._pieces(word, width, size, weight)
            lines += pieces if lines[-1] else []
            lines = lines if lines[-1] else pieces
        return lines

    def _cut(self, text: str, width: float, size: float) -> str:
        """``text`` on one line, its end left out where it does not fit."""
        first = self._pieces(clean(text), width - 2, size, "normal")[0]
        return first if first == clean(text) else f"{first.rstrip()}…"

    def _pieces(self, word: str, width: float, size: float, weight: str) -> list[str]:
        pieces = [""]
        for character in word:
            if pieces[-1] and self._width(pieces[-1] + character, size, weight) > width:
                pieces.append("")
            pieces[-1] += character
        return pieces

    def _width(self, text: str, size: float, weight: str) -> float:
        """An estimate in mm, from the font's own widths."""
        return _text_width(text, size, weight)


def _text_width(text: str, size: float, weight: str) -> float:
    """In mm: the sum of the font's own widths, without kerning."""
    return sum(_advance(character, weight) for character in text) * size * _POINT


@lru_cache(maxsize=4096)
def _advance(character: str, weight: str) -> float:
    """The width of a character in points at a size of 1."""
    font = FontProperties(size=100, weight=weight)
    width, _, _ = text_to_path.get_text_width_height_descent(character, font, ismath=False)
    return float(width) / 100


def clean(text: str) -> str:
    """Without control characters and lone surrogates, which no font can draw."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def _fitted(columns: Sequence[Column]) -> list[float]:
    """The columns' widths, brought to the sheet's."""
    total = sum(column.width for column in columns)
    return [column.width * (WIDTH - 2 * _MARGIN) / total for column in columns]


def _row_height(jpegs: Sequence[bytes], width: float) -> float:
    each = (width - _GAP * (len(jpegs) - 1)) / len(jpegs)
    sizes = [Image.open(io.BytesIO(jpeg)).size for jpeg in jpegs]
    return max(min(each * height / width_px, 60.0) for width_px, height in sizes)
