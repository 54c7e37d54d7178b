"""The colour of each class on the canvas: the one that a person chose, else the next of a list."""

from __future__ import annotations

from collections.abc import Sequence

from engine.domain.records import ClassRecord

#: Apart from each other for normal and colour-blind eyes alike, the first ones most: seven of Okabe
#: and Ito, then those farthest from all before in the worst of four kinds of sight.
CLASS_COLOURS = (
    "#56b4e9",
    "#e69f00",
    "#cc79a7",
    "#f0e442",
    "#009e73",
    "#d55e00",
    "#0072b2",
    "#870fff",
    "#c3f0c3",
    "#69ff87",
    "#e1004b",
    "#9678ff",
)


def colours_by_class(classes: Sequence[ClassRecord]) -> dict[int, str]:
    """Class id -> ``#rrggbb``. What a person chose for one class is given to no other of itself.

    The list begins anew where there are more classes than colours: names tell those apart.
    """
    chosen = {record.id: record.color.lower() for record in classes if record.color is not None}
    free = [colour for colour in CLASS_COLOURS if colour not in chosen.values()]
    free = free or list(CLASS_COLOURS)
    found: dict[int, str] = {}
    at = 0
    for record in classes:
        if record.id in chosen:
            found[record.id] = chosen[record.id]
        else:
            found[record.id] = free[at % len(free)]
            at += 1
    return found
