"""What learning needs of a project: its images, maps and frozen features, opened once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from engine.domain.errors import BoxwrightError, ProjectError
from engine.domain.records import ImageRecord, RunKind, RunRecord, RunState
from engine.domain.settings import BoxModelSettings, BoxSettings
from engine.jobs.reporter import Reporter
from engine.learning.box_model.extraction import open_extractor
from engine.learning.box_model.grids import GridImage, Grids, open_grids
from engine.learning.checkpoints import latest_checkpoint
from engine.store import images as image_rows
from engine.store import runs
from engine.store.project import Project
from engine.workflows.cut_cache import CutCache
from engine.workflows.map_sources import MapSource, guess_quality, map_sources
from engine.workflows.train import run_folder

CACHE = Path("cache") / "features"
CUTS = Path("cache") / "cuts.npz"


@dataclass(frozen=True, eq=False)
class Ground:
    """``grids`` is None where there is no checkpoint to take features from. ``paths``: the usable
    images with their files. ``guesses``: how good each source looks before anything is accepted.
    ``cuts``: what is known of how maps are best cut."""

    training: RunRecord | None
    images: Mapping[int, ImageRecord]
    paths: Mapping[int, GridImage]
    sources: tuple[MapSource, ...]
    grids: Grids | None
    usual: BoxSettings
    guesses: Mapping[str, float]
    cuts: CutCache

    @property
    def guess(self) -> str:
        """The source that looks best."""
        return max(self.guesses, key=lambda name: self.guesses[name])


def open_ground(
    project: Project, training_run: int | None, settings: BoxModelSettings, reporter: Reporter
) -> Ground:
    """Raises ProjectError if there are no score maps, or ``training_run`` is no training."""
    with project.read() as connection:
        images = {image.id: image for image in image_rows.list_images(connection)}
    paths = {
        image.id: GridImage(project.absolute(image.path), image.digest or f"id-{image.id}")
        for image in images.values()
    }
    if training_run is not None:
        _training(project, training_run, ())  # before its maps are missed
    sources = tuple(map_sources(project, images, training_run))
    usual = replace(project.settings().boxes)
    guesses = guess_quality(sources, images, usual)
    training = _training(project, training_run, sources)
    grids = None
    if training is not None:
        grids = _grids(project, training, list(paths.values()), settings, reporter)
    cuts = CutCache(project.folder / CUTS)
    return Ground(training, images, paths, sources, grids, usual, guesses, cuts)


def _training(
    project: Project, wanted: int | None, sources: tuple[MapSource, ...]
) -> RunRecord | None:
    """The training whose features are taken: the one asked for, else that of the newest maps."""
    with project.read() as connection:
        if wanted is None:
            parent = runs.get_run(connection, sources[0].run_ids[0]).parent_id
            if parent is None:
                return runs.latest_run(connection, RunKind.TRAIN, {RunState.FINISHED})
            wanted = parent
        record = runs.get_run(connection, wanted)
    if record.kind is not RunKind.TRAIN:
        raise ProjectError(
            f"Run {record.id} is no training run.",
            path=project.folder,
            remedy="Name the training that its maps come from, or none to compare all maps.",
        )
    return record


def _grids(
    project: Project,
    training: RunRecord,
    images: list[GridImage],
    settings: BoxModelSettings,
    reporter: Reporter,
) -> Grids | None:
    try:
        checkpoint = latest_checkpoint(run_folder(project, training))
        extractor = open_extractor(checkpoint, settings.device, reporter)
        return open_grids(extractor, images, project.folder / CACHE, settings, reporter)
    except BoxwrightError as error:  # the maps are there and can be calibrated without features
        reporter.warn(f"Without the box model: {error}")
        return None
