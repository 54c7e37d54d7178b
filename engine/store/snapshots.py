"""The image labels that a run was trained on, and how today's differ from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
from sqlalchemy import Connection, select

from engine.domain.errors import CheckpointError
from engine.domain.records import RunKind, RunRecord, RunState
from engine.store import schema
from engine.store.classes import class_ids_for, class_names, known_class_ids, merged_classes
from engine.store.files import write_atomic
from engine.store.images import list_images
from engine.store.runs import latest_run

SNAPSHOT_NAME = "training_set.json"


class Snapshot(msgspec.Struct, frozen=True):
    """The image labels a run was trained on: later changes of labels do not touch it.

    An image with several labels is listed once for each. ``class_ids`` are those of
    ``class_names``, which may be called otherwise by now; older snapshots have none.
    """

    class_names: list[str]
    paths: list[str]  # relative to the image root
    labels: list[int]  # indices into class_names
    class_ids: list[int] = []


@dataclass(frozen=True, slots=True)
class LabelDrift:
    """How many images and classes are not what they were when a run was trained."""

    images: int
    classes: int

    def __bool__(self) -> bool:
        return self.images > 0 or self.classes > 0


def snapshot_of(pairs: list[tuple[str, int]], names: dict[int, str]) -> Snapshot:
    """``pairs`` of path and class id; classes in the order of their names."""
    used = sorted({class_id for _, class_id in pairs}, key=lambda class_id: names[class_id])
    index = {class_id: position for position, class_id in enumerate(used)}
    return Snapshot(
        [names[class_id] for class_id in used],
        [path for path, _ in pairs],
        [index[class_id] for _, class_id in pairs],
        used,
    )


def write_snapshot(folder: Path, snapshot: Snapshot) -> None:
    """Keep it in the folder of its run. Raises StorageError."""
    write_atomic(folder / SNAPSHOT_NAME, msgspec.json.encode(snapshot))


def read_snapshot(folder: Path) -> Snapshot:
    """The snapshot in the folder of a run. Raises CheckpointError."""
    path = folder / SNAPSHOT_NAME
    try:
        return msgspec.json.decode(path.read_bytes(), type=Snapshot)
    except (OSError, msgspec.MsgspecError) as error:
        raise CheckpointError(
            f"The list of training images cannot be read ({error}).",
            path=path,
            remedy="Start a new training.",
        ) from error


def class_ids_of_run(
    conn: Connection, project_folder: Path, run: RunRecord, names: Sequence[str]
) -> list[int]:
    """What each class ``names`` of the run's network counts as now; made if nobody knows it.

    Through the run's own list of classes, since one may be called otherwise by now.
    """
    then: dict[str, int] = {}
    if run.folder is not None and (project_folder / run.folder / SNAPSHOT_NAME).is_file():
        snapshot = read_snapshot(project_folder / run.folder)
        then = dict(zip(snapshot.class_names, snapshot.class_ids, strict=False))
    merged = merged_classes(conn)
    made = class_ids_for(conn, [name for name in names if name not in then])
    return [merged(then[name]) if name in then else made[name] for name in names]


def labels_have_changed(conn: Connection) -> bool:
    """True if a person has ever changed a class or an image label of this project."""
    tables = (schema.class_edits, schema.image_labels)
    return any(conn.execute(select(table).limit(1)).first() is not None for table in tables)


def label_drift(conn: Connection, project_folder: Path, run: RunRecord) -> LabelDrift:
    """How today's labels differ from those that ``run`` was trained on.

    Images that were not among its images do not count. Raises CheckpointError if its list of
    images cannot be read.
    """
    if run.folder is None:
        return LabelDrift(0, 0)
    snapshot = read_snapshot(project_folder / run.folder)
    then: dict[str, set[int | None]] = {}
    known = known_class_ids(conn)
    ids: Sequence[int | None] = snapshot.class_ids
    ids = ids or [known.get(name) for name in snapshot.class_names]
    for path, label in zip(snapshot.paths, snapshot.labels, strict=True):
        then.setdefault(path, set()).add(ids[label])
    now = {image.path: set(image.labels) for image in list_images(conn) if image.path in then}
    changed = sum(labels != then[path] for path, labels in now.items())
    return LabelDrift(changed, _changed_classes(conn, snapshot, ids, set().union(*now.values())))


def newest_drift(conn: Connection, project_folder: Path) -> LabelDrift | None:
    """``label_drift`` of the newest finished training; None if there is none to compare with."""
    run = latest_run(conn, RunKind.TRAIN, {RunState.FINISHED})
    if run is None or run.folder is None or not labels_have_changed(conn):
        return None
    if not (project_folder / run.folder / SNAPSHOT_NAME).is_file():
        return None
    return label_drift(conn, project_folder, run)


def _changed_classes(
    conn: Connection,
    snapshot: Snapshot,
    ids: Sequence[int | None],
    used: set[int],
) -> int:
    """Classes called otherwise, merged, or given to images of the run since."""
    names, merged = class_names(conn), merged_classes(conn)
    renamed = sum(
        class_id is None or merged(class_id) != class_id or names.get(class_id) != name
        for class_id, name in zip(ids, snapshot.class_names, strict=True)
    )
    return renamed + len(used - set(ids))
