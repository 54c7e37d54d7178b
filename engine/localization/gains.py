"""Whether another choice is surely better than the usual one, from few paired judgements.

Of many cuts and maps that are tried on ten boxes some look better than the usual ones by chance
alone, and the best looking one most of all. So a choice is left only for one whose gain, box by box
over the same boxes, is positive beyond chance: the gain is shrunk towards none (a normal prior
around 0, the less the more boxes there are), and its lower bound must be above 0.

Decided on training rows of the two development sets (tests/benchmarks/learning.md).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Prior:
    """Gains before any box is seen, in the worth of ``calibration.quality_of``: normal around
    ``gain`` with the standard deviation ``spread``; ``sureness``: the standard deviations of the
    posterior by which a gain has to lie above 0."""

    gain: float = 0.0
    spread: float = 0.2
    sureness: float = 2.5


USUAL_PRIOR = Prior()
#: The usual spread of one box's gain, and how many boxes' worth of weight it has: among few boxes
#: that agree by chance the spread seems to be nothing.
USUAL_SPREAD, SPREAD_BOXES = 0.28, 4.0


def sure_gain(
    total: NDArray[np.floating],
    squares: NDArray[np.floating],
    count: int,
    prior: Prior = USUAL_PRIOR,
) -> Floats:
    """Lower bounds (...) of mean gains, from the ``total`` and the sum of ``squares`` of the gains
    over ``count`` boxes."""
    mean = np.asarray(total, float) / max(count, 1)
    around = np.maximum(np.asarray(squares, float) - count * mean**2, 0)
    variance = (around + SPREAD_BOXES * USUAL_SPREAD**2) / (count + SPREAD_BOXES)
    told, believed = count / variance, 1 / prior.spread**2
    posterior = (told * mean + believed * prior.gain) / (told + believed)
    found: Floats = posterior - prior.sureness / np.sqrt(told + believed)
    return found


def sure_gain_of(gains: NDArray[np.floating], prior: Prior = USUAL_PRIOR) -> float:
    """The lower bound of the mean of ``gains`` (n,)."""
    exact = np.asarray(gains, float)
    return float(sure_gain(exact.sum(), np.square(exact).sum(), len(exact), prior))
