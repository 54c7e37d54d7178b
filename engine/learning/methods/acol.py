"""ACoL (Zhang et al. 2018a, section 3.2): two classifiers that must differ.

The second sees the features without the positions where the first's map of the true class, brought
to [0, 1], reaches the threshold; the losses are added. The score map is the larger of the two maps,
which the paper leaves as they are and the authors' code brings to [0, 1] first: an option. The
authors' backbones also average the features over 3x3, which is left out here. The classifiers' own
convolutions stand in place of those that a backbone adds, as in the paper's networks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.jobs.options import AcolOptions
from engine.learning.methods.base import ClassMaps, Loss, Method
from engine.learning.methods.branches import classifier, min_max, of_class, unsure

if TYPE_CHECKING:
    from engine.learning.backbones.base import Backbone
    from engine.learning.network import Network


class TwoClassifiers(nn.Module):
    """The classifiers of ACoL. Called on features alone, it answers with the first's logits."""

    def __init__(self, channels: int, classes: int, options: AcolOptions) -> None:
        super().__init__()
        self.options = options
        self.first = unsure(classifier(channels, options.hidden, options.layers, classes))
        self.second = unsure(classifier(channels, options.hidden, options.layers, classes))

    def forward(self, features: Tensor) -> Tensor:
        """Features (B, K, h, w) to logits (B, C)."""
        logits: Tensor = self.first(features).mean((2, 3))
        return logits

    def both(self, features: Tensor, classes: Tensor) -> tuple[Tensor, Tensor]:
        """The maps (B, C, h, w) of both classifiers, the second after erasing for ``classes``."""
        first: Tensor = self.first(features)
        second: Tensor = self.second(features * self.kept(first, classes).to(features.dtype))
        return first, second

    @torch.no_grad()
    def kept(self, maps: Tensor, classes: Tensor) -> Tensor:
        """(B, 1, h, w): 0 where the map of the sample's class reaches the threshold, else 1."""
        attention = min_max(of_class(maps, classes))
        return (attention < self.options.threshold).float()[:, None]


class Acol(Method):
    """Inserts nothing; the head is the two classifiers."""

    options: AcolOptions

    def prepare(
        self, backbone: Backbone, _points: tuple[str, ...], _names: tuple[str, ...]
    ) -> None:
        backbone.drop_new_layers()

    def head(self, channels: int, classes: int) -> TwoClassifiers:
        return TwoClassifiers(channels, classes, self.options)

    def loss(self, network: Network, images: Tensor, labels: Tensor) -> Loss:
        maps = _head(network).both(network.features(images), labels)
        first, second = (of.mean((2, 3)).float() for of in maps)
        value = F.cross_entropy(first, labels) + F.cross_entropy(second, labels)
        return Loss(value, first.detach())

    @torch.no_grad()
    def class_maps(self, network: Network, images: Tensor) -> ClassMaps:
        """What is erased for the second map is the first's map of the class that is asked for."""
        features = network.features(images)

        @torch.no_grad()
        def of(classes: Tensor) -> Tensor:
            maps = [of_class(m, classes).float() for m in _head(network).both(features, classes)]
            if self.options.normalised:
                maps = [min_max(m) for m in maps]
            return torch.maximum(*maps)

        return ClassMaps(network.head(features), of)


def _head(network: Network) -> TwoClassifiers:
    assert isinstance(network.head, TwoClassifiers)
    return network.head
