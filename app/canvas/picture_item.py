"""The picture in image coordinates, painted from the copy that suits the zoom; and its heatmap."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

#: From this magnification on, single pixels are shown as squares.
CRISP_SCALE = 3.0


class PictureItem(QGraphicsItem):
    """Covers (0, 0) to (width, height) of the original, whatever the size of the copies."""

    def __init__(self) -> None:
        super().__init__()
        self._bounds = QRectF()
        self._preview: QImage | None = None
        self._detail: QImage | None = None
        self._heat: QImage | None = None
        self._heat_opacity = 0.6

    def show_picture(self, preview: QImage | None, width: int, height: int) -> None:
        """Another image: no detail and no heatmap yet."""
        self.prepareGeometryChange()
        self._bounds = QRectF(0, 0, width, height)
        self._preview = preview
        self._detail = None
        self._heat = None
        self.update()

    def show_detail(self, detail: QImage) -> None:
        self._detail = detail
        self.update()

    def show_heat(self, heat: QImage | None) -> None:
        self._heat = heat
        self.update()

    def set_heat_opacity(self, opacity: float) -> None:
        """``opacity`` in [0, 1]."""
        self._heat_opacity = opacity
        self.update()

    def needs_detail(self, scale: float) -> bool:
        """True if at ``scale`` (device pixels per image pixel) a finer copy would show more."""
        if self._preview is None or self._detail is not None or self._bounds.width() <= 0:
            return False
        present = self._preview.width() / self._bounds.width()
        return present < 1.0 and scale > present * 1.05

    def boundingRect(self) -> QRectF:
        return self._bounds

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionGraphicsItem,  # noqa: ARG002
        widget: QWidget | None = None,  # noqa: ARG002
    ) -> None:
        image = self._suited(abs(painter.deviceTransform().m11()))
        if image is None:
            return
        crisp = painter.deviceTransform().m11() * self._bounds.width() / image.width()
        smooth = QPainter.RenderHint.SmoothPixmapTransform
        painter.setRenderHint(smooth, crisp < CRISP_SCALE)
        painter.drawImage(self._bounds, image)
        if self._heat is not None and self._heat_opacity > 0:
            painter.setRenderHint(smooth, True)
            painter.setOpacity(self._heat_opacity)
            painter.drawImage(self._bounds, self._heat)

    def _suited(self, scale: float) -> QImage | None:
        if self._preview is None or self._detail is None:
            return self._preview
        enough = scale * self._bounds.width() <= self._preview.width() * 1.05
        return self._preview if enough else self._detail
