"""Checkpoints: tensors as safetensors, everything else as JSON beside them. Nothing in them runs.

``epoch-0003.safetensors`` holds ``network.*`` (weights) and ``momentum.*`` (the optimiser's state);
``epoch-0003.json`` is written last and makes the checkpoint valid. A folder keeps the last two.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from engine.domain.errors import CheckpointError, InputError, StorageError
from engine.domain.settings import TrainSettings
from engine.learning.network import Network, build_network
from engine.learning.weights import mismatch

KEPT = 2
_FORMAT = "boxwright checkpoint"
_VERSION = 1


@dataclass(frozen=True)
class CheckpointInfo:
    """What a checkpoint's JSON tells; ``epoch`` is the number of finished epochs.

    ``data_digest`` identifies the images and labels trained on. The random streams are functions
    of the settings' seed and the epoch, so that no generator's state needs keeping.
    """

    epoch: int
    settings: TrainSettings
    class_names: tuple[str, ...]
    data_digest: str
    metrics: dict[str, float] = field(default_factory=dict)
    loss_scale: dict[str, Any] = field(default_factory=dict)  # of float16 training
    versions: dict[str, str] = field(default_factory=dict)
    format: str = _FORMAT
    version: int = _VERSION


def save_checkpoint(
    folder: Path, info: CheckpointInfo, network: Network, momentum: Mapping[str, Tensor]
) -> Path:
    """Write a checkpoint into ``folder`` and drop all but the last ``KEPT``.

    The files appear whole or not at all. Raises StorageError when they cannot be written.
    """
    path = checkpoint_path(folder, info.epoch)
    tensors = {f"network.{name}": value for name, value in network.state_dict().items()}
    tensors |= {f"momentum.{name}": value for name, value in momentum.items()}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write(path, save({name: t.detach().cpu().contiguous() for name, t in tensors.items()}))
        _write(path.with_suffix(".json"), msgspec.json.format(msgspec.json.encode(asdict(info))))
    except OSError as error:
        raise StorageError(
            f"The checkpoint could not be written ({error.strerror}).",
            path=path,
            remedy="Free some space, then resume; the last good checkpoint is kept.",
        ) from error
    for old in list_checkpoints(folder)[:-KEPT]:
        old.with_suffix(".json").unlink(missing_ok=True)
        old.unlink(missing_ok=True)
    return path


def checkpoint_path(folder: Path, epoch: int) -> Path:
    """Where the checkpoint after ``epoch`` epochs lies."""
    return folder / f"epoch-{epoch:04d}.safetensors"


def list_checkpoints(folder: Path) -> list[Path]:
    """The complete checkpoints in ``folder``, oldest first."""
    found = sorted(folder.glob("epoch-*.safetensors"))
    return [path for path in found if path.with_suffix(".json").is_file()]


def latest_checkpoint(folder: Path) -> Path:
    """The last complete checkpoint in ``folder``; raises CheckpointError if there is none."""
    found = list_checkpoints(folder)
    if not found:
        raise CheckpointError(
            "There is no checkpoint.", path=folder, remedy="Train for at least one epoch."
        )
    return found[-1]


def read_info(checkpoint: Path) -> CheckpointInfo:
    """What is told beside ``checkpoint``. Raises CheckpointError if that is missing or damaged."""
    path = checkpoint.with_suffix(".json")
    try:
        info = msgspec.json.decode(path.read_bytes(), type=CheckpointInfo)
    except FileNotFoundError as error:
        raise CheckpointError(
            "There is no such checkpoint.", path=path, remedy="Train first."
        ) from error
    except msgspec.MsgspecError as error:
        raise _no_checkpoint(path, str(error)) from error
    if info.format != _FORMAT:
        raise _no_checkpoint(path, f"its format is {info.format!r}")
    if info.version > _VERSION:
        raise CheckpointError(
            f"It comes from a newer Boxwright (checkpoint version {info.version}).",
            path=path,
            remedy="Update Boxwright.",
        )
    return info


def read_tensors(checkpoint: Path) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Weights and momentum by name. Raises CheckpointError for anything but safetensors."""
    path = checkpoint.with_suffix(".safetensors")
    try:
        tensors = load_file(path)
    except FileNotFoundError as error:
        raise CheckpointError(
            "The checkpoint's weights are missing.", path=path, remedy="Train again."
        ) from error
    except SafetensorError as error:
        raise _no_checkpoint(path, str(error)) from error
    return _named(tensors, "network."), _named(tensors, "momentum.")


def load_weights(network: Network, weights: Mapping[str, Tensor], path: Path) -> None:
    """Copy ``weights`` into ``network``; CheckpointError names the first keys that do not fit."""
    wanted = network.state_dict()
    missing = [name for name in wanted if name not in weights]
    unexpected = [name for name in weights if name not in wanted]
    reshaped = [n for n in weights if n in wanted and weights[n].shape != wanted[n].shape]
    if missing or unexpected or reshaped:
        raise mismatch(path, missing, unexpected, reshaped)
    network.load_state_dict(dict(weights))


def load_network(checkpoint: Path, device: torch.device) -> Network:
    """The trained network on ``device``, in eval, channels last.

    ``checkpoint`` is either of a checkpoint's two files. Raises CheckpointError if it is missing,
    damaged, no checkpoint, or its weights are not of the network that its JSON names.
    """
    info = read_info(checkpoint)
    weights, _ = read_tensors(checkpoint)
    try:
        network = build_network(info.settings, info.class_names)
    except InputError as error:
        raise _no_checkpoint(checkpoint.with_suffix(".json"), str(error)) from error
    load_weights(network, weights, checkpoint)
    network.eval()
    return network.place(device)


def _named(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)}


def _no_checkpoint(path: Path, reason: str) -> CheckpointError:
    return CheckpointError(
        f"It is damaged, or no checkpoint ({reason}).",
        path=path,
        remedy="Choose another checkpoint, or train again.",
    )


def _write(path: Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
