"""Every page and dialog of the window, one after the other, on a small project."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QLocale, QPoint, QTranslator
from PySide6.QtWidgets import QApplication, QDialog, QWidget
from pytestqt.qtbot import QtBot

from app import i18n, language
from app.dialogs.about import AboutDialog
from app.dialogs.checks import ChecksDialog
from app.dialogs.classes import ClassesDialog
from app.dialogs.error_dialog import ErrorDialog
from app.dialogs.export import ExportDialog
from app.dialogs.history import HistoryDialog
from app.dialogs.import_boxes import ImportDialog
from app.dialogs.labels import LabelsDialog
from app.dialogs.new_project import NewProjectDialog
from app.dialogs.notes import NoteDialog
from app.dialogs.propose import ProposeDialog
from app.dialogs.report import ReportDialog
from app.dialogs.settings import SettingsDialog
from app.dialogs.shortcuts import ShortcutsDialog
from app.dialogs.train import TrainDialog
from app.dialogs.wait_dialog import WaitDialog
from app.i18n import tr
from app.job_runner import JobRunner
from app.learning.accept_rest import AcceptRestDialog
from app.learning.findings import FindingsDialog
from app.learning.knowledge import Knowledge
from app.main_window import MainWindow
from app.settings import AppSettings
from app.trouble import from_failed
from app.why.runs import RunChoice
from engine.domain.records import RunKind, RunRecord, RunState
from engine.domain.settings import BoxSettings, TrainSettings
from engine.jobs.events import Failed
from engine.localization.quality import reliability
from engine.store.checks import Fault, Finding
from engine.store.review import PastOperation
from engine.store.snapshots import LabelDrift
from tests.gui.review_bench import make_project

Make = Callable[[MainWindow], QWidget]


@contextmanager
def spoken(app: QApplication, name: str) -> Iterator[None]:
    """The window in language ``name``, and back to how it was."""
    before = QLocale()
    known = set(app.findChildren(QTranslator))
    language.install(app, name)
    try:
        yield
    finally:
        for translator in set(app.findChildren(QTranslator)) - known:
            app.removeTranslator(translator)
            translator.deleteLater()
        i18n.use(i18n.ENGLISH)
        QLocale.setDefault(before)


@dataclass
class Shown:
    """A page or dialog on the screen."""

    name: str
    widget: QWidget


def activate(widget: QWidget, qtbot: QtBot) -> None:
    """Make its window the active one: no other has a focus or takes keys."""
    window = widget.window()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=30_000)


@contextmanager
def open_window(qtbot: QtBot, folder: Path) -> Iterator[MainWindow]:
    """The window on a project of four images with proposals; learning has nothing to do."""
    make_project(folder / "birds").close()
    window = MainWindow(AppSettings(folder / "window.ini"))
    qtbot.addWidget(window)
    window.resize(1280, 820)
    window.show()
    activate(window, qtbot)
    window.open_project(folder / "birds" / "project")
    qtbot.waitUntil(
        lambda: window.review_page is not None and window.review_page.flow.seen, timeout=60_000
    )
    yield window
    window.close()


def pages(window: MainWindow, qtbot: QtBot) -> Iterator[Shown]:
    """The pages of an open project, then the start page."""
    review = window.review_page
    assert review is not None
    yield Shown("review", window)
    review.queue.filters.more.setChecked(True)
    review.edits.duplicate()
    qtbot.wait(50)
    yield Shown("review, edited", window)
    window.registry.action("grid.open").trigger()
    qtbot.wait(200)
    yield Shown("grid", window)
    window.registry.action("grid.back").trigger()
    window.desk.close()
    qtbot.wait(50)
    yield Shown("start", window)


def dialogs(window: MainWindow, qtbot: QtBot) -> Iterator[Shown]:
    """Every dialog, and every page of those that have several."""
    for name, make in _MAKERS.items():
        dialog = make(window)
        qtbot.addWidget(dialog)
        dialog.show()
        dialog.move(QPoint(0, 0))
        qtbot.wait(20)
        for page in _turned(dialog):
            qtbot.wait(10)
            yield Shown(f"{name} {page}".strip(), dialog)
        _finish(dialog)


def _turned(dialog: QWidget) -> Iterator[str]:
    if isinstance(dialog, SettingsDialog):
        for at, page in enumerate(dialog.pages):
            dialog.list.setCurrentRow(at)
            yield page.title
        return
    stack = getattr(dialog, "pages", None)
    for at in range(stack.count() if stack is not None else 1):
        if stack is not None:
            stack.setCurrentIndex(at)
        yield str(at or "")
    if isinstance(dialog, TrainDialog):
        dialog.pages.setCurrentIndex(0)
        dialog.form.advanced_button.click()
        yield "advanced"


def _finish(dialog: QWidget) -> None:
    if isinstance(dialog, QDialog):
        dialog.done(0)
    dialog.close()


def _record() -> RunRecord:
    now = datetime.now().astimezone()
    settings = {"train": {"method": "dgdm", "backbone": "squeezenet1_1", "epochs": 12}}
    return RunRecord(3, RunKind.TRAIN, RunState.FINISHED, None, settings, {}, None, now)


def _knowledge() -> Knowledge:
    reliable = asdict(reliability([0.9, 0.8, 0.2], [True, True, False]))
    judged = {"name": "run 1", "score": 0.7, "low": 0.6, "high": 0.8, "hit_50": 0.9, "boxes": 80}
    found = {
        "accepted": 80,
        "rejected": 3,
        "used": "box model",
        "judged": [judged, {**judged, "name": "box model"}],
        "quality": {"50": reliable, "70": reliable},
        "quality_from": "cross-fitting",
        "classes_without": ["otter"],
    }
    return Knowledge(found=found, decided=90, waiting=4, has_maps=True)


def _classes(window: MainWindow) -> QWidget:
    dialog = ClassesDialog(window)
    state = window.desk.state
    assert state is not None
    records = window.review_page.queue.filters.classes  # type: ignore[union-attr]
    dialog.show_classes(records, state.summary.classes, LabelDrift(3, 1))
    return dialog


def _labels(window: MainWindow) -> QWidget:
    records = window.review_page.queue.filters.classes  # type: ignore[union-attr]
    return LabelsDialog(records, [records[0].id], 3, window)


def _checks(window: MainWindow) -> QWidget:
    dialog = ChecksDialog(window)
    text = "heron: The box reaches out of the image of 320 × 240."
    found = [Finding(fault, 1, text) for fault in Fault]
    dialog.show_findings(found, {1: "heron/000.jpg"})
    return dialog


def _history(window: MainWindow) -> QWidget:
    dialog = HistoryDialog(window)
    now = datetime.now().astimezone()
    acts = (
        ("Accept", 1, "heron/000.jpg"),
        ("Move 3 boxes", 1, "heron/002.jpg"),
        ("Merge classes", 0, None),
        ("Reject", 312, None),
        ("Import annotations", None, None),
    )
    dialog.show_operations(
        [PastOperation(i, name, now, i > 2, *rest) for i, (name, *rest) in enumerate(acts)]
    )
    return dialog


def _error(window: MainWindow) -> QWidget:
    said = Failed("bug", "KeyError: 'x'", "/some/where.csv", "line 3", None, "Traceback …")
    return ErrorDialog(from_failed(said), window, offer=tr("Try again"))


def _export(window: MainWindow) -> QWidget:
    state = window.desk.state
    assert state is not None
    summary = replace(state.summary, annotations=1234)
    return ExportDialog(JobRunner(window), str(state.folder), summary, "/out", window)


def _report(window: MainWindow) -> QWidget:
    choice = RunChoice(3, "DGDM, run 3", "SqueezeNet 1.1", RunKind.TRAIN, 3)
    return ReportDialog(JobRunner(window), "/project", [choice], "/report", window)


def _accept_rest(window: MainWindow) -> QWidget:
    session = window.desk.session
    assert session is not None
    return AcceptRestDialog(session, _knowledge(), lambda _promise, _answered: None, window)


def _wait(window: MainWindow) -> QWidget:
    hint = tr("Pictures with known boxes are drawn, so that there is something to try.")
    return WaitDialog(JobRunner(window), tr("Making the sample project"), hint, window)


_MAKERS: dict[str, Make] = {
    "about": AboutDialog,
    "accept rest": _accept_rest,
    "checks": _checks,
    "classes": _classes,
    "error": _error,
    "export": _export,
    "findings": lambda window: FindingsDialog(_knowledge(), window),
    "history": _history,
    "import": lambda window: ImportDialog(JobRunner(window), "/project", window),
    "labels": _labels,
    "new project": lambda window: NewProjectDialog(JobRunner(window), window),
    "note": lambda window: NoteDialog("heron/000.jpg", "?", window),
    "propose": lambda window: ProposeDialog("/project", [_record()], BoxSettings(), True, window),
    "report": _report,
    "settings": lambda window: SettingsDialog(window.settings, window),
    "shortcuts": lambda window: ShortcutsDialog(window.registry, window),
    "train": lambda window: TrainDialog(JobRunner(window), TrainSettings(), window),
    "wait": _wait,
}
