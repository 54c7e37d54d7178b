"""What was learned, as values, and how it is judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.domain.records import ImageRecord
from engine.domain.settings import BoxSettings, Normalisation
from engine.learning.box_model.model import BoxModel
from engine.localization.boxes import ScoredBox
from engine.localization.calibration import Calibration
from engine.localization.quality import QualityModel
from engine.localization.sample import Sample
from engine.workflows.evidence import Known
from engine.workflows.map_sources import MapSource

Maps = NDArray[np.float32]

#: How the box model's maps are cut where nothing is known yet.
MODEL_CUT = BoxSettings(Normalisation.MAX, 40.0, 0.5)


@dataclass(frozen=True)
class Judgement:
    """``score``: worth of the boxes (``calibration.quality_of``) in the mean over ``boxes``
    accepted boxes; ``low`` and ``high``: its 95 % interval; ``hit_50``: share with IoU >= 0.5."""

    name: str
    score: float
    low: float
    high: float
    hit_50: float
    boxes: int


@dataclass(frozen=True, eq=False)
class Lessons:
    """What quality is learned from: features (n, d) of boxes that accepted images get unseen,
    their IoU (n,) with the object that is theirs, and the image (n,) that each is in."""

    rows: NDArray[np.float64]
    overlaps: NDArray[np.float64]
    images: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Learned:
    """What came of it. ``source`` and ``cut``: the maps and how to cut them; ``model`` and
    ``model_cut``: the box model, None where it cannot be trained or the maps are better
    (``uses_model``). ``quality``: by IoU level. ``judged``: what was compared. ``unseen``: the maps
    that the accepted images get from heads that have not seen them, by image id, ``mirrored`` those
    of their mirror images; ``tuning``: the unseen, or the source's, with their boxes.
    ``prior``: the maps that the model takes as a feature. ``lessons``: what ``quality`` is from.
    ``second`` and ``second_cut``: the next best maps of a single run, for agreement alone."""

    source: MapSource
    cut: Calibration
    model: BoxModel | None = None
    model_cut: Calibration = field(default_factory=lambda: Calibration(MODEL_CUT))
    uses_model: bool = False
    objects: int = 1
    quality: Mapping[float, QualityModel] = field(default_factory=dict)
    judged: tuple[Judgement, ...] = ()
    unseen: Mapping[int, Maps] = field(default_factory=dict)
    mirrored: Mapping[int, Maps] = field(default_factory=dict)
    tuning: tuple[Sample, ...] = ()
    prior: MapSource | None = None
    lessons: Lessons | None = None
    second: MapSource | None = None
    second_cut: Calibration = field(default_factory=lambda: Calibration(BoxSettings()))

    @property
    def calibration(self) -> Calibration:
        return self.model_cut if self.uses_model else self.cut


@dataclass(frozen=True, slots=True, eq=False)
class Proposed:
    """The boxes of one image, best first, in pixels; ``quality``: P(IoU >= level) of each, by
    level; ``values``: the map they were cut from, ``threshold`` at which."""

    image: ImageRecord
    class_id: int
    boxes: tuple[ScoredBox, ...]
    quality: Mapping[float, tuple[float, ...]]
    values: NDArray[np.floating]
    threshold: float
    from_model: bool


def samples_of(known: Sequence[Known], maps: Mapping[int, NDArray[np.floating]]) -> list[Sample]:
    return [
        Sample(
            values=maps[k.image.id],
            width=k.image.width,
            height=k.image.height,
            truth=k.boxes,
            label=-1 if k.label is None else k.label,
            predicted=-1 if k.label is None else k.label,
            name=k.image.path,
        )
        for k in known
        if k.image.id in maps
    ]
