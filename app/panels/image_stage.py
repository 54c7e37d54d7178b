"""The middle of the review: a head line, the canvas with a message over it, the next keys."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QImage, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app import theme
from app.canvas.palette import STAGES
from app.canvas.tones import Tones
from app.canvas.view import ImageCanvas
from app.i18n import tr
from app.panels.elided_label import ElidedLabel
from app.panels.state_marks import mark_icon, mark_pixmap, mark_word
from app.widgets import label
from engine.domain.records import ImageRecord, QueueEntry

#: A picture that is there sooner is shown without a word in between.
_LOADING_AFTER_MS = 200
#: Pixels between the keys, the hint and what is right of it, and at the edges.
_BESIDE_HINT = 70


class ImageStage(QWidget):
    """Shows one image, or in its place what is the matter and what to do."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.canvas = ImageCanvas()
        self._name = ElidedLabel("section")
        self._size = label("", "muted")
        self._mark = QLabel()
        self._state = label("")
        self._tones = label("", "muted")
        self._zoom = label("", "muted")
        self._message = _message_label()
        self._hint = ElidedLabel("muted", Qt.TextElideMode.ElideRight)
        self._hint.setAlignment(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight)
        self._strip = QWidget()
        self._keys = QHBoxLayout(self._strip)
        self._keys.setContentsMargins(0, 0, 0, 0)
        self._keys.setSpacing(5)
        self.keys: list[tuple[str, str]] = []  # that are shown, with their words
        self._loading = QTimer(self)
        self._loading.setSingleShot(True)
        self._loading.timeout.connect(lambda: self.show_message(tr("Loading…")))
        self._lay_out()
        self.canvas.zoom_changed.connect(lambda z: self._zoom.setText(f"{z * 100:.0f} %"))
        self._dress()

    def show_head(self, image: ImageRecord | None, entry: QueueEntry | None) -> None:
        """The file, its size and its review state."""
        self._name.setText(image.path if image else "")
        size = f"{image.width} × {image.height}" if image and image.width else ""
        self._size.setText(size)
        self._state.setText(mark_word(entry) if entry else "")
        self._mark.clear()
        if entry:
            colours = theme.colours()
            colour = colours.problem if entry.problem else colours.state(entry.state)
            ratio = self.devicePixelRatioF()
            self._mark.setPixmap(mark_pixmap(mark_icon(entry), colour, 16, ratio))

    def show_picture(self, picture: QImage, image: ImageRecord) -> None:
        self._clear_message()
        self.canvas.show_image(picture, image.width, image.height)

    def show_finer(self, picture: QImage) -> None:
        """The picture that is shown, with more pixels."""
        self.canvas.show_finer(picture)

    def set_tones(self, tones: Tones) -> None:
        """Brightness and contrast on the screen, said while they are not those of the picture."""
        self.canvas.look.set_tones(tones)
        said = tr(
            "Brightness {brightness}, contrast {contrast}",
            brightness=f"{tones.brightness:+d}",
            contrast=f"{tones.contrast:+d}",
        )
        self._tones.setText("" if tones.plain else said)

    def await_picture(self) -> None:
        """Nothing to see yet; say so if it takes long enough to be noticed."""
        self._clear_message()
        self.canvas.show_image(None, 0, 0)
        self._loading.start(_LOADING_AFTER_MS)

    def show_message(self, text: str) -> None:
        """``text`` in place of a picture."""
        self._loading.stop()
        self.canvas.show_image(None, 0, 0)
        self._message.setText(text)
        self._message.show()

    def show_hint(self, text: str) -> None:
        """One line about this image, beneath it; in place of the keys if there is no room beside
        them."""
        self._hint.setText(text)
        self._share_foot()

    @property
    def shows_keys(self) -> bool:
        return not self._strip.isHidden()

    @property
    def hint(self) -> str:
        return self._hint.text()

    @property
    def tones_text(self) -> str:
        """What is said of brightness and contrast."""
        return self._tones.text()

    @property
    def message(self) -> str:
        """What stands in place of the picture; an empty text if nothing does."""
        return "" if self._message.isHidden() else self._message.text()

    def show_keys(self, keys: list[tuple[str, str]]) -> None:
        """The next keys to press and what they do."""
        if keys == self.keys:
            return
        self.keys = keys
        while (item := self._keys.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()  # it is deleted only when the event loop comes round
                widget.deleteLater()
        for key, words in keys:
            self._keys.addWidget(label(key, "key"))
            self._keys.addWidget(label(words, "muted"))
            self._keys.addSpacing(8)
        self._hint.setMinimumHeight(self._strip.sizeHint().height())  # the picture stays as it is
        self._share_foot()

    def _share_foot(self) -> None:
        needs = self._hint.fontMetrics().horizontalAdvance(self.hint) + _BESIDE_HINT
        others = (self._strip, self._tones, self._zoom)
        room = self.width() - sum(each.sizeHint().width() for each in others)
        self._strip.setVisible(not self.hint or needs <= room)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share_foot()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange:
            self._dress()
        super().changeEvent(event)

    def _dress(self) -> None:
        self.canvas.look.set_stage_colour(STAGES[theme.colours() is theme.DARK])

    def _clear_message(self) -> None:
        self._loading.stop()
        self._message.hide()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(12, 7, 12, 7)
        head.setSpacing(8)
        head.addWidget(self._name, 1)
        head.addWidget(self._size)
        head.addWidget(self._mark)
        head.addWidget(self._state)
        stack = QGridLayout()
        stack.setContentsMargins(0, 0, 0, 0)
        stack.addWidget(self.canvas, 0, 0)
        stack.addWidget(self._message, 0, 0, Qt.AlignmentFlag.AlignCenter)
        foot = QHBoxLayout()
        foot.setContentsMargins(12, 6, 12, 6)
        foot.setSpacing(5)
        foot.addWidget(self._strip)
        foot.addSpacing(10)
        foot.addWidget(self._hint, 1)
        foot.addSpacing(10)
        foot.addWidget(self._tones)
        foot.addSpacing(10)
        foot.addWidget(self._zoom)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addLayout(stack, 1)
        column.addLayout(foot)


def _message_label() -> QLabel:
    message = label("", "muted", wrap=True, selectable=True)
    message.setAlignment(Qt.AlignmentFlag.AlignCenter)
    message.setMinimumWidth(380)
    message.setMaximumWidth(520)
    message.hide()
    return message
