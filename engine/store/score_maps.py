"""Score maps and top-1 predictions of a proposing run. Machine rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Row, Select, select, tuple_

from engine.store.bulk_rows import upsert
from engine.store.classes import Merged, merged_classes
from engine.store.schema import predictions as predictions_table
from engine.store.schema import score_maps

_KEY = ("run_id", "image_id", "class_id")
_STORED = np.dtype("<f2")


@dataclass(frozen=True, slots=True, eq=False)
class StoredMap:
    """A class's score map for one image: ``values`` is (h, w) float16, not normalised.

    ``probability`` in [0, 1] is that of the class, ``rank`` the class's place among all by falling
    probability, from 1; None where an older program computed the map.
    """

    image_id: int
    class_id: int
    probability: float
    values: NDArray[np.float16]
    rank: int | None = None


def put_maps(conn: Connection, run_id: int, maps: Sequence[StoredMap]) -> None:
    """Keep a batch of maps; one of the same run, image and class is replaced."""
    upsert(conn, score_maps, [_row(run_id, item) for item in maps], key=_KEY)


def get_map(conn: Connection, run_id: int, image_id: int, class_id: int) -> StoredMap | None:
    """One map, or None. Of classes that were merged into this one the most probable counts."""
    merged = merged_classes(conn)
    query = _select(run_id).where(
        score_maps.c.image_id == image_id, score_maps.c.class_id.in_(merged.members(class_id))
    )
    row = conn.execute(query.order_by(score_maps.c.probability.desc()).limit(1)).one_or_none()
    return None if row is None else _map(row, merged)


def maps_of_image(conn: Connection, run_id: int, image_id: int) -> list[StoredMap]:
    """The image's maps, most probable class first."""
    query = _select(run_id).where(score_maps.c.image_id == image_id)
    query = query.order_by(score_maps.c.probability.desc(), score_maps.c.class_id)
    merged = merged_classes(conn)
    found: dict[int, StoredMap] = {}
    for row in conn.execute(query):
        found.setdefault(merged(row.class_id), _map(row, merged))
    return list(found.values())


def iter_maps(conn: Connection, run_id: int, batch: int = 256) -> Iterator[StoredMap]:
    """All maps of the run by image and class, ``batch`` at a time in memory.

    An image has two maps of a class that another was merged into.

    Nothing is held open between batches, so proposals may be written on ``conn`` meanwhile.
    """
    merged = merged_classes(conn)
    place = tuple_(score_maps.c.image_id, score_maps.c.class_id)
    last = (-1, -1)
    while True:
        query = _select(run_id).where(place > tuple_(*last)).limit(batch)
        query = query.order_by(score_maps.c.image_id, score_maps.c.class_id)
        rows = conn.execute(query).all()
        yield from (_map(row, merged) for row in rows)
        if len(rows) < batch:
            return
        last = (rows[-1].image_id, rows[-1].class_id)


def images_with_maps(conn: Connection, run_id: int) -> set[int]:
    """The images that the run has computed maps for."""
    query = select(score_maps.c.image_id).where(score_maps.c.run_id == run_id).distinct()
    return set(conn.execute(query).scalars())


def put_predictions(conn: Connection, run_id: int, top: Mapping[int, int]) -> None:
    """Keep the most probable class of each image: image id -> class id."""
    rows = [
        {"run_id": run_id, "image_id": image_id, "class_id": class_id}
        for image_id, class_id in top.items()
    ]
    upsert(conn, predictions_table, rows, key=("run_id", "image_id"))


def predictions(conn: Connection, run_id: int) -> dict[int, int]:
    """Image id -> the class that the run found most probable."""
    table = predictions_table
    query = select(table.c.image_id, table.c.class_id).where(table.c.run_id == run_id)
    merged = merged_classes(conn)
    return {row.image_id: merged(row.class_id) for row in conn.execute(query)}


def _select(run_id: int) -> Select[Any]:
    return select(
        score_maps.c.image_id,
        score_maps.c.class_id,
        score_maps.c.probability,
        score_maps.c.height,
        score_maps.c.width,
        score_maps.c.map_values,
        score_maps.c.class_rank,
    ).where(score_maps.c.run_id == run_id)


def _row(run_id: int, item: StoredMap) -> dict[str, Any]:
    height, width = item.values.shape
    return {
        "run_id": run_id,
        "image_id": item.image_id,
        "class_id": item.class_id,
        "probability": float(item.probability),
        "height": height,
        "width": width,
        "map_values": np.ascontiguousarray(item.values, dtype=_STORED).tobytes(),
        "class_rank": item.rank,
    }


def _map(row: Row[Any], merged: Merged) -> StoredMap:
    flat = np.frombuffer(row.map_values, dtype=_STORED)
    values = flat.astype(np.float16).reshape(row.height, row.width)
    class_id = merged(row.class_id)
    return StoredMap(row.image_id, class_id, row.probability, values, row.class_rank)
