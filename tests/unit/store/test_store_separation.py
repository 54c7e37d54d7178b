"""Jobs write machine rows, persons' operations write human rows; SQLite itself is asked which."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Connection

from engine.domain.geometry import Box
from engine.domain.records import AnnotationOrigin, RunKind, RunState
from engine.store import images, proposals, review, runs, schema, score_maps

_LOG = {"operations", "operation_parts", "operation_boxes"}
HUMAN = {table.name for table in schema.HUMAN_TABLES} | _LOG
_WRITES = (sqlite3.SQLITE_INSERT, sqlite3.SQLITE_UPDATE, sqlite3.SQLITE_DELETE)
BOX = Box(1, 2, 30, 40)


@contextmanager
def written_tables(conn: Connection) -> Iterator[set[str]]:
    """The tables that the statements of the body write to."""
    tables: set[str] = set()

    def note(action: int, table: str | None, *_: object) -> int:
        if action in _WRITES and table is not None:
            tables.add(table)
        return sqlite3.SQLITE_OK

    raw: Any = conn.connection.driver_connection
    raw.set_authorizer(note)
    try:
        yield tables
    finally:
        raw.set_authorizer(None)


def _machine_acts(filled: Any) -> dict[str, Callable[[Connection], object]]:
    image_id, run_id, class_id = filled.image_ids[0], filled.run_id, filled.class_ids[0]
    values = np.ones((2, 2), np.float16)
    path = "0/0000.jpg"  # an image that a person has decided about
    return {
        "add_classes": lambda c: images.add_classes(c, ["new", "cat"]),
        "add_images": lambda c: images.add_images(
            c, [images.NewImage(path, None, 5, 5, None, "gone", 1, 1)]
        ),
        "start_run": lambda c: runs.start_run(c, RunKind.TRAIN, {}, {}),
        "end_run": lambda c: runs.end_run(c, run_id, RunState.FINISHED),
        "reopen_run": lambda c: runs.reopen_run(c, run_id),
        "set_run_folder": lambda c: runs.set_run_folder(c, run_id, "runs/9"),
        "mark_interrupted": lambda c: runs.mark_interrupted(c, lambda _pid: False),
        "add_metrics": lambda c: runs.add_metrics(c, run_id, 1.0, {"loss": 1.0}),
        "put_maps": lambda c: score_maps.put_maps(
            c, run_id, [score_maps.StoredMap(image_id, class_id, 1.0, values)]
        ),
        "put_predictions": lambda c: score_maps.put_predictions(c, run_id, {image_id: class_id}),
        "replace_proposals": lambda c: proposals.replace_proposals(
            c,
            run_id,
            filled.image_ids,
            [proposals.NewProposal(image_id, class_id, Box(0, 0, 9, 9), 1.0, 0.1)],
        ),
    }


def test_jobs_never_touch_human_rows(filled, human_rows):
    with filled.project.write() as conn:
        review.accept(conn, filled.image_ids[0], [review.ShownBox(1, BOX, filled.run_id, 0.5)])
        review.reject(conn, filled.image_ids[1])
        drawn = review.EditedBox(None, 2, BOX, AnnotationOrigin.DRAWN)
        review.replace_boxes(conn, filled.image_ids[2], [drawn], "Draw box")
        review.undo(conn)
    before = human_rows(filled.project)
    for name, act in _machine_acts(filled).items():
        with filled.project.write() as conn:
            conn.exec_driver_sql("SELECT 1")
            with written_tables(conn) as tables:
                act(conn)
        assert tables, name
        assert not tables & HUMAN, name
        assert human_rows(filled.project) == before, name
    with filled.project.read() as conn:
        assert review.redo_name(conn) == "Draw box"


@pytest.mark.parametrize("name", ["accept", "reject", "skip", "reset", "replace_boxes", "undo"])
def test_persons_write_human_rows_only(name: str, filled):
    image_id = filled.image_ids[0]
    acts: dict[str, Callable[[Connection], object]] = {
        "accept": lambda c: review.accept(c, image_id, [review.ShownBox(1, Box(0, 0, 5, 5))]),
        "reject": lambda c: review.reject(c, image_id),
        "skip": lambda c: review.skip(c, image_id),
        "reset": lambda c: review.reset(c, image_id),
        "replace_boxes": lambda c: review.replace_boxes(c, image_id, [], "Delete box"),
        "undo": review.undo,
    }
    with filled.project.write() as conn:
        review.accept(conn, image_id, [review.ShownBox(1, BOX)])
        with written_tables(conn) as tables:
            acts[name](conn)
    assert tables
    assert tables <= HUMAN
