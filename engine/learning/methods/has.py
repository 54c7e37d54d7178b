"""HaS, hide-and-seek (Singh and Lee 2017, section 3.1): hides patches of the training images.

A hidden patch takes the mean colour, which is 0 in a normalised image. The paper takes the mean of
its training set, ImageNet; here it is ImageNet's for every data set, as in the normalisation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from engine.jobs.options import HasOptions
from engine.learning.methods.base import Loss, Method
from engine.learning.share import uniform, whole_numbers

if TYPE_CHECKING:
    from engine.learning.network import Network

_REFERENCE = 224  # pixels of the input that the paper's patch sizes are for
_MIXED = (16, 32, 44, 56)


class Has(Method):
    """Adds nothing to the network; classifier and score map are those of CAM."""

    options: HasOptions

    def loss(self, network: Network, images: Tensor, labels: Tensor) -> Loss:
        return super().loss(network, images * self.visible(images), labels)

    def visible(self, images: Tensor) -> Tensor:
        """A fresh mask for images (B, 3, H, W): (B, 1, H, W), 0 where hidden, else 1."""
        if self.options.patch != "mixed":
            return self._patches(images, self.options.patch)
        masks = [torch.ones_like(images[:, :1]), *(self._patches(images, p) for p in _MIXED)]
        chosen = whole_numbers(len(masks), len(images), images.device)
        return torch.stack(masks)[chosen, torch.arange(len(images), device=images.device)]

    def _patches(self, images: Tensor, patch: int) -> Tensor:
        """Each cell of the grid hidden on its own; the last row and column may be cut."""
        count, height, width = len(images), images.shape[2], images.shape[3]
        side = max(1, round(patch * max(height, width) / _REFERENCE))
        grid = (count, 1, -(-height // side), -(-width // side))
        seen = uniform(grid, images.device) >= self.options.hide_rate
        whole = seen.repeat_interleave(side, 2).repeat_interleave(side, 3)
        return whole[:, :, :height, :width].to(images.dtype)
