"""The settings dialog: everything in it works, at once where it says nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QPushButton, QSpinBox, QWidget
from pytestqt.qtbot import QtBot

from app import preferences, theme
from app.dialogs.settings import SettingsDialog
from app.dialogs.shortcuts import ShortcutsDialog
from app.image_loader import ImageLoader
from app.job_dialogs import JobDialogs
from app.job_runner import JobRunner
from app.main_window import MainWindow
from app.picture_files import Copy, ImageFile
from app.preferences import MEGABYTE, Choice, Number, Preference, Switch
from app.project_state import ProjectState
from app.settings import AppSettings
from tests.gui.review_bench import OFFSCREEN, make_project
from tests.gui.test_words import state

pytestmark = OFFSCREEN


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[MainWindow]:
    made = MainWindow(AppSettings(tmp_path / "window.ini"))
    qtbot.addWidget(made)
    made.show()
    yield made
    made.close()


@pytest.fixture
def opened(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> MainWindow:
    make_project(tmp_path / "birds").close()
    window.open_project(tmp_path / "birds" / "project")
    qtbot.waitUntil(
        lambda: window.review_page is not None and window.review_page.flow.seen, timeout=30_000
    )
    return window


def open_settings(window: MainWindow, qtbot: QtBot) -> SettingsDialog:
    window.registry.action("file.settings").trigger()
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, SettingsDialog)
    qtbot.addWidget(dialog)
    return dialog


def tick(dialog: SettingsDialog, preference: Switch) -> None:
    field = dialog.field(preference.name)
    assert isinstance(field, QCheckBox)
    field.click()


def put(dialog: SettingsDialog, preference: Number, value: int) -> None:
    field = dialog.field(preference.name)
    assert isinstance(field, QSpinBox)
    field.setValue(value)


def choose(dialog: SettingsDialog, name: str, value: str) -> None:
    field = dialog.field(name)
    assert isinstance(field, QComboBox)
    field.setCurrentIndex(field.findData(value))
    field.activated.emit(field.currentIndex())


def test_every_setting_has_a_field(window: MainWindow, qtbot: QtBot) -> None:
    dialog = open_settings(window, qtbot)
    for preference in preferences.ALL:
        assert isinstance(dialog.field(preference.name), QWidget)
    with pytest.raises(KeyError):
        dialog.field("nothing")


def test_what_is_set_is_there_at_the_next_start(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    dialog = open_settings(window, qtbot)
    wanted: dict[Preference, bool | int | str] = {}
    for preference in preferences.ALL:
        if isinstance(preference, Switch):
            tick(dialog, preference)
            wanted[preference] = not preference.default
        elif isinstance(preference, Number):
            put(dialog, preference, preference.least + 3)
            wanted[preference] = preference.least + 3
        else:
            choose(dialog, preference.name, preference.values[-1])
            wanted[preference] = preference.values[-1]
    choose(dialog, "appearance/language", "de")
    window.settings.sync()
    again = AppSettings(tmp_path / "window.ini")
    assert again.language() == "de"
    assert {preference: value(again, preference) for preference in preferences.ALL} == wanted


def value(settings: AppSettings, preference: Preference) -> bool | int | str:
    if isinstance(preference, Switch):
        return settings.switch(preference)
    if isinstance(preference, Number):
        return settings.number(preference)
    return settings.choice(preference)


def test_values_that_make_no_sense_are_the_defaults(tmp_path: Path) -> None:
    path = tmp_path / "window.ini"
    path.write_text(
        "[learning]\nevery=ten\nrandom_share=-4\n[performance]\npicture_memory=99999999999\n"
        "picture_threads=0\n[jobs]\ndevice=abacus\n[appearance]\nlanguage=klingon\n"
    )
    settings = AppSettings(path)
    assert settings.number(preferences.LEARN_EVERY) == 10
    assert settings.number(preferences.RANDOM_SHARE) == 20
    assert settings.number(preferences.PICTURE_MEMORY) == preferences.PICTURE_MEMORY.most
    assert settings.number(preferences.PICTURE_THREADS) == 1
    assert settings.choice(preferences.DEVICE) == "auto"
    assert settings.language() == "system"


def test_the_theme_changes_at_once(window: MainWindow, qtbot: QtBot, qapp: QApplication) -> None:
    dialog = open_settings(window, qtbot)
    before = qapp.styleSheet()
    try:
        choose(dialog, "appearance/theme", theme.ThemeMode.DARK)
        assert theme.colours() is theme.DARK
        qtbot.waitUntil(window.updatesEnabled)  # nothing is painted until all is dressed
        assert theme.DARK.surface in qapp.styleSheet()
        assert window.registry.action("view.theme_dark").isChecked()
        assert window.settings.theme() == "dark"
        choose(dialog, "appearance/theme", theme.ThemeMode.LIGHT)
        assert theme.colours() is theme.LIGHT
    finally:
        window.registry.action("view.theme_system").setChecked(True)
        qapp.setStyleSheet(before)


def test_switches_of_the_review_work_at_once(opened: MainWindow, qtbot: QtBot) -> None:
    page = opened.review_page
    assert page is not None
    canvas, registry = page.stage.canvas, opened.registry
    dialog = open_settings(opened, qtbot)
    assert canvas.boxes.labels_shown
    tick(dialog, preferences.BOX_WORDS)
    assert not canvas.boxes.labels_shown
    tick(dialog, preferences.KEEP_ZOOM)
    assert canvas.navigator.keeps_zoom
    assert registry.action("view.keep_zoom").isChecked()
    tick(dialog, preferences.SNAP)
    assert not canvas.pointer.stage.snaps
    tick(dialog, preferences.LOUPE)
    tick(dialog, preferences.HEATMAP)
    assert registry.action("view.loupe").isChecked()
    assert registry.action("view.heatmap").isChecked()
    put(dialog, preferences.HEAT_OPACITY, 25)
    assert page.box_panel.heat_opacity == pytest.approx(0.25)
    tick(dialog, preferences.LEARN_AS_I_GO)
    assert not registry.action("learn.follow").isChecked()


def test_the_crosshair_can_be_without(opened: MainWindow, qtbot: QtBot) -> None:
    page = opened.review_page
    assert page is not None
    canvas = page.stage.canvas
    dialog = open_settings(opened, qtbot)
    tick(dialog, preferences.CROSSHAIR)
    dialog.close()
    opened.registry.action("box.new").trigger()
    middle = canvas.rect().center()
    QTest.mouseMove(canvas, middle)
    qtbot.wait(20)
    without = canvas.grab().toImage()
    canvas.look.set_crosshair(True)
    with_it = canvas.grab().toImage()
    assert without != with_it
    page.escape()


def test_accepting_may_go_to_the_next_unreviewed_image(opened: MainWindow, qtbot: QtBot) -> None:
    page = opened.review_page
    assert page is not None
    first, second, third = (page.model.entry(row).image_id for row in range(3))
    opened.desk.session.reject(second)  # type: ignore[union-attr]
    qtbot.waitUntil(lambda: page.model.entry(1).state.value == "rejected", timeout=30_000)
    opened.settings.set_preference(preferences.AFTER_ACCEPT, "unreviewed")
    assert page.desk.image_id == first
    page.flow.accept()
    qtbot.waitUntil(lambda: page.flow.seen and page.desk.image_id == third, timeout=30_000)
    opened.settings.set_preference(preferences.AFTER_ACCEPT, "next")
    page.flow.open(first)
    qtbot.waitUntil(lambda: page.flow.seen and page.desk.image_id == first, timeout=30_000)
    page.flow.accept()
    qtbot.waitUntil(lambda: page.flow.seen and page.desk.image_id == second, timeout=30_000)


def test_less_memory_for_pictures_counts_at_once(opened: MainWindow, qtbot: QtBot) -> None:
    page = opened.review_page
    assert page is not None
    dialog = open_settings(opened, qtbot)
    put(dialog, preferences.PICTURE_MEMORY, 400)
    assert page.loader.budget == pytest.approx(400 * MEGABYTE, rel=0.001)


def test_a_smaller_budget_lets_the_oldest_pictures_go(opened: MainWindow, qtbot: QtBot) -> None:
    page, session = opened.review_page, opened.desk.session
    assert page is not None
    assert session is not None
    loader = ImageLoader(session.project)  # nobody paints what it holds and asks anew
    entries = [page.model.entry(row) for row in range(4)]
    loader.prefetch([ImageFile(entry.image_id, entry.path) for entry in entries])
    qtbot.waitUntil(lambda: loader.waiting == 0, timeout=30_000)
    held = loader.bytes
    loader.set_budget(held // 2)
    assert 0 < loader.bytes < held
    assert not loader.holds(entries[0].image_id, Copy.PREVIEW)
    loader.close()


def test_jobs_get_the_threads_and_the_device_that_are_wanted(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    dialog = open_settings(window, qtbot)
    put(dialog, preferences.JOB_THREADS, 1)
    assert window.runner.threads == 1
    choose(dialog, preferences.DEVICE.name, "cpu")
    project: ProjectState = state()
    jobs = JobDialogs(JobRunner(window), window.settings, window)
    assert jobs.initial(project).device == "cpu"
    assert jobs.training_device == "cpu"


def test_defaults_can_be_restored_and_nothing_else_goes(
    opened: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    settings = opened.settings
    settings.set_language("de")
    opened.registry.set_keys("review.skip", ["F9"])
    dialog = open_settings(opened, qtbot)
    dialog.list.setCurrentRow(2)
    put(dialog, preferences.LEARN_EVERY, 50)
    tick(dialog, preferences.KEEP_ZOOM)
    choose(dialog, "appearance/theme", theme.ThemeMode.LIGHT)
    dialog.restore_defaults()
    assert settings.number(preferences.LEARN_EVERY) == 10
    assert not settings.switch(preferences.KEEP_ZOOM)
    assert not opened.registry.action("view.keep_zoom").isChecked()
    assert (settings.theme(), settings.language()) == ("system", "system")
    assert dialog.list.currentRow() == 2
    shown = dialog.field(preferences.LEARN_EVERY.name)
    assert isinstance(shown, QSpinBox)
    assert shown.value() == 10
    assert dialog.note.text()
    assert settings.recent_projects() == [tmp_path / "birds" / "project"]
    assert settings.shortcuts() == {"review.skip": ("F9",)}


def test_the_keys_are_one_press_away(window: MainWindow, qtbot: QtBot) -> None:
    dialog = open_settings(window, qtbot)
    dialog.keys_wanted.emit()
    keys = QApplication.activeModalWidget()
    assert isinstance(keys, ShortcutsDialog)
    keys.close()


def test_folders_of_settings_log_and_cache_can_be_opened(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", opened.append)
    dialog = open_settings(window, qtbot)
    buttons = list(dialog.pages[-1].findChildren(QPushButton))
    dialog.list.setCurrentRow(len(dialog.pages) - 1)
    for each in buttons:
        QTest.mouseClick(each, Qt.MouseButton.LeftButton)
    assert len(opened) == 4
    assert all(Path(url.toLocalFile()).is_dir() for url in opened)
    assert Path(opened[0].toLocalFile()) == window.settings.path.parent


def test_a_choice_knows_its_default() -> None:
    for preference in preferences.ALL:
        if isinstance(preference, Choice):
            assert preference.default in preference.values
        if isinstance(preference, Number):
            assert preference.least <= preference.default <= preference.most
