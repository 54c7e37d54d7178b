"""What becomes of map, box and probabilities when something is taken away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.domain.geometry import iou
from engine.inspection.network_measures import Check
from engine.inspection.occlusion import blurred, cells, filled
from engine.inspection.subject import Subject
from engine.jobs import inspection as talk
from engine.learning.inspecting import Look, dropping, point_names

#: Boxes that overlap more are taken for the same.
SAME = 0.85


def drop(subject: Subject, how: talk.Drop, index: int) -> tuple[talk.Seen, NDArray[np.bool_]]:
    """What is seen of class ``index`` with ``how`` applied, and where something is hidden.

    Raises InputError for an insertion point or a box that is none.
    """
    if isinstance(how, talk.DropMasks):
        with dropping(subject.opened.network, how.points, how.seed) as applied:
            after = subject.seen(subject.look(), index)
        return after, list(applied.values())[-1][0, 0] == 0
    pixels, hidden = _occluded(subject, how)
    return subject.seen(subject.look(pixels[None]), index), hidden


def _occluded(
    subject: Subject, how: talk.HideBlock | talk.BlurInside | talk.BlurOutside
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    image, pixels = subject.image, subject.pixels[0]
    where = cells(how.box, image.width, image.height, len(pixels))
    if isinstance(how, talk.HideBlock):
        return filled(pixels, where), where
    hidden = where if isinstance(how, talk.BlurInside) else ~where
    return blurred(pixels, hidden), hidden


@dataclass(frozen=True)
class Found:
    """The undropped box and the others, best first."""

    of: talk.ClassScore
    base: talk.FoundBox
    others: tuple[talk.Alternative, ...]


def alternatives(subject: Subject, class_id: int | None, seed: int, check: Check) -> Found:
    """The boxes that drop masks bring: each insertion point's alone, then all together.

    A box that overlaps the undropped one or a better one by SAME or more is left out.
    """
    plain = subject.look()
    index = subject.chosen(plain, class_id)
    base = subject.seen(plain, index).map
    found: list[talk.Alternative] = []
    for point in (*point_names(subject.opened.network), None):
        check()
        found += _boxes(subject, index, point, seed, base.boxes[0])
    found.sort(key=lambda other: -other.score)
    kept: list[talk.Alternative] = []
    for other in found:
        known = [base.boxes[0].box, *(better.box for better in kept)]
        if all(iou(other.box, box) < SAME for box in known):
            kept.append(other)
    return Found(base.of, base.boxes[0], tuple(kept))


def _boxes(
    subject: Subject, index: int, point: str | None, seed: int, base: talk.FoundBox
) -> Iterator[talk.Alternative]:
    points = () if point is None else (point,)
    with dropping(subject.opened.network, points, seed):
        view: Look = subject.look()
        seen = subject.class_map(view, index)
    for found in seen.boxes:
        yield talk.Alternative(
            found.box, found.score, point, seen.of.probability, iou(found.box, base.box)
        )
