"""Commands of the why view: the way in and back, what is shown, what is dropped, which box."""

from __future__ import annotations

from functools import partial

from app.commands.spec import ActionSpec, Scope, in_room, review
from app.i18n import mark

_why = partial(in_room, Scope.WHY)

OPEN = (
    review(
        "why.open",
        mark("&Why this box"),
        "I",
        icon="why",
        tip=mark("Show where the network looks, what it drops, and what changes without it"),
        repeats=False,
    ),
)

WHY = (
    _why("why.back", mark("Back to the review"), "Esc", "I", icon="previous"),
    _why("why.next", mark("Next image"), "D", icon="next"),
    _why("why.previous", mark("Previous image"), "A", icon="previous"),
    _why("why.next_unreviewed", mark("Next unreviewed image"), "Ctrl+D", icon="next_unreviewed"),
    _why("why.maps", mark("Maps of this run"), "1"),
    _why("why.compare", mark("Compare runs"), "2"),
    _why("why.drop", mark("Drop it: what now?"), "3"),
    _why(
        "why.over",
        mark("Over the image"),
        "O",
        tip=mark("Lay the maps over the image"),
        checks=True,
    ),
    _why("why.fit", mark("Show the image whole"), "Ctrl+F", "Ctrl+0", icon="fit"),
    _why(
        "why.redraw",
        mark("Draw the masks again"),
        "N",
        icon="refresh",
        tip=mark("Draw with another seed"),
    ),
    _why(
        "why.next_box",
        mark("Next other box"),
        "B",
        tip=mark("Cycle through the boxes that drops bring"),
    ),
    _why("why.take_box", mark("Take this box"), "Return", "Enter", icon="accept"),
    _why("why.lower", mark("Lower the threshold"), "[", tip=mark("Larger boxes")),
    _why("why.raise", mark("Raise the threshold"), "]", tip=mark("Smaller boxes")),
    _why(
        "why.save",
        mark("Save the view…"),
        "Ctrl+Shift+S",
        tip=mark("Save what is shown as PNG or SVG"),
    ),
)

REPORT = (
    ActionSpec(
        "job.measure",
        mark("&Measure misdirection"),
        tip=mark("Find out, image by image, how far the network looks at something else"),
    ),
    ActionSpec(
        "job.report",
        mark("R&eport…"),
        tip=mark("Write a page that says where the attention goes wrong, class by class"),
    ),
)
