"""Loading what an open project needs while the window is still being made."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from threading import Thread

log = logging.getLogger(__name__)

#: In the order in which opening asks for them. None of them makes a widget.
MODULES = (
    "engine.store.project",
    "engine.store.review",
    "engine.imaging.decoding",
    "engine.localization.boxes",
    "app.panels.review_page",
)

#: What the first look at a page or into a dialog needs, those with most to load first.
REST = (
    "app.grid.page",
    "app.why.page",
    "app.dialogs.train",
    "app.dialogs.propose",
    "app.dialogs.export",
    "app.dialogs.import_boxes",
    "app.dialogs.report",
    "app.dialogs.classes",
    "app.dialogs.checks",
    "app.dialogs.history",
    "app.dialogs.labels",
    "app.dialogs.notes",
    "app.learning.accept_rest",
    "app.learning.findings",
    "app.dialogs.new_project",
    "app.dialogs.wait_dialog",
    "app.dialogs.shortcuts",
    "app.dialogs.about",
)


def preload() -> Thread:
    """Import MODULES in a thread of its own; whoever needs one meanwhile waits for it."""
    return _load_apart(MODULES)


@cache
def load_rest() -> Thread:
    """Import REST likewise, once: the window's thread would stand still for it at first use."""
    return _load_apart(REST)


def _load_apart(names: Sequence[str]) -> Thread:
    thread = Thread(target=_load, args=(names,), name="preload", daemon=True)
    thread.start()
    return thread


def _load(names: Sequence[str]) -> None:
    for name in names:
        try:
            import_module(name)
        except ImportError:  # opening will say so where a person can see it
            log.warning("%s cannot be loaded.", name, exc_info=True)
            return
