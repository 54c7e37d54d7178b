"""Counts, lists, moments and keys in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import QDateTime, QLocale
from PySide6.QtGui import QKeySequence

from app.i18n import plural, tr, whole


def counted(number: int, one: str, many: str) -> str:
    """``1 image``, ``5,000 images``."""
    return f"{whole(number)} {plural(number, one, many)}"


def listed(parts: Sequence[str]) -> str:
    """``one and other``."""
    return tr(" and ").join(parts)


def moment(when: datetime, pattern: str) -> str:
    """``when`` in the time of this computer; ``pattern`` as Qt has it, marked for translation."""
    there = QDateTime.fromMSecsSinceEpoch(round(when.timestamp() * 1000))
    return QLocale().toString(there, tr(pattern))


def key_name(key: str) -> str:
    """The key of a portable text as people of this system read it."""
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)
