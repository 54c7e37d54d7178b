"""The whole window on real projects: opening, jobs from start to end, and everything that fails."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QMessageBox
from pytestqt.qtbot import QtBot

from app import theme
from app.dialogs.error_dialog import ErrorDialog
from app.dialogs.export import ExportDialog
from app.dialogs.new_project import NewProjectDialog
from app.dialogs.propose import ProposeDialog
from app.dialogs.train import TrainDialog
from app.fault_hooks import FaultHooks
from app.job_runner import JobRunner
from app.main_window import MainWindow
from app.settings import AppSettings
from engine.domain.records import ReviewState, RunState
from engine.domain.settings import BoxSettings
from engine.jobs.requests import TrainRequest
from engine.store.project import Project
from engine.store.summary import summary
from tests.gui.review_bench import make_project

STAND_IN = str(Path(__file__).with_name("engine_stand_in.py"))
Wait = Callable[[Callable[[], bool]], None]
MakeWindow = Callable[..., MainWindow]


@pytest.fixture
def make_window(qtbot: QtBot, wait_for: Wait) -> Iterator[MakeWindow]:
    """Windows whose engine is the stand-in with a behaviour, or with none the real one."""
    made: list[MainWindow] = []

    def make(behaviour: str | None = None, project: Path | None = None) -> MainWindow:
        runner = None
        if behaviour is not None:
            runner = JobRunner(command=(sys.executable, STAND_IN, behaviour))
        window = MainWindow(AppSettings(), runner)
        window.resize(1200, 800)
        made.append(window)
        window.show()
        if project is not None:
            window.open_project(project)
            wait_for(lambda: window.desk.state is not None)
        return window

    yield make
    for window in made:
        for dialog in window.findChildren(QDialog):
            dialog.hide()
        if window.runner.running:
            window.runner.shut_down()
        window.close()
        window.deleteLater()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Four pictures of two classes, no run yet."""
    with make_project(tmp_path, proposed=False) as made:
        return made.folder


def dialog_of(window: MainWindow, kind: type) -> QDialog | None:
    shown = [d for d in window.findChildren(kind) if d.isVisible()]
    return shown[-1] if shown else None


def wait_dialog(window: MainWindow, kind: type, wait_for: Wait) -> QDialog:
    wait_for(lambda: dialog_of(window, kind) is not None)
    found = dialog_of(window, kind)
    assert found is not None
    return found


def advice(window: MainWindow) -> str:
    banner = window.project_page.banner
    return "" if banner.isHidden() else banner.button.text()


def enabled(window: MainWindow, *names: str) -> list[bool]:
    return [window.registry.action(name).isEnabled() for name in names]


def test_the_start_page_offers_the_ways_in(make_window: MakeWindow) -> None:
    window = make_window()
    assert window.stack.currentWidget() is window.start_page
    assert all(enabled(window, "file.new_project", "file.open", "file.sample", "help.keys"))
    assert not any(enabled(window, "job.train", "job.propose", "file.export", "edit.undo"))
    assert not any(enabled(window, "review.accept", "box.new", "file.close_project"))


def test_opening_shows_the_review_and_says_what_to_do_first(
    make_window: MakeWindow, project: Path, wait_for: Wait
) -> None:
    window = make_window(project=project)
    assert window.stack.currentWidget() is window.project_page
    assert "project" in window.windowTitle()
    assert advice(window) == "Train…"
    wait_for(lambda: window.status_line.progress.text() == "0 of 4 done")
    assert "Ctrl+T Train" in window.status_line.hint.text()
    assert all(enabled(window, "job.train", "file.export", "review.next"))
    assert not any(enabled(window, "job.propose", "job.resume", "job.cancel"))
    assert AppSettings().recent_projects() == [project]


def test_closing_the_project_goes_back_to_the_start(make_window: MakeWindow, project: Path) -> None:
    window = make_window(project=project)
    window.registry.action("file.close_project").trigger()
    assert not any(enabled(window, "edit.undo", "edit.redo"))
    assert window.stack.currentWidget() is window.start_page
    assert window.start_page.recent.count() == 1
    assert not any(enabled(window, "review.next", "box.new", "job.train"))


def test_another_project_takes_the_place_of_the_first(
    make_window: MakeWindow, project: Path, tmp_path: Path, wait_for: Wait
) -> None:
    window = make_window(project=project)
    with make_project(tmp_path / "second", count=2) as made:
        second = made.folder
    window.open_project(second)
    wait_for(lambda: window.desk.state is not None and window.desk.state.folder == second)
    wait_for(lambda: window.status_line.progress.text() == "0 of 2 done")
    assert enabled(window, "review.next") == [True]


@pytest.mark.parametrize("content", [None, b"", b"not a database at all, but long enough" * 40])
def test_what_is_no_project_is_refused_with_a_reason(
    make_window: MakeWindow, tmp_path: Path, wait_for: Wait, content: bytes | None
) -> None:
    folder = tmp_path / "odd"
    folder.mkdir()
    if content is not None:
        (folder / "project.sqlite").write_bytes(content)
    AppSettings().add_recent_project(folder)
    window = make_window()
    window.open_project(folder)
    dialog = wait_dialog(window, ErrorDialog, wait_for)
    assert isinstance(dialog, ErrorDialog)
    assert dialog.windowTitle() == "The project cannot be used"
    assert window.stack.currentWidget() is window.start_page
    assert dialog.offer_button is not None
    QTest.mouseClick(dialog.offer_button, Qt.MouseButton.LeftButton)
    assert AppSettings().recent_projects() == []
    assert window.start_page.recent.count() == 0


def test_a_project_that_cannot_be_opened_leaves_the_present_one_open(
    make_window: MakeWindow, project: Path, tmp_path: Path, wait_for: Wait
) -> None:
    window = make_window(project=project)
    window.open_project(tmp_path / "nowhere")
    wait_dialog(window, ErrorDialog, wait_for)
    assert window.desk.state is not None
    assert window.desk.state.folder == project
    assert window.stack.currentWidget() is window.project_page


def test_images_that_have_moved_can_be_located(
    make_window: MakeWindow, project: Path, tmp_path: Path, wait_for: Wait
) -> None:
    moved = tmp_path / "elsewhere"
    shutil.move(tmp_path / "images", moved)
    window = make_window(project=project)
    assert advice(window) == "Locate the images…"
    window.desk.relocate(tmp_path / "project")
    refused = wait_dialog(window, ErrorDialog, wait_for)
    assert "None of the project's images" in refused._trouble.message
    refused.reject()
    window.desk.relocate(moved)
    wait_for(lambda: advice(window) == "Train…")
    assert window.desk.state is not None
    assert window.desk.state.image_root == moved


def test_from_a_folder_of_images_to_an_open_project(
    make_window: MakeWindow, project: Path, tmp_path: Path, wait_for: Wait
) -> None:
    """With the real engine. One of the files is damaged."""
    images = tmp_path / "images"
    (images / "otter" / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 cut off")
    window = make_window()
    window.registry.action("file.new_project").trigger()
    dialog = wait_dialog(window, NewProjectDialog, wait_for)
    assert isinstance(dialog, NewProjectDialog)
    assert not dialog.create_button.isEnabled()
    dialog.images.set_text(str(images))
    assert dialog.project.text() == str(tmp_path / "images-boxes")
    QTest.mouseClick(dialog.create_button, Qt.MouseButton.LeftButton)
    wait_for(lambda: window.desk.state is not None)
    state = window.desk.state
    assert state is not None
    assert state.folder == tmp_path / "images-boxes"
    assert (state.summary.images, state.summary.problems) == (5, 1)
    assert advice(window) == "Train…"


def test_a_refused_new_project_keeps_the_choices(
    make_window: MakeWindow, tmp_path: Path, wait_for: Wait
) -> None:
    """With the real engine: a folder without images."""
    (tmp_path / "empty").mkdir()
    window = make_window()
    window.registry.action("file.new_project").trigger()
    dialog = wait_dialog(window, NewProjectDialog, wait_for)
    assert isinstance(dialog, NewProjectDialog)
    dialog.images.set_text(str(tmp_path / "empty"))
    QTest.mouseClick(dialog.create_button, Qt.MouseButton.LeftButton)
    error = wait_dialog(window, ErrorDialog, wait_for)
    assert isinstance(error, ErrorDialog)
    assert str(tmp_path / "empty") in (error._trouble.path or "")
    assert dialog.pages.currentIndex() == 0
    assert dialog.images.text() == str(tmp_path / "empty")
    assert not (tmp_path / "empty-boxes").exists()


def test_train_then_propose_then_boxes_in_the_queue(
    make_window: MakeWindow, project: Path, wait_for: Wait
) -> None:
    window = make_window("store", project)
    arrived: list[int] = []
    window.jobs.proposals_arrived.connect(arrived.extend)
    window.registry.action("job.train").trigger()
    dialog = wait_dialog(window, TrainDialog, wait_for)
    assert isinstance(dialog, TrainDialog)
    assert dialog.propose_after.isChecked()
    dialog.form.epochs.setValue(1)
    QTest.mouseClick(dialog.start_button, Qt.MouseButton.LeftButton)
    assert dialog.pages.currentIndex() == 1
    assert enabled(window, "job.train", "file.open", "job.cancel") == [False, False, True]
    wait_for(lambda: len(arrived) == 4 and not window.runner.running)
    wait_for(lambda: window.desk.state is not None and window.desk.state.has_proposals)
    assert dialog.curves.values("loss") == [1.5]
    assert not dialog.isVisible()
    assert advice(window) == ""
    assert enabled(window, "job.train", "job.propose", "job.cancel") == [True, True, False]
    review = window.review_page
    assert review is not None
    wait_for(lambda: all(review.model.entry(row).score == 0.5 for row in range(4)))


def test_without_the_tick_proposing_is_offered_instead(
    make_window: MakeWindow, project: Path, wait_for: Wait
) -> None:
    window = make_window("store", project)
    window.registry.action("job.train").trigger()
    dialog = wait_dialog(window, TrainDialog, wait_for)
    assert isinstance(dialog, TrainDialog)
    dialog.propose_after.setChecked(False)
    dialog.form.epochs.setValue(1)
    QTest.mouseClick(dialog.start_button, Qt.MouseButton.LeftButton)
    wait_for(lambda: advice(window) == "Propose boxes…")
    assert "90 %" in dialog.outcome.text()
    dialog.reject()
    window.project_page.banner.button.click()
    propose = wait_dialog(window, ProposeDialog, wait_for)
    assert isinstance(propose, ProposeDialog)
    assert not propose.stored.isEnabled()
    propose.fields.threshold.setValue(0.35)
    QTest.mouseClick(propose.propose_button, Qt.MouseButton.LeftButton)
    wait_for(lambda: advice(window) == "" and not window.runner.running)


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_an_engine_killed_in_mid_training_is_told_and_training_resumes(
    make_window: MakeWindow, project: Path, wait_for: Wait
) -> None:
    window = make_window("store", project)
    progress: list[object] = []
    window.runner.progress.connect(progress.append)
    window.registry.action("job.train").trigger()
    dialog = wait_dialog(window, TrainDialog, wait_for)
    assert isinstance(dialog, TrainDialog)
    QTest.mouseClick(dialog.start_button, Qt.MouseButton.LeftButton)
    wait_for(lambda: bool(progress))
    os.kill(window.runner.process_id, signal.SIGKILL)
    error = wait_dialog(window, ErrorDialog, wait_for)
    assert isinstance(error, ErrorDialog)
    assert error.windowTitle() == "The engine stopped"
    assert error.offer_button is not None
    assert error.offer_button.text() == "Resume training"
    wait_for(lambda: enabled(window, "job.resume") == [True])
    assert window.desk.state is not None
    assert window.desk.state.trainings[0].state is RunState.INTERRUPTED
    requests: list[object] = []
    window.runner.running_changed.connect(lambda _on: requests.append(window.runner.request))
    QTest.mouseClick(error.offer_button, Qt.MouseButton.LeftButton)
    assert requests[0] == TrainRequest(str(project), resume=True)
    wait_for(lambda: not window.runner.running)
    wait_for(lambda: window.desk.state is not None and bool(window.desk.state.trained))
    assert len(window.desk.state.trainings) == 1


def test_a_training_that_is_cancelled_can_be_resumed(
    make_window: MakeWindow, project: Path, wait_for: Wait
) -> None:
    window = make_window("store", project)
    progress: list[object] = []
    window.runner.progress.connect(progress.append)
    window.registry.action("job.train").trigger()
    dialog = wait_dialog(window, TrainDialog, wait_for)
    assert isinstance(dialog, TrainDialog)
    QTest.mouseClick(dialog.start_button, Qt.MouseButton.LeftButton)
    wait_for(lambda: bool(progress))
    assert window.status_line.job.isVisible()
    QTest.mouseClick(window.status_line.job.cancel_button, Qt.MouseButton.LeftButton)
    wait_for(lambda: not window.runner.running)
    assert not window.status_line.job.isVisible()
    wait_for(lambda: enabled(window, "job.resume", "job.train") == [True, True])
    assert "kept" in dialog.outcome.text()


def test_a_failed_job_names_file_place_and_remedy(
    make_window: MakeWindow, project: Path, wait_for: Wait
) -> None:
    window = make_window("fail", project)
    window.registry.action("job.train").trigger()
    dialog = wait_dialog(window, TrainDialog, wait_for)
    assert isinstance(dialog, TrainDialog)
    QTest.mouseClick(dialog.start_button, Qt.MouseButton.LeftButton)
    error = wait_dialog(window, ErrorDialog, wait_for)
    assert isinstance(error, ErrorDialog)
    QTest.mouseClick(error.copy_button, Qt.MouseButton.LeftButton)
    copied = QApplication.clipboard().text()
    for part in ("a.jpg", "byte 12", "Copy it again."):
        assert part in copied


def test_a_threshold_for_all_starts_deriving_from_the_stored_maps(
    make_window: MakeWindow, project: Path, wait_for: Wait
) -> None:
    window = make_window("store", project)
    review = window.review_page
    assert review is not None
    requests: list[object] = []
    window.runner.running_changed.connect(lambda _on: requests.append(window.runner.request))
    review.repropose_requested.emit(BoxSettings(threshold=0.42), "heron")
    wait_for(lambda: not window.runner.running)
    request = requests[0]
    assert request.boxes_only
    assert request.boxes.threshold == 0.42
    assert request.class_name == "heron"
    assert not request.include_decided


def test_undo_names_what_it_undoes(make_window: MakeWindow, project: Path, wait_for: Wait) -> None:
    window = make_window(project=project)
    assert enabled(window, "edit.undo", "edit.redo") == [False, False]
    review = window.review_page
    assert review is not None
    wait_for(lambda: review.flow.seen)
    window.registry.action("review.reject").trigger()
    undo, redo = window.registry.action("edit.undo"), window.registry.action("edit.redo")
    wait_for(lambda: undo.text() == "Undo reject" and undo.isEnabled())
    undo.trigger()
    wait_for(lambda: redo.text() == "Redo reject" and redo.isEnabled())
    assert undo.text() == "Undo"


def test_export_previews_counts_and_writes_files(
    make_window: MakeWindow, tmp_path: Path, wait_for: Wait
) -> None:
    """With the real engine."""
    with make_project(tmp_path / "reviewed") as made:
        folder = made.folder
    window = make_window(project=folder)
    review = window.review_page
    assert review is not None
    wait_for(lambda: enabled(window, "review.accept") == [True] and review.flow.seen)
    window.registry.action("review.accept").trigger()
    wait_for(lambda: window.status_line.progress.text().startswith("1 of 4 done"))
    window.registry.action("file.export").trigger()
    dialog = wait_dialog(window, ExportDialog, wait_for)
    assert isinstance(dialog, ExportDialog)
    assert dialog.counts.text() == "1 reviewed image with 1 box. Left out: 3 unreviewed."
    dialog.unreviewed.setChecked(True)
    assert "the proposals of 3 unreviewed" in dialog.counts.text()
    dialog.folder.set_text(str(tmp_path / "out"))
    QTest.mouseClick(dialog.preview_button, Qt.MouseButton.LeftButton)
    wait_for(lambda: dialog.pages.currentIndex() == 3)
    assert not (tmp_path / "out").exists()
    assert dialog.table.row_texts()[-1] == ["Images", "4", "4"]
    QTest.mouseClick(dialog.export_button, Qt.MouseButton.LeftButton)
    wait_for(lambda: dialog.pages.currentIndex() == 2)
    assert dialog.outcome.text().startswith("4 images with 4 boxes")
    assert list((tmp_path / "out").rglob("*.json"))


def test_an_accepted_image_is_accepted_in_a_new_window(
    make_window: MakeWindow, tmp_path: Path, wait_for: Wait
) -> None:
    """Closing right after the key loses nothing, and undo survives the restart."""
    with make_project(tmp_path / "reviewed") as made:
        folder = made.folder
    window = make_window(project=folder)
    review = window.review_page
    assert review is not None
    wait_for(lambda: review.flow.seen and bool(review.desk.shapes))
    window.registry.action("review.accept").trigger()
    window.close()
    again = make_window(project=folder)
    assert again.desk.state is not None
    assert again.desk.state.summary.states[ReviewState.ACCEPTED] == 1
    wait_for(lambda: again.registry.action("edit.undo").text() == "Undo accept")


def test_undo_and_redo_reach_back_before_a_restart(
    make_window: MakeWindow, tmp_path: Path, wait_for: Wait
) -> None:
    with make_project(tmp_path / "reviewed") as made:
        folder = made.folder
    window = make_window(project=folder)
    review = window.review_page
    assert review is not None
    wait_for(lambda: review.flow.seen and bool(review.desk.shapes))
    window.registry.action("review.reject").trigger()
    window.close()
    for act, counts in (("undo", 0), ("redo", 1)):
        again = make_window(project=folder)
        action = again.registry.action(f"edit.{act}")
        wait_for(action.isEnabled)
        action.trigger()
        again.close()
        with Project.open(folder) as project, project.read() as conn:
            assert summary(conn).states[ReviewState.REJECTED] == counts


def test_closing_while_a_job_runs_asks_and_leaves_no_process(
    make_window: MakeWindow, project: Path, wait_for: Wait
) -> None:
    window = make_window("wait", project)
    window.jobs.train()
    dialog = wait_dialog(window, TrainDialog, wait_for)
    assert isinstance(dialog, TrainDialog)
    QTest.mouseClick(dialog.start_button, Qt.MouseButton.LeftButton)
    answers = iter(["Keep open", "Stop and close"])

    def answer() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        wanted = next(answers)
        next(b for b in box.buttons() if b.text() == wanted).click()

    QTimer.singleShot(0, answer)
    assert not window.close()
    assert window.runner.running
    QTimer.singleShot(0, answer)
    assert window.close()
    assert not window.runner.running


@pytest.mark.expects_log_errors
def test_a_bug_is_logged_and_shown_and_the_window_lives_on(
    make_window: MakeWindow, wait_for: Wait, caplog: pytest.LogCaptureFixture
) -> None:
    window = make_window()
    hooks = FaultHooks(window.show_bug, window)
    try:
        raise ZeroDivisionError("nothing to share")
    except ZeroDivisionError as error:
        hooks._on_exception(type(error), error, error.__traceback__)
        hooks._on_exception(type(error), error, error.__traceback__)
    wait_dialog(window, ErrorDialog, wait_for)
    shown = [d for d in window.findChildren(ErrorDialog) if d.isVisible()]
    assert len(shown) == 1
    assert "nothing to share" in shown[0]._trouble.details
    assert sum(record.levelno == logging.ERROR for record in caplog.records) == 2


def test_appearance_is_kept_and_dresses_the_window(make_window: MakeWindow, wait_for: Wait) -> None:
    window = make_window()
    window.registry.action("view.theme_dark").trigger()
    wait_for(window.updatesEnabled)
    dark = window.palette().window().color().lightness()
    assert AppSettings().theme() == "dark"
    window.registry.action("view.theme_light").trigger()
    wait_for(window.updatesEnabled)
    light = window.palette().window().color().lightness()
    assert dark < 80 < 200 < light
    assert AppSettings().theme() == "light"


def test_the_window_follows_the_system_while_it_is_told_to(
    make_window: MakeWindow, wait_for: Wait, qapp: QApplication
) -> None:
    """The hint is the system's word, given here in its place: no system is there to give it."""
    window = make_window()
    say = qapp.styleHints().colorSchemeChanged.emit

    def is_dark() -> bool:
        return window.updatesEnabled() and window.palette().window().color().lightness() < 80

    window.registry.action("view.theme_system").setChecked(True)
    wait_for(window.updatesEnabled)
    say(Qt.ColorScheme.Dark)
    wait_for(is_dark)
    assert theme.DARK.surface in qapp.styleSheet()
    assert AppSettings().theme() == "system"
    say(Qt.ColorScheme.Light)
    wait_for(lambda: window.updatesEnabled() and not is_dark())
    window.registry.action("view.theme_light").trigger()
    wait_for(window.updatesEnabled)
    say(Qt.ColorScheme.Dark)
    QTest.qWait(50)
    assert not is_dark()
    window.registry.action("view.theme_system").trigger()
    wait_for(window.updatesEnabled)


def test_f1_shows_all_keys(make_window: MakeWindow, wait_for: Wait) -> None:
    from app.dialogs.shortcuts import ShortcutsDialog

    window = make_window()
    window.activateWindow()
    wait_for(window.isActiveWindow)
    QTest.keyClick(window, Qt.Key.Key_F1)
    dialog = wait_dialog(window, ShortcutsDialog, wait_for)
    assert dialog.isVisible()
