"""What stands on the pages of the settings dialog."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import platformdirs
from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QComboBox, QGridLayout, QLineEdit

from app import preferences as p
from app.dialogs.setting_fields import SettingPage, Told
from app.fault_hooks import log_file
from app.i18n import LANGUAGES, SYSTEM, mark, tr
from app.settings import AppSettings
from app.theme import ThemeMode
from app.widgets import add_field, button, label

_THEMES = {
    ThemeMode.SYSTEM: mark("As the system"),
    ThemeMode.LIGHT: mark("Light"),
    ThemeMode.DARK: mark("Dark"),
}
_AFTER_ACCEPT = {
    "next": mark("The next image of the list"),
    "unreviewed": mark("The next unreviewed image"),
}
_DEVICES = {
    "auto": mark("Automatic"),
    "cpu": "CPU",
    "cuda": mark("NVIDIA GPU"),
    "mps": mark("Apple GPU"),
}


def appearance(
    settings: AppSettings, told: Told, dress: Callable[[ThemeMode], object]
) -> SettingPage:
    """``dress`` shows another theme."""
    page = SettingPage(tr("Appearance"), settings, told)
    theme = QComboBox()
    for mode, words in _THEMES.items():
        theme.addItem(tr(words), mode)
    theme.setCurrentIndex(theme.findData(ThemeMode(settings.theme())))
    theme.activated.connect(lambda _at: dress(theme.currentData()))
    _add(page, "appearance/theme", tr("Theme"), theme)
    language = QComboBox()
    language.addItem(tr("As the system"), SYSTEM)
    for name, words in LANGUAGES.items():
        language.addItem(words, name)
    language.setCurrentIndex(language.findData(settings.language()))
    language.activated.connect(lambda _at: settings.set_language(language.currentData()))
    _add(page, "appearance/language", tr("Language"), language)
    page.say(tr("Another language is spoken from the next start on."))
    return page


def review(settings: AppSettings, told: Told) -> SettingPage:
    page = SettingPage(tr("Review"), settings, told)
    page.add_choice(p.AFTER_ACCEPT, tr("After accepting, go to"), _AFTER_ACCEPT)
    page.add_switch(p.KEEP_ZOOM, tr("Keep the zoom from one image to the next"))
    page.add_switch(p.SNAP, tr("Let boxes snap to the edge of the image"))
    page.add_switch(p.CROSSHAIR, tr("Crosshair while drawing"))
    page.add_switch(p.LOUPE, tr("Loupe at the mouse"))
    page.add_switch(p.BOX_WORDS, tr("Names and scores on the boxes"))
    page.say(tr("Without them, the box under the mouse and the selected ones still have theirs."))
    page.add_switch(p.HEATMAP, tr("Score map over the image"))
    page.add_number(p.HEAT_OPACITY, tr("Opacity of the score map"), " %")
    return page


def learning(settings: AppSettings, told: Told) -> SettingPage:
    page = SettingPage(tr("Learning"), settings, told)
    page.add_switch(p.LEARN_AS_I_GO, tr("Learn by itself as you go on"))
    page.add_number(p.LEARN_EVERY, tr("After so many decisions"))
    page.add_number(p.RANDOM_SHARE, tr("Share of random images"), " %")
    page.say(
        tr(
            "In the order “Most useful first” chance chooses so many of the images. They are "
            "never learned from: what “Accept the rest” can promise rests on them."
        )
    )
    return page


def performance(settings: AppSettings, told: Told) -> SettingPage:
    page = SettingPage(tr("Performance"), settings, told)
    page.add_number(p.PICTURE_MEMORY, tr("Memory for pictures"), " MB")
    page.say(tr("More keeps more images ready, so that going back does not decode them again."))
    page.add_number(p.PICTURE_THREADS, tr("Threads for small pictures"))
    page.say(tr("Counts from the next project that is opened."))
    page.add_number(p.JOB_THREADS, tr("Threads that jobs compute with"))
    page.say(tr("For training and proposing, from the next job on. 0: as many as there are."))
    return page


def jobs(settings: AppSettings, told: Told) -> SettingPage:
    page = SettingPage(tr("Jobs"), settings, told)
    page.add_choice(p.DEVICE, tr("Compute on"), _DEVICES)
    page.say(tr("What the dialogs begin with; a project that says another device keeps it."))
    page.add_switch(p.PROPOSE_AFTER, tr("Propose boxes as soon as the training is done"))
    return page


def files(settings: AppSettings, told: Told) -> SettingPage:
    """Where the program keeps what is not in a project."""
    page = SettingPage(tr("Files"), settings, told)
    places = (
        (tr("Settings"), settings.path),
        (tr("Log"), log_file()),
        (tr("Cache"), platformdirs.user_cache_path("boxwright")),
        (tr("Sample project"), platformdirs.user_data_path("boxwright") / "sample"),
    )
    grid = QGridLayout()
    grid.setHorizontalSpacing(10)
    grid.setVerticalSpacing(8)
    for row, (words, path) in enumerate(places):
        _add_place(page, grid, row, words, path)
    page.column.insertLayout(1, grid)
    return page


def _add_place(page: SettingPage, grid: QGridLayout, row: int, words: str, path: Path) -> None:
    shown = QLineEdit(str(path))
    shown.setReadOnly(True)
    shown.setAccessibleName(words)
    shown.setCursorPosition(0)
    opener = button(tr("Open the folder"), lambda: _open_folder(path))
    opener.setAccessibleName(tr("Open the folder: {name}", name=words))
    caption = label(words)
    caption.setBuddy(shown)
    for column, widget in enumerate((caption, shown, opener)):
        grid.addWidget(widget, row, column)
    page.fields[words] = shown


def _open_folder(path: Path) -> None:
    """The nearest folder that is there: what is in it may not have been made yet."""
    folder = path if path.is_dir() else next((f for f in path.parents if f.is_dir()), path.parent)
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))


def _add(page: SettingPage, name: str, caption: str, field: QComboBox) -> None:
    field.setAccessibleName(caption)
    add_field(page.form, caption, field)
    page.fields[name] = field
