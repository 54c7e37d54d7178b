"""Commands of learning from a person's boxes."""

from __future__ import annotations

from app.commands.spec import ActionSpec
from app.i18n import mark

LEARNING = (
    ActionSpec(
        "learn.now",
        mark("&Learn from my boxes"),
        ("Ctrl+Shift+L",),
        tip=mark("Better proposals for what is not reviewed yet"),
        short=mark("Learn"),
    ),
    ActionSpec(
        "learn.follow",
        mark("Learn &as I go"),
        tip=mark("Learn again after every few decisions, in the background"),
        checkable=True,
    ),
    ActionSpec(
        "learn.accept_rest",
        mark("Accept the re&st…"),
        ("Ctrl+Shift+A",),
        tip=mark("Accept what is surely good enough, with a stated guarantee"),
    ),
    ActionSpec(
        "learn.findings",
        mark("&What was learned…"),
        tip=mark("Which run serves best, and how true the estimates are"),
    ),
)
