"""A backbone with a method's modules at its insertion points and the method's head."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from engine.domain.errors import InputError
from engine.domain.settings import TrainSettings
from engine.jobs.options import unknown
from engine.learning.backbones import make_backbone
from engine.learning.backbones.base import Backbone
from engine.learning.methods import make_method
from engine.learning.methods.base import ClassMaps, Method

#: Of ImageNet, which all of torchvision's weights expect; RGB in 0..255.
MEAN = (123.675, 116.28, 103.53)
STD = (58.395, 57.12, 57.375)


class Network(nn.Module):
    """Normalised images (B, 3, H, W) to logits (B, C).

    Inserted modules are attached as hooks, so that the names of the backbone's weights stay
    torchvision's, whatever the method. ``settings`` and ``class_names`` tell what it is for.
    """

    def __init__(
        self,
        backbone: Backbone,
        method: Method,
        settings: TrainSettings,
        class_names: tuple[str, ...],
    ) -> None:
        super().__init__()
        self.settings = settings
        self.class_names = class_names
        self.backbone = backbone
        self.method = method
        points = insertion_points(backbone, settings.insertion)
        method.prepare(backbone, points, class_names)
        self.head = method.head(backbone.channels, len(class_names))
        self.inserted: dict[str, nn.Module] = {}
        self._modules_at_points = nn.ModuleList()
        for point in points:
            self._insert(point)
        self.register_buffer("mean", torch.tensor(MEAN).view(3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(STD).view(3, 1, 1), persistent=False)

    def _insert(self, point: str) -> None:
        module = self.method.insert()
        if module is None:
            return
        self.inserted[point] = module
        self._modules_at_points.append(module)
        self.backbone.get_submodule(point).register_forward_hook(_applies(module))

    def normalise(self, images: Tensor) -> Tensor:
        """uint8 RGB (B, 3, H, W) on any device to what the network expects on its own."""
        mean: Tensor = self.get_buffer("mean")
        on_device = images.to(mean.device, non_blocking=True)
        return on_device.float().sub_(mean).div_(self.get_buffer("std"))

    def features(self, images: Tensor) -> Tensor:
        """Normalised images to the backbone's features (B, K, h, w)."""
        features: Tensor = self.backbone(images)
        return features

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.head(self.features(images))
        return logits

    def class_maps(self, images: Tensor) -> ClassMaps:
        """The method's logits and score maps of normalised images; the network in eval."""
        return self.method.class_maps(self, images)

    def drop_shares(self) -> dict[str, Tensor]:
        """What each kind of mask dropped in the last training step, averaged over the points."""
        shares: dict[str, list[Tensor]] = {}
        for module in self.inserted.values():
            for name, share in getattr(module, "shares", {}).items():
                shares.setdefault(name, []).append(share)
        return {name: torch.stack(values).mean() for name, values in shares.items()}

    def place(self, device: torch.device) -> Network:
        """Move to ``device``, channels last, which convolutions are fastest in; returns itself."""
        self.to(device)
        self.to(memory_format=torch.channels_last)
        return self

    @torch.no_grad()
    def inspect(self, images: Tensor, seed: int = 0) -> dict[str, Any]:
        """The masks of each insertion point for normalised images, keyed by the point's name.

        Runs in eval whatever the present mode, restores it, and draws from a stream of its own.
        """
        found: dict[str, Any] = {}
        handles = [
            module.register_forward_pre_hook(_inspects(point, found, seed))
            for point, module in self.inserted.items()
            if hasattr(module, "inspect")
        ]
        try:
            with evaluating(self):
                self.features(images)
        finally:
            for handle in handles:
                handle.remove()
        return found


def build_network(settings: TrainSettings, class_names: Sequence[str]) -> Network:
    """The network of ``settings`` with random weights; raises InputError for unknown names."""
    method = make_method(settings.method, settings.options)
    backbone = make_backbone(settings.backbone, settings.large_map)
    return Network(backbone, method, settings, tuple(class_names))


def check_settings(settings: TrainSettings) -> None:
    """Raises InputError for a method, option, backbone or insertion point that is not there."""
    with torch.device("meta"):  # shapes without numbers, at no cost
        make_method(settings.method, settings.options)
        backbone = make_backbone(settings.backbone, settings.large_map)
    insertion_points(backbone, settings.insertion)


def insertion_points(backbone: Backbone, insertion: str) -> tuple[str, ...]:
    """The points of a preset, or those listed by name with commas between them."""
    presets = backbone.presets()
    if insertion in presets:
        return presets[insertion]
    names = tuple(name.strip() for name in insertion.split(",") if name.strip())
    known = {name for name, _ in backbone.named_modules() if name}
    for name in names:
        if name not in known:
            raise unknown("insertion point or preset", name, [*presets, *_shallow(known)])
    if not names:
        raise InputError("No insertion point is given.", remedy=f"Presets: {', '.join(presets)}.")
    return names


def _shallow(names: set[str]) -> list[str]:
    return [name for name in names if name.count(".") <= 1]


@contextmanager
def evaluating(network: nn.Module) -> Iterator[None]:
    """Put ``network`` in eval and afterwards each of its modules back as it was."""
    before = [(module, module.training) for module in network.modules()]
    network.eval()
    try:
        yield
    finally:
        for module, training in before:
            module.training = training


def _applies(module: nn.Module) -> Callable[..., Tensor]:
    def hook(_place: nn.Module, _inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
        replaced: Tensor = module(output)
        return replaced

    return hook


def _inspects(point: str, found: dict[str, Any], seed: int) -> Callable[..., None]:
    def hook(module: Any, inputs: tuple[Tensor, ...]) -> None:
        found[point] = module.inspect(inputs[0], seed)

    return hook
