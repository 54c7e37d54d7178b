"""The features of earlier stages, for methods with branches beside the last features."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from engine.learning.backbones.base import Backbone

_PROBE = 96  # pixels; the smallest input that every backbone takes


class Tap(nn.Module):
    """Remembers what passes through it in training, until it is taken. Changes nothing."""

    def __init__(self) -> None:
        super().__init__()
        self._features: Tensor | None = None

    def forward(self, x: Tensor) -> Tensor:
        if self.training:
            self._features = x
        return x

    def take(self) -> Tensor:
        """The features (B, C, H, W) of the last training pass; the tap is empty afterwards."""
        features, self._features = self._features, None
        assert features is not None, "nothing has passed through in training"
        return features


def take_all(taps: dict[str, nn.Module]) -> dict[str, Tensor]:
    """What each of ``taps`` holds, by insertion point."""
    return {point: tap.take() for point, tap in taps.items() if isinstance(tap, Tap)}


def earlier_stages(backbone: Backbone, points: Sequence[str]) -> dict[str, int]:
    """The channels at those ``points``, in order, that lie before the backbone's own features.

    A point whose output is the features themselves is no earlier stage; it is all that is
    returned if there is no other.
    """
    outputs: dict[str, Tensor] = {}
    handles = [
        backbone.get_submodule(point).register_forward_hook(_stores(outputs, point))
        for point in points
    ]
    training = backbone.training
    try:
        with torch.no_grad():
            features = backbone.eval()(torch.zeros(1, 3, _PROBE, _PROBE))
    finally:
        backbone.train(training)
        for handle in handles:
            handle.remove()
    found = {point: out.shape[1] for point, out in outputs.items() if out is not features}
    return found or {points[-1]: outputs[points[-1]].shape[1]}


def _stores(outputs: dict[str, Tensor], point: str) -> Callable[..., None]:
    def hook(_place: nn.Module, _inputs: Any, output: Tensor) -> None:
        outputs[point] = output

    return hook
