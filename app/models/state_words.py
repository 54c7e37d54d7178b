"""Review states in words."""

from __future__ import annotations

from app.i18n import mark
from engine.domain.records import ReviewState

STATE_WORDS = {
    ReviewState.UNREVIEWED: mark("Unreviewed"),
    ReviewState.PARTLY: mark("Partly decided"),
    ReviewState.ACCEPTED: mark("Accepted"),
    ReviewState.CORRECTED: mark("Corrected"),
    ReviewState.REJECTED: mark("Rejected"),
    ReviewState.SKIPPED: mark("Skipped"),
}
