"""What happened, to which file, what to do, and that nothing was lost."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app import icons, theme
from app.i18n import tr
from app.trouble import Trouble
from app.widgets import at_least, button, label

_WIDTH = 520


class ErrorDialog(QDialog):
    """Shows a Trouble. ``offer`` is the text of a button that would help; pressing it accepts."""

    def __init__(
        self, trouble: Trouble, parent: QWidget | None = None, offer: str | None = None
    ) -> None:
        super().__init__(parent)
        self._trouble = trouble
        self.setWindowTitle(trouble.title)
        self.details = _details_field(trouble.details)
        self.copy_button = button(tr("Copy"), self._copy, "flat")
        self.offer_button = button(offer, self.accept, "primary") if offer else None
        self.close_button = button(tr("Close"), self.reject, "" if offer else "primary")
        body = QVBoxLayout()
        body.setSpacing(12)
        body.addWidget(label(trouble.title, "heading", wrap=True))
        body.addWidget(label(trouble.message, wrap=True, selectable=True))
        body.addLayout(_facts(trouble))
        body.addStretch()
        top = QHBoxLayout()
        top.setSpacing(16)
        top.addWidget(_sign(), 0, Qt.AlignmentFlag.AlignTop)
        top.addLayout(body, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 22, 24, 18)
        layout.setSpacing(16)
        layout.addLayout(top)
        layout.addWidget(self.details)
        layout.addLayout(self._buttons())
        self.details.hide()
        at_least(self, _WIDTH)
        (self.offer_button or self.close_button).setDefault(True)

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self.details_button = button(tr("Show details"), self._toggle_details, "flat")
        self.details_button.setVisible(bool(self._trouble.details))
        row.addWidget(self.details_button)
        row.addWidget(self.copy_button)
        row.addStretch()
        row.addWidget(self.close_button)
        if self.offer_button is not None:
            row.addWidget(self.offer_button)
        return row

    def _toggle_details(self) -> None:
        shown = self.details.isHidden()
        self.details.setVisible(shown)
        self.details_button.setText(tr("Hide details") if shown else tr("Show details"))
        self.adjustSize()

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._trouble.as_text())
        self.copy_button.setText(tr("Copied"))


def show_trouble(
    trouble: Trouble,
    parent: QWidget | None,
    offer: str | None = None,
    taken: Callable[[], object] | None = None,
) -> ErrorDialog:
    """Show it without waiting; ``taken`` is called if the person takes the offer."""
    dialog = ErrorDialog(trouble, parent, offer)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    if taken is not None:
        dialog.accepted.connect(taken)
    dialog.open()
    return dialog


def _sign() -> QLabel:
    sign = QLabel()
    ratio = sign.devicePixelRatioF()
    sign.setPixmap(icons.pixmap("warning", theme.colours().problem, 36, ratio))
    sign.setAccessibleName(tr("Warning"))
    return sign


def _facts(trouble: Trouble) -> QFormLayout:
    form = QFormLayout()
    form.setHorizontalSpacing(14)
    form.setVerticalSpacing(6)
    rows = (
        (tr("File"), trouble.path),
        (tr("Place"), trouble.place),
        (tr("What to do"), trouble.remedy),
        (tr("Your work"), trouble.reassurance),
    )
    for name, text in rows:
        if text:
            # a zero-width space lets a long path break after its separators
            shown = text.replace("/", "/\u200b") if text is trouble.path else text
            caption = label(name, "muted")
            caption.setAlignment(Qt.AlignmentFlag.AlignTop)
            caption.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
            said = label(shown, wrap=True, selectable=True)
            said.setAlignment(Qt.AlignmentFlag.AlignTop)
            form.addRow(caption, said)
    return form


def _details_field(text: str) -> QPlainTextEdit:
    field = QPlainTextEdit(text)
    field.setReadOnly(True)
    field.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
    field.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
    field.setMinimumHeight(180)
    field.setAccessibleName(tr("Details"))
    return field
