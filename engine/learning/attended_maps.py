"""The class map, held to where the network is active at all.

A class map says what speaks for the class, which may be one small part or the sea behind; the
self-attention map (Eq. 1 of DGDM) says where there is anything, for every class the same. Their
mean covers more of the object than the one and knows the class unlike the other. An extension:
neither the paper nor Zhou et al. 2016 have it.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.learning.methods.base import ClassMaps
from engine.learning.network import Network


def attended_maps(network: Network, images: Tensor) -> ClassMaps:
    """The method's maps of normalised images (B, 3, H, W), each averaged with the self-attention
    map of the same features after both are brought to [0, 1]; maps are (B, h, w) in [0, 1]."""
    seen: list[Tensor] = []
    handle = network.backbone.register_forward_hook(lambda _m, _i, out: seen.append(out))
    try:
        maps = network.class_maps(images)
    finally:
        handle.remove()
    attention = seen[-1].detach().float().mean(1)

    def of(classes: Tensor) -> Tensor:
        own = maps.of(classes).detach().float()
        return (_unit(own) + _unit(_resized(attention, own.shape[1:]))) / 2

    return ClassMaps(maps.logits, of)


def _resized(maps: Tensor, size: torch.Size) -> Tensor:
    if maps.shape[1:] == size:
        return maps
    return F.interpolate(maps[:, None], size, mode="bilinear")[:, 0]


def _unit(maps: Tensor) -> Tensor:
    """Each map (h, w) to [0, 1]; a constant one to 0."""
    low, high = maps.amin((1, 2), True), maps.amax((1, 2), True)
    return (maps - low) / (high - low).clamp_min(torch.finfo(maps.dtype).tiny)
