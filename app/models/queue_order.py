"""The orders in which the queue can be gone through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from app.i18n import mark, tr
from app.models.queue_rows import Floats, Indices, QueueRows


class OrderBy(StrEnum):
    FOLDER = "folder"
    NAME = "name"
    UNCERTAIN = "uncertain"
    USEFUL = "useful"
    MISDIRECTED = "misdirected"
    CLASS = "class"
    RANDOM = "random"


ORDER_WORDS = {
    OrderBy.FOLDER: mark("By folder"),
    OrderBy.NAME: mark("By name"),
    OrderBy.UNCERTAIN: mark("Most uncertain first"),
    OrderBy.USEFUL: mark("Most useful first"),
    OrderBy.MISDIRECTED: mark("Most misdirected first"),
    OrderBy.CLASS: mark("Class by class"),
    OrderBy.RANDOM: mark("Random"),
}


@dataclass(frozen=True, slots=True)
class QueueOrder:
    """``seed`` is for the random order: the same one gives the same order again."""

    by: OrderBy = OrderBy.FOLDER
    seed: int = 0


def why_not(rows: QueueRows, by: OrderBy) -> str | None:
    """Why these rows cannot be ordered so; None if they can."""
    if by is OrderBy.UNCERTAIN and np.isnan(rows.scores).all():
        return tr("There are no proposals yet.")
    if by is OrderBy.MISDIRECTED and np.isnan(rows.misdirections).all():
        return tr("Misdirection has not been measured in this project yet.")
    return None


def ordered(rows: QueueRows, order: QueueOrder, plan: Sequence[int] = ()) -> Indices:
    """All positions in this order; equal ones, and those with no value, by folder, these last.

    ``plan``: image ids, most useful first, for that order (``engine.store.value_queue``).
    """
    if order.by is OrderBy.NAME:
        return rows.by_name
    if order.by is OrderBy.UNCERTAIN:
        return _rising(_certainty(rows))
    if order.by is OrderBy.USEFUL:
        return _planned(rows, plan)
    if order.by is OrderBy.MISDIRECTED:
        return _rising(-rows.misdirections)
    if order.by is OrderBy.CLASS:
        return _rising(np.where(rows.classes < 0, np.iinfo(np.int64).max, rows.classes))
    if order.by is OrderBy.RANDOM:
        return np.random.default_rng(order.seed).permutation(len(rows))
    return np.arange(len(rows), dtype=np.intp)


def _certainty(rows: QueueRows) -> Floats:
    """How far the estimated chance of a good box is from even; the score where nothing is known.

    A score says less: a low one is uncertain. It comes behind every estimate.
    """
    estimated = np.abs(rows.qualities - np.float32(0.5))
    return np.where(np.isnan(estimated), np.float32(1.0) + rows.scores, estimated)


def _planned(rows: QueueRows, plan: Sequence[int]) -> Indices:
    places = np.full(len(rows), len(plan), np.intp)
    for place, image_id in enumerate(plan):
        at = rows.position(image_id)
        if at is not None:
            places[at] = place
    return _rising(places)


def _rising(values: Floats | Indices) -> Indices:
    return np.argsort(values, kind="stable")  # NaN last
