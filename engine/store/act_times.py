"""How long a person's acts took, from the log of operations: the cost model of this project."""

from __future__ import annotations

import statistics
from collections import defaultdict

from sqlalchemy import Connection, select

from engine.store.schema import operations


def median_seconds(conn: Connection) -> dict[str, float]:
    """Name of the operation -> median seconds of those that were timed; undone ones are left out.

    Operations on many images at once carry their number in the name and so stand apart.
    """
    query = select(operations.c.name, operations.c.seconds)
    timed = query.where(operations.c.seconds.is_not(None), operations.c.undone.is_(False))
    found: dict[str, list[float]] = defaultdict(list)
    for name, seconds in conn.execute(timed):
        found[name].append(seconds)
    return {name: statistics.median(seconds) for name, seconds in found.items()}
