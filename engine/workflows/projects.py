"""Opening projects for jobs, and keeping a run's record true whatever happens to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from engine.domain.errors import JobCancelled, ProjectError
from engine.domain.records import RunState
from engine.jobs.failure import last_word
from engine.store import runs
from engine.store.project import DATABASE_NAME, Project


def open_project(folder: str) -> Project:
    """The project in ``folder``; runs whose process died meanwhile are marked interrupted."""
    project = Project.open(Path(folder).expanduser())
    try:
        _mark_interrupted(project)
    except BaseException:
        project.close()
        raise
    return project


def _mark_interrupted(project: Project) -> None:
    with project.read() as connection:
        running = runs.list_runs(connection)
    if any(record.state is RunState.RUNNING for record in running):
        with project.write() as connection:
            runs.mark_interrupted(connection)


def open_or_create(folder: Path, image_root: Path) -> Project:
    """The project in ``folder``, new if there is none; ProjectError for another image root."""
    folder = folder.expanduser()
    if not (folder / DATABASE_NAME).exists():
        return Project.create(folder, image_root)
    project = Project.open(folder)
    if project.image_root.resolve() != image_root:
        project.close()
        raise ProjectError(
            f"This project's images are in {project.image_root}, not in {image_root}.",
            path=folder,
            remedy="Choose that folder, or another folder for the project.",
        )
    return project


def shortened(names: Sequence[str], shown: int = 5) -> str:
    """The first of ``names``, and how many more there are."""
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + more


@contextmanager
def recorded_run(project: Project, run_id: int) -> Iterator[None]:
    """Record how the run ended: finished, cancelled, or failed with its message."""
    try:
        yield
    except (JobCancelled, KeyboardInterrupt):
        _end(project, run_id, RunState.CANCELLED)
        raise
    except BaseException as error:
        word = last_word(error)
        _end(project, run_id, RunState.FAILED, getattr(word, "message", str(error)))
        raise
    _end(project, run_id, RunState.FINISHED)


def _end(project: Project, run_id: int, state: RunState, error: str | None = None) -> None:
    with project.write() as connection:
        runs.end_run(connection, run_id, state, error)
