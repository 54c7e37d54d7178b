"""Which of the maps there are, and whether the box model instead, from the accepted boxes.

What looked best before anything was accepted is the usual choice; another is taken where it is
surely better on the same boxes (``gains``). So few boxes never make proposals worse by chance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.localization.calibration import Calibration, quality_of
from engine.localization.gains import Prior, sure_gain_of
from engine.localization.sample import Sample
from engine.workflows.learned_boxes import Judgement

#: What the box model gained over the maps on training rows, and how that varied (learning.md). It
#: has to be above 0 by half a standard deviation: a model that is used by mistake costs little.
MODEL_PRIOR = Prior(gain=0.08, spread=0.08, sureness=0.5)
#: The heads are judged one by one, each without a share of the boxes, while all of them propose:
#: over n boxes that is worth this many boxes more (measured likewise).
ENSEMBLE_BOXES = 0.5


@dataclass(frozen=True, eq=False)
class Judged:
    """How maps of one kind do, cut by ``cut``; ``worth``: by name of the sample, of the box that
    it gets where the others alone have chosen the cut."""

    judgement: Judgement
    cut: Calibration
    worth: Mapping[str, float]

    @property
    def name(self) -> str:
        return self.judgement.name


def judge(name: str, samples: Sequence[Sample], cut: Calibration) -> Judged:
    """``cut`` has to be that of these very ``samples``."""
    overlaps = np.array(cut.overlaps)
    worth = quality_of(overlaps)
    # the half-width of a normal interval; two boxes more pull a small sample towards doubt
    half = 1.96 * float(np.sqrt((worth.var() + 0.25 / len(worth)) / len(worth)))
    mean = float(worth.mean())
    low, high = max(0.0, mean - half), min(1.0, mean + half)
    hits = float((overlaps >= 0.5).mean())
    names = [sample.name for sample in samples]
    return Judged(
        Judgement(name, mean, low, high, hits, len(worth)),
        cut,
        dict(zip(names, worth.tolist(), strict=True)),
    )


def best_source(judged: Sequence[Judged], guess: str) -> Judged:
    """The one guessed at, or another that is surely better where both were judged."""
    guessed = next((item for item in judged if item.name == guess), judged[0])
    best, most = guessed, 0.0
    for item in judged:
        gain = sure_gain_of(paired_gains(item, guessed))
        if item is not guessed and gain > most:
            best, most = item, gain
    return best


def model_is_better(model: Judged, maps: Judged) -> bool:
    """Whether the box model is to propose rather than the maps."""
    gains = paired_gains(model, maps)
    handicap = ENSEMBLE_BOXES / max(1, len(gains))
    return sure_gain_of(gains + handicap, MODEL_PRIOR) > 0


def paired_gains(one: Judged, other: Judged) -> NDArray[np.float64]:
    """How much more the boxes of ``one`` are worth than those of ``other``, on the same images."""
    shared = [name for name in one.worth if name in other.worth]
    return np.array([one.worth[name] - other.worth[name] for name in shared], np.float64)
