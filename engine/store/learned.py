"""What was learned, for the window: the newest learning run, how it does on drawn images, and
which boxes could be accepted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select

from engine.domain.records import RunKind, RunRecord, RunState
from engine.store.images import undecided_ids
from engine.store.measures import all_measures, put_measures
from engine.store.runs import latest_run
from engine.store.schema import proposals

#: Names of the measures of a drawn, reviewed image.
IOU, QUALITY_50, QUALITY_70 = "iou", "quality_50", "quality_70"


@dataclass(frozen=True, slots=True)
class JudgedDraw:
    """A drawn image that a person reviewed: the ``iou`` of what is proposed for it now with the
    person's boxes (the worst box counts; 0 where it was rejected), and the estimated qualities."""

    image_id: int
    iou: float
    quality_50: float
    quality_70: float


@dataclass(frozen=True, slots=True)
class Acceptable:
    """An undecided image whose proposals were learned; ``quality_*`` of its least sure box."""

    image_id: int
    quality_50: float
    quality_70: float


def latest_learning(conn: Connection) -> RunRecord | None:
    """The newest finished learning run. Its ``settings`` tell what was found out."""
    return latest_run(conn, RunKind.LEARN, {RunState.FINISHED})


def put_judged_draws(conn: Connection, run_id: int, judged: list[JudgedDraw]) -> None:
    values: Mapping[int, Mapping[str, float | None]] = {
        j.image_id: {IOU: j.iou, QUALITY_50: j.quality_50, QUALITY_70: j.quality_70} for j in judged
    }
    put_measures(conn, run_id, values)


def judged_draws(conn: Connection, run_id: int) -> list[JudgedDraw]:
    """What learning run ``run_id`` proposes for the drawn images, against what persons said."""
    return [
        JudgedDraw(image_id, iou, low, high)
        for image_id, values in sorted(all_measures(conn, run_id).items())
        if (iou := values.get(IOU)) is not None
        and (low := values.get(QUALITY_50)) is not None
        and (high := values.get(QUALITY_70)) is not None
    ]


def acceptable(conn: Connection) -> list[Acceptable]:
    """The undecided images all of whose proposals have a quality, by id."""
    undecided = undecided_ids(conn)
    table = proposals.c
    query = select(table.image_id, table.quality_50, table.quality_70).order_by(table.image_id)
    found: dict[int, Acceptable | None] = {}
    for image_id, low, high in conn.execute(query):
        if image_id not in undecided:
            continue
        before = found.get(image_id, Acceptable(image_id, 1.0, 1.0))
        known = before is not None and low is not None and high is not None
        found[image_id] = (
            Acceptable(image_id, min(before.quality_50, low), min(before.quality_70, high))
            if known and before is not None
            else None
        )
    return [item for item in found.values() if item is not None]
