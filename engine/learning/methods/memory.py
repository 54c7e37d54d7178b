"""Features seen as memory: whether they may be overwritten, how they lie, and as mere bits."""

from __future__ import annotations

import torch
from torch import Tensor

#: Autograd's nodes whose gradient needs what went in, and not what came out.
_KEEP_NO_OUTPUT = frozenset(
    {
        "AddBackward0",
        "CatBackward0",
        "ConvolutionBackward0",
        "MaxPool2DWithIndicesBackward0",
        "NativeBatchNormBackward0",
    }
)

#: Integers of the size of each number format.
_BITS = {
    torch.bfloat16: torch.int16,
    torch.float16: torch.int16,
    torch.float32: torch.int32,
    torch.float64: torch.int64,
}


def is_spare(x: Tensor) -> bool:
    """Whether ``x``, which a layer has just returned, may be overwritten in training.

    True if the operation that made it needs only what went in for its gradient: a concatenation
    does, a ReLU does not. Autograd would refuse a backward pass that finds a tensor changed that it
    has kept, so that a mistake here could not pass unseen.
    """
    made_by = x.grad_fn
    return made_by is not None and made_by.name() in _KEEP_NO_OUTPUT and x._base is None


def rows_of_channels(x: Tensor) -> Tensor | None:
    """(B, C, H, W) on the CPU as a view (B H W, C), for what picks positions; None if ``x`` does
    not lie channels last. On a GPU picking is slower than a pass over all."""
    if x.device.type != "cpu" or not x.is_contiguous(memory_format=torch.channels_last):
        return None
    return x.permute(0, 2, 3, 1).flatten(0, 2)


def selected(x: Tensor, channel_mask: Tensor, out: Tensor | None = None) -> Tensor:
    """(B, C, H, W) times a mask (B, C) of 0 and 1, into ``out`` (which may be ``x``) if given.

    As bits, since a product of bfloat16 on a CPU takes several times as long.
    """
    bits = _BITS[x.dtype]
    mask = channel_mask.to(bits).neg_()[:, :, None, None]  # no bit or all
    if out is None:
        return torch.bitwise_and(x.view(bits), mask).view(x.dtype)
    torch.bitwise_and(x.view(bits), mask, out=out.view(bits))
    return out
