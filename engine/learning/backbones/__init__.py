"""The backbones, one file per family; a new one is a file, a line here and in the catalogue."""

from __future__ import annotations

from collections.abc import Callable

from engine.jobs.options import unknown
from engine.learning.backbones.base import Backbone
from engine.learning.backbones.compact import Compact
from engine.learning.backbones.inception import InceptionV3
from engine.learning.backbones.mobilenet import mobile_net_v2, mobile_net_v3
from engine.learning.backbones.resnet import resnet18, resnet34, resnet50
from engine.learning.backbones.resnet_se import ResNetSE
from engine.learning.backbones.squeezenet import SqueezeNet
from engine.learning.backbones.vgg import Vgg16

BACKBONES: dict[str, Callable[[], Backbone]] = {
    "squeezenet1_1": SqueezeNet,
    "mobilenet_v2": mobile_net_v2,
    "mobilenet_v3_large": mobile_net_v3,
    "resnet18": resnet18,
    "resnet34": resnet34,
    "resnet50": resnet50,
    "resnet50_se": ResNetSE,
    "inception_v3": InceptionV3,
    "vgg16": Vgg16,
    "compact": Compact,
}


def make_backbone(name: str, large_map: bool = False) -> Backbone:
    """The backbone ``name`` with random weights; ``large_map`` doubles the side of its map.

    Raises InputError for an unknown name, listing the known ones, and where there is no large map.
    """
    if name not in BACKBONES:
        raise unknown("backbone", name, BACKBONES)
    backbone = BACKBONES[name]()
    if large_map:
        backbone.enlarge()
    return backbone
