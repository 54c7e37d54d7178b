"""SqueezeNet 1.1: 224 pixels give a 13 x 13 map; no batch norm."""

from __future__ import annotations

from torch import Tensor
from torchvision.models import SqueezeNet1_1_Weights, squeezenet1_1

from engine.learning.backbones.base import Backbone


class SqueezeNet(Backbone):
    channels = 512
    imagenet = SqueezeNet1_1_Weights.IMAGENET1K_V1

    def __init__(self) -> None:
        super().__init__()
        self.features = squeezenet1_1().features

    def forward(self, images: Tensor) -> Tensor:
        features: Tensor = self.features(images)
        return features

    def presets(self) -> dict[str, tuple[str, ...]]:
        return {
            "default": ("features.7", "features.10", "features.12"),
            "last": ("features.12",),
        }
