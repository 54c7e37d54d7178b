"""Several heads answered at once: the same numbers as one by one, in half the time.

Their first layers read the same cells, so that they are one product; the later ones are grouped.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.learning.box_model.arithmetic import fast_arithmetic
from engine.learning.box_model.head import TURNED, Head, places


class Ensemble:
    """The mean over ``heads``, which must not change meanwhile."""

    @torch.no_grad()
    def __init__(self, heads: Sequence[Head]) -> None:
        convolutions = [_convolutions(head) for head in heads]
        reduce, near, far, out = zip(*convolutions, strict=True)
        self._count = len(heads)
        self._channels = reduce[0].in_channels - 2
        self._reduce = _weights(reduce)
        self._layers = [(_weights(part), _biases(part)) for part in (near, far)]
        wide = [cast("nn.Conv2d", head.wide[0]) for head in heads if head.several]
        self._wide = (_weights(wide), _biases(wide)) if wide else None
        self._bias = _biases(reduce)
        self._out = torch.cat([conv.weight for conv in out], 1) / self._count
        self._out_bias = torch.stack([_bias(conv) for conv in out]).mean(0)

    @torch.no_grad()
    def views(self, grids: Tensor) -> Tensor:
        """Logits (2, n, L, h, w) of grids (n, C, h, w): of the images, and of their mirror images
        turned back."""
        with fast_arithmetic(grids.device):
            batch = grids.contiguous(memory_format=torch.channels_last)
            if torch.is_autocast_enabled("cpu"):
                batch = batch.to(torch.bfloat16)  # once, not in each of the layers
            plain = self._logits(batch)
            turned = self._logits(batch.flip(3)).flip(3)
            turned = turned[:, TURNED[: turned.shape[1]]]
        return torch.stack([plain, turned])

    def _logits(self, batch: Tensor) -> Tensor:
        height, width = batch.shape[2:]
        inner = F.conv2d(batch, self._reduce[:, : self._channels], self._bias)
        where = F.conv2d(places(height, width, batch.device), self._reduce[:, self._channels :])
        inner = F.relu(inner + where.to(inner.dtype))
        for padding, (weight, bias) in enumerate(self._layers, 1):
            inner = F.conv2d(
                inner, weight, bias, padding=padding, dilation=padding, groups=self._count
            )
            inner = F.relu(inner)
        if self._wide is not None:
            weight, bias = self._wide
            more = F.conv2d(inner, weight, bias, padding=4, dilation=4, groups=self._count)
            inner = inner + F.relu(more)
        return F.conv2d(inner, self._out, self._out_bias, padding=1).float()


def _convolutions(head: Head) -> tuple[nn.Conv2d, nn.Conv2d, nn.Conv2d, nn.Conv2d]:
    found = (head.reduce[0], head.near[0], head.far[0], head.out)
    return cast("tuple[nn.Conv2d, nn.Conv2d, nn.Conv2d, nn.Conv2d]", found)


def _bias(conv: nn.Conv2d) -> Tensor:
    assert conv.bias is not None
    return conv.bias


def _weights(convolutions: Sequence[nn.Conv2d]) -> Tensor:
    return torch.cat([conv.weight for conv in convolutions])


def _biases(convolutions: Sequence[nn.Conv2d]) -> Tensor:
    return torch.cat([_bias(conv) for conv in convolutions])
