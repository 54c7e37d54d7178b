"""SqueezeNet 1.1: 224 pixels give a 13 x 13 map; no batch norm."""

from __future__ import annotations

from torch import Tensor, nn
from torchvision.models import SqueezeNet1_1_Weights, squeezenet1_1
from torchvision.models.squeezenet import Fire

from engine.learning.backbones.base import Backbone
from engine.learning.rectified import rectified_join


class SqueezeNet(Backbone):
    channels = 512
    imagenet = SqueezeNet1_1_Weights.IMAGENET1K_V1

    def __init__(self) -> None:
        super().__init__()
        self.features = squeezenet1_1().features
        for index, layer in enumerate(self.features):
            if isinstance(layer, Fire):
                self.features[index] = _JoiningFire(layer)

    def forward(self, images: Tensor) -> Tensor:
        features: Tensor = self.features(images)
        return features

    def presets(self) -> dict[str, tuple[str, ...]]:
        return {
            "default": ("features.7", "features.10", "features.12"),
            "last": ("features.12",),
        }


class _JoiningFire(nn.Module):
    """torchvision's Fire, which computes the same and keeps less of it: a step of SqueezeNet
    takes three quarters of the memory."""

    def __init__(self, fire: Fire) -> None:
        super().__init__()
        self.squeeze = fire.squeeze
        self.squeeze_activation = fire.squeeze_activation
        self.expand1x1 = fire.expand1x1
        self.expand3x3 = fire.expand3x3

    def forward(self, x: Tensor) -> Tensor:
        squeezed = self.squeeze_activation(self.squeeze(x))
        return rectified_join(self.expand1x1(squeezed), self.expand3x3(squeezed))
