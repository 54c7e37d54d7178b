"""A sheet, or in its place what is the matter; and a bar while an answer takes its time."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtWidgets import QGridLayout, QProgressBar, QVBoxLayout, QWidget

from app.i18n import tr
from app.why.lens import Lens
from app.why.sheet import Sheet, SheetArea
from app.why.sheet_layout import Row
from app.widgets import label

#: An answer that is there sooner comes without a bar.
WAITING_AFTER_MS = 150


class SheetPlace(QWidget):
    """Shows rows of panels or a message."""

    def __init__(self, lens: Lens, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sheet = Sheet(lens)
        self.area = SheetArea(self.sheet)
        self._message = label("", "muted", wrap=True, selectable=True)
        self._message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._message.setMinimumWidth(380)
        self._message.setMaximumWidth(540)
        self._message.hide()
        self.bar = QProgressBar()
        self.bar.setRange(0, 0)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(3)
        self.bar.setAccessibleName(tr("The network is looking"))
        keep = self.bar.sizePolicy()
        keep.setRetainSizeWhenHidden(True)  # the maps must not jump when it comes and goes
        self.bar.setSizePolicy(keep)
        self.bar.hide()
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.timeout.connect(self.bar.show)
        middle = QGridLayout()
        middle.setContentsMargins(0, 0, 0, 0)
        middle.addWidget(self.area, 0, 0)
        middle.addWidget(self._message, 0, 0, Qt.AlignmentFlag.AlignCenter)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.bar)
        column.addLayout(middle, 1)
        self.setFocusProxy(self.sheet)

    @property
    def message(self) -> str:
        """What stands in place of the maps; empty if nothing does."""
        return "" if self._message.isHidden() else self._message.text()

    @property
    def waits(self) -> bool:
        """True while an answer is to come, whether the bar shows yet or not."""
        return self._patience.isActive() or self.bar.isVisibleTo(self)

    def show_rows(self, rows: Sequence[Row]) -> None:
        self._message.hide()
        self.sheet.show_rows(rows)

    def show_message(self, text: str) -> None:
        """``text`` in place of the maps."""
        self.wait(False)
        self.sheet.show_rows(())
        self._message.setText(text)
        self._message.show()

    def wait(self, on: bool) -> None:
        """An answer is to come, or has come."""
        if not on:
            self._patience.stop()
            self.bar.hide()
        elif not self.waits:
            self._patience.start(WAITING_AFTER_MS)

    def hideEvent(self, event: QEvent) -> None:
        self._patience.stop()
        super().hideEvent(event)  # type: ignore[arg-type]
