"""Compact: a small residual network that learns from nothing in minutes on a CPU.

For projects without pretrained weights at hand. 128 pixels give a 16 x 16 map; batch norm lets it
train at a high rate from random weights.
"""

from __future__ import annotations

from torch import Tensor, nn

from engine.learning.backbones.base import Backbone


class Block(nn.Module):
    """Two 3x3 convolutions beside a shortcut (He et al. 2016, basic block)."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = _conv(inputs, outputs, 3, stride)
        self.conv2 = _conv(outputs, outputs, 3, 1)
        changes = stride != 1 or inputs != outputs
        self.shortcut = _conv(inputs, outputs, 1, stride) if changes else nn.Identity()
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        inner = self.conv2(self.relu(self.conv1(x)))
        y: Tensor = self.relu(inner + self.shortcut(x))
        return y


class Compact(Backbone):
    channels = 128

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(_conv(3, 24, 3, 2), nn.ReLU(inplace=True))
        self.layer1 = Block(24, 32, 2)
        self.layer2 = Block(32, 64, 2)
        self.layer3 = Block(64, 96, 1)
        self.layer4 = Block(96, 128, 1)

    def forward(self, images: Tensor) -> Tensor:
        features: Tensor = self.layer2(self.layer1(self.stem(images)))
        last: Tensor = self.layer4(self.layer3(features))
        return last

    def presets(self) -> dict[str, tuple[str, ...]]:
        return {
            "default": ("layer3", "layer4"),
            "last": ("layer4",),
        }


def _conv(inputs: int, outputs: int, size: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False), nn.BatchNorm2d(outputs)
    )
