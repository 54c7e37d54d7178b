"""Classifiers of convolutions, and maps brought to [0, 1]; shared by ACoL, SPG and DANet."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def convolutions(inputs: int, hidden: int, layers: int) -> nn.Sequential:
    """``layers`` 3x3 convolutions to ``hidden`` channels, each with ReLU."""
    found: list[nn.Module] = []
    for width in [inputs, *[hidden] * layers][:layers]:
        found += [_initialised(nn.Conv2d(width, hidden, 3, padding=1)), nn.ReLU(inplace=True)]
    return nn.Sequential(*found)


def classifier(inputs: int, hidden: int, layers: int, outputs: int) -> nn.Sequential:
    """``layers`` 3x3 convolutions with ReLU, then a 1x1 convolution to ``outputs`` maps.

    The hidden layers have at most twice the channels of the features, as in DANet's code.
    """
    hidden = min(hidden, 2 * inputs)
    last = _initialised(nn.Conv2d(hidden if layers else inputs, outputs, 1))
    return nn.Sequential(*convolutions(inputs, hidden, layers), last)


def unsure(found: nn.Sequential) -> nn.Sequential:
    """The ``classifier`` with first maps near zero.

    Large ones, all wrong, pull the pretrained features away before anything has been learned.
    """
    last = found[-1]
    assert isinstance(last, nn.Conv2d)
    nn.init.normal_(last.weight, std=0.01)
    return found


def of_class(maps: Tensor, classes: Tensor) -> Tensor:
    """From maps (B, C, ...) those of one class per sample: (B, ...)."""
    return maps[torch.arange(len(maps), device=maps.device), classes]


def min_max(maps: Tensor) -> Tensor:
    """Each map (..., h, w) brought to [0, 1], float32; a constant one becomes 0."""
    maps = maps.float()
    low, high = maps.amin((-2, -1), True), maps.amax((-2, -1), True)
    return (maps - low) / (high - low).clamp_min(torch.finfo(maps.dtype).tiny)


def unit_maximum(maps: Tensor) -> Tensor:
    """Each map (..., h, w), none negative, scaled to a maximum of 1, float32; zeros stay."""
    maps = maps.float()
    return maps / maps.amax((-2, -1), True).clamp_min(torch.finfo(maps.dtype).tiny)


def _initialised(conv: nn.Conv2d) -> nn.Conv2d:
    nn.init.xavier_uniform_(conv.weight)
    assert conv.bias is not None
    nn.init.zeros_(conv.bias)
    return conv
