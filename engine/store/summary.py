"""Counts over the whole project."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from engine.domain.records import ProjectSummary, ReviewState
from engine.store import schema
from engine.store.batches import chunks
from engine.store.classes import list_classes, merged_classes
from engine.store.labels import given_labels
from engine.store.runs import list_runs
from engine.store.schema import image_labels, images, project, proposals, reviews


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
    """Usable images by class; one with several labels counts for each of them."""
    merged = merged_classes(conn)
    counts = {record.id: 0 for record in list_classes(conn)}
    found = select(images.c.class_id, func.count()).where(
        images.c.problem.is_(None),
        images.c.class_id.is_not(None),
        ~select(image_labels.c.id).where(image_labels.c.image_id == images.c.id).exists(),
    )
    for class_id, count in conn.execute(found.group_by(images.c.class_id)):
        counts[merged(class_id)] += count
    by_person = given_labels(conn, merged)
    for ids in chunks(by_person):
        usable = select(images.c.id).where(images.c.problem.is_(None), images.c.id.in_(ids))
        for image_id in conn.execute(usable).scalars():
            for class_id in by_person[image_id]:
                counts[class_id] += 1
    return {record.name: counts[record.id] for record in list_classes(conn)}


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
