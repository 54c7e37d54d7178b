"""The picture in image coordinates, painted from the copy that suits the zoom; and its heatmap."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPixmap, QTransform

from app.canvas.tones import Tones, apply_tones

#: From this magnification on, single pixels are shown as squares.
CRISP_SCALE = 3.0
_SMOOTH = QPainter.RenderHint.SmoothPixmapTransform


class Picture:
    """Covers (0, 0) to (width, height) of the original, whatever the size of the copies."""

    def __init__(self) -> None:
        self._bounds = QRectF()
        self._preview: QImage | None = None
        self._detail: QImage | None = None
        self._heat: QImage | None = None
        self.heat_opacity = 0.6
        self.tones = Tones()

    def show(self, preview: QImage | None, width: int, height: int) -> None:
        """Another image: no detail and no heatmap yet."""
        self._bounds = QRectF(0, 0, width, height)
        self._preview = preview
        self._detail = None
        self._heat = None

    def show_finer(self, preview: QImage) -> None:
        """The same image again, from a copy with more pixels."""
        self._preview = preview

    def show_detail(self, detail: QImage) -> None:
        self._detail = detail

    def show_heat(self, heat: QImage | None) -> None:
        self._heat = heat

    def needs_detail(self, scale: float) -> bool:
        """True if at ``scale`` (device pixels per image pixel) a finer copy would show more."""
        if self._preview is None or self._detail is not None or self._bounds.width() <= 0:
            return False
        present = self._preview.width() / self._bounds.width()
        return present < 1.0 and scale > present * 1.05

    def paint(self, painter: QPainter, area: QRectF, to_screen: QTransform) -> None:
        """Paint what of the picture is in ``area``, both in logical pixels of the screen."""
        ratio = painter.device().devicePixelRatioF()
        image = self._suited(to_screen.m11() * ratio)
        if image is None:
            return
        target = to_screen.mapRect(self._bounds)
        crisp = target.width() * ratio / image.width() >= CRISP_SCALE
        painter.save()
        painter.setClipRect(area)
        if self.tones.plain:
            painter.setRenderHint(_SMOOTH, not crisp)
            _draw(painter, target, area, image)
        else:
            self._paint_toned(painter, target, area, crisp, image)
        if self._heat is not None and self.heat_opacity > 0:
            painter.setRenderHint(_SMOOTH, True)
            painter.setOpacity(self.heat_opacity)
            _draw(painter, target, area, self._heat)
        painter.restore()

    def _paint_toned(
        self, painter: QPainter, target: QRectF, area: QRectF, crisp: bool, image: QImage
    ) -> None:
        """Only the pixels on the screen are changed: the cost is the same for any picture."""
        seen = target.intersected(area).toAlignedRect()
        if seen.isEmpty():
            return
        ratio = painter.device().devicePixelRatioF()
        scrap = _scrap(seen, ratio)
        inner = QPainter(scrap)
        inner.translate(-seen.topLeft())
        inner.setRenderHint(_SMOOTH, not crisp)
        _draw(inner, target, QRectF(seen), image)
        inner.end()
        apply_tones(scrap, self.tones)
        painter.setClipRect(target, Qt.ClipOperation.IntersectClip)
        painter.drawImage(seen.topLeft(), scrap)

    def _suited(self, scale: float) -> QImage | None:
        if self._preview is None or self._detail is None:
            return self._preview
        enough = scale * self._bounds.width() <= self._preview.width() * 1.05
        return self._preview if enough else self._detail


def _draw(painter: QPainter, target: QRectF, area: QRectF, image: QImage) -> None:
    """``image`` on ``target``, of which only ``area`` is seen."""
    if target.width() <= 0 or target.height() <= 0:
        return
    # At high zoom the whole target has millions of pixels; Qt is given the part that is seen.
    across, down = image.width() / target.width(), image.height() / target.height()
    seen = target.intersected(area.adjusted(-1 / across, -1 / down, 1 / across, 1 / down))
    source = QRectF(
        (seen.left() - target.left()) * across,
        (seen.top() - target.top()) * down,
        seen.width() * across,
        seen.height() * down,
    )
    painter.drawImage(seen, image, source)


def _scrap(place: QRect, ratio: float) -> QImage:
    scrap = QImage(sheet_size(place.size(), ratio), QImage.Format.Format_RGB32)
    scrap.setDevicePixelRatio(ratio)
    scrap.fill(Qt.GlobalColor.black)
    return scrap


def sheet_size(size: QSize, ratio: float) -> QSize:
    """Pixels of the device for ``size`` logical ones."""
    return QSize(max(1, round(size.width() * ratio)), max(1, round(size.height() * ratio)))


def sheet(size: QSize, ratio: float) -> QPixmap:
    """An empty pixmap of ``size`` logical pixels."""
    pixmap = QPixmap(sheet_size(size, ratio))
    pixmap.setDevicePixelRatio(ratio)
    return pixmap
