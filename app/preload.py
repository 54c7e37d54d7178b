"""Loading what an open project needs while the window is still being made."""

from __future__ import annotations

import logging
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


def preload() -> Thread:
    """Import MODULES in a thread of its own; whoever needs one meanwhile waits for it."""
    thread = Thread(target=_load, name="preload", daemon=True)
    thread.start()
    return thread


def _load() -> None:
    for name in MODULES:
        try:
            import_module(name)
        except ImportError:  # opening will say so where a person can see it
            log.warning("%s cannot be loaded.", name, exc_info=True)
            return
