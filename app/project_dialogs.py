"""The dialogs of the open project: classes, labels, notes, checks, history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QDialog, QWidget

from app.actions import ActionRegistry
from app.i18n import mark
from app.store_ops import Session, WriteFailure
from engine.domain.records import ClassRecord, ImageRecord
from engine.store import checks, images, labels, review
from engine.store.checks import Finding
from engine.store.project import Connection
from engine.store.review import Changes, PastOperation
from engine.store.snapshots import LabelDrift, newest_drift
from engine.store.summary import summary

if TYPE_CHECKING:
    from app.dialogs.checks import ChecksDialog
    from app.dialogs.classes import ClassesDialog
    from app.dialogs.history import HistoryDialog
    from app.panels.review_page import ReviewPage


class ProjectDialogs(QObject):
    """Belongs to one review page. A dialog is imported when it is asked for."""

    labels_changed = Signal()  # what has been trained may have been trained on others

    def __init__(
        self, session: Session, page: ReviewPage, actions: ActionRegistry, window: QWidget
    ) -> None:
        super().__init__(page)
        self._session, self._page = session, page
        self._actions, self._window = actions, window
        self._classes: ClassesDialog | None = None
        self._checks: ChecksDialog | None = None
        self._history: HistoryDialog | None = None
        self._slots = {
            "class.edit": self.show_classes,
            "review.label": self.label_current,
            "review.note": self.write_note,
            "review.checks": self.show_checks,
            "edit.history": self.show_history,
        }
        for name, slot in self._slots.items():
            actions.bind(name, slot)
        session.changed.connect(self._on_changed)
        session.failed.connect(self._on_failed)

    def end(self) -> None:
        """The project is closed: answer to no key any more."""
        for name in self._slots:
            self._actions.unbind(name)
        for dialog in (self._classes, self._checks, self._history):
            if dialog is not None:
                dialog.close()

    def show_classes(self) -> None:
        from app.dialogs.classes import ClassesDialog

        if self._classes is None:
            self._classes = ClassesDialog(self._window)
            self._gone_when_closed(self._classes)
            self._classes.wanted.connect(self._session.write)
        self._read_classes()
        _raise(self._classes)

    def label_current(self) -> None:
        wanted = self._page.desk.wanted
        if wanted is not None:
            self.label_images([wanted])

    def label_images(self, image_ids: Sequence[int]) -> None:
        """Ask for the labels of these images; the ones they share are checked."""
        ids = list(image_ids)
        if ids:
            self._session.read(
                lambda c: (images.list_classes(c), images.get_images(c, ids)),
                lambda found: self._ask_labels(*found),
                fresh=True,
            )

    def write_note(self) -> None:
        wanted = self._page.desk.wanted
        if wanted is not None:
            self._session.read(
                lambda c: (images.get_image(c, wanted).path, labels.note_of(c, wanted)),
                lambda found: self._ask_note(wanted, *found),
                fresh=True,
                image_id=wanted,
            )

    def show_checks(self) -> None:
        from app.dialogs.checks import ChecksDialog

        if self._checks is None:
            self._checks = ChecksDialog(self._window)
            self._gone_when_closed(self._checks)
            self._checks.jumped.connect(self._page.focus_image)
            self._checks.class_wanted.connect(self._page.list.show_class)
            self._checks.again.connect(self._read_checks)
        self._read_checks()
        _raise(self._checks)

    def show_history(self) -> None:
        from app.dialogs.history import HistoryDialog

        if self._history is None:
            self._history = HistoryDialog(self._window)
            self._gone_when_closed(self._history)
            self._history.wanted.connect(self._session.travel)
        self._read_history()
        _raise(self._history)

    def _gone_when_closed(self, dialog: QDialog) -> None:
        """Every widget that is there makes a change of the theme longer, seen or not."""
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.finished.connect(lambda _result: self._forget(dialog))

    def _forget(self, dialog: QDialog) -> None:
        if dialog is self._classes:
            self._classes = None
        elif dialog is self._checks:
            self._checks = None
        elif dialog is self._history:
            self._history = None

    def _ask_labels(self, classes: list[ClassRecord], records: list[ImageRecord]) -> None:
        from app.dialogs.labels import LabelsDialog

        shared = [x for x in records[0].labels if all(x in r.labels for r in records)]
        dialog = LabelsDialog(classes, shared, len(records), self._window)
        ids = [record.id for record in records]
        only = ids[0] if len(ids) == 1 else None
        dialog.chosen.connect(
            lambda chosen: self._session.write(
                mark("Set label"), lambda conn: labels.set_labels(conn, ids, chosen), only
            )
        )
        dialog.open()

    def _ask_note(self, image_id: int, path: str, text: str) -> None:
        from app.dialogs.notes import NoteDialog

        dialog = NoteDialog(path, text, self._window)
        dialog.written.connect(
            lambda written: self._session.write(
                mark("Write note"), lambda conn: labels.set_note(conn, image_id, written), image_id
            )
        )
        dialog.open()
        dialog.edit.setFocus()

    def _read_classes(self) -> None:
        folder = self._session.project.folder

        def query(
            conn: Connection,
        ) -> tuple[list[ClassRecord], dict[str, int], LabelDrift | None]:
            drift = newest_drift(conn, folder)
            return images.list_classes(conn), summary(conn).classes, drift

        def show(found: tuple[list[ClassRecord], dict[str, int], LabelDrift | None]) -> None:
            if self._classes is not None:
                self._classes.show_classes(*found)

        if self._classes is not None:
            self._session.read(query, show, fresh=True, topic="classes")

    def _read_checks(self) -> None:
        def show(found: tuple[list[Finding], dict[int, str]]) -> None:
            if self._checks is not None:
                self._checks.show_findings(*found)

        self._session.read(_findings, show, fresh=True, topic="checks")

    def _read_history(self) -> None:
        def show(found: list[PastOperation]) -> None:
            if self._history is not None:
                self._history.show_operations(found)

        self._session.read(review.past, show, fresh=True, topic="past")

    def _on_failed(self, _failure: WriteFailure) -> None:
        """Show what is so, in place of what was asked for."""
        if self._classes is not None and self._classes.isVisible():
            self._read_classes()

    def _on_changed(self, changes: Changes) -> None:
        if self._history is not None and self._history.isVisible():
            self._read_history()
        if self._classes is not None and self._classes.isVisible() and changes.class_ids:
            self._read_classes()
        if changes.class_ids:
            self.labels_changed.emit()


def _findings(conn: Connection) -> tuple[list[Finding], dict[int, str]]:
    found = checks.check_project(conn)
    ids = list(dict.fromkeys(f.image_id for f in found if f.image_id is not None))
    return found, {record.id: record.path for record in images.get_images(conn, ids)}


def _raise(dialog: QDialog) -> None:
    dialog.show()
    dialog.raise_()
    dialog.activateWindow()
