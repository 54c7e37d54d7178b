"""Means of features over channels and over positions, in float32 whatever the features are.

PyTorch sums bfloat16 on a CPU ten times more slowly than it multiplies matrices of it, so there a
mean is a product with ones. What it rounds off is found by a second product, which starts from the
first one's result: together they are as good as 16 bits of mantissa. Over positions a product is
faster in float32 too, by a third.
"""

from __future__ import annotations

import torch
from torch import Tensor

from engine.learning.methods.memory import rows_of_channels


def mean_over_channels(x: Tensor) -> Tensor:
    """(B, C, H, W) to (B, 1, H, W), float32."""
    rows = _rows_to_multiply(x)
    if rows is None:
        return x.mean(1, keepdim=True, dtype=torch.float32)
    ones = rows.new_ones(rows.shape[1])
    rough = rows @ ones
    rest = torch.addmv(rough, rows, ones, beta=-1)
    return (rough.float() + rest.float()).view(len(x), 1, *x.shape[2:]) / rows.shape[1]


def mean_over_positions(x: Tensor) -> Tensor:
    """(B, C, H, W) to (B, C), float32."""
    rows = rows_of_channels(x)
    if rows is None or x.dtype not in (torch.bfloat16, torch.float32):
        return x.mean((2, 3), dtype=torch.float32)
    images = rows.view(len(x), -1, rows.shape[1])
    ones = rows.new_ones(len(x), 1, images.shape[1])
    total = ones @ images
    if x.dtype == torch.bfloat16:
        rest = torch.baddbmm(total, ones, images, beta=-1)
        total = total.float() + rest.float()
    return total[:, 0] / images.shape[1]


def rough_mean_over_channels(x: Tensor) -> Tensor:
    """As ``mean_over_channels``, rounded as ``x`` is; for what goes into such numbers again."""
    rows = _rows_to_multiply(x)
    if rows is None:
        return x.mean(1, keepdim=True, dtype=torch.float32).to(x.dtype)
    mean = (rows @ rows.new_ones(rows.shape[1])) / rows.shape[1]
    return mean.view(len(x), 1, *x.shape[2:])


def _rows_to_multiply(x: Tensor) -> Tensor | None:
    """(B H W, C) where a product with ones is the faster way."""
    return rows_of_channels(x) if x.dtype == torch.bfloat16 else None
