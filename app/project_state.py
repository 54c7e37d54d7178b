"""What the window has to know of the open project, read in one go off its thread."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.domain.records import ProjectSummary, RunKind, RunRecord, RunState
from engine.store.settings import ProjectSettings

if TYPE_CHECKING:
    from engine.store.project import Project
    from engine.store.snapshots import LabelDrift

RESUMABLE = frozenset({RunState.INTERRUPTED, RunState.CANCELLED, RunState.FAILED})


@dataclass(frozen=True, slots=True)
class ProjectState:
    """Counts, runs and settings of a project; ``image_root_exists`` as of the reading."""

    folder: Path
    image_root: Path
    image_root_exists: bool
    summary: ProjectSummary
    settings: ProjectSettings
    drift: LabelDrift | None = None  # how labels differ from those of the newest training

    @property
    def usable_images(self) -> int:
        return self.summary.images - self.summary.problems

    @property
    def trainings(self) -> list[RunRecord]:
        """All training runs, newest first."""
        return [run for run in self.summary.runs if run.kind is RunKind.TRAIN]

    @property
    def trained(self) -> list[RunRecord]:
        """Finished training runs, newest first."""
        return [run for run in self.trainings if run.state is RunState.FINISHED]

    @property
    def resumable(self) -> RunRecord | None:
        """The newest training run, if it stopped before its end."""
        newest = next(iter(self.trainings), None)
        return newest if newest is not None and newest.state in RESUMABLE else None

    @property
    def has_proposals(self) -> bool:
        return self.summary.current_run_id is not None


def load_state(project: Project) -> ProjectState:
    """Read the state of ``project``, runs whose process has died marked interrupted.

    Takes a while on a large one: not for the window's thread.
    """
    from engine.store.runs import mark_interrupted

    counts = _summary(project)
    if any(run.state is RunState.RUNNING for run in counts.runs):
        with project.write() as connection:
            mark_interrupted(connection)
        counts = _summary(project)
    return ProjectState(
        project.folder,
        project.image_root,
        project.image_root_exists,
        counts,
        project.settings(),
        _drift(project),
    )


def open_project(folder: Path) -> tuple[Project, ProjectState]:
    """Open the project and read its state; raises what opening raises."""
    from engine.store.project import Project

    project = Project.open(folder)
    try:
        return project, load_state(project)
    except BaseException:
        project.close()
        raise


def _drift(project: Project) -> LabelDrift | None:
    from engine.store.snapshots import newest_drift

    with project.read() as connection:
        return newest_drift(connection, project.folder)


def _summary(project: Project) -> ProjectSummary:
    from engine.store.summary import summary

    with project.read() as connection:
        return summary(connection)
