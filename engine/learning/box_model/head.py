"""The head: grids of frozen features to two logits per cell.

Logit 0 (mask) says that the cell lies inside a box. Logit 1 (extent) answers for rows and columns:
softened to a maximum over a column it says that the column crosses a box, and the same for a row.
That is the projection loss of box-supervised segmentation (BoxInst, Tian et al. 2021): a corner of
the box without any object need not be called object, while the outermost part alone has to speak
for its row or column. On the development data it gave 3 to 5 points of MaxBoxAccV2 over the mask.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.domain.settings import BoxModelSettings

#: Sharpness of the soft maximum over a row or column, and the cells that share it.
SHARPNESS = 2.0
SHARING_CELLS = 3.0


#: Logits of one object, and of several.
ONE, SEVERAL = 2, 7
#: The channels of a mirror image turned back: left and right side change places.
TURNED = (0, 1, 2, 5, 4, 3, 6)
#: Most cells are no middle, and most sides are near: where training begins.
_MIDDLE_BIAS, _SIDE_BIAS = -3.0, -1.5


class Head(nn.Module):
    """(B, channels, h, w) float32 to logits (B, 2, h, w), or (B, 7, h, w) for ``several`` objects;
    the cells' places are added as inputs."""

    def __init__(self, channels: int, settings: BoxModelSettings, several: bool = False) -> None:
        super().__init__()
        width = settings.width
        self.several = several
        self.reduce = nn.Sequential(
            nn.Conv2d(channels + 2, width, 1), nn.ReLU(), nn.Dropout2d(settings.dropout)
        )
        self.near = nn.Sequential(nn.Conv2d(width, width, 3, padding=1), nn.ReLU())
        self.far = nn.Sequential(nn.Conv2d(width, width, 3, padding=2, dilation=2), nn.ReLU())
        self.drop = nn.Dropout2d(settings.dropout)
        self.out = nn.Conv2d(width, SEVERAL if several else ONE, 3, padding=1)
        if several:  # who tells objects apart has to see more than one of them
            wide = nn.Conv2d(width, width, 3, padding=4, dilation=4)
            self.wide = nn.Sequential(wide, nn.ReLU())
            assert self.out.bias is not None
            with torch.no_grad():
                self.out.bias[2] = _MIDDLE_BIAS
                self.out.bias[3:] = _SIDE_BIAS

    def forward(self, grids: Tensor) -> Tensor:
        count, _, height, width = grids.shape
        where = places(height, width, grids.device).expand(count, 2, height, width)
        inner = self.far(self.near(self.reduce(torch.cat([grids, where], 1))))
        if self.several:
            inner = inner + self.wide(inner)
        logits: Tensor = self.out(self.drop(inner))
        return logits


def sides(logits: Tensor) -> Tensor:
    """How far the sides are (B, 4, h, w), left, top, right, bottom, in fractions of the image."""
    return F.softplus(logits[:, 3:]) / 2


def places(height: int, width: int, device: torch.device) -> Tensor:
    """Column and row of every cell (1, 2, h, w), from -1 to 1."""
    rows = torch.linspace(-1, 1, height, device=device).view(1, 1, height, 1)
    columns = torch.linspace(-1, 1, width, device=device).view(1, 1, 1, width)
    return torch.cat([part.expand(1, 1, height, width) for part in (columns, rows)], 1)


def profiles(extent: Tensor) -> tuple[Tensor, Tensor]:
    """Logits of columns (B, w) and of rows (B, h) from the extent logits (B, h, w)."""
    scaled = extent * SHARPNESS
    columns = (torch.logsumexp(scaled, 1) - math.log(SHARING_CELLS)) / SHARPNESS
    rows = (torch.logsumexp(scaled, 2) - math.log(SHARING_CELLS)) / SHARPNESS
    return columns, rows
