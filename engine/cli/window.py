"""Starting the window, which the engine may not import: it is a program of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def open_window(project: Path | None) -> int:
    """Run the window to its end and return its exit code."""
    arguments = [] if project is None else [str(project)]
    return subprocess.call([sys.executable, "-m", "app", *arguments])


def has_display() -> bool:
    """True where a window can be shown: always on macOS and Windows, else with X11 or Wayland."""
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
