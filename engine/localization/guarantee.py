"""Accepting the rest with a promise: how far down the scores a share of the boxes surely holds.

Learn then Test (Angelopoulos et al. 2021) with fixed-sequence testing. The floors are quantiles of
the scores of the boxes that nobody has looked at, from the best part down to all of them; they and
their order depend on no decision. At each floor the hypothesis "fewer than the wanted share of the
boxes still to be accepted are right" is tested on images that chance chose and a person has
reviewed. The first floor that does not pass ends the sequence, so that no correction for testing
many is needed. Where many were reviewed, half of the risk is first put on all boxes at once: with
scores that tell little a small best part is harder to prove than the whole.

The test counts what is accepted, not an endless population: of N boxes above the floor n were
reviewed and k of them right. With K right ones in all, the rest is bad if K - k < share (N - n);
the most such a K can be is ``k + ceil(share (N - n)) - 1``, and the test passes if so many hits
among n would be as rare as 1 - confidence (hypergeometric). For N much larger than n that is the
bound of Clopper and Pearson; for small rests it is stricter, as it must be.

The scores must come from a model that has not learned from the reviewed images it is judged by.
That is why images that chance chose are kept out of every training (``training_images``): given the
model, they are then a random sample of all that it has not seen. Scoring them by cross-fitting
would use them twice, but then they are scored by other models than the rest.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from engine.domain.errors import InputError

#: Steps from the first floor to the last.
FLOORS = 12
#: The first floor leaves this many times the fewest reviewed boxes that could pass above it.
_FIRST = 1.3
#: From this many times the fewest on, all boxes are tried at once before the steps.
_MANY = 2.5
_MOST_REVIEWS = 100_000


@dataclass(frozen=True, slots=True)
class Promise:
    """``share`` of the accepted boxes have an IoU of at least ``iou_level`` with the truth.

    It is broken with a probability of at most 1 - ``confidence``.
    """

    share: float = 0.95
    confidence: float = 0.95
    iou_level: float = 0.5


@dataclass(frozen=True, slots=True)
class Guarantee:
    """``floor``: the lowest score that may be accepted, None if no floor passes.

    ``accepts``: how many unreviewed boxes reach it. ``reviewed`` and ``right``: the randomly chosen
    boxes from the floor up (of all, where there is no floor), and how many of them were right.
    ``needs``: how many more random reviews a floor needs at least; with the present share of right
    boxes, or with none wrong where that share would never do. ``hopeless``: the present share is
    too low for any number. ``sentence`` says all this.
    """

    floor: float | None
    accepts: int
    reviewed: int
    right: int
    needs: int
    hopeless: bool
    sentence: str


def find_floor(
    reviewed_scores: Sequence[float],
    right: Sequence[bool],
    unreviewed_scores: Sequence[float],
    promise: Promise | None = None,
) -> Guarantee:
    """The lowest floor that the promise holds at.

    ``reviewed_scores`` and ``right``: the proposal of each randomly chosen, reviewed image, and
    whether it was right (``Promise.iou_level``); ``unreviewed_scores``: the boxes that could be
    accepted. Raises InputError for a promise that cannot be kept or scores that are no numbers.
    """
    promise = promise or Promise()
    _check(promise)
    scores, hits = np.asarray(reviewed_scores, float), np.asarray(right, bool)
    rest = np.asarray(unreviewed_scores, float)
    if len(scores) != len(hits) or not (np.isfinite(scores).all() and np.isfinite(rest).all()):
        raise InputError("Each reviewed box has a score that is a number, and was right or not.")
    best = _search(scores, hits, rest, promise)
    if best is None:
        return _none(scores, hits, len(rest), promise)
    floor, accepts, n, k = best
    sentence = (
        f"With {promise.confidence:.0%} confidence at least {promise.share:.0%} of these {accepts}"
        f" boxes have an IoU of {promise.iou_level:g} or more: of {n} such boxes that chance chose"
        f" and you reviewed, {k} had."
    )
    return Guarantee(floor, accepts, n, k, 0, False, sentence)


def _search(
    scores: NDArray[np.float64],
    hits: NDArray[np.bool_],
    rest: NDArray[np.float64],
    promise: Promise,
) -> tuple[float, int, int, int] | None:
    """The lowest floor that passes, with its boxes, reviewed ones and right ones."""
    fewest = fewest_reviews(promise, max(len(rest), 1))
    sequences = [_floors(rest, len(scores), promise)]
    if fewest is not None and len(rest) and len(scores) > _MANY * fewest:
        promise = replace(promise, confidence=1 - (1 - promise.confidence) / 2)
        sequences = [[float(rest.min())], _floors(rest, len(scores), promise)]
    for floors in sequences:
        best = None
        for floor in floors:
            above = scores >= floor
            accepts, n, k = int((rest >= floor).sum()), int(above.sum()), int(hits[above].sum())
            if not passes(accepts, n, k, promise):
                break
            best = (floor, accepts, n, k)
        if best is not None:
            return best
    return None


def passes(accepts: int, reviewed: int, right: int, promise: Promise) -> bool:
    """Whether ``right`` of ``reviewed`` promise enough of ``accepts`` further boxes."""
    if accepts == 0 or reviewed == 0:
        return False
    return _p_value(accepts, reviewed, right, promise.share) <= 1 - promise.confidence


@lru_cache(maxsize=256)
def fewest_reviews(promise: Promise, accepts: int, rate: float = 1.0) -> int | None:
    """The fewest random reviews that pass if a share ``rate`` of them is right; None: no number."""
    if rate < promise.share or (rate == promise.share < 1):
        return None
    low, high = 0, 1
    while not passes(accepts, high, math.floor(rate * high), promise):
        low, high = high, 2 * high
        if high > _MOST_REVIEWS:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        if passes(accepts, middle, math.floor(rate * middle), promise):
            high = middle
        else:
            low = middle
    return high


def _p_value(accepts: int, reviewed: int, right: int, share: float) -> float:
    """P(at least ``right`` hits among ``reviewed``) if the rest were just not good enough."""
    from scipy.stats import hypergeom  # here, since the window's start should not wait for scipy

    enough = math.ceil(share * accepts - 1e-9)
    most = right + enough - 1
    return float(hypergeom.sf(right - 1, accepts + reviewed, most, reviewed))


def _floors(rest: NDArray[np.float64], reviewed: int, promise: Promise) -> list[float]:
    """Falling floors; the first depends on how many were reviewed, never on their scores."""
    fewest = fewest_reviews(promise, max(len(rest), 1))
    if not len(rest) or fewest is None or reviewed < fewest:
        return []
    first = min(1.0, _FIRST * fewest / reviewed)
    shares = np.linspace(first, 1.0, FLOORS)
    floors = np.quantile(rest, 1 - shares, method="inverted_cdf")
    return [float(floor) for floor in dict.fromkeys(floors)]


def _none(
    scores: NDArray[np.float64], hits: NDArray[np.bool_], rest: int, promise: Promise
) -> Guarantee:
    n, k = len(hits), int(hits.sum())
    perfect = fewest_reviews(promise, max(rest, 1))
    if rest == 0:
        return Guarantee(None, 0, n, k, 0, False, "There is nothing left to accept.")
    if perfect is None:
        text = "No number of reviews could prove this share. Ask for less."
        return Guarantee(None, 0, n, k, 0, True, text)
    if n < perfect:
        text = (
            f"{perfect - n} more randomly chosen images have to be reviewed at least"
            f" ({n} are so far)."
        )
        return Guarantee(None, 0, n, k, perfect - n, False, text)
    best = _best_rate(scores, hits, perfect)
    wanted = fewest_reviews(promise, rest, best)
    said = f"{k} of {n} randomly chosen boxes were right"
    if wanted is None:
        text = f"{said}: too few to promise {promise.share:.0%}. Correct more, so that it learns."
        return Guarantee(None, 0, n, k, perfect, True, text)
    needs = max(1, math.ceil(wanted / min(1.0, _FIRST * perfect / n)) - n)
    text = f"{said}. If it stays so, about {needs} more random reviews could be enough."
    return Guarantee(None, 0, n, k, needs, False, text)


def _best_rate(scores: NDArray[np.float64], hits: NDArray[np.bool_], fewest: int) -> float:
    """The share of right boxes among the ``fewest`` best scored ones."""
    order = np.argsort(-scores, kind="stable")[:fewest]
    return float(hits[order].mean())


def _check(promise: Promise) -> None:
    for name, value in (("share", promise.share), ("confidence", promise.confidence)):
        if not 0 < value < 1:
            raise InputError(
                f"The {name} is {value}.", remedy="Give one between 0 and 1, for example 0.95."
            )
