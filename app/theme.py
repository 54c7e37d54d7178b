"""Light and dark: a quiet palette, so that the image is the bright thing on the screen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QColor, QIcon, QPalette
from PySide6.QtWidgets import QApplication, QStyleFactory, QWidget
from shiboken6 import isValid

from app import icons
from engine.domain.records import ReviewState


class ThemeMode(StrEnum):
    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, slots=True)
class Colours:
    """Every colour of the window, each with one meaning (``#rrggbb``).

    Where a colour tells something (state, whose box), a mark or a line style tells it too.
    """

    window: str  # behind everything
    surface: str  # pages, lists, fields
    raised: str  # buttons, cards
    border: str
    text: str
    muted: str  # words of less weight
    faint: str  # what is disabled
    accent: str  # what to press, what is selected
    on_accent: str
    canvas: str  # around the image
    proposal: str  # of the machine; a box of it where boxes are compared (drawn dashed)
    annotation: str  # a box of a person where boxes are compared (drawn solid)
    truth: str  # a true box of an evaluation (drawn dotted)
    accepted: str
    corrected: str
    rejected: str
    skipped: str
    unreviewed: str
    problem: str  # something is wrong

    def state(self, state: ReviewState) -> str:
        """The colour of a review state."""
        return {
            ReviewState.ACCEPTED: self.accepted,
            ReviewState.CORRECTED: self.corrected,
            ReviewState.REJECTED: self.rejected,
            ReviewState.SKIPPED: self.skipped,
            ReviewState.UNREVIEWED: self.unreviewed,
            ReviewState.PARTLY: self.unreviewed,  # it waits as well; the mark tells them apart
        }[state]


LIGHT = Colours(
    window="#eef0f2",
    surface="#ffffff",
    raised="#f8f9fa",
    border="#d3d8dd",
    text="#1e2429",
    muted="#5f6a74",
    faint="#a5adb5",
    accent="#1f6fc4",
    on_accent="#ffffff",
    canvas="#d9dcdf",
    proposal="#159a4c",
    annotation="#d97706",
    truth="#d62828",
    accepted="#0b8a6a",
    corrected="#7a4fc4",
    rejected="#b83a5e",
    skipped="#7d6a3a",
    unreviewed="#8b959e",
    problem="#c2571a",
)

DARK = Colours(
    window="#1c1f22",
    surface="#23272b",
    raised="#2d3237",
    border="#3a4046",
    text="#e4e7ea",
    muted="#98a2ab",
    faint="#5e676f",
    accent="#4d9bea",
    on_accent="#0d1319",
    canvas="#131517",
    proposal="#3ecf74",
    annotation="#ffb340",
    truth="#ff5a52",
    accepted="#35c49c",
    corrected="#b08cf0",
    rejected="#e8708f",
    skipped="#c3ab6c",
    unreviewed="#77818a",
    problem="#f0904a",
)

_STYLED = "styled"
_BY_DARK = {False: LIGHT, True: DARK}


def apply(app: QApplication, mode: ThemeMode) -> None:
    """Dress ``app``; widgets hear of it as a palette change."""
    _put_on(app, _take_off(app, mode))


def change(
    app: QApplication,
    mode: ThemeMode,
    window: QWidget,
    icons: Callable[[], None],
    system_is_dark: bool | None = None,
) -> None:
    """As ``apply``, step by step, so that no step holds up the window for long; then ``icons``.

    ``system_is_dark`` where that is known; else Qt is asked. Qt goes through every widget there
    is. Nothing is painted in between.
    """
    windows = [shown for shown in app.topLevelWidgets() if shown.isVisible()]
    for shown in windows:
        shown.setUpdatesEnabled(False)
    chosen = _take_off(app, mode, system_is_dark)

    def dress() -> None:
        _put_on(app, chosen)
        QTimer.singleShot(0, app, finish)

    def finish() -> None:
        if isValid(window):
            icons()
        for shown in windows:
            if isValid(shown):
                shown.setUpdatesEnabled(True)

    QTimer.singleShot(0, app, dress)


def _take_off(app: QApplication, mode: ThemeMode, system_is_dark: bool | None = None) -> Colours:
    """Everything but the style sheet: Qt takes one off and puts another on in a third of the time
    in which it exchanges them."""
    if app.property(_STYLED) is None:  # another theme is another palette of the same style
        app.setStyle(QStyleFactory.create("Fusion"))
        app.setProperty(_STYLED, True)
    app.styleHints().setColorScheme(
        {
            ThemeMode.SYSTEM: Qt.ColorScheme.Unknown,
            ThemeMode.LIGHT: Qt.ColorScheme.Light,
            ThemeMode.DARK: Qt.ColorScheme.Dark,
        }[mode]
    )
    follows = mode is ThemeMode.SYSTEM and system_is_dark is not None
    chosen = _BY_DARK[bool(system_is_dark) if follows else _is_dark(app, mode)]
    app.setStyleSheet("")
    app.setPalette(_palette(chosen))
    return chosen


def _put_on(app: QApplication, chosen: Colours) -> None:
    app.setStyleSheet(_style_sheet(chosen))


def colours() -> Colours:
    """The colours of the theme that is on now."""
    window = QApplication.palette().color(QPalette.ColorRole.Window)
    return DARK if window.lightness() < 128 else LIGHT


def themed_icon(name: str) -> QIcon:
    """Icon ``name`` in the colours of the text of the theme that is on now."""
    now = colours()
    return icons.icon(name, now.text, now.faint)


def _is_dark(app: QApplication, mode: ThemeMode) -> bool:
    if mode is not ThemeMode.SYSTEM:
        return mode is ThemeMode.DARK
    return app.styleHints().colorScheme() == Qt.ColorScheme.Dark


def _palette(c: Colours) -> QPalette:
    role = QPalette.ColorRole
    palette = QPalette()
    pairs = {
        role.Window: c.window,
        role.WindowText: c.text,
        role.Base: c.surface,
        role.AlternateBase: c.raised,
        role.Text: c.text,
        role.Button: c.raised,
        role.ButtonText: c.text,
        role.BrightText: c.on_accent,
        role.Highlight: c.accent,
        role.HighlightedText: c.on_accent,
        role.ToolTipBase: c.raised,
        role.ToolTipText: c.text,
        role.PlaceholderText: c.faint,
        role.Link: c.accent,
        role.Mid: c.border,
        role.Accent: c.accent,
    }
    for which, colour in pairs.items():
        palette.setColor(which, QColor(colour))
    for which in (role.Text, role.WindowText, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, which, QColor(c.faint))
    for which in (role.Highlight, role.Accent):  # what cannot be moved does not shine
        palette.setColor(QPalette.ColorGroup.Disabled, which, QColor(c.border))
    return palette


def _style_sheet(c: Colours) -> str:
    styles = Path(str(files("resources").joinpath("styles")))
    sheet = (styles / "window.qss").read_text(encoding="utf-8")
    sheet = sheet.replace("@styles@", styles.as_posix())
    sheet = sheet.replace("@theme@", "dark" if c is DARK else "light")
    for name in Colours.__slots__:
        sheet = sheet.replace(f"@{name}@", getattr(c, name))
    return sheet
