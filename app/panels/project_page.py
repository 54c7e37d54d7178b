"""The open project: the banner with the next step above the review page."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.panels.banner import Banner


class ProjectPage(QWidget):
    """Holds one review page at a time."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.banner = Banner()
        self._content: QWidget | None = None
        self._instead: QWidget | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addWidget(self.banner)

    def set_content(self, content: QWidget | None) -> None:
        """Show ``content``; what was there goes, and what was shown instead of it."""
        self.show_instead(None)
        old, self._content = self._content, content
        if old is not None:
            old.hide()
            self._column.removeWidget(old)
            old.deleteLater()
        if content is not None:
            self._column.addWidget(content, 1)
            self.setFocusProxy(content)

    @property
    def parts(self) -> tuple[QWidget, ...]:
        """What F6 goes through: the parts of the page that is shown."""
        shown = self._instead or self._content
        own: tuple[QWidget, ...] = getattr(shown, "parts", ())
        return own if self.banner.isHidden() else (*own, self.banner)

    def show_instead(self, workspace: QWidget | None) -> None:
        """Show ``workspace`` in place of the content, which stays as it is; None ends that."""
        old, self._instead = self._instead, workspace
        if old is not None and old is not workspace:
            old.hide()
            self._column.removeWidget(old)
        if workspace is not None and workspace is not old:
            self._column.addWidget(workspace, 1)
            workspace.show()
        if self._content is not None:
            self._content.setVisible(workspace is None)
