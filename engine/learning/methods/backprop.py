"""Backprop (Simonyan et al. 2013, section 3): the input gradient of the class score as score map.

The network is trained as a plain classifier. The paper turns its speckled map into a box with
GraphCut; here it is averaged over small cells instead, and boxed as every other method's map.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.jobs.options import BackpropOptions
from engine.learning.methods.base import ClassMaps, Method
from engine.learning.methods.branches import unit_maximum

if TYPE_CHECKING:
    from engine.learning.network import Network


class Backprop(Method):
    """Adds nothing to the network; a map is the largest absolute gradient over the channels."""

    options: BackpropOptions

    def class_maps(self, network: Network, images: Tensor) -> ClassMaps:
        """Maps are (B, ceil(H / cell), ceil(W / cell)), each scaled to a maximum of 1, as
        gradients are too small for float16."""
        with torch.enable_grad():
            pixels = images.detach().requires_grad_()
            logits = network(pixels)

        def of(classes: Tensor) -> Tensor:
            score = logits.gather(1, classes[:, None]).sum()  # before softmax, as in the paper
            (gradient,) = torch.autograd.grad(score, pixels, retain_graph=True)
            return self._pooled(gradient.abs().amax(1))

        return ClassMaps(logits.detach(), of)

    def _pooled(self, saliency: Tensor) -> Tensor:
        pooled = F.avg_pool2d(saliency[:, None], self.options.cell, ceil_mode=True)[:, 0]
        return unit_maximum(pooled)
