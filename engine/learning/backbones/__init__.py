"""The backbones, one file per family; a new one is a file, a line here and in the catalogue."""

from __future__ import annotations

from collections.abc import Callable

from engine.jobs.options import unknown
from engine.learning.backbones.base import Backbone
from engine.learning.backbones.compact import Compact
from engine.learning.backbones.mobilenet import MobileNetV2
from engine.learning.backbones.resnet import resnet18, resnet50
from engine.learning.backbones.squeezenet import SqueezeNet
from engine.learning.backbones.vgg import Vgg16

BACKBONES: dict[str, Callable[[], Backbone]] = {
    "squeezenet1_1": SqueezeNet,
    "mobilenet_v2": MobileNetV2,
    "resnet18": resnet18,
    "resnet50": resnet50,
    "vgg16": Vgg16,
    "compact": Compact,
}


def make_backbone(name: str) -> Backbone:
    """The backbone ``name`` with random weights; raises InputError listing the known ones."""
    if name not in BACKBONES:
        raise unknown("backbone", name, BACKBONES)
    return BACKBONES[name]()
