"""Commands of the grid: many images decided at once."""

from __future__ import annotations

from functools import partial

from app.commands.spec import Scope, in_room, review

_grid = partial(in_room, Scope.GRID)

OPEN = (
    review(
        "grid.open",
        "&Grid",
        "G",
        icon="grid",
        tip="Decide about many images at once",
        repeats=False,
    ),
)

GRID = (
    _grid("grid.accept", "Accept the selected", "Space", icon="accept"),
    _grid("grid.reject", "Reject the selected", "X", icon="reject"),
    _grid("grid.skip", "Skip the selected", "S", icon="skip"),
    _grid("grid.reset", "Selected back to unreviewed", "U"),
    _grid("grid.label", "Label the selected…", "L", tip="Give the selected images another class"),
    _grid("grid.open_one", "Open in the review", "Return", "Enter"),
    _grid("grid.back", "Back to the review", "Esc", "G", icon="previous"),
    _grid("grid.select_all", "Select all", "Ctrl+A"),
    _grid("grid.next_unreviewed", "Next unreviewed", "Ctrl+D", icon="next_unreviewed"),
    _grid("grid.crops", "Show the boxes only", "C", tip="Crop to the boxes", checks=True),
    _grid("grid.larger", "Larger", "Ctrl++", "Ctrl+=", icon="zoom_in"),
    _grid("grid.smaller", "Smaller", "Ctrl+-", icon="zoom_out"),
)
