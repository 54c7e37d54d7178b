"""The window in German: everything is translated, nothing is cut off, nothing complains."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from types import SimpleNamespace

import pytest
from babel.messages.pofile import read_po
from PySide6.QtCore import QLocale, Qt
from PySide6.QtGui import QAction, QFontMetrics
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QCheckBox,
    QComboBox,
    QDialogButtonBox,
    QHeaderView,
    QLabel,
    QListWidget,
    QMenu,
    QMessageBox,
    QPushButton,
    QRadioButton,
    QTableView,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app import i18n, language, theme
from app.actions import plain_text
from app.engine_words import engine_text, units
from app.i18n import decimal, percent, tr, whole
from app.main_window import MainWindow
from app.operation_text import operation_text
from app.panels.elided_label import ElidedLabel
from app.progress_text import ProgressMeter, duration_text
from app.words import counted
from engine.jobs.catalogue import METHODS
from engine.jobs.events import Progress
from tests.gui.review_bench import OFFSCREEN
from tests.gui.whole_window import dialogs, open_window, pages, spoken

pytestmark = [OFFSCREEN, pytest.mark.timeout(280)]
ROOT = Path(__file__).parents[2]
_ROOM = 2  # pixels that rounding may take
_ELIDES = QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
_SMALL_SCREEN = (1366, 768)


@pytest.fixture
def german(qapp: QApplication) -> Iterator[None]:
    with spoken(qapp, "de"):
        yield


def shown(root: QWidget, kind: type[QWidget]) -> list[QWidget]:
    found = [root] if isinstance(root, kind) else []
    return [w for w in (*found, *root.findChildren(kind)) if w.isVisible()]


def cut_off(root: QWidget) -> list[str]:
    """Texts of buttons, labels, boxes and heads that have less room than they need."""
    found = [b.text() for b in shown(root, QAbstractButton) if _is_narrow_button(b)]  # type: ignore[attr-defined]
    found += [w.text() for w in shown(root, QLabel) if _is_narrow_label(w)]  # type: ignore[arg-type, attr-defined]
    found += [w.currentText() for w in shown(root, QComboBox) if _is_narrow_choice(w)]  # type: ignore[arg-type, attr-defined]
    found += [t for w in shown(root, QHeaderView) for t in _narrow_heads(w)]  # type: ignore[arg-type]
    return found


def cut_off_for_good(root: QWidget, qtbot: QtBot) -> list[str]:
    """A text that has just changed gets its room with the next layout, on a busy machine later."""
    try:
        qtbot.waitUntil(lambda: not cut_off(root), timeout=2000)
    except qtbot.TimeoutError:
        return cut_off(root)
    return []


def _is_narrow_button(button: QWidget) -> bool:
    if not isinstance(button, QPushButton | QCheckBox | QRadioButton | QToolButton):
        return False
    return bool(button.text()) and button.width() + _ROOM < button.sizeHint().width()


def _is_narrow_label(text: QLabel) -> bool:
    if not text.text() or isinstance(text, ElidedLabel):
        return False
    if text.wordWrap():
        return text.height() + _ROOM < text.heightForWidth(text.width())
    return text.width() + _ROOM < text.sizeHint().width()


def _is_narrow_choice(choice: QComboBox) -> bool:
    """Class names and runs may be elided; other choices may not."""
    if (
        choice.sizeAdjustPolicy()
        == QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
    ):
        return False
    arrow = 30
    needs = QFontMetrics(choice.font()).horizontalAdvance(choice.currentText()) + arrow
    return choice.width() + _ROOM < needs


def _narrow_heads(head: QHeaderView) -> list[str]:
    if head.orientation() is not Qt.Orientation.Horizontal or head.model() is None:
        return []
    texts = []
    for section in range(head.count()):
        words = str(head.model().headerData(section, Qt.Orientation.Horizontal) or "")
        if head.fontMetrics().horizontalAdvance(words) > head.sectionSize(section):
            texts.append(words)
    return texts


@pytest.mark.parametrize("name", ["en", "de"])
def test_nothing_is_cut_off(name: str, qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> None:
    before = qapp.styleSheet()
    with spoken(qapp, name):
        theme.apply(qapp, theme.ThemeMode.LIGHT)
        wrong: dict[str, list[str]] = {}
        try:
            with open_window(qtbot, tmp_path) as window:
                for each in chain(dialogs(window, qtbot), pages(window, qtbot)):
                    if found := cut_off_for_good(each.widget, qtbot):
                        wrong[each.name] = found
                    size = each.widget.size()
                    assert size.width() <= _SMALL_SCREEN[0], each.name
                    assert size.height() <= max(_SMALL_SCREEN[1], window.height()), each.name
        finally:
            theme.apply(qapp, theme.ThemeMode.SYSTEM)
            qapp.setStyleSheet(before)
    assert wrong == {}


def test_every_menu_is_german_and_its_mnemonics_are_unique(
    german: None, qtbot: QtBot, tmp_path: Path
) -> None:
    with open_window(qtbot, tmp_path) as window:
        bar = window.menuBar()
        assert [a.text() for a in bar.actions()] == [
            "&Datei", "&Bearbeiten", "&Prüfung", "Bo&x", "&Ansicht", "&Maschine", "&Hilfe",
        ]  # fmt: skip
        assert _twice(bar.actions()) == []
        assert _menus_with_doubles(window) == {}


def test_english_mnemonics_are_unique_too(qtbot: QtBot, tmp_path: Path) -> None:
    with open_window(qtbot, tmp_path) as window:
        assert _menus_with_doubles(window) == {}


def _menus_with_doubles(window: MainWindow) -> dict[str, list[str]]:
    menus = window.menuBar().findChildren(QMenu)
    return {menu.title(): found for menu in menus if (found := _twice(menu.actions()))}


def _twice(actions: Sequence[QAction]) -> list[str]:
    letters = [m[1].casefold() for a in actions if (m := re.search(r"&(\w)", a.text()))]
    return sorted({letter for letter in letters if letters.count(letter) > 1})


def german_by_english() -> dict[str, str]:
    path = ROOT / "resources" / "translations" / "de" / "LC_MESSAGES" / "boxwright.po"
    with path.open("rb") as file:
        return {m.id: m.string for m in read_po(file) if m.id and isinstance(m.id, str)}  # type: ignore[misc]


def words_on(root: QWidget) -> set[str]:
    """Everything that can be read in a window, menus and tool tips too."""
    found: set[str] = set()
    for widget in [root, *root.findChildren(QWidget)]:
        for name in ("text", "windowTitle", "placeholderText", "title"):
            read = getattr(widget, name, None)
            if callable(read):
                found.add(str(read()))
        found |= {widget.toolTip(), widget.accessibleName()}
        found |= {action.text() for action in widget.actions()}
        if isinstance(widget, QComboBox):
            found |= {widget.itemText(at) for at in range(widget.count())}
        if isinstance(widget, QListWidget):
            found |= {widget.item(at).text() for at in range(widget.count())}
        if isinstance(widget, QTableView) and widget.model() is not None:
            model = widget.model()
            heads = range(widget.horizontalHeader().count())
            found |= {str(model.headerData(at, Qt.Orientation.Horizontal)) for at in heads}
    return {text for text in found if text}


def test_no_english_text_is_left(german: None, qtbot: QtBot, tmp_path: Path) -> None:
    """What is shown is no text that the catalogue says otherwise."""
    catalogue = german_by_english()
    options = {option.name for method in METHODS for option in method.options}
    left: dict[str, set[str]] = {}
    with open_window(qtbot, tmp_path) as window:
        for each in chain(dialogs(window, qtbot), pages(window, qtbot)):
            english = {t for t in words_on(each.widget) if catalogue.get(t, t) != t} - options
            if english:
                left[each.name] = english
    assert left == {}


def test_qt_speaks_german_too(german: None, qtbot: QtBot) -> None:
    box = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
    qtbot.addWidget(box)
    assert plain_text(box.buttons()[0].text()) == "Abbrechen"
    message = QMessageBox()
    qtbot.addWidget(message)
    message.setStandardButtons(QMessageBox.StandardButton.Yes)
    assert plain_text(message.buttons()[0].text()) == "Ja"


def test_numbers_and_counts_in_german(german: None) -> None:
    assert (whole(1234567), decimal(0.5, 2), percent(0.951, 1)) == ("1.234.567", "0,50", "95,1 %")
    assert counted(1, "image", "images") == "1 Bild"
    assert counted(5000, "class", "classes") == "5.000 Klassen"
    assert QLocale().toString(0.5) == "0,5"
    assert units("images", 1) == "Bild"
    assert duration_text(9840) == "etwa 2 h 44 min"


def test_numbers_and_counts_in_english() -> None:
    assert (whole(1234567), decimal(0.5, 2), percent(0.951, 1)) == ("1,234,567", "0.50", "95.1 %")
    assert counted(1, "image", "images") == "1 image"


def test_what_the_engine_says_is_told_in_german(german: None) -> None:
    assert engine_text("Epoch 3 of 12") == "Epoche 3 von 12"
    assert engine_text("DGDM: Score maps") == "DGDM: Score-Maps"
    assert engine_text("heron: IoU with the proposal is only 0.12.") == (
        "heron: IoU mit dem Vorschlag nur 0.12."
    )
    assert engine_text("run 3 (dgdm, cam)") == "Lauf 3 (dgdm, cam)"
    assert engine_text("Something new") == "Something new"
    meter = ProgressMeter(lambda: 0.0)
    meter.update(Progress(12, 5000, "images", "Proposing"))
    assert meter.count_text() == "12 / 5.000 Bilder"


def test_the_history_is_told_in_the_language_of_who_reads_it(german: None) -> None:
    assert operation_text("Accept") == "Annehmen"
    assert operation_text("Move 3 boxes") == "3 Boxen verschieben"
    assert operation_text("Something an older version did") == "Something an older version did"


@pytest.mark.parametrize(
    ("setting", "system", "spoken_language"),
    [
        ("de", ["en-US"], "de"),
        ("en", ["de-DE"], "en"),
        ("system", ["de-AT", "de"], "de"),
        ("system", ["fr-FR", "de-CH", "en"], "de"),
        ("system", ["fr-FR", "pl"], "en"),
        ("system", [], "en"),
    ],
)
def test_which_language_is_spoken(
    setting: str, system: list[str], spoken_language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    locale = SimpleNamespace(uiLanguages=lambda: system)
    monkeypatch.setattr(language.QLocale, "system", lambda: locale)
    assert language.spoken(setting) == spoken_language


def test_a_language_without_a_catalogue_is_english() -> None:
    i18n.use("tlh")
    assert i18n.language() == "en"
    assert tr("Close") == "Close"


def test_undo_is_named_in_german(german: None, qtbot: QtBot, tmp_path: Path) -> None:
    with open_window(qtbot, tmp_path) as window:
        page = window.review_page
        assert page is not None
        page.flow.reject()
        action = window.registry.action("edit.undo")
        qtbot.waitUntil(action.isEnabled, timeout=10_000)
        assert action.text() == "Rückgängig: Ablehnen"
        session = window.desk.session
        assert session is not None
        assert session.history.undo == "Reject"  # what is kept is no language of anybody
