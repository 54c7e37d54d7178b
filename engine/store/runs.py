"""Runs (trainings and proposings) and their metrics. Machine rows."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from typing import Any

import psutil
from sqlalchemy import Connection, Row, insert, select, update

from engine.domain.errors import ProjectError
from engine.domain.records import RunKind, RunRecord, RunState
from engine.store import schema
from engine.store.bulk_rows import upsert
from engine.store.schema import runs

_COLUMNS = [column for column in runs.c if column.name not in ("pid", "process_started")]


def start_run(
    conn: Connection,
    kind: RunKind,
    settings: dict[str, Any],
    versions: dict[str, str],
    parent_id: int | None = None,
    folder: str | None = None,
) -> int:
    """Record that this process starts a run; returns its id.

    ``folder`` is relative to the project folder, with forward slashes.
    """
    row = {
        "kind": RunKind(kind).value,
        "state": RunState.RUNNING.value,
        "parent_id": parent_id,
        "settings": settings,
        "versions": versions,
        "folder": folder,
        "created_at": datetime.now(UTC),
        **_this_process(),
    }
    key = conn.execute(insert(runs).values(row)).inserted_primary_key
    assert key is not None
    return int(key[0])


def end_run(conn: Connection, run_id: int, state: RunState, error: str | None = None) -> None:
    """Record how the run ended. Raises ProjectError if there is no such run."""
    ended = {"state": RunState(state).value, "finished_at": datetime.now(UTC), "error": error}
    _update(conn, run_id, ended)


def reopen_run(conn: Connection, run_id: int) -> None:
    """Record that this process goes on with the run. Raises ProjectError if there is none."""
    running = {"state": RunState.RUNNING.value, "finished_at": None, "error": None}
    _update(conn, run_id, {**running, **_this_process()})


def set_run_folder(conn: Connection, run_id: int, folder: str) -> None:
    """Record where the run keeps its files, relative to the project folder."""
    _update(conn, run_id, {"folder": folder})


def set_run_settings(conn: Connection, run_id: int, settings: dict[str, Any]) -> None:
    """Record what a run has chosen, once it is known."""
    _update(conn, run_id, {"settings": settings})


def get_run(conn: Connection, run_id: int) -> RunRecord:
    """One run. Raises ProjectError if there is none with this id."""
    row = conn.execute(select(*_COLUMNS).where(runs.c.id == run_id)).one_or_none()
    if row is None:
        raise _no_run(run_id)
    return _record(row)


def list_runs(conn: Connection, kind: RunKind | None = None) -> list[RunRecord]:
    """All runs, or those of one kind, newest first."""
    query = select(*_COLUMNS).order_by(runs.c.id.desc())
    if kind is not None:
        query = query.where(runs.c.kind == RunKind(kind).value)
    return [_record(row) for row in conn.execute(query)]


def latest_run(conn: Connection, kind: RunKind, states: Collection[RunState]) -> RunRecord | None:
    """The newest run of this kind that is in one of ``states``."""
    query = (
        select(*_COLUMNS)
        .where(runs.c.kind == RunKind(kind).value)
        .where(runs.c.state.in_([RunState(state).value for state in states]))
        .order_by(runs.c.id.desc())
        .limit(1)
    )
    row = conn.execute(query).one_or_none()
    return None if row is None else _record(row)


def mark_interrupted(
    conn: Connection, alive: Callable[[int], bool] = psutil.pid_exists
) -> list[int]:
    """Give every run whose process has died the state interrupted; returns their ids.

    A process is taken for dead too if its number now belongs to one that started at another time.
    """
    query = select(runs.c.id, runs.c.pid, runs.c.process_started)
    running = conn.execute(query.where(runs.c.state == RunState.RUNNING.value)).all()
    dead = [
        row.id
        for row in running
        if not alive(row.pid) or _is_another_process(row.pid, row.process_started)
    ]
    for run_id in dead:
        end_run(conn, run_id, RunState.INTERRUPTED, "Its process ended without a word.")
    return dead


def add_metrics(conn: Connection, run_id: int, step: float, values: dict[str, float]) -> None:
    """Keep named numbers at ``step`` (epochs); a resumed run replaces those it computes again."""
    rows = [
        {"run_id": run_id, "step": step, "name": name, "value": _number(value)}
        for name, value in values.items()
    ]
    upsert(conn, schema.metrics, rows, key=["run_id", "step", "name"])


def metrics(conn: Connection, run_id: int) -> list[tuple[float, dict[str, float]]]:
    """The run's numbers by step; NaN where one was not a number."""
    table = schema.metrics
    query = select(table.c.step, table.c.name, table.c.value)
    query = query.where(table.c.run_id == run_id).order_by(table.c.step, table.c.name)
    steps: dict[float, dict[str, float]] = {}
    for step, name, value in conn.execute(query):
        steps.setdefault(step, {})[name] = math.nan if value is None else value
    return list(steps.items())


def _number(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def _this_process() -> dict[str, Any]:
    return {"pid": os.getpid(), "process_started": psutil.Process().create_time()}


def _is_another_process(pid: int, started: float) -> bool:
    try:
        # The clock's resolution differs between systems, and a time may be rounded in the store.
        return abs(float(psutil.Process(pid).create_time()) - started) > 1.0
    except psutil.Error:
        return False


def _update(conn: Connection, run_id: int, values: dict[str, Any]) -> None:
    if conn.execute(update(runs).where(runs.c.id == run_id).values(values)).rowcount != 1:
        raise _no_run(run_id)


def _no_run(run_id: int) -> ProjectError:
    return ProjectError(
        f"The project holds no run {run_id}.", remedy="'boxwright status' lists its runs."
    )


def _record(row: Row[Any]) -> RunRecord:
    values = dict(row._mapping)
    values["kind"] = RunKind(values["kind"])
    values["state"] = RunState(values["state"])
    return RunRecord(**values)
