"""The images that chance chose for review: what estimates of the whole may rest on. Machine rows.

They are set aside: reviewed like others, but never learned from (see
``engine.localization.guarantee``).
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from sqlalchemy import Connection, func, select

from engine.store.bulk_rows import upsert
from engine.store.images import undecided_ids
from engine.store.schema import draws


def list_draws(conn: Connection) -> dict[int, int]:
    """Image id -> its place in the order drawn, from 0."""
    query = select(draws.c.image_id, draws.c.position).order_by(draws.c.position)
    return {row.image_id: row.position for row in conn.execute(query)}


def add_draws(conn: Connection, image_ids: Sequence[int]) -> list[int]:
    """Append the images in this order; those drawn already stay where they are. Returns the new."""
    known = list_draws(conn)
    new = [image_id for image_id in dict.fromkeys(image_ids) if image_id not in known]
    last = conn.execute(select(func.max(draws.c.position))).scalar()
    start = 0 if last is None else last + 1
    rows = [{"image_id": i, "position": start + place} for place, i in enumerate(new)]
    upsert(conn, draws, rows, key=["image_id"])
    return new


def draw_more(conn: Connection, count: int, seed: int) -> list[int]:
    """Set ``count`` further unreviewed images aside, as chance has it; returns them in order."""
    waiting = sorted(undecided_ids(conn) - set(list_draws(conn)))
    chosen = random.Random(seed * 1_000_003 + len(waiting)).sample(
        waiting, min(count, len(waiting))
    )
    return add_draws(conn, chosen)


def waiting_draws(conn: Connection) -> list[int]:
    """Images that were drawn and that nobody has decided yet, in the order drawn."""
    drawn = list_draws(conn)
    undecided = undecided_ids(conn) if drawn else ()  # reads every image
    return [image_id for image_id in drawn if image_id in undecided]
