"""MobileNetV2 and V3-Large with the last stage at stride 1: 224 pixels give a 14 x 14 map."""

from __future__ import annotations

from torch import Tensor, nn
from torchvision.models import (
    MobileNet_V2_Weights,
    MobileNet_V3_Large_Weights,
    mobilenet_v2,
    mobilenet_v3_large,
)

from engine.learning.backbones.base import Backbone


class MobileNetV2(Backbone):
    channels = 1280
    imagenet = MobileNet_V2_Weights.IMAGENET1K_V2

    def __init__(self) -> None:
        super().__init__()
        self.features = mobilenet_v2().features
        strided: nn.Conv2d = self.features[14].conv[1][0]
        strided.stride = (1, 1)

    def forward(self, images: Tensor) -> Tensor:
        features: Tensor = self.features(images)
        return features

    def presets(self) -> dict[str, tuple[str, ...]]:
        return {
            "default": ("features.13", "features.17", "features.18"),
            "last": ("features.18",),
        }


class MobileNetV3(Backbone):
    channels = 960
    imagenet = MobileNet_V3_Large_Weights.IMAGENET1K_V2

    def __init__(self) -> None:
        super().__init__()
        self.features = mobilenet_v3_large().features
        strided: nn.Conv2d = self.features[13].block[1][0]
        strided.stride = (1, 1)

    def forward(self, images: Tensor) -> Tensor:
        features: Tensor = self.features(images)
        return features

    def presets(self) -> dict[str, tuple[str, ...]]:
        return {
            "default": ("features.12", "features.15", "features.16"),
            "last": ("features.16",),
        }
