"""Images to frozen features: two depths of the backbone side by side."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.domain.errors import CheckpointError, InputError
from engine.jobs.reporter import Reporter
from engine.learning.allocation import keep_freed_memory
from engine.learning.backbones import make_backbone
from engine.learning.backbones.base import Backbone
from engine.learning.checkpoints import load_network
from engine.learning.data import decode, decoding_pool, ordered_map, to_tensor
from engine.learning.device import choose_device
from engine.learning.network import MEAN, STD, evaluating
from engine.learning.weights import initialise

BATCH = 16


@dataclass(frozen=True)
class Extractor:
    """``points``: the shallow and the deep module whose outputs are taken; ``key`` names weights,
    points and size, so that features of another run are never taken for these."""

    backbone: Backbone
    points: tuple[str, str]
    side: int
    key: str
    device: torch.device

    def features(self, paths: Sequence[Path], reporter: Reporter) -> Iterator[_Batch]:
        """Index and features (n, C, h, w) of the images that can be read, a batch at a time.

        The deep features are brought to the grid of the shallow ones. Others are warned of.
        """
        with decoding_pool() as pool, _Taps(self.backbone, self.points) as taps:
            decoded = ordered_map(pool, lambda path: decode(path, self.side), paths, 2 * BATCH)
            waiting: list[tuple[int, NDArray[np.uint8]]] = []
            for index, pixels in enumerate(decoded):
                if isinstance(pixels, InputError):
                    reporter.unreadable(pixels)
                else:
                    waiting.append((index, pixels))
                if len(waiting) == BATCH:
                    yield self._batch(waiting, taps)
                    waiting = []
            if waiting:
                yield self._batch(waiting, taps)

    @torch.no_grad()
    def _batch(self, images: list[tuple[int, NDArray[np.uint8]]], taps: _Taps) -> _Batch:
        pixels = to_tensor(np.stack([pixels for _, pixels in images])).to(self.device).float()
        mean, std = (torch.tensor(v, device=self.device).view(3, 1, 1) for v in (MEAN, STD))
        with evaluating(self.backbone):
            self.backbone((pixels - mean) / std)
        shallow, deep = taps.taken()
        deep = F.interpolate(deep, shallow.shape[2:], mode="bilinear")
        both = torch.cat([shallow, deep], 1).float().cpu().contiguous().numpy()
        return [index for index, _ in images], both


_Batch = tuple[list[int], NDArray[np.float32]]


class _Taps:
    """Hooks that keep what two modules give out."""

    def __init__(self, backbone: Backbone, points: tuple[str, str]) -> None:
        self._modules = [backbone.get_submodule(point) for point in points]
        self._taken: dict[int, Tensor] = {}
        self._handles: list[torch.utils.hooks.RemovableHandle] = []

    def __enter__(self) -> _Taps:
        for index, module in enumerate(self._modules):
            self._handles.append(module.register_forward_hook(self._keeper(index)))
        return self

    def __exit__(self, *_: object) -> None:
        for handle in self._handles:
            handle.remove()

    def taken(self) -> tuple[Tensor, Tensor]:
        return self._taken[0], self._taken[1]

    def _keeper(self, index: int) -> Callable[[nn.Module, object, Tensor], None]:
        def keep(_module: nn.Module, _inputs: object, output: Tensor) -> None:
            self._taken[index] = output.detach()

        return keep


def open_extractor(checkpoint: Path, device_name: str, reporter: Reporter) -> Extractor:
    """The extractor of a training run's newest ``checkpoint``.

    Where the training began with pretrained weights that are at hand, those are taken: frozen
    ImageNet features say more of where an object ends than ones tuned to tell its class. Else the
    trained weights are. Raises CheckpointError if the checkpoint cannot be read.
    """
    keep_freed_memory()
    device = choose_device(device_name)
    network = load_network(checkpoint, device)
    settings, backbone = network.settings, network.backbone
    name = f"checkpoint {_digest(checkpoint.with_suffix('.safetensors'))}"
    if settings.weights != "none":
        pretrained = make_backbone(settings.backbone, settings.large_map)
        try:
            initialise(pretrained, settings.weights, reporter)
        except (CheckpointError, InputError) as error:
            reporter.warn(f"{error} The run's own weights are taken instead.")
        else:
            backbone, name = pretrained, f"weights {_state_digest(pretrained)}"
    network_points = backbone.presets()["default"]
    points = (network_points[0], network_points[-1])
    backbone.eval()
    backbone.to(device).to(memory_format=torch.channels_last)
    text = f"{settings.backbone} {settings.large_map} {name} {points} {settings.image_size}"
    key = hashlib.sha256(text.encode()).hexdigest()[:16]
    return Extractor(backbone, points, settings.image_size, key, device)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _state_digest(module: nn.Module) -> str:
    """Of the weights alone, so that two runs that began alike share their features."""
    found = hashlib.sha256()
    for name, value in sorted(module.state_dict().items()):
        found.update(name.encode() + value.cpu().contiguous().numpy().tobytes())
    return found.hexdigest()
