"""Commands of the why view: the way in and back, what is shown, what is dropped, which box."""

from __future__ import annotations

from functools import partial

from app.commands.spec import ActionSpec, Scope, in_room, review

_why = partial(in_room, Scope.WHY)

OPEN = (
    review(
        "why.open",
        "&Why this box",
        "I",
        icon="why",
        tip="Show where the network looks, what it drops, and what changes without it",
        repeats=False,
    ),
)

WHY = (
    _why("why.back", "Back to the review", "Esc", "I", icon="previous"),
    _why("why.next", "Next image", "D", icon="next"),
    _why("why.previous", "Previous image", "A", icon="previous"),
    _why("why.next_unreviewed", "Next unreviewed image", "Ctrl+D", icon="next_unreviewed"),
    _why("why.maps", "Maps of this run", "1"),
    _why("why.compare", "Compare runs", "2"),
    _why("why.drop", "Drop it: what now?", "3"),
    _why("why.over", "Over the image", "O", tip="Lay the maps over the image", checks=True),
    _why("why.fit", "Show the image whole", "Ctrl+F", "Ctrl+0", icon="fit"),
    _why("why.redraw", "Draw the masks again", "N", icon="refresh", tip="Draw with another seed"),
    _why("why.next_box", "Next other box", "B", tip="Cycle through the boxes that drops bring"),
    _why("why.take_box", "Take this box", "Return", "Enter", icon="accept"),
    _why("why.lower", "Lower the threshold", "[", tip="Larger boxes"),
    _why("why.raise", "Raise the threshold", "]", tip="Smaller boxes"),
    _why("why.save", "Save the view…", "Ctrl+Shift+S", tip="Save what is shown as PNG or SVG"),
)

REPORT = (
    ActionSpec(
        "job.measure",
        "&Measure misdirection",
        tip="Find out, image by image, how far the network looks at something else",
    ),
    ActionSpec(
        "job.report",
        "&Report…",
        tip="Write a page that says where the attention goes wrong, class by class",
    ),
)
