"""What a method is: what it adds to the network, its loss, its score map."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.jobs.options import Options

if TYPE_CHECKING:
    from engine.learning.backbones.base import Backbone
    from engine.learning.network import Network


@dataclass(frozen=True)
class Loss:
    """``value`` is a scalar to minimise; ``logits`` (B, C) tell the accuracy while training."""

    value: Tensor
    logits: Tensor


@dataclass(frozen=True)
class ClassMaps:
    """Scores and score maps of a batch.

    ``logits``: (B, C). ``of(classes)``, with classes (B,), gives one map per image, (B, h, w),
    not normalised. A method that has the maps of all classes at once just picks; one that needs
    a gradient per class computes it then.
    """

    logits: Tensor
    of: Callable[[Tensor], Tensor]


class CamHead(nn.Module):
    """1x1 convolution to one map per class, then global average pooling (Zhou et al. 2016).

    Convolution and pooling commute, so this is GAP followed by a fully connected layer, and the
    class's map before pooling is its CAM.
    """

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, classes, 1)
        nn.init.normal_(self.conv.weight, std=0.01)
        nn.init.zeros_(self.conv.bias)  # type: ignore[arg-type]

    def forward(self, features: Tensor) -> Tensor:
        """Features (B, K, h, w) to logits (B, C)."""
        logits: Tensor = self.conv(features).mean((2, 3))
        return logits

    def maps(self, features: Tensor) -> Tensor:
        """Features (B, K, h, w) to the CAM of every class, (B, C, h, w), without the bias."""
        weight: Tensor = self.conv.weight
        return F.conv2d(features, weight)


class Method:
    """Base of all methods, and itself the plain classifier with CAM.

    A method overrides what it changes: ``insert`` (a module after each insertion point), ``head``,
    ``loss`` (which may also change the images, as hide-and-seek does), ``advance`` or
    ``class_maps``. ``prepare`` is for those that depend on the backbone or the classes.
    """

    def __init__(self, options: Options) -> None:
        self.options = options

    def prepare(
        self, backbone: Backbone, points: tuple[str, ...], class_names: tuple[str, ...]
    ) -> None:
        """Called once, before ``insert`` and ``head``; ``points`` are the insertion points."""

    def advance(self, network: Network, progress: float) -> None:
        """Called before each training step; ``progress`` in [0, 1) of the whole training."""

    def insert(self) -> nn.Module | None:
        """A new module to put after one insertion point, or None. Must be the identity in eval."""
        return None

    def head(self, channels: int, classes: int) -> nn.Module:
        """From features (B, channels, h, w) to logits (B, classes)."""
        return CamHead(channels, classes)

    def gentle_layers(self, _network: Network) -> list[nn.Module]:
        """New layers that must learn more slowly than even the pretrained ones, not faster."""
        return []

    def loss(self, network: Network, images: Tensor, labels: Tensor) -> Loss:
        """Normalised images (B, 3, H, W) and labels (B,) to what training minimises."""
        logits = network(images)
        return Loss(F.cross_entropy(logits.float(), labels), logits.detach())

    def class_maps(self, network: Network, images: Tensor) -> ClassMaps:
        """Logits and score maps of normalised images (B, 3, H, W), network in eval."""
        with torch.no_grad():
            features = network.features(images)
            logits: Tensor = network.head(features)
            maps: Tensor = network.head.maps(features)  # type: ignore[operator]

        def of(classes: Tensor) -> Tensor:
            return maps[torch.arange(len(maps), device=maps.device), classes]

        return ClassMaps(logits, of)
