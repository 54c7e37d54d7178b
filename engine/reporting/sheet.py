"""One A4 sheet and what can be put onto it. Lengths are mm from its upper left corner."""

from __future__ import annotations

import io

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from PIL import Image

from engine.reporting.contents import Histogram
from engine.reporting.lettering import INCH, clean, wrapped

WIDTH, HEIGHT = 210.0, 297.0
MARGIN = 16.0
INK, SOFT = "#1d2126", "#626b76"
_LINE, _GOOD, _BAD = "#dfe3e8", "#2f6f9f", "#c2410c"


class Sheet:
    """``figure`` is what is drawn on."""

    def __init__(self) -> None:
        self.figure = Figure(figsize=(WIDTH / INCH, HEIGHT / INCH))

    def put(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        colour: str,
        weight: str = "normal",
        right: bool = False,
    ) -> None:
        """A line of text: its left end, or its right one, on the baseline at ``y``."""
        self.figure.text(
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

    def rule(self, y: float) -> None:
        """A line over the sheet's width."""
        ends = (MARGIN / WIDTH, 1 - MARGIN / WIDTH)
        level = 1 - y / HEIGHT
        self.figure.add_artist(Line2D(ends, (level, level), color=_LINE, linewidth=0.6))

    def bar(self, x: float, y: float, width: float, share: float) -> None:
        """A bar of which ``share`` is filled."""
        for length, colour in ((width, _BAD), (width * share, _GOOD)):
            self.figure.add_artist(
                Rectangle(
                    (x / WIDTH, 1 - (y + 5) / HEIGHT),
                    length / WIDTH,
                    2.6 / HEIGHT,
                    facecolor=colour,
                    linewidth=0,
                )
            )

    def picture(self, jpeg: bytes, x: float, y: float, width: float, height: float) -> None:
        """The picture at the upper left of a frame, as large as fits."""
        pixels = np.asarray(Image.open(io.BytesIO(jpeg)))
        scale = min(width / pixels.shape[1], height / pixels.shape[0])
        axes = self._axes(x, y, pixels.shape[1] * scale, pixels.shape[0] * scale)
        axes.imshow(pixels, interpolation="bilinear", aspect="auto")
        axes.set_axis_off()

    def histogram(self, chart: Histogram, x: float, y: float, width: float, height: float) -> None:
        """A bar chart with its median and title beneath."""
        axes = self._axes(x, y, width, height)
        count = len(chart.counts)
        axes.bar((np.arange(count) + 0.5) / count, chart.counts, 0.88 / count, color=_GOOD)
        axes.set_xlim(0, 1)
        axes.set_yticks([])
        axes.set_xticks([0, 1])
        axes.tick_params(labelsize=7, colors=SOFT, length=0)
        for side in ("top", "left", "right"):
            axes.spines[side].set_visible(False)
        axes.spines["bottom"].set_color(_LINE)
        below = y + height
        self.put(x + width / 2 - 9, below + 3.6, f"median {chart.median:.2f}", 7, SOFT)
        self.put(x, below + 8, wrapped(chart.title, width, 8)[0], 8, INK)

    def _axes(self, x: float, y: float, width: float, height: float) -> Axes:
        return self.figure.add_axes(
            (x / WIDTH, 1 - (y + height) / HEIGHT, width / WIDTH, height / HEIGHT)
        )
