"""The Qt binding itself: what would bring the window down without any fault of its own."""

from __future__ import annotations

import sys

from PySide6.QtCore import QObject


def test_calls_into_qt_keep_the_count_of_references_to_none() -> None:
    """PySide6 6.12.0 loses one per call before Python 3.12, and the program dies of it."""
    thing = QObject()
    before = sys.getrefcount(None)
    for _ in range(1000):
        thing.setObjectName("thing")
    assert abs(sys.getrefcount(None) - before) < 500
