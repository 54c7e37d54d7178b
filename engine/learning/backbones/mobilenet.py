"""MobileNetV2 and V3-Large with the last stage at stride 1: 224 pixels give a 14 x 14 map."""

from __future__ import annotations

from torch import Tensor, nn
from torchvision.models import (
    MobileNet_V2_Weights,
    MobileNet_V3_Large_Weights,
    WeightsEnum,
    mobilenet_v2,
    mobilenet_v3_large,
)

from engine.learning.backbones.base import Backbone


class MobileNet(Backbone):
    """``points``: the ends of the last two stages and the last convolution."""

    def __init__(
        self,
        features: nn.Sequential,
        channels: int,
        points: tuple[int, ...],
        imagenet: WeightsEnum,
    ) -> None:
        super().__init__()
        self.features = features
        self.imagenet = imagenet
        self.channels = channels
        self._points = tuple(f"features.{index}" for index in points)

    def forward(self, images: Tensor) -> Tensor:
        features: Tensor = self.features(images)
        return features

    def presets(self) -> dict[str, tuple[str, ...]]:
        return {"default": self._points, "last": self._points[-1:]}


def mobile_net_v2() -> MobileNet:
    features = mobilenet_v2().features
    features[14].conv[1][0].stride = (1, 1)
    return MobileNet(features, 1280, (13, 17, 18), MobileNet_V2_Weights.IMAGENET1K_V2)


def mobile_net_v3() -> MobileNet:
    features = mobilenet_v3_large().features
    features[13].block[1][0].stride = (1, 1)
    return MobileNet(features, 960, (12, 15, 16), MobileNet_V3_Large_Weights.IMAGENET1K_V2)
