"""What a run found out about images, by the name of the measure. Machine rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, delete, func, select

from engine.store.batches import chunks
from engine.store.bulk_rows import upsert
from engine.store.schema import measures

Values = Mapping[str, float | None]


def put_measures(conn: Connection, run_id: int, found: Mapping[int, Values]) -> None:
    """Keep a batch: image id -> value by name. Others of these images and the run stay."""
    rows = [
        {"run_id": run_id, "image_id": image_id, "name": name, "value": value}
        for image_id, values in found.items()
        for name, value in values.items()
    ]
    upsert(conn, measures, rows, key=("run_id", "image_id", "name"))


def measures_of(
    conn: Connection, run_id: int, image_ids: Sequence[int]
) -> dict[int, dict[str, float | None]]:
    """Image id -> value by name; an empty mapping where the run has measured nothing."""
    found: dict[int, dict[str, float | None]] = {image_id: {} for image_id in image_ids}
    query = select(measures.c.image_id, measures.c.name, measures.c.value)
    for ids in chunks(found):
        here = query.where(measures.c.run_id == run_id, measures.c.image_id.in_(ids))
        for image_id, name, value in conn.execute(here):
            found[image_id][name] = value
    return found


def all_measures(conn: Connection, run_id: int) -> dict[int, dict[str, float | None]]:
    """Every image that the run has measured -> value by name."""
    query = select(measures.c.image_id, measures.c.name, measures.c.value)
    found: dict[int, dict[str, float | None]] = {}
    for image_id, name, value in conn.execute(query.where(measures.c.run_id == run_id)):
        found.setdefault(image_id, {})[name] = value
    return found


def measure_values(conn: Connection, run_id: int, name: str) -> dict[int, float]:
    """Image id -> value of one measure, without images that have none: what a queue sorts by."""
    query = select(measures.c.image_id, measures.c.value).where(
        measures.c.run_id == run_id, measures.c.name == name, measures.c.value.is_not(None)
    )
    return dict(conn.execute(query).all())


def measured_runs(conn: Connection) -> dict[int, int]:
    """Run -> how many images it has measures of."""
    count = func.count(measures.c.image_id.distinct())
    query = select(measures.c.run_id, count).group_by(measures.c.run_id)
    return dict(conn.execute(query).all())


def forget_measures(conn: Connection, run_id: int) -> None:
    """Drop all of a run's measures, before it is measured anew."""
    conn.execute(delete(measures).where(measures.c.run_id == run_id))
