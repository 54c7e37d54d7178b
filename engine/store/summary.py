"""Counts over the whole project."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from engine.domain.records import ProjectSummary, ReviewState
from engine.store import schema
from engine.store.runs import list_runs
from engine.store.schema import classes, images, project, proposals, reviews


def summary(conn: Connection) -> ProjectSummary:
    """Counts for the status line; ``states`` counts usable images and names every state."""
    row = conn.execute(select(project)).one()
    total, usable = _image_counts(conn)
    return ProjectSummary(
        name=row.name,
        image_root=row.image_root,
        images=total,
        problems=total - usable,
        classes=_class_counts(conn),
        states=_state_counts(conn, usable),
        annotations=conn.execute(select(func.count()).select_from(schema.annotations)).scalar_one(),
        runs=list_runs(conn),
        current_run_id=conn.execute(select(func.max(proposals.c.run_id))).scalar(),
    )


def _image_counts(conn: Connection) -> tuple[int, int]:
    usable = func.count().filter(images.c.problem.is_(None))
    row = conn.execute(select(func.count(), usable).select_from(images)).one()
    return row[0], row[1]


def _class_counts(conn: Connection) -> dict[str, int]:
    labelled = (images.c.class_id == classes.c.id) & images.c.problem.is_(None)
    query = (
        select(classes.c.name, func.count(images.c.id))
        .outerjoin(images, labelled)
        .group_by(classes.c.id)
        .order_by(classes.c.id)
    )
    return {row[0]: row[1] for row in conn.execute(query)}


def _state_counts(conn: Connection, usable: int) -> dict[ReviewState, int]:
    query = (
        select(reviews.c.state, func.count())
        .join(images, images.c.id == reviews.c.image_id)
        .where(images.c.problem.is_(None))
        .group_by(reviews.c.state)
    )
    counts = dict.fromkeys(ReviewState, 0)
    counts.update((ReviewState(state), count) for state, count in conn.execute(query))
    decided = sum(counts.values()) - counts[ReviewState.UNREVIEWED]
    counts[ReviewState.UNREVIEWED] = usable - decided
    return counts
