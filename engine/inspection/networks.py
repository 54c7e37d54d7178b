"""Runs to networks: the last few stay loaded, so that a second question does not wait."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

import msgspec

from engine.domain.errors import CheckpointError, ProjectError
from engine.domain.records import RunKind, RunRecord
from engine.domain.settings import MapSettings
from engine.jobs.catalogue import BACKBONES, METHODS
from engine.learning.checkpoints import latest_checkpoint, read_info
from engine.learning.inspecting import open_network
from engine.learning.network import Network
from engine.store import runs
from engine.store.classes import class_names
from engine.store.project import Project
from engine.store.snapshots import class_ids_of_run

#: Networks held at once: the three of a comparison (CAM, ADL, DGDM). VGG16 takes 80 MB.
KEPT = 3


@dataclass(frozen=True)
class Opened:
    """A run's network: ``run`` as asked for, the ``training`` behind it, its map settings, and
    what each of its classes is in the project now, by id and by name."""

    run: RunRecord
    training: RunRecord
    network: Network
    maps: MapSettings
    class_ids: tuple[int, ...]
    names: tuple[str, ...]

    @property
    def title(self) -> str:
        return run_title(self.training)

    @property
    def side(self) -> int:
        """Side of the network's input in pixels."""
        return self.network.settings.image_size

    def index_of(self, class_id: int | None) -> int | None:
        """The network's index of a class of the project; None where it does not know it."""
        if class_id is None or class_id not in self.class_ids:
            return None
        return self.class_ids.index(class_id)


class Networks:
    """Opens runs of one project; forgets the network unused for longest."""

    def __init__(self, project: Project, device: str = "auto") -> None:
        self._project = project
        self._device = device
        self._kept: OrderedDict[tuple[Path, int], Network] = OrderedDict()

    def open(self, run_id: int) -> Opened:
        """Raises ProjectError for a run that is not there or was not trained here, CheckpointError
        if its checkpoint is missing, damaged or of another network."""
        with self._project.read() as connection:
            run = runs.get_run(connection, run_id)
            training: RunRecord | None = run
            while training is not None and training.kind is not RunKind.TRAIN:
                parent = training.parent_id
                training = None if parent is None else runs.get_run(connection, parent)
        if training is None:
            raise ProjectError(
                f"Run {run_id} came from a file: there is no network to ask.",
                path=self._project.folder,
                remedy="Choose a run that was trained here.",
            )
        network = self._network(training)
        ids, names = self._classes(training, network.class_names)
        return Opened(run, training, network, _map_settings(run), ids, names)

    def _classes(
        self, training: RunRecord, names: tuple[str, ...]
    ) -> tuple[tuple[int, ...], tuple[str, ...]]:
        with self._project.write() as connection:  # makes a class that nobody knows
            ids = class_ids_of_run(connection, self._project.folder, training, names)
            now = class_names(connection)
        return tuple(ids), tuple(now[class_id] for class_id in ids)

    def _network(self, training: RunRecord) -> Network:
        checkpoint = checkpoint_of(self._project, training)
        key = (checkpoint, checkpoint.stat().st_mtime_ns)
        if key not in self._kept:
            _check_same(training, checkpoint)
            self._kept[key] = open_network(checkpoint, self._device)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]


def run_title(training: RunRecord) -> str:
    """Method, backbone and number of a training, for people."""
    chosen = training.settings.get("train", {})
    methods = {info.name: info.title for info in METHODS}
    backbones = {info.name: info.title for info in BACKBONES}
    method, backbone = chosen.get("method", "?"), chosen.get("backbone", "?")
    name = f"{methods.get(method, method)} · {backbones.get(backbone, backbone)}"
    return f"{name} · run {training.id}"


def checkpoint_of(project: Project, training: RunRecord) -> Path:
    """The run's last checkpoint. Raises CheckpointError if there is none."""
    if training.folder is None:
        raise CheckpointError(
            f"Run {training.id} has no checkpoint.",
            path=project.folder,
            remedy="Choose another run, or train again.",
        )
    return latest_checkpoint(project.folder / training.folder)


def _check_same(training: RunRecord, checkpoint: Path) -> None:
    """The checkpoint must be of the run's own backbone and method."""
    chosen, found = training.settings.get("train", {}), read_info(checkpoint).settings
    for what in ("backbone", "method"):
        if chosen.get(what) != getattr(found, what):
            raise CheckpointError(
                f"The checkpoint's {what} is {getattr(found, what)}, but run {training.id} was"
                f" trained with {chosen.get(what)}.",
                path=checkpoint,
                remedy="Put the run's own checkpoint back, or choose another run.",
            )


def _map_settings(run: RunRecord) -> MapSettings:
    if run.kind is RunKind.PROPOSE and "maps" in run.settings:
        return msgspec.convert(run.settings["maps"], MapSettings)
    return MapSettings()
