"""What the window knows of learning: read from the store, in a reader's thread."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from engine.domain.records import RunKind, RunState
from engine.localization.asking import Asked, Look, answer, look
from engine.localization.guarantee import Guarantee, Promise
from engine.store.annotations import count_decided
from engine.store.draws import waiting_draws
from engine.store.learned import (
    Acceptable,
    JudgedDraw,
    acceptable,
    asked_so_far,
    judged_draws,
    latest_learning,
    note_asked,
)
from engine.store.project import Connection
from engine.store.runs import latest_run
from engine.store.value_queue import plan_queue


@dataclass(frozen=True, slots=True)
class Knowledge:
    """``found``: what the newest learning found out, empty before the first; ``decided``: images
    that a person has decided about; ``waiting``: drawn images that nobody has decided yet;
    ``has_maps``: there are score maps, without which nothing can be learned; ``run``: the learning
    run; ``asked``: what was asked about the rest so far."""

    found: dict[str, Any] = field(default_factory=dict)
    judged: tuple[JudgedDraw, ...] = ()
    acceptable: tuple[Acceptable, ...] = ()
    decided: int = 0
    waiting: int = 0
    has_maps: bool = False
    run: int = 0
    asked: tuple[Asked, ...] = ()

    @property
    def has_learned(self) -> bool:
        return bool(self.found)

    def after(self, offer: Offer) -> Knowledge:
        """The same once the question that ``offer`` answers was asked."""
        if offer.cost is None or offer.cost in self.asked:
            return self
        return replace(self, asked=(*self.asked, offer.cost))


@dataclass(frozen=True, slots=True)
class Offer:
    """What could be accepted unseen: the ``guarantee`` in words, and the images it is for;
    ``cost``: the question that it took, None where it took none."""

    guarantee: Guarantee
    image_ids: tuple[int, ...]
    cost: Asked | None = None


def read_knowledge(connection: Connection) -> Knowledge:
    """All of it; slow enough to be read aside."""
    record = latest_learning(connection)
    decided = count_decided(connection)
    waiting = len(waiting_draws(connection))
    proposed = latest_run(connection, RunKind.PROPOSE, {RunState.FINISHED}) is not None
    if record is None:
        return Knowledge(decided=decided, waiting=waiting, has_maps=proposed)
    return Knowledge(
        found=record.settings.get("found", {}),
        judged=tuple(judged_draws(connection, record.id)),
        acceptable=tuple(acceptable(connection)),
        decided=decided,
        waiting=waiting,
        has_maps=proposed,
        run=record.id,
        asked=tuple(Asked(*item) for item in asked_so_far(connection)),
    )


def look_ahead(known: Knowledge, promise: Promise) -> Look:
    """What a question would be judged by, without asking it."""
    return look(*_judged(known, promise), promise, known.asked)


def make_offer(known: Knowledge, promise: Promise) -> Offer:
    """What ``promise`` allows to accept now; its cost is to be remembered (``remember``)."""
    scores, right, rest = _judged(known, promise)
    guarantee, at = answer(scores, right, rest, promise, known.asked)
    floor = guarantee.floor
    pairs = zip(known.acceptable, rest, strict=True)
    ids = tuple(a.image_id for a, score in pairs if floor is not None and score >= floor)
    return Offer(guarantee, ids, None if at is None else at.asked)


def remember(connection: Connection, known: Knowledge, cost: Asked) -> None:
    """Note that a question was asked, so that the next one is judged more strictly."""
    note_asked(connection, known.run, cost.checkpoint, cost.key)


def _judged(known: Knowledge, promise: Promise) -> tuple[list[float], list[bool], list[float]]:
    """Scores of the drawn images, whether they are right, and scores of the rest."""
    low = promise.iou_level <= 0.5
    return (
        [j.quality_50 if low else j.quality_70 for j in known.judged],
        [j.iou >= promise.iou_level for j in known.judged],
        [a.quality_50 if low else a.quality_70 for a in known.acceptable],
    )


def plan_ids(connection: Connection, share: float) -> tuple[tuple[int, ...], float]:
    """The undecided images, most useful first, a ``share`` of them drawn by chance, which is
    remembered; and the share that it came to."""
    plan = plan_queue(connection, share=share)
    return tuple(turn.image_id for turn in plan.turns), plan.share
