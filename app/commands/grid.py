"""Commands of the grid: many images decided at once."""

from __future__ import annotations

from functools import partial

from app.commands.spec import Scope, in_room, review
from app.i18n import mark

_grid = partial(in_room, Scope.GRID)

OPEN = (
    review(
        "grid.open",
        mark("&Grid"),
        "G",
        icon="grid",
        tip=mark("Decide about many images at once"),
        repeats=False,
    ),
)

GRID = (
    _grid("grid.accept", mark("Accept the selected"), "Space", icon="accept"),
    _grid("grid.reject", mark("Reject the selected"), "X", icon="reject"),
    _grid("grid.skip", mark("Skip the selected"), "S", icon="skip"),
    _grid("grid.reset", mark("Selected back to unreviewed"), "U"),
    _grid(
        "grid.label",
        mark("Label the selected…"),
        "L",
        tip=mark("Give the selected images another class"),
    ),
    _grid("grid.open_one", mark("Open in the review"), "Return", "Enter"),
    _grid("grid.back", mark("Back to the review"), "Esc", "G", icon="previous"),
    _grid("grid.select_all", mark("Select all"), "Ctrl+A"),
    _grid("grid.next_unreviewed", mark("Next unreviewed"), "Ctrl+D", icon="next_unreviewed"),
    _grid(
        "grid.crops", mark("Show the boxes only"), "C", tip=mark("Crop to the boxes"), checks=True
    ),
    _grid("grid.larger", mark("Larger"), "Ctrl++", "Ctrl+=", icon="zoom_in"),
    _grid("grid.smaller", mark("Smaller"), "Ctrl+-", icon="zoom_out"),
)
