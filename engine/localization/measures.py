"""The measures of misdirection by name: what each means in plain words, and which way is bad.

``MEASURES`` is what a list, a report or a queue offers. How well each ranks is measured by
``tests/benchmarks/misdirection.py`` on the train rows of three data sets: a measure of the map or
the network ranks if its rank correlation with IoU, averaged over the runs of a data set and then
over the data sets, is at least 0.1, and it turns the other way on no run by more than 0.05. Those
that do are the combined number, with equal weights; the others describe. The figures stand in
``tests/benchmarks/misdirection.md``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

Values = Mapping[str, float | None]

#: The measures in one number.
COMBINED = "misdirection"


class Needs(StrEnum):
    """What a measure is computed from."""

    BOXES = "boxes"  # true boxes, or a person's
    MAP = "map"  # the stored score map
    NETWORK = "network"  # further passes of the network


@dataclass(frozen=True, slots=True)
class Measure:
    """``meaning`` is for people. ``good`` and ``poor`` are the values of well and badly directed
    attention (near the 10 % and 90 % points of the tuning images); ``weight`` in the combined
    number, 0 for those that do not enter it. ``ranks`` is False for a measure that was not shown to
    rank images by how well their boxes fit: it describes, and must not sort.
    """

    name: str
    title: str
    meaning: str
    needs: Needs
    good: float = 1.0
    poor: float = 0.0
    weight: float = 0.0
    ranks: bool = True

    @property
    def worst_first_descends(self) -> bool:
        """Whether a list with the most misdirected images first has falling values."""
        return self.poor > self.good

    @property
    def trust(self) -> str:
        """How far the measure was shown to tell which boxes fit, in words for people."""
        if not self.ranks:
            return "It describes; it was not shown to rank pictures by how well their boxes fit."
        return "Part of the misdirection number." if self.weight > 0 else ""

    def badness(self, value: float) -> float:
        """``value`` on the way from good, 0, to poor, 1."""
        return min(max((value - self.good) / (self.poor - self.good), 0.0), 1.0)


MEASURES: tuple[Measure, ...] = (
    Measure(
        COMBINED,
        "Misdirection",
        "The measures below that need no box and have been shown to rank, in one number from 0 "
        "to 1. The higher, the sooner a person should look.",
        Needs.MAP,
        good=0.0,
        poor=1.0,
    ),
    Measure(
        "energy_in_box",
        "Energy in the box",
        "The share of the map's heat that lies inside the true or accepted boxes. Below a half, "
        "the network looks mostly at something else.",
        Needs.BOXES,
    ),
    Measure(
        "pointing",
        "Pointing game",
        "1 if the hottest place lies in a true or accepted box, else 0.",
        Needs.BOXES,
    ),
    Measure(
        "inside_outside",
        "Inside against outside",
        "The mean heat inside the boxes over the sum of the means inside and outside. 0.5 means "
        "no hotter inside than outside.",
        Needs.BOXES,
        good=1.0,
        poor=0.5,
    ),
    Measure(
        "iou",
        "Overlap of the boxes",
        "Intersection over union of the proposed box and the best fitting true or accepted box.",
        Needs.BOXES,
    ),
    Measure(
        "threshold_stability",
        "Stable over the threshold",
        "How much the box stays the same when the threshold is halved or doubled. A box that "
        "jumps rests on a map without a clear edge.",
        Needs.MAP,
        good=0.9,
        poor=0.55,
        weight=1.0,
    ),
    Measure(
        "border_touch",
        "Heat at the border",
        "The share of the picture's border that is hot. Objects are rarely cut all around; "
        "a hot border is often background.",
        Needs.MAP,
        good=0.0,
        poor=0.15,
        ranks=False,
    ),
    Measure(
        "components",
        "Separate hot regions",
        "How many separate regions are hot. Several mean that one box cannot hold them.",
        Needs.MAP,
        good=1.0,
        poor=3.0,
        weight=1.0,
    ),
    Measure(
        "entropy",
        "Spread of the heat",
        "0 if all heat is in one place, 1 if it is everywhere alike.",
        Needs.MAP,
        good=0.87,
        poor=0.93,
        ranks=False,
    ),
    Measure(
        "centre_offset",
        "Distance from the centre",
        "How far the centre of the heat lies from the centre of the picture; 1 is a corner.",
        Needs.MAP,
        good=0.05,
        poor=0.3,
        ranks=False,
    ),
    Measure(
        "box_area",
        "Size of the box",
        "The share of the picture that the proposed box covers.",
        Needs.MAP,
        good=0.6,
        poor=0.2,
        ranks=False,
    ),
    Measure(
        "probability",
        "Probability of the class",
        "How sure the network is of the class whose map is looked at.",
        Needs.NETWORK,
        good=1.0,
        poor=0.9,
        ranks=False,
    ),
    Measure(
        "necessity",
        "The box is needed",
        "How much less probable the class becomes when the box is blurred. Near 0, the network "
        "knows the class from elsewhere.",
        Needs.NETWORK,
        good=0.98,
        poor=0.05,
        ranks=False,
    ),
    Measure(
        "sufficiency",
        "The box is enough",
        "How probable the class stays when all but the box is blurred. Near 0, the network needs "
        "the surroundings.",
        Needs.NETWORK,
        good=1.0,
        poor=0.7,
        weight=1.0,
    ),
    Measure(
        "second_overlap",
        "Shared with the second class",
        "How much the class's own map has in common with that of the next probable class. Near 1, "
        "the map does not tell this class from another.",
        Needs.NETWORK,
        good=0.5,
        poor=0.8,
        ranks=False,
    ),
    Measure(
        "flip_stability",
        "Stable when mirrored",
        "How much the box stays the same when the picture is mirrored.",
        Needs.NETWORK,
        good=0.93,
        poor=0.6,
        ranks=False,
    ),
    Measure(
        "point_stability",
        "Stable over the layers",
        "How much the box has in common with the boxes of the self-attention maps at the "
        "insertion points.",
        Needs.NETWORK,
        good=0.85,
        poor=0.45,
        weight=1.0,
    ),
    Measure(
        "drop_stability",
        "Stable when dropped",
        "How much the box stays the same when DGDM's drop masks hide the hottest part and some "
        "background.",
        Needs.NETWORK,
        good=0.85,
        poor=0.3,
        weight=1.0,
    ),
    Measure(
        "background_energy",
        "Heat in the background mask",
        "The share of the map's heat where DGDM's own background mask erases.",
        Needs.NETWORK,
        good=0.03,
        poor=0.15,
        ranks=False,
    ),
)

BY_NAME = {measure.name: measure for measure in MEASURES}


def combined(values: Values) -> float | None:
    """The weighted mean badness of the measures that enter, as far as they have values.

    None if none has one. Of quick measures alone it is less sure, but on the same scale.
    """
    parts = [
        (measure.weight, measure.badness(value))
        for measure in MEASURES
        if measure.weight > 0 and (value := values.get(measure.name)) is not None
    ]
    total = sum(weight for weight, _ in parts)
    return sum(weight * bad for weight, bad in parts) / total if total > 0 else None


def with_combined(values: Values) -> dict[str, float | None]:
    """``values`` and the combined number."""
    return {COMBINED: combined(values), **values}
