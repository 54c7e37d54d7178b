"""From the inspector's answers to what is shown."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from app.why.model import Channels, ClassScore, FloatMap, PointMaps, View
from engine.jobs import inspection
from engine.jobs.inspection import Array, ClassMap, ImageInspected, PointMasks, Seen, decode_array


def view_of(answer: ImageInspected) -> View:
    """Raises InputError for arrays whose sizes do not fit."""
    return View(
        answer.image_id,
        answer.run_id,
        answer.run_title,
        answer.width,
        answer.height,
        _classes(answer.classes, answer.maps, answer.label),
        tuple(map(point_maps, answer.points)),
    )


def classes_seen(seen: Seen, label: int | None) -> tuple[ClassScore, ...]:
    """The classes of one side of a comparison; the class asked for carries its map."""
    return _classes(seen.classes, [seen.map], label)


def floats(array: Array) -> FloatMap:
    return np.asarray(decode_array(array), np.float32)


def _classes(
    scores: Iterable[inspection.ClassScore], maps: Iterable[ClassMap], label: int | None
) -> tuple[ClassScore, ...]:
    by_name = {found.of.class_name: floats(found.values) for found in maps}
    return tuple(
        ClassScore(
            s.class_id,
            s.class_name,
            s.probability,
            label is not None and s.class_id == label,
            by_name.get(s.class_name),
        )
        for s in scores
    )


def point_maps(masks: PointMasks) -> PointMaps:
    """What one module computes. Raises InputError for arrays whose sizes do not fit."""
    ticks = [(masks.delta_h, "δh")]
    if masks.delta_l is not None:
        ticks.append((masks.delta_l, "δl"))
    return PointMaps(
        masks.point,
        floats(masks.attention),
        floats(masks.importance),
        _maybe(masks.part),
        _maybe(masks.background),
        floats(masks.drop_mask),
        _channels(masks),
        tuple(ticks),
        masks.own,
        masks.erasing,
    )


def _channels(masks: PointMasks) -> Channels | None:
    attention, kept = _maybe(masks.channel_attention), _maybe(masks.channel_mask)
    if attention is None or kept is None or masks.channel_threshold is None:
        return None
    return Channels(attention, kept, masks.channel_threshold)


def _maybe(array: Array | None) -> FloatMap | None:
    return None if array is None else floats(array)
