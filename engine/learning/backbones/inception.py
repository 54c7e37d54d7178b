"""InceptionV3 up to Mixed_6e and two added 3x3 convolutions; 299 pixels give a 17 x 17 map.

Two of them, each to 1024 channels, as in the code of SPG and of Choe et al.'s evaluation: with a
classifier of 200 classes that makes the 25.69 million parameters of the paper's table 2. The
auxiliary classifier and the stages after Mixed_6e are left out; their weights in a file are passed
over.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn
from torchvision.models import Inception_V3_Weights, inception_v3

from engine.learning.backbones.base import Backbone, added_convolutions

_STAGES = (
    "Conv2d_1a_3x3",
    "Conv2d_2a_3x3",
    "Conv2d_2b_3x3",
    "maxpool1",
    "Conv2d_3b_1x1",
    "Conv2d_4a_3x3",
    "maxpool2",
    "Mixed_5b",
    "Mixed_5c",
    "Mixed_5d",
    "Mixed_6a",
    "Mixed_6b",
    "Mixed_6c",
    "Mixed_6d",
    "Mixed_6e",
)


class InceptionV3(Backbone):
    channels = 1024
    classifier_keys: ClassVar[tuple[str, ...]] = ("fc.", "AuxLogits.", "Mixed_7")
    imagenet = Inception_V3_Weights.IMAGENET1K_V1

    def __init__(self) -> None:
        super().__init__()
        network = inception_v3(aux_logits=False, init_weights=False)
        for name in _STAGES:
            self.add_module(name, getattr(network, name))
        self.extra = added_convolutions(768)
        # torchvision's weights come from TensorFlow, whose inputs are (x - 0.5) / 0.5
        scale, shift = _to_half(torch.tensor(_MEAN), torch.tensor(_STD))
        self.register_buffer("scale", scale.view(3, 1, 1), persistent=False)
        self.register_buffer("shift", shift.view(3, 1, 1), persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        features = images * self.get_buffer("scale") + self.get_buffer("shift")
        for name in _STAGES:
            features = self.get_submodule(name)(features)
        last: Tensor = self.extra(features)
        return last

    def presets(self) -> dict[str, tuple[str, ...]]:
        points = ("Mixed_5d", "Mixed_6e", "extra")
        return {"default": points, "paper": points, "last": ("extra",)}

    def drop_new_layers(self) -> None:
        self.extra = nn.Sequential()
        self.channels = 768

    def new_layers(self) -> list[nn.Module]:
        return [self.extra]


_MEAN = (0.485, 0.456, 0.406)  # of ImageNet in [0, 1], by which the images are normalised
_STD = (0.229, 0.224, 0.225)


def _to_half(mean: Tensor, std: Tensor) -> tuple[Tensor, Tensor]:
    """Factor and summand that turn (x - mean) / std into (x - 0.5) / 0.5."""
    return std / 0.5, (mean - 0.5) / 0.5
