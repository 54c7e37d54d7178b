"""One image seen several ways: at several scales, mirrored, by whichever kind of map."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.domain.errors import InputError
from engine.domain.settings import MapKind, MapSettings
from engine.learning.attended_maps import attended_maps
from engine.learning.gradient_maps import gradient_maps, layer_named
from engine.learning.methods.base import ClassMaps
from engine.learning.network import Network

MapsOf = Callable[[Tensor], Tensor]

_SCALES = (0.25, 4.0)  # the smallest and the largest


def check_views(network: Network, settings: MapSettings) -> None:
    """Raises InputError for scales that cannot be computed, and for a layer that is not there."""
    low, high = _SCALES
    if not settings.scales or not all(low <= scale <= high for scale in settings.scales):
        raise InputError(
            f"Score maps cannot be computed at the scales {settings.scales}.",
            remedy=f"Give one or more from {low:g} to {high:g}; 1 is the size of training.",
        )
    if settings.kind in (MapKind.GRADCAM, MapKind.LAYERCAM):
        layer_named(network, settings.layer)
    elif settings.layer:
        raise InputError(
            f"A map of the kind {settings.kind} looks at no layer of its own.",
            remedy="Leave the layer out, or choose gradcam or layercam.",
        )


def averaged_maps(network: Network, images: Tensor, settings: MapSettings) -> tuple[Tensor, MapsOf]:
    """Probabilities (B, C) of normalised images, and the maps (B, h, w) of given classes (B,).

    Both are means over all views. Maps of several sizes are averaged at the largest.
    """
    views = list(_views(network, images, settings))
    scores = [maps.logits.float().softmax(1) for maps, _ in views]

    def of(classes: Tensor) -> Tensor:
        found = [_upright(maps.of(classes), mirrored) for maps, mirrored in views]
        size = max((maps.shape[1:] for maps in found), key=lambda size: size[0] * size[1])
        return torch.stack([_at(maps, size) for maps in found]).mean(0)

    return torch.stack(scores).mean(0).detach(), of


def _views(
    network: Network, images: Tensor, settings: MapSettings
) -> Iterator[tuple[ClassMaps, bool]]:
    for scale in settings.scales:
        scaled = images
        if scale != 1:
            size = [round(side * scale) for side in images.shape[2:]]
            scaled = F.interpolate(images, size, mode="bilinear", antialias=True)
        yield _class_maps(network, scaled, settings), False
        if settings.flip:
            yield _class_maps(network, scaled.flip(3), settings), True


def _class_maps(network: Network, images: Tensor, settings: MapSettings) -> ClassMaps:
    if settings.kind == MapKind.CAM:
        return network.class_maps(images)
    if settings.kind == MapKind.ATTENDED:
        return attended_maps(network, images)
    return gradient_maps(network, images, settings.kind, settings.layer)


def _upright(maps: Tensor, mirrored: bool) -> Tensor:
    return maps.flip(2) if mirrored else maps


def _at(maps: Tensor, size: torch.Size) -> Tensor:
    if maps.shape[1:] == size:
        return maps
    return F.interpolate(maps[:, None].float(), size, mode="bilinear")[:, 0]
