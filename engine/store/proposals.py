"""Proposals: the machine's boxes. One current set per image; machine rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, delete, insert, select

from engine.domain.geometry import Box
from engine.domain.records import Proposal
from engine.store.batches import chunks
from engine.store.classes import Merged, merged_classes
from engine.store.schema import proposals


@dataclass(frozen=True, slots=True)
class NewProposal:
    """A box derived from a score map; see ``Proposal``."""

    image_id: int
    class_id: int
    box: Box
    score: float
    threshold: float
    quality_50: float | None = None
    quality_70: float | None = None


def replace_proposals(
    conn: Connection, run_id: int, image_ids: Sequence[int], new: Sequence[NewProposal]
) -> None:
    """Make ``new`` the proposals of these images, instead of all they had from any run.

    An image without a new one has none afterwards. Annotations and review states stay.
    """
    strangers = {proposal.image_id for proposal in new} - set(image_ids)
    if strangers:
        raise ValueError(f"proposals for images that are not replaced: {sorted(strangers)[:5]}")
    if image_ids:
        gone = delete(proposals).where(proposals.c.image_id == bindparam("of_image"))
        conn.execute(gone, [{"of_image": image_id} for image_id in image_ids])
    if new:
        conn.execute(insert(proposals), [_row(run_id, proposal) for proposal in new])


def proposals_of(conn: Connection, image_ids: Sequence[int]) -> dict[int, list[Proposal]]:
    """Image id -> its proposals, best score first; an empty list where it has none."""
    found: dict[int, list[Proposal]] = {image_id: [] for image_id in image_ids}
    merged = merged_classes(conn)
    for ids in chunks(found):
        for row in conn.execute(_select().where(proposals.c.image_id.in_(ids))):
            found[row.image_id].append(_proposal(row, merged))
    return found


def all_proposals(conn: Connection) -> Iterator[Proposal]:
    """Every proposal by image, best score first, without holding all of them in memory."""
    merged = merged_classes(conn)
    rows = conn.execute(_select().execution_options(yield_per=1000))
    return (_proposal(row, merged) for row in rows)


def _select() -> Select[Any]:
    return select(proposals).order_by(
        proposals.c.image_id, proposals.c.score.desc(), proposals.c.id
    )


def _row(run_id: int, proposal: NewProposal) -> dict[str, Any]:
    xmin, ymin, xmax, ymax = proposal.box.as_tuple()
    return {
        "run_id": run_id,
        "image_id": proposal.image_id,
        "class_id": proposal.class_id,
        "xmin": float(xmin),
        "ymin": float(ymin),
        "xmax": float(xmax),
        "ymax": float(ymax),
        "score": float(proposal.score),
        "threshold": float(proposal.threshold),
        "quality_50": proposal.quality_50,
        "quality_70": proposal.quality_70,
    }


def _proposal(row: Row[Any], merged: Merged) -> Proposal:
    return Proposal(
        row.id,
        row.run_id,
        row.image_id,
        merged(row.class_id),
        Box(row.xmin, row.ymin, row.xmax, row.ymax),
        row.score,
        row.threshold,
        row.quality_50,
        row.quality_70,
    )
