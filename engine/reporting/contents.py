"""What a report says, before it has a form. Pictures are JPEG bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

Values = Mapping[str, float | None]

#: Bars of a distribution over [0, 1].
BINS = 20


@dataclass(frozen=True, slots=True)
class Panel:
    """One run's view of one image, as in the paper's figures: the input with its boxes (true red
    and solid, predicted green and dashed), the heatmap, and the heatmap over the input."""

    run_title: str
    input: bytes
    heat: bytes
    overlay: bytes
    values: Values


@dataclass(frozen=True, slots=True)
class Example:
    """An image that is shown; one panel per run that is shown of it."""

    path: str
    class_name: str
    panels: tuple[Panel, ...]

    @property
    def place(self) -> str:
        """The path, without the folder where that is the class."""
        folder, _, rest = self.path.partition("/")
        return rest if rest and folder == self.class_name else self.path


@dataclass(frozen=True, slots=True)
class ClassRow:
    """A class in numbers: means over its ``images`` (None where nothing is known).

    ``misdirected`` is a share; ``mean_map`` a picture of the mean of its maps.
    """

    name: str
    images: int
    misdirected: float
    means: Values
    mean_map: bytes


@dataclass(frozen=True, slots=True)
class Histogram:
    """``counts``: images by value in BINS equal bars over [0, 1]."""

    title: str
    counts: tuple[int, ...]
    median: float


@dataclass(frozen=True, slots=True)
class RunPart:
    """One run. ``settings`` and ``versions`` are pairs of name and value, for people.

    ``known``: how many of ``images`` have boxes; ``asked``: of how many the network was asked
    again; ``full``: whether those are enough to go by the measures that need it. ``ranking``: the
    rank correlation of each measure with the overlap of the boxes, None where too few boxes are
    known.
    """

    run_id: int
    title: str
    settings: tuple[tuple[str, str], ...]
    versions: tuple[tuple[str, str], ...]
    images: int
    known: int
    asked: int
    full: bool
    misdirected: float
    means: Values
    ranking: Values
    classes: tuple[ClassRow, ...]
    histograms: tuple[Histogram, ...]
    worst: tuple[Example, ...]
    best: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """``rule`` says when an image counts as misdirected, ``order`` what examples are ranked by."""

    project: str
    made_at: datetime
    version: str
    rule: str
    order: str
    runs: tuple[RunPart, ...]
    comparison: tuple[Example, ...]
