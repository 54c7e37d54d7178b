"""Training: the recipe of the field, the same for every method, resumable to the bit."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from engine.domain.errors import TrainingError
from engine.domain.settings import TrainSettings
from engine.jobs.ranks import ALONE
from engine.jobs.reporter import Reporter
from engine.learning.allocation import keep_freed_memory
from engine.learning.batches import Batches
from engine.learning.checkpoints import (
    CheckpointInfo,
    checkpoint_path,
    list_checkpoints,
    load_weights,
    read_info,
    read_tensors,
)
from engine.learning.data import open_images
from engine.learning.device import choose_device
from engine.learning.loop import TrainLoop
from engine.learning.network import build_network
from engine.learning.parallel import Group
from engine.learning.versions import versions
from engine.learning.weights import initialise

OnEpoch = Callable[[int, dict[str, float]], None]


@dataclass(frozen=True)
class TrainingSet:
    """Image files and, for each, the index of its image label in ``class_names``."""

    paths: tuple[Path, ...]
    labels: tuple[int, ...]
    class_names: tuple[str, ...]

    def digest(self) -> str:
        """Identifies class names, image names and labels, wherever the images lie."""
        names = [f"{path.parent.name}/{path.name}" for path in self.paths]
        text = repr((self.class_names, names, self.labels))
        return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


@dataclass(frozen=True)
class TrainResult:
    """The last checkpoint, how many epochs it has seen, and the metrics of the last one."""

    checkpoint: Path
    epochs: int
    metrics: dict[str, float]


def train(
    data: TrainingSet,
    settings: TrainSettings,
    folder: Path,
    reporter: Reporter,
    resume: bool = False,
    on_epoch: OnEpoch | None = None,
    group: Group | None = None,
) -> TrainResult:
    """Train on ``data`` and write a checkpoint into ``folder`` after each epoch.

    With ``resume``, goes on after the last checkpoint there, exactly as if never stopped.
    ``on_epoch(epoch, metrics)`` is called when an epoch's checkpoint is safe. Raises
    TrainingError (fewer than two classes, diverged loss, other settings than those resumed),
    InputError (unknown names), CheckpointError (weights) and JobCancelled; the last good
    checkpoint stays in every case.

    In a ``group`` all ranks call this with the same arguments and train one network: the settings'
    batch is split over them, and the result is that of one process but for rounding. Only the
    leader reads and writes ``folder``, and calls ``on_epoch``.
    """
    _check(data, settings)
    keep_freed_memory()
    group = group or Group(ALONE, choose_device(settings.device))
    with _reproducible(settings.seed, group.device):
        loop = _prepared(data, settings, folder, reporter, resume, group)
        if loop.info.epoch < settings.epochs:
            loop.run(_batches(data, settings, reporter, group), reporter, on_epoch)
    group.wait()  # for the leader's last checkpoint
    path = checkpoint_path(folder, loop.info.epoch)
    return TrainResult(path, loop.info.epoch, loop.info.metrics)


def _check(data: TrainingSet, settings: TrainSettings) -> None:
    if len(set(data.labels)) < 2:
        raise TrainingError(
            f"Training needs images of at least two classes; there are {len(set(data.labels))}.",
            remedy="Label images of another class, for example images without the object.",
        )
    if settings.image_size > settings.resize_size or settings.image_size < 32:
        raise TrainingError(
            f"Images of {settings.image_size} px cannot be cropped from {settings.resize_size} px.",
            remedy="Choose an image size from 32 up to the resize size.",
        )
    if settings.batch_size < 1 or settings.epochs < 1:
        raise TrainingError("Batch size and epochs are at least 1.", remedy="Change the settings.")


def _prepared(
    data: TrainingSet,
    settings: TrainSettings,
    folder: Path,
    reporter: Reporter,
    resume: bool,
    group: Group,
) -> TrainLoop:
    """The loop at its beginning or after the last checkpoint, the same on every rank."""
    if not group.leads:
        network = build_network(settings, data.class_names)
        info = CheckpointInfo(0, settings, data.class_names, data.digest())
        loop = TrainLoop(network, info, folder, group)
    else:
        kept = list_checkpoints(folder) if resume else []
        if kept:
            loop = _resume(kept[-1], data, settings, group, reporter)
        else:
            loop = _start(data, settings, folder, group, reporter)
    loop.agree()
    return loop


def _start(
    data: TrainingSet,
    settings: TrainSettings,
    folder: Path,
    group: Group,
    reporter: Reporter,
) -> TrainLoop:
    for old in list_checkpoints(folder):  # of an earlier training, which is not resumed
        old.with_suffix(".json").unlink()
        old.unlink()
    network = build_network(settings, data.class_names)
    initialise(network.backbone, settings.weights, reporter)
    info = CheckpointInfo(0, settings, data.class_names, data.digest(), versions=versions())
    return TrainLoop(network, info, folder, group)


def _resume(
    checkpoint: Path,
    data: TrainingSet,
    settings: TrainSettings,
    group: Group,
    reporter: Reporter,
) -> TrainLoop:
    info = read_info(checkpoint)
    same = replace(info.settings, epochs=settings.epochs, device=settings.device)
    if same != settings or info.class_names != data.class_names:
        raise TrainingError(
            "The training to resume has other settings or classes.",
            path=checkpoint.with_suffix(".json"),
            remedy="Resume with the same ones, or start a new training.",
        )
    if info.data_digest != data.digest():
        reporter.warn("The images or labels have changed since the training was stopped.")
    network = build_network(settings, data.class_names)
    weights, momentum = read_tensors(checkpoint)
    load_weights(network, weights, checkpoint)
    loop = TrainLoop(network, replace(info, settings=settings), checkpoint.parent, group)
    loop.restore(momentum)
    return loop


def _batches(
    data: TrainingSet, settings: TrainSettings, reporter: Reporter, group: Group
) -> Batches:
    source = open_images(data.paths, settings.resize_size, reporter, rank=group.rank)
    source.usable = group.common(source.usable, len(data.paths))
    labels = np.array(data.labels, np.int64)
    if len(set(labels[source.usable].tolist())) < 2:
        raise TrainingError(
            "Images of fewer than two classes could be read.",
            remedy="See the warnings for the files, repair them and start again.",
        )
    return Batches(
        source, labels, settings.batch_size, settings.image_size, settings.seed, group.rank
    )


@contextmanager
def _reproducible(seed: int, device: torch.device) -> Iterator[None]:
    """Seed all random streams inside and leave the caller's as they were."""
    deterministic = torch.backends.cudnn.deterministic
    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        torch.backends.cudnn.deterministic = True
        try:
            yield
        finally:
            torch.backends.cudnn.deterministic = deterministic
