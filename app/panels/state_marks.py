"""How a review state looks: an icon and a word; the colour only adds to them."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtGui import QPixmap

from app import icons
from app.i18n import mark, tr
from app.models.state_words import STATE_WORDS
from engine.domain.records import QueueEntry, ReviewState

_ICONS = {
    ReviewState.UNREVIEWED: "unreviewed",
    ReviewState.PARTLY: "partly",
    ReviewState.ACCEPTED: "accept",
    ReviewState.CORRECTED: "corrected",
    ReviewState.REJECTED: "reject",
    ReviewState.SKIPPED: "skip",
}
PROBLEM_WORD = mark("Unreadable")


def mark_word(entry: QueueEntry) -> str:
    return tr(PROBLEM_WORD if entry.problem else STATE_WORDS[entry.state])


def mark_icon(entry: QueueEntry) -> str:
    """The name of the icon."""
    return "warning" if entry.problem else _ICONS[entry.state]


@lru_cache(maxsize=128)
def mark_pixmap(name: str, colour: str, size: int, ratio: float) -> QPixmap:
    """Painted once, since the queue asks for it at every row."""
    return icons.pixmap(name, colour, size, ratio)
