"""Asking again whether the rest may be accepted, without the promise growing weaker.

A person who may ask after every few reviews and stops at the first yes gets a false one sooner or
later: each single answer is sure to 95 %, all of them together are not. So the risk is divided
before anything is seen. The numbers of reviewed images at which an answer may be given
(checkpoints) are fixed and grow by ``GROWTH``; each answer rests on so many images, the first that
chance chose, however many more there are. A checkpoint may be wrong with its share of the risk,
most of which goes to the first question there. The shares add up to 1, so that all answers that
will ever be given are false with the promised risk at most (union bound), whenever a person stops
and whatever was learned in between. ``tests/benchmarks/guarantee_simulation.py`` plays it.

The same question about the same boxes has the same answer, and costs nothing. So does one that no
outcome of the reviews could pass.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from engine.localization.guarantee import Guarantee, Promise, fewest_reviews, find_floor

#: From one number of reviewed images that is judged by to the next.
GROWTH = 1.5
#: Of the risk: the first checkpoint's share (most people ask once), that of each of the next
#: ``_EVEN``, and what all later ones have together.
_FIRST_SHARE, _EVEN_SHARE, _EVEN, _LATER_SHARE = 0.4, 0.12, 4, 0.12
#: Of a checkpoint's risk: the first question's share; each further one takes half of what is left.
_FIRST_QUESTION = 0.8
_REST = 500  # boxes that the first checkpoint is enough for; of fewer the next one may be
_MOST = 30  # checkpoints; the last would need more images than anybody reviews


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that was answered: at which checkpoint, and what it was about."""

    checkpoint: int
    key: str


@dataclass(frozen=True, slots=True)
class Look:
    """What a question would be judged by: the first ``reviewed`` images that chance chose, with
    ``confidence`` in this answer alone, as the ``number``-th there. ``known``: it was asked before.
    ``checkpoint`` is 0 where too few are reviewed for any; ``next_at``: how many the next needs.
    """

    checkpoint: int
    reviewed: int
    number: int
    confidence: float
    next_at: int
    key: str = ""
    known: bool = False

    @property
    def asked(self) -> Asked:
        return Asked(self.checkpoint, self.key)


@lru_cache(maxsize=64)
def checkpoints(promise: Promise) -> tuple[int, ...]:
    """Numbers of reviewed images at which may be asked; they depend on the promise alone."""
    first = fewest_reviews(_strict(promise, 1, 1), _REST)
    if first is None:
        return ()
    return tuple(math.ceil(first * GROWTH**step) for step in range(_MOST))


def look(
    scores: Sequence[float],
    right: Sequence[bool],
    rest: Sequence[float],
    promise: Promise,
    asked: Sequence[Asked] = (),
) -> Look:
    """What the question would be judged by now; ``scores`` and ``right`` in the order drawn."""
    sizes = checkpoints(promise)
    reached = [size for size in sizes if size <= len(scores)]
    following = sizes[len(reached)] if len(reached) < len(sizes) else 0
    if not reached:
        return Look(0, 0, 1, promise.confidence, following)
    checkpoint, size = len(reached), reached[-1]
    key = _key(scores[:size], right[:size], rest, promise)
    here = [item.key for item in asked if item.checkpoint == checkpoint]
    known = key in here
    number = here.index(key) + 1 if known else len(here) + 1
    confidence = _strict(promise, checkpoint, number).confidence
    return Look(checkpoint, size, number, confidence, following, key, known)


def answer(
    scores: Sequence[float],
    right: Sequence[bool],
    rest: Sequence[float],
    promise: Promise,
    asked: Sequence[Asked] = (),
) -> tuple[Guarantee, Look | None]:
    """What may be promised, and the look that has to be remembered for it, if it cost anything.

    Raises InputError for a promise that cannot be kept or scores that are no numbers.
    """
    at = look(scores, right, rest, promise, asked)
    if not at.checkpoint:
        found = find_floor(scores, right, rest, promise)
        if found.floor is None and (found.hopeless or not rest):
            return found, None
        return _too_few(len(scores), sum(right), at.next_at), None
    strict = _strict(promise, at.checkpoint, at.number)
    found = find_floor(scores[: at.reviewed], right[: at.reviewed], rest, strict)
    if found.floor is None:
        needed = fewest_reviews(strict, max(len(rest), 1))
        if needed is None or at.reviewed < needed:  # no outcome could have passed
            return found, None
        return found, at
    return replace(found, sentence=_sentence(found, promise, at)), at


def risk_share(checkpoint: int, number: int) -> float:
    """Of the whole risk what the ``number``-th question at ``checkpoint`` may take; from 1."""
    later = checkpoint - 1 - _EVEN
    if checkpoint == 1:
        share = _FIRST_SHARE
    else:
        share = _EVEN_SHARE if later <= 0 else _LATER_SHARE / (later * (later + 1))
    if number == 1:
        return share * _FIRST_QUESTION
    return share * (1 - _FIRST_QUESTION) * 0.5 ** (number - 1)


def _strict(promise: Promise, checkpoint: int, number: int) -> Promise:
    risk = (1 - promise.confidence) * risk_share(checkpoint, number)
    return replace(promise, confidence=1 - risk)


def _key(
    scores: Sequence[float], right: Sequence[bool], rest: Sequence[float], promise: Promise
) -> str:
    parts = (np.asarray(scores, float), np.asarray(right, bool), np.sort(np.asarray(rest, float)))
    found = hashlib.sha256(repr(promise).encode())
    for part in parts:
        found.update(part.tobytes())
    return found.hexdigest()[:16]


def _too_few(reviewed: int, right: int, wanted: int) -> Guarantee:
    needs = wanted - reviewed
    text = (
        f"{needs} more randomly chosen images have to be reviewed before the first answer"
        f" ({reviewed} are so far)."
    )
    return Guarantee(None, 0, reviewed, right, needs, False, text)


def _sentence(found: Guarantee, promise: Promise, at: Look) -> str:
    return (
        f"With {promise.confidence:.0%} confidence at least {promise.share:.0%} of these"
        f" {found.accepts} boxes have an IoU of {promise.iou_level:g} or more: of {found.reviewed}"
        f" such boxes among the first {at.reviewed} images that chance chose and you reviewed,"
        f" {found.right} had. Tested with {at.confidence:.1%}, so that it holds however often you"
        " ask."
    )
