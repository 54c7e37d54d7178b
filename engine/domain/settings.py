"""Settings of jobs: what a run records and what repeats it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Normalisation(StrEnum):
    """How a score map is brought to [0, 1] before the threshold."""

    MIN_MAX = "minmax"
    MAX = "max"
    IVR = "ivr"  # subtract a percentile, clip at 0, divide by the maximum


class ClassFrom(StrEnum):
    """Which folder of an image's path names its class: ``first`` is the outermost."""

    FIRST = "first"
    LAST = "last"


@dataclass(frozen=True, slots=True)
class BoxSettings:
    """How boxes are derived from a score map.

    ``threshold`` in [0, 1] of the normalised map; ``percentile`` (IVR only) in [0, 100];
    ``multiple`` proposes every component instead of the largest; components smaller than
    ``min_area`` (a fraction of the image) are left out when there are several.
    """

    normalisation: Normalisation = Normalisation.IVR
    percentile: float = 40.0
    threshold: float = 0.1
    multiple: bool = False
    min_area: float = 0.01


@dataclass(frozen=True, slots=True)
class TrainSettings:
    """One training. ``options`` are the method's hyper-parameters by name.

    ``weights`` is ``imagenet`` (torchvision's, downloaded once), ``none`` or a file;
    ``device`` is ``auto``, ``cpu``, ``cuda`` or ``mps``; sizes are pixels; rates are per step.
    ``large_map`` doubles the side of the score map (28 instead of 14 for 224 pixels), where the
    backbone can.
    """

    method: str = "dgdm"
    options: dict[str, Any] = field(default_factory=dict)
    backbone: str = "squeezenet1_1"
    insertion: str = "default"
    large_map: bool = False
    weights: str = "imagenet"
    epochs: int = 12
    batch_size: int = 32
    image_size: int = 224
    resize_size: int = 256
    learning_rate: float = 1e-3
    head_rate_factor: float = 10.0
    schedule: str = "one_cycle"
    momentum: float = 0.9
    weight_decay: float = 1e-4
    precision: str = "auto"
    seed: int = 0
    device: str = "auto"


class MapKind(StrEnum):
    """What a score map is made of."""

    CAM = "cam"  # the method's own, which for most is the class activation map
    ATTENDED = "attended"  # that, averaged with the self-attention map
    GRADCAM = "gradcam"
    LAYERCAM = "layercam"


@dataclass(frozen=True, slots=True)
class MapSettings:
    """How score maps are computed: ``flip`` averages with the map of the mirrored image.

    ``kind`` departs from the paper by default, since it finds more of the object: Zhou's map, as
    the paper has it, is ``cam``.

    ``scales`` averages over sizes of the image, 1 being the size of training. ``layer`` names the
    module of the backbone that Grad-CAM and LayerCAM look at; the last features if empty.
    """

    flip: bool = False
    kind: MapKind = MapKind.ATTENDED
    layer: str = ""
    scales: tuple[float, ...] = (1.0,)
    device: str = "auto"
    batch_size: int = 32


@dataclass(frozen=True, slots=True)
class BoxModelSettings:
    """How the box model learns from a person's boxes.

    ``members``: heads, each trained without its share of the images, so that every accepted box
    is judged by a head that has not seen it. ``steps`` each from nothing, ``update_steps`` when
    boxes were added. ``dims``: features per cell that are kept. ``cache_bytes`` bounds the cache
    of features on disk. ``objects``: the most boxes proposed in an image. ``reject_weight``: how
    much a rejected proposal counts against what it shows.
    """

    members: int = 4
    steps: int = 100
    update_steps: int = 10
    batch_size: int = 16
    learning_rate: float = 2e-3
    weight_decay: float = 1e-2
    dropout: float = 0.3
    width: int = 48
    dims: int = 128
    cache_bytes: int = 2 << 30
    objects: int = 1
    reject_weight: float = 0.25
    seed: int = 0
    device: str = "auto"
