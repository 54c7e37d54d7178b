"""How the canvas looks, as a person has chosen it."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QColor

from app.canvas.canvas_painter import CanvasPainter
from app.canvas.picture import Picture
from app.canvas.tones import Tones


class CanvasLook(QObject):
    """Sets what the picture is painted with and what is painted over it."""

    picture_changed = Signal()
    overlay_changed = Signal()

    def __init__(self, picture: Picture, painter: CanvasPainter, parent: QObject) -> None:
        super().__init__(parent)
        self._picture = picture
        self._painter = painter

    @property
    def tones(self) -> Tones:
        return self._picture.tones

    def set_tones(self, tones: Tones) -> None:
        """Brightness and contrast of the picture on the screen."""
        self._picture.tones = tones
        self.picture_changed.emit()

    def set_heat_opacity(self, opacity: float) -> None:
        """``opacity`` in [0, 1]."""
        self._picture.heat_opacity = opacity
        self.picture_changed.emit()

    def set_stage_colour(self, colour: QColor) -> None:
        """What is around the picture."""
        self._painter.stage_colour = colour
        self.picture_changed.emit()

    def set_crosshair(self, on: bool) -> None:
        """Whether lines cross at the mouse while a box is drawn."""
        self._painter.crosshair = on
        self.overlay_changed.emit()

    def set_loupe(self, on: bool) -> None:
        self._painter.loupe = on
        self.overlay_changed.emit()
