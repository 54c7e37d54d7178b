"""True boxes and splits, as imports brought them.

An image without true boxes is one that nothing is known of, unless it is known to be empty.
"""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import Connection, select

from engine.domain.geometry import Box
from engine.store.classes import merged_classes
from engine.store.schema import empty_truths, splits, true_boxes


def true_boxes_by_image(conn: Connection) -> dict[int, list[tuple[int, Box]]]:
    """Image id -> (class id, box) of each true box, for the images that have any."""
    merged = merged_classes(conn)
    found: dict[int, list[tuple[int, Box]]] = defaultdict(list)
    for row in conn.execute(select(true_boxes).order_by(true_boxes.c.image_id, true_boxes.c.id)):
        box = Box(row.xmin, row.ymin, row.xmax, row.ymax)
        found[row.image_id].append((merged(row.class_id), box))
    return dict(found)


def true_boxes_of(conn: Connection, image_id: int) -> list[Box]:
    """The true boxes of one image, whatever their class; an empty list where it has none."""
    query = select(true_boxes).where(true_boxes.c.image_id == image_id).order_by(true_boxes.c.id)
    return [Box(row.xmin, row.ymin, row.xmax, row.ymax) for row in conn.execute(query)]


def empty_images(conn: Connection) -> set[int]:
    """Ids of the images that are known to hold no true box."""
    return set(conn.execute(select(empty_truths.c.image_id)).scalars())


def splits_by_image(conn: Connection) -> dict[int, str]:
    """Image id -> train, val or test, for the images that have one."""
    return dict(conn.execute(select(splits.c.image_id, splits.c.split)).all())
