"""Score maps of a training run's network for the project's images, resumable batch by batch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from engine.domain.errors import ProjectError
from engine.domain.records import ImageRecord, RunKind, RunRecord, RunState
from engine.domain.settings import MapSettings
from engine.jobs.reporter import Reporter
from engine.jobs.requests import ProposeRequest
from engine.learning.checkpoints import latest_checkpoint, load_network
from engine.learning.maps import ImageMaps, score_maps
from engine.learning.network import Network
from engine.learning.parallel import Group
from engine.learning.sharded_maps import lead_score_maps
from engine.learning.versions import versions
from engine.learning.views import check_views
from engine.store import images as image_rows
from engine.store import runs
from engine.store import score_maps as map_rows
from engine.store.project import Project
from engine.store.snapshots import class_ids_of_run
from engine.workflows.map_keeper import MapKeeper
from engine.workflows.projects import recorded_run, shortened
from engine.workflows.propose import Proposer, images_to_propose
from engine.workflows.train import run_folder
from engine.workflows.unusable import unusable_kept

UNFINISHED = frozenset({RunState.INTERRUPTED, RunState.CANCELLED, RunState.FAILED})


def compute_maps(
    project: Project, request: ProposeRequest, reporter: Reporter, group: Group
) -> tuple[int, int, int]:
    """Returns the proposing run, its number of images, and the number of boxes proposed now.

    Of several ranks the leader calls this; the others are in ``follow_score_maps`` meanwhile.
    """
    training = _training_run(project, request.run)
    checkpoint = latest_checkpoint(run_folder(project, training))
    scorer = _Scorer(load_network(checkpoint, group.device), checkpoint, group)
    check_views(scorer.network, request.maps)  # before there is a run
    images = images_to_propose(project, request)
    run_id = _begin(project, training, request, checkpoint.name)
    reporter.artifact("run", [run_id])
    with unusable_kept(project, reporter), recorded_run(project, run_id):
        boxes = _score_all(project, request, reporter, scorer, training, run_id, images)
    with project.read() as connection:
        return run_id, len(map_rows.images_with_maps(connection, run_id)), boxes


def _score_all(
    project: Project,
    request: ProposeRequest,
    reporter: Reporter,
    scorer: _Scorer,
    training: RunRecord,
    run_id: int,
    images: dict[int, ImageRecord],
) -> int:
    with project.write() as connection:
        done = map_rows.images_with_maps(connection, run_id)
        names = scorer.network.class_names
        class_ids = class_ids_of_run(connection, project.folder, training, names)
    waiting = [image for image in images.values() if image.id not in done]
    _warn_of_strange_classes(project, waiting, class_ids, reporter)
    keeper = MapKeeper(project, run_id, class_ids, waiting)
    proposer = Proposer(run_id, request.boxes, images)
    boxes = 0
    paths = [project.absolute(image.path) for image in keeper.images]
    batches = scorer.maps(paths, keeper.labels, request.maps, reporter)
    for batch in keeper.whole(batches):
        boxes += proposer.store(project, keeper.keep(batch), reporter)
    return boxes


def _warn_of_strange_classes(
    project: Project, images: list[ImageRecord], class_ids: list[int], reporter: Reporter
) -> None:
    """Labels that the training did not know get no box: a map of them cannot be computed."""
    known = set(class_ids)
    strange = [image for image in images if image.labels and not known & set(image.labels)]
    if not strange:
        return
    with project.read() as connection:
        names = {record.id: record.name for record in image_rows.list_classes(connection)}
    classes = sorted({names[label] for image in strange for label in image.labels})
    reporter.warn(
        f"{len(strange)} images get no box, as the training did not know their class: "
        f"{shortened(classes)}. Train anew to include them."
    )


@dataclass(frozen=True)
class _Scorer:
    """Alone, or with the other ranks' help."""

    network: Network
    checkpoint: Path
    group: Group

    def maps(
        self,
        paths: list[Path],
        labels: list[int | None],
        settings: MapSettings,
        reporter: Reporter,
    ) -> Iterator[list[ImageMaps]]:
        if self.group.count == 1:
            return score_maps(self.network, paths, labels, settings, reporter)
        return lead_score_maps(
            self.network, self.checkpoint, paths, labels, settings, reporter, self.group
        )


def _training_run(project: Project, run_id: int | None) -> RunRecord:
    with project.read() as connection:
        if run_id is None:
            record = runs.latest_run(connection, RunKind.TRAIN, {RunState.FINISHED})
        else:
            record = runs.get_run(connection, run_id)
    if record is None:
        raise ProjectError(
            "There is no finished training yet.",
            path=project.folder,
            remedy=f"Run: boxwright train {project.folder}",
        )
    if record.kind is not RunKind.TRAIN:
        raise ProjectError(f"Run {record.id} is no training run.", path=project.folder)
    return record


def _begin(project: Project, training: RunRecord, request: ProposeRequest, checkpoint: str) -> int:
    """A new proposing run, or the unfinished one that asked for the same maps."""
    maps = asdict(request.maps)
    with project.write() as connection:
        for record in runs.list_runs(connection, RunKind.PROPOSE):
            if record.parent_id != training.id:
                continue
            same = record.settings["maps"] == maps and record.settings["checkpoint"] == checkpoint
            if same and record.state in UNFINISHED:
                runs.reopen_run(connection, record.id)
                return record.id
            break
        settings: dict[str, Any] = {
            "maps": maps,
            "boxes": asdict(request.boxes),
            "checkpoint": checkpoint,
        }
        return runs.start_run(
            connection, RunKind.PROPOSE, settings, versions(), parent_id=training.id
        )
