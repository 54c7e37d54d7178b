"""Features seen as memory: whether they may be overwritten, how they lie, and as mere bits."""

from __future__ import annotations

from enum import Enum, auto

import torch
from torch import Tensor

from engine.learning.rectified import is_rectified_join

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


class Spare(Enum):
    """What of a tensor may be overwritten in training, as it is not needed for any gradient."""

    NOTHING = auto()
    ALL_BUT_ZEROS = auto()
    """It may be scaled by what is above 0 and more of it set to 0, but what is 0 must stay so: see
    ``rectified_join``. Through ``Tensor.data``, since autograd counts other changes as mistakes."""
    ALL = auto()


def spare_of(x: Tensor) -> Spare:
    """What may be overwritten of ``x``, which a layer has just returned.

    All, if the operation that made it needs only what went in for its gradient: a concatenation
    does, a ReLU does not. There autograd would refuse a backward pass that finds a tensor changed
    that it has kept, so that a mistake here could not pass unseen.
    """
    made_by = x.grad_fn
    if made_by is None or x._base is not None:
        return Spare.NOTHING
    if is_rectified_join(x):
        return Spare.ALL_BUT_ZEROS
    return Spare.ALL if made_by.name() in _KEEP_NO_OUTPUT else Spare.NOTHING


def rows_of_channels(x: Tensor) -> Tensor | None:
    """(B, C, H, W) on the CPU as a view (B H W, C), for what picks positions; None if ``x`` does
    not lie channels last. On a GPU picking is slower than a pass over all."""
    if x.device.type != "cpu" or not x.is_contiguous(memory_format=torch.channels_last):
        return None
    return x.permute(0, 2, 3, 1).flatten(0, 2)


def selected(x: Tensor, channel_mask: Tensor, out: Tensor | None = None) -> Tensor:
    """(B, C, H, W) times a mask (B, C), True where kept, into ``out`` (may be ``x``) if given.

    As bits, since a product of bfloat16 on a CPU takes several times as long.
    """
    bits = _BITS[x.dtype]
    mask = channel_mask.to(bits).neg_()[:, :, None, None]  # no bit or all
    if out is None:
        return torch.bitwise_and(x.view(bits), mask).view(x.dtype)
    torch.bitwise_and(x.view(bits), mask, out=out.view(bits))
    return out
