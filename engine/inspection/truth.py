"""The boxes that maps are held against: true ones, else those that a person has settled."""

from __future__ import annotations

from collections.abc import Sequence

from engine.domain.geometry import Box
from engine.domain.records import ImageRecord, ReviewState
from engine.store.annotations import annotations_of, review_states
from engine.store.project import Connection
from engine.store.truth import true_boxes_by_image

SETTLED = frozenset({ReviewState.ACCEPTED, ReviewState.CORRECTED})


def known_boxes(conn: Connection, images: Sequence[ImageRecord]) -> dict[int, list[Box]]:
    """Image id -> boxes of its image label, or all its boxes if none is of that; only images
    that have any. True boxes count before a person's."""
    pairs: dict[int, list[tuple[int, Box]]] = {}
    states = review_states(conn)
    settled = [image.id for image in images if states.get(image.id) in SETTLED]
    for image_id, drawn in annotations_of(conn, settled).items():
        pairs[image_id] = [(item.class_id, item.box) for item in drawn]
    pairs |= true_boxes_by_image(conn)
    found = {}
    for image in images:
        boxes = pairs.get(image.id, [])
        own = [box for class_id, box in boxes if class_id == image.class_id]
        if boxes:
            found[image.id] = own or [box for _, box in boxes]
    return found
