"""Commands of learning from a person's boxes."""

from __future__ import annotations

from app.commands.spec import ActionSpec

LEARNING = (
    ActionSpec(
        "learn.now",
        "&Learn from my boxes",
        ("Ctrl+Shift+L",),
        tip="Better proposals for what is not reviewed yet",
        short="Learn",
    ),
    ActionSpec(
        "learn.follow",
        "Learn &as I go",
        tip="Learn again after every ten decisions, in the background",
        checkable=True,
    ),
    ActionSpec(
        "learn.accept_rest",
        "Accept the re&st…",
        ("Ctrl+Shift+A",),
        tip="Accept what is surely good enough, with a stated guarantee",
    ),
    ActionSpec(
        "learn.findings",
        "&What was learned…",
        tip="Which run serves best, and how true the estimates are",
    ),
)
