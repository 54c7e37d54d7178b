"""The window's icons: SVG strokes in resources, drawn in the colour of the text around them."""

from __future__ import annotations

from functools import cache, lru_cache
from importlib.resources import files

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

#: Of menus and the tool bar, on plain screens and on those of twice as many pixels.
_SIZES = (16, 20, 32, 40)


def icon(name: str, colour: str, disabled: str | None = None) -> QIcon:
    """Icon ``name`` with its strokes in ``colour`` (``#rrggbb``). Raises FileNotFoundError."""
    result = QIcon()
    for size in _SIZES:
        result.addPixmap(pixmap(name, colour, size), QIcon.Mode.Normal)
    if disabled is not None:
        for size in _SIZES:
            result.addPixmap(pixmap(name, disabled, size), QIcon.Mode.Disabled)
    return result


def app_icon() -> QIcon:
    """The program's own icon, in its own colours."""
    result = QIcon()
    for size in (16, 32, 64, 128, 256):
        result.addPixmap(_draw(_source("boxwright"), size, 1.0))
    return result


def pixmap(name: str, colour: str, size: int, ratio: float = 1.0) -> QPixmap:
    """Icon ``name`` as ``size`` device-independent pixels on a screen of ``ratio``."""
    strokes = _source(name).replace("currentColor", QColor(colour).name())
    return _draw(strokes, size, ratio)


@cache
def _source(name: str) -> str:
    return files("resources").joinpath("icons", f"{name}.svg").read_text(encoding="utf-8")


@lru_cache(maxsize=4)  # the sizes of one icon are drawn one after the other
def _renderer(svg: str) -> QSvgRenderer:
    return QSvgRenderer(QByteArray(svg.encode()))


def _draw(svg: str, size: int, ratio: float) -> QPixmap:
    image = QPixmap(round(size * ratio), round(size * ratio))
    image.setDevicePixelRatio(ratio)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    _renderer(svg).render(painter, QRectF(0, 0, size, size))
    painter.end()
    return image
