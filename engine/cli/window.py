"""Starting the window, which the engine may not import: it is a program of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def open_window(project: Path | None) -> int:
    """Become the window, so that a signal to this process ends it; on Windows, wait for it."""
    command = [sys.executable, "-m", "app", *([] if project is None else [str(project)])]
    if os.name != "nt":
        os.execv(command[0], command)
    return subprocess.call(command)


def has_display() -> bool:
    """True where a window can be shown: always on macOS and Windows, else with X11 or Wayland."""
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
