"""Lets a setting work at once in the window that is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.preferences import (
    BOX_WORDS,
    CROSSHAIR,
    HEAT_OPACITY,
    JOB_THREADS,
    MEGABYTE,
    PICTURE_MEMORY,
    Preference,
    Switch,
)

if TYPE_CHECKING:
    from app.main_window import MainWindow
    from app.panels.review_page import ReviewPage


def take_effect(window: MainWindow, preference: Preference) -> None:
    """Show what ``preference`` is now. Others are read where they are needed, each time anew."""
    if isinstance(preference, Switch) and preference.action:
        on = window.settings.switch(preference)
        window.registry.action(preference.action).setChecked(on)
    window.runner.threads = window.settings.number(JOB_THREADS)
    if window.review_page is not None:
        apply_to_review(window.review_page)


def apply_to_review(page: ReviewPage) -> None:
    """The looks of the page and what it may hold in memory."""
    settings, canvas = page.settings, page.stage.canvas
    canvas.look.set_crosshair(settings.switch(CROSSHAIR))
    canvas.boxes.set_words_shown(settings.switch(BOX_WORDS))
    page.box_panel.set_heat_opacity(settings.number(HEAT_OPACITY) / 100)
    page.loader.set_budget(settings.number(PICTURE_MEMORY) * MEGABYTE)
