"""What can be chosen for a training, told without torch, so that a dialog can offer it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import msgspec.inspect

from engine.domain.settings import TrainSettings
from engine.jobs.options import OPTIONS, Options, unknown


@dataclass(frozen=True, slots=True)
class OptionInfo:
    """A hyper-parameter of a method: its name, default and meaning."""

    name: str
    default: Any
    help: str


@dataclass(frozen=True, slots=True)
class MethodInfo:
    name: str
    title: str
    description: str
    options: tuple[OptionInfo, ...] = ()


@dataclass(frozen=True, slots=True)
class BackboneInfo:
    """``recipe`` is how it is trained unless a person says otherwise; ``imagenet`` is False where
    there are no ImageNet weights to be had."""

    name: str
    title: str
    description: str
    recipe: TrainSettings
    imagenet: bool = True

    @property
    def image_size(self) -> int:
        """Side of the input in pixels."""
        return self.recipe.image_size


def _method(name: str, title: str, description: str) -> MethodInfo:
    return MethodInfo(name, title, description, _options(OPTIONS[name]))


def _options(kind: type[Options]) -> tuple[OptionInfo, ...]:
    described = msgspec.inspect.type_info(kind)
    assert isinstance(described, msgspec.inspect.StructType)
    return tuple(
        OptionInfo(field.name, field.default, _description(field.type))
        for field in described.fields
        if not isinstance(field.type, msgspec.inspect.DictType)  # found out, not chosen
    )


def _description(kind: msgspec.inspect.Type) -> str:
    if isinstance(kind, msgspec.inspect.Metadata):
        return str((kind.extra_json_schema or {}).get("description", ""))
    return ""


def _backbone(name: str, title: str, description: str) -> BackboneInfo:
    return BackboneInfo(name, title, description, TrainSettings(backbone=name))


#: Options for one backbone alone; gamma_h and gamma as in ADL (Choe 2019).
_METHOD_OPTIONS: dict[tuple[str, str], dict[str, Any]] = {
    ("vgg16", "dgdm"): {"gamma_h": 0.8},
    ("inception_v3", "dgdm"): {"gamma_h": 0.8},
    **{
        (backbone, "adl"): {"gamma": 0.9}
        for backbone in ("resnet18", "resnet34", "resnet50", "resnet50_se")
    },
    # Erasing what a network has not learned yet teaches it the background instead.
    ("compact", "dgdm"): {"start": 0.6},
}

#: Methods whose heads are several convolutions deep. Ten times the rate of the pretrained layers,
#: which is right for the one of a plain classifier, throws them: on ten species ACoL was at 14 % of
#: the training images after eight epochs. (SPG's branches have a rate of their own.)
_DEEP_HEADS = ("acol", "danet")

_COMPACT = TrainSettings(
    backbone="compact",
    weights="none",
    epochs=60,
    image_size=96,
    resize_size=108,
    learning_rate=0.05,
    head_rate_factor=1.0,
    weight_decay=5e-4,
)

#: The default choice first.
METHODS = (
    _method("dgdm", "DGDM", "Erases the most discriminative part and background while it learns"),
    _method("cam", "CAM", "A plain classifier and its class activation map"),
    _method("adl", "ADL", "Erases the most discriminative part, position by position"),
    _method("has", "Hide-and-seek", "Hides random patches of the training images"),
    _method("dropblock", "DropBlock", "Drops random blocks of the features"),
    _method("acol", "ACoL", "Two classifiers; the second must do without what the first uses"),
    _method("spg", "SPG", "Supervises pixels with the attention it produces; slow to train"),
    _method("danet", "DANet", "Several maps per class, pushed apart; knows nested classes"),
    _method("backprop", "Backprop", "A plain classifier; the map is its gradient at the image"),
)
BACKBONES = (
    _backbone("squeezenet1_1", "SqueezeNet 1.1", "Fastest with ImageNet weights; good on a CPU"),
    _backbone("mobilenet_v2", "MobileNetV2", "Fast; classifies better than SqueezeNet"),
    _backbone("mobilenet_v3_large", "MobileNetV3-Large", "Fast; a newer MobileNet"),
    _backbone("resnet18", "ResNet-18", "Accurate; comfortable with a GPU"),
    _backbone("resnet34", "ResNet-34", "Between ResNet-18 and ResNet-50"),
    _backbone("resnet50", "ResNet-50", "More accurate and slower; wants a GPU"),
    BackboneInfo(
        "resnet50_se",
        "ResNet50-SE",
        "ResNet-50 that weighs its channels; pretrained from a file only",
        TrainSettings(backbone="resnet50_se", weights="none"),
        False,
    ),
    BackboneInfo(
        "inception_v3",
        "InceptionV3",
        "Of the paper; 299 px images, slow, wants a GPU",
        TrainSettings(backbone="inception_v3", image_size=299, resize_size=341),
    ),
    BackboneInfo(
        "vgg16",
        "VGG16-GAP",
        "The paper's main network; slow, wants a GPU",
        TrainSettings(backbone="vgg16", weight_decay=5e-4),
    ),
    BackboneInfo(
        "compact", "Compact", "Small; learns from nothing, without any download", _COMPACT, False
    ),
)


def backbone_info(name: str) -> BackboneInfo:
    """Raises InputError listing the known ones if there is no backbone ``name``."""
    for info in BACKBONES:
        if info.name == name:
            return info
    raise unknown("backbone", name, [info.name for info in BACKBONES])


def recipe(backbone: str, method: str = METHODS[0].name) -> TrainSettings:
    """The settings to start from for ``backbone``; raises InputError if it is unknown."""
    options = dict(_METHOD_OPTIONS.get((backbone, method), {}))
    found = replace(backbone_info(backbone).recipe, method=method, options=options)
    return replace(found, head_rate_factor=1.0) if method in _DEEP_HEADS else found
