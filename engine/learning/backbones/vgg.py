"""VGG16-GAP: conv5 features without pool5, two 3x3 convolutions; 224 pixels give 14 x 14.

Both to 1024 channels, as in the code of ACoL and SPG: with a classifier of 200 classes that makes
the 29.08 million parameters of the paper's table 2, and ACoL's two classifiers of the kind its
43.44. Zhou et al. 2016 have one convolution, which would make 19.64.
"""

from __future__ import annotations

from torch import Tensor, nn
from torchvision.models import VGG16_Weights
from torchvision.models.vgg import cfgs, make_layers

from engine.learning.backbones.base import Backbone, added_convolutions


class Vgg16(Backbone):
    channels = 1024
    imagenet = VGG16_Weights.IMAGENET1K_V1

    def __init__(self) -> None:
        super().__init__()
        self.features = make_layers(cfgs["D"][:-1])  # without pool5
        self.extra = added_convolutions(512)

    def forward(self, images: Tensor) -> Tensor:
        features: Tensor = self.extra(self.features(images))
        return features

    def presets(self) -> dict[str, tuple[str, ...]]:
        return {
            "default": ("features.16", "features.23", "features.29"),  # pool3, pool4, conv5_3
            "paper": ("features.4", "features.9", "features.16", "features.23", "features.29"),
            "last": ("features.29",),
        }

    def enlarge(self) -> None:
        self.features[23] = nn.Identity()  # pool4; the layers after it keep their names

    def drop_new_layers(self) -> None:
        self.extra = nn.Sequential()
        self.channels = 512

    def new_layers(self) -> list[nn.Module]:
        return [self.extra]
