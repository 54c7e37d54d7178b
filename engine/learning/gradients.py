"""Gradients and metrics of the whole batch from those of each rank's part."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from engine.learning.share import Share


def combined(network: nn.Module, values: Mapping[str, Tensor], share: Share) -> dict[str, float]:
    """Make all gradients those of the batch's mean loss; returns the means of ``values`` over it.

    Each rank's gradients are those of its mean loss times ``share.fraction``, its ``values`` means
    over its own images. Everything travels in one message.
    """
    means = torch.stack([value.float() for value in values.values()])
    if share.group.count > 1:
        means = _exchanged(network, means, share)
    return dict(zip(values, means.tolist(), strict=True))


def _exchanged(network: nn.Module, means: Tensor, share: Share) -> Tensor:
    gradients = [p.grad for p in network.parameters() if p.grad is not None]
    own = torch.cat([means * share.weight, means.new_tensor([share.weight])])
    if share.weight == 0:
        own.zero_()
    flat = share.group.add_up(torch.cat([own, *(g.reshape(-1) for g in gradients)]))
    weight = flat[len(means)]
    position = len(own)
    scale = share.total / weight
    for gradient in gradients:
        part = flat[position : position + gradient.numel()].view(gradient.shape)
        torch.mul(part, scale, out=gradient)
        position += gradient.numel()
    return flat[: len(means)] / weight
