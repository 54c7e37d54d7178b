"""What was learned, for the window: the newest learning run, how it does on drawn images, and
which boxes could be accepted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from engine.domain.records import RunKind, RunRecord, RunState
from engine.store.draws import list_draws, waiting_draws
from engine.store.images import undecided_ids
from engine.store.left_boxes import images_with_left_boxes
from engine.store.measures import all_measures, put_measures
from engine.store.runs import get_run, latest_run, list_runs, set_run_settings
from engine.store.schema import images, proposals

#: Names of the measures of a drawn, reviewed image.
IOU, QUALITY_50, QUALITY_70 = "iou", "quality_50", "quality_70"
_ASKED = "asked"  # in the settings of a learning run


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


def put_judged_draws(
    conn: Connection, run_id: int, judged: list[JudgedDraw], without: Sequence[int] = ()
) -> None:
    """``without``: drawn images that get no proposal."""
    values: dict[int, Mapping[str, float | None]] = {image_id: {IOU: None} for image_id in without}
    values |= {
        j.image_id: {IOU: j.iou, QUALITY_50: j.quality_50, QUALITY_70: j.quality_70} for j in judged
    }
    put_measures(conn, run_id, values)


def judged_draws(conn: Connection, run_id: int) -> list[JudgedDraw]:
    """What learning run ``run_id`` proposes for the drawn images, against what persons said.

    In the order drawn, and only up to the first image that waits or was decided after the learning:
    whoever leaves the hard ones for later must not judge by the easy ones alone. Images that are
    gone, and those without a proposal, are no boxes to be accepted either and count for nothing.
    """
    measured, waiting = all_measures(conn, run_id), set(waiting_draws(conn))
    gone = set(conn.execute(select(images.c.id).where(images.c.problem.is_not(None))).scalars())
    found = []
    for image_id in list_draws(conn):
        values = measured.get(image_id)
        if image_id in gone:
            continue
        if image_id in waiting or values is None:
            break
        iou, low, high = (values.get(name) for name in (IOU, QUALITY_50, QUALITY_70))
        if iou is not None and low is not None and high is not None:
            found.append(JudgedDraw(image_id, iou, low, high))
    return found


def asked_so_far(conn: Connection) -> list[tuple[int, str]]:
    """Checkpoint and key of every question about the rest that was answered, in order."""
    found = [
        (item["at"], int(item["checkpoint"]), str(item["key"]))
        for record in list_runs(conn, RunKind.LEARN)
        for item in record.settings.get(_ASKED, [])
    ]
    return [(checkpoint, key) for _, checkpoint, key in sorted(found)]


def note_asked(conn: Connection, run_id: int, checkpoint: int, key: str) -> None:
    """Remember with learning run ``run_id`` that a question was answered; once for each key."""
    known = asked_so_far(conn)
    if (checkpoint, key) in known:
        return
    settings = get_run(conn, run_id).settings
    new = {"at": len(known), "checkpoint": checkpoint, "key": key}
    set_run_settings(conn, run_id, {**settings, _ASKED: [*settings.get(_ASKED, []), new]})


def acceptable(conn: Connection) -> list[Acceptable]:
    """The undecided images all of whose proposals have a quality, by id.

    Not those that a person has decided in part: what is estimated are proposals, all of them.
    """
    undecided = undecided_ids(conn) - images_with_left_boxes(conn)
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
