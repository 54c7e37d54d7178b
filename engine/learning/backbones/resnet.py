"""ResNet with layer4 at stride 1: 224 pixels give a 14 x 14 map; enlarged, 28 x 28."""

from __future__ import annotations

from torch import Tensor, nn
from torchvision.models import (
    ResNet18_Weights,
    ResNet34_Weights,
    ResNet50_Weights,
    WeightsEnum,
)
from torchvision.models import resnet18 as torchvision_resnet18
from torchvision.models import resnet34 as torchvision_resnet34
from torchvision.models import resnet50 as torchvision_resnet50
from torchvision.models.resnet import ResNet as TorchvisionResNet

from engine.learning.backbones.base import Backbone


class ResNet(Backbone):
    def __init__(self, network: TorchvisionResNet, imagenet: WeightsEnum | None) -> None:
        super().__init__()
        self.imagenet = imagenet
        self.channels = network.fc.in_features
        self.conv1, self.bn1, self.relu = network.conv1, network.bn1, network.relu
        self.maxpool = network.maxpool
        self.layer1, self.layer2 = network.layer1, network.layer2
        self.layer3, self.layer4 = network.layer3, network.layer4
        _unstride(self.layer4)

    def forward(self, images: Tensor) -> Tensor:
        stem = self.maxpool(self.relu(self.bn1(self.conv1(images))))
        features: Tensor = self.layer4(self.layer3(self.layer2(self.layer1(stem))))
        return features

    def presets(self) -> dict[str, tuple[str, ...]]:
        last = f"layer4.{len(self.layer4) - 1}"
        points = ("layer3.0", "layer4.0", last)
        return {"default": points, "paper": points, "last": (last,)}

    def enlarge(self) -> None:
        _unstride(self.layer3)


def resnet18() -> ResNet:
    return ResNet(torchvision_resnet18(), ResNet18_Weights.IMAGENET1K_V1)


def resnet34() -> ResNet:
    return ResNet(torchvision_resnet34(), ResNet34_Weights.IMAGENET1K_V1)


def resnet50() -> ResNet:
    return ResNet(torchvision_resnet50(), ResNet50_Weights.IMAGENET1K_V1)


def _unstride(stage: nn.Sequential) -> None:
    for module in stage[0].modules():
        if isinstance(module, nn.Conv2d):
            module.stride = (1, 1)
