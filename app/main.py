"""Where the window is put together: ``python -m app [PROJECT]``."""

from __future__ import annotations

import argparse
import gc
import logging
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from app import icons, language, theme
from app.fault_hooks import FaultHooks, start_logging
from app.garbage import GarbageCollector
from app.main_window import MainWindow
from app.memory import give_back_early
from app.preload import load_rest, preload
from app.settings import AppSettings

log = logging.getLogger(__name__)

#: After an image is on the screen, for the queue to be there too.
_REST_AFTER_MS = 300


def main(arguments: Sequence[str] | None = None) -> int:
    """Show the window, then open the project that was named; returns the exit code."""
    project = _parse(sys.argv[1:] if arguments is None else arguments).project
    collects = gc.isenabled()
    gc.disable()  # until the collector below; see ``app.garbage``
    if project is not None:
        preload()
    app = make_application(sys.argv[:1])
    start_logging()
    settings = AppSettings()
    language.install(app, settings.language())
    theme.apply(app, theme.ThemeMode(settings.theme()))
    window = MainWindow(settings)
    hooks = FaultHooks(window.show_bug, window)
    hooks.install()
    collector = GarbageCollector(window)
    load_later = partial(_load_rest, collector)
    window.image_shown.connect(lambda: QTimer.singleShot(_REST_AFTER_MS, window, load_later))
    window.show()
    if project is not None:
        # once the window is on the screen, so that a slow disk does not delay it
        QTimer.singleShot(0, window, lambda: window.open_project(project))
    try:
        return app.exec()
    finally:
        collector.stop()
        if collects:
            gc.enable()
        hooks.uninstall()


def _load_rest(collector: GarbageCollector) -> None:
    collector.spare_when_loaded(load_rest())


def make_application(arguments: Sequence[str]) -> QApplication:
    """The application with its name and icon; memory is given back from here on."""
    give_back_early()
    app = QApplication(list(arguments))
    app.setApplicationName("Boxwright")
    app.setOrganizationName("Boxwright")
    app.setDesktopFileName("boxwright")
    app.setWindowIcon(icons.app_icon())
    return app


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m app", description="The window of Boxwright.")
    parser.add_argument(
        "project", nargs="?", type=Path, help="project folder to open; the start page without"
    )
    return parser.parse_args(arguments)
