"""What this program is."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from PySide6.QtCore import Qt, qVersion
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app import icons
from app.i18n import tr
from app.widgets import button, label


class AboutDialog(QDialog):
    """Name, version and the versions of what it stands on."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("About Boxwright"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        logo = QLabel()
        logo.setPixmap(icons.app_icon().pixmap(72, 72))
        words = QVBoxLayout()
        words.setSpacing(4)
        words.addWidget(label(f"Boxwright {program_version()}", "heading"))
        words.addWidget(label(tr("Turns image labels into bounding boxes.")))
        what = f"Python {platform.python_version()}, Qt {qVersion()}, {platform.system()}"
        words.addWidget(label(what, "muted", selectable=True))
        words.addWidget(label(tr("MIT License. Nothing leaves this computer."), "muted"))
        top = QHBoxLayout()
        top.setSpacing(20)
        top.addWidget(logo, 0, Qt.AlignmentFlag.AlignTop)
        top.addLayout(words)
        row = QHBoxLayout()
        row.addStretch()
        close = button(tr("Close"), self.accept, "primary")
        close.setDefault(True)
        row.addWidget(close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(26, 24, 26, 18)
        layout.setSpacing(18)
        layout.addLayout(top)
        layout.addLayout(row)


def program_version() -> str:
    try:
        return version("boxwright")
    except PackageNotFoundError:
        return tr("(not installed)")
