"""What the window knows of learning: read from the store, in a reader's thread."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from engine.domain.records import RunKind, RunState
from engine.localization.guarantee import Guarantee, Promise, find_floor
from engine.store.annotations import count_decided
from engine.store.draws import waiting_draws
from engine.store.learned import Acceptable, JudgedDraw, acceptable, judged_draws, latest_learning
from engine.store.project import Connection
from engine.store.runs import latest_run
from engine.store.value_queue import plan_queue


@dataclass(frozen=True, slots=True)
class Knowledge:
    """``found``: what the newest learning found out, empty before the first; ``decided``: images
    that a person has decided about; ``waiting``: drawn images that nobody has decided yet;
    ``has_maps``: there are score maps, without which nothing can be learned."""

    found: dict[str, Any] = field(default_factory=dict)
    judged: tuple[JudgedDraw, ...] = ()
    acceptable: tuple[Acceptable, ...] = ()
    decided: int = 0
    waiting: int = 0
    has_maps: bool = False

    @property
    def has_learned(self) -> bool:
        return bool(self.found)


@dataclass(frozen=True, slots=True)
class Offer:
    """What could be accepted unseen: the ``guarantee`` in words, and the images it is for."""

    guarantee: Guarantee
    image_ids: tuple[int, ...]


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
    )


def make_offer(known: Knowledge, promise: Promise) -> Offer:
    """What ``promise`` allows to accept now."""
    low = promise.iou_level <= 0.5
    rest = {a.image_id: a.quality_50 if low else a.quality_70 for a in known.acceptable}
    guarantee = find_floor(
        [j.quality_50 if low else j.quality_70 for j in known.judged],
        [j.iou >= promise.iou_level for j in known.judged],
        list(rest.values()),
        promise,
    )
    floor = guarantee.floor
    ids = () if floor is None else tuple(i for i, score in rest.items() if score >= floor)
    return Offer(guarantee, ids)


def plan_ids(connection: Connection, share: float) -> tuple[int, ...]:
    """The undecided images, most useful first, a ``share`` of them drawn by chance, which is
    remembered."""
    return tuple(turn.image_id for turn in plan_queue(connection, share=share).turns)
