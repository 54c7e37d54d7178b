"""Live curves of a training: loss, and the shares between 0 and 1 (accuracy, what was dropped)."""

from __future__ import annotations

import math

import pyqtgraph as pg
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QColor, QPen
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app import theme
from app.engine_words import engine_text
from app.i18n import tr
from engine.jobs.events import Metric

_DASHES = (
    Qt.PenStyle.SolidLine,
    Qt.PenStyle.DashLine,
    Qt.PenStyle.DotLine,
    Qt.PenStyle.DashDotLine,
)
_MOST_POINTS = 4000  # a curve keeps every second point once it has more


class TrainingView(QWidget):
    """Two plots over epochs. Each curve has a name, a colour and a line style of its own."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._points: dict[str, tuple[list[float], list[float]]] = {}
        self._curves: dict[str, pg.PlotDataItem] = {}
        self.loss_plot = pg.PlotWidget()
        self.share_plot = pg.PlotWidget()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        for plot, name in (
            (self.loss_plot, tr("Loss")),
            (self.share_plot, tr("Accuracy and shares")),
        ):
            _prepare(plot, name)
            layout.addWidget(plot, 1)
        self.share_plot.setLabel("bottom", tr("Epoch"))
        self.share_plot.setYRange(0, 1, padding=0.02)
        self.share_plot.setXLink(self.loss_plot)
        self._dress()

    def clear(self, epochs: int = 0) -> None:
        """Start anew, for a training of ``epochs`` (0: unknown)."""
        self._points.clear()
        self._curves.clear()
        for plot in (self.loss_plot, self.share_plot):
            plot.clear()
        if epochs > 0:
            self.loss_plot.setXRange(0, epochs, padding=0.01)

    def add(self, metric: Metric) -> None:
        for name, value in metric.values.items():
            if not math.isfinite(value) or not _shown(name, value):
                continue
            xs, ys = self._points.setdefault(name, ([], []))
            xs.append(metric.step)
            ys.append(value)
            if len(xs) > _MOST_POINTS:
                del xs[1:-1:2], ys[1:-1:2]
            self._curve(name).setData(xs, ys)

    def values(self, name: str) -> list[float]:
        """The values of curve ``name`` so far."""
        return list(self._points.get(name, ([], []))[1])

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "share_plot"):
            self._dress()

    def _curve(self, name: str) -> pg.PlotDataItem:
        if name not in self._curves:
            plot = self.loss_plot if "loss" in name else self.share_plot
            curve = plot.plot([], [], name=engine_text(name.replace("_", " ")))
            self._curves[name] = curve
            curve.setPen(self._pen(name))
        return self._curves[name]

    def _pen(self, name: str) -> QPen:
        now = theme.colours()
        order = [n for n in self._curves if ("loss" in n) == ("loss" in name)].index(name)
        colours = (now.accent, now.text, now.muted)
        pen: QPen = pg.mkPen(colours[order % 3], width=2, style=_DASHES[order % 4])
        return pen

    def _dress(self) -> None:
        now = theme.colours()
        for plot in (self.loss_plot, self.share_plot):
            plot.setBackground(QColor(now.surface))
            for side in ("left", "bottom"):
                plot.getAxis(side).setPen(QColor(now.border))
                plot.getAxis(side).setTextPen(QColor(now.muted))
            plot.getPlotItem().legend.setLabelTextColor(QColor(now.text))
        for name, curve in self._curves.items():
            curve.setPen(self._pen(name))


def _prepare(plot: pg.PlotWidget, name: str) -> None:
    plot.setLabel("left", name)
    plot.getAxis("left").setWidth(64)
    plot.getAxis("left").enableAutoSIPrefix(False)  # a loss of 0.68, not one of 680 thousandths
    plot.showGrid(y=True, alpha=0.15)
    plot.setMouseEnabled(x=False, y=False)
    plot.setMenuEnabled(False)
    plot.hideButtons()
    plot.addLegend(offset=(-10, 10), labelTextSize="9pt")
    plot.setAccessibleName(tr("Curves: {name}", name=name))
    plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)


def _shown(name: str, value: float) -> bool:
    return "loss" in name or 0.0 <= value <= 1.0
