"""DANet, divergent activation (Xue et al. 2019): several maps per class, pushed apart.

Discrepant divergent activation (section 3.3): each class has K maps, whose mean gives its logit,
and the mean cosine similarity between the maps of the true class is part of the loss. Hierarchical
divergent activation (section 3.2): classifiers of the class's parents stand on earlier stages, and
their maps take part in the similarity. The parents come from nested class names, as in
``bird/gull/herring gull``, or from the nested folders of the images; classes that are not nested do
without. The nearest parent stands at the
last insertion point before the last features, the next at the one before, and so on. The
classifiers' own convolutions stand in place of those that a backbone adds: VGG16 has the classes at
conv5, their parents at pool4 and pool3, as in the paper.

The authors' code draws some of the maps for the similarity in each step; here every pair counts. It
clips the maps at 0 before their mean, of which the paper says nothing: an option.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.jobs.options import DanetOptions
from engine.learning.methods.base import ClassMaps, Loss, Method
from engine.learning.methods.branches import classifier, of_class
from engine.learning.methods.stages import Tap, earlier_stages, take_all

if TYPE_CHECKING:
    from engine.learning.backbones.base import Backbone
    from engine.learning.network import Network


class DivergentClassifier(nn.Module):
    """K maps for each class; the logit is the mean of them all."""

    def __init__(self, channels: int, classes: int, options: DanetOptions) -> None:
        super().__init__()
        self.per_class = options.maps
        outputs = classes * options.maps
        self.maps = classifier(channels, options.hidden, options.layers, outputs)

    def forward(self, features: Tensor) -> Tensor:
        """Features (B, K, h, w) to all maps (B, C, maps, h, w)."""
        maps: Tensor = self.maps(features)
        count, _, height, width = maps.shape
        return maps.view(count, -1, self.per_class, height, width)


class DanetHead(nn.Module):
    """The classifier of the classes, and those of their parents, nearest first."""

    def __init__(
        self, channels: int, classes: int, parents: list[tuple[int, int]], options: DanetOptions
    ) -> None:
        """``parents``: channels of the stage and number of classes for each level."""
        super().__init__()
        self.classes = DivergentClassifier(channels, classes, options)
        self.parents = nn.ModuleList(DivergentClassifier(k, c, options) for k, c in parents)

    def forward(self, features: Tensor) -> Tensor:
        """Features (B, K, h, w) to logits (B, C)."""
        logits: Tensor = self.classes(features).mean((2, 3, 4))
        return logits


class Danet(Method):
    """Taps the earlier stages in training if there is a hierarchy; in eval nothing is added."""

    options: DanetOptions

    def prepare(self, backbone: Backbone, points: tuple[str, ...], names: tuple[str, ...]) -> None:
        backbone.drop_new_layers()
        self._levels = parents_of(self._nested(names))
        self._points: list[str] = []
        self._stages = earlier_stages(backbone, points) if self._levels else {}
        if self._levels:
            nearest_first = list(self._stages)[::-1]
            last = len(nearest_first) - 1
            self._points = [nearest_first[min(i, last)] for i in range(len(self._levels))]

    def _nested(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """The names with those of their parents before them."""
        if self.options.hierarchy == "names":
            return names
        found = self.options.parents if self.options.hierarchy == "folders" else {}
        bare = [name.replace("/", " ") for name in names]
        above = [found.get(name, "") for name in names]
        return tuple(f"{a}/{b}" if a else b for a, b in zip(above, bare, strict=True))

    def insert(self) -> Tap | None:
        return Tap() if self._levels else None

    def head(self, channels: int, classes: int) -> DanetHead:
        parents = [
            (self._stages[point], max(level) + 1)
            for point, level in zip(self._points, self._levels, strict=True)
        ]
        return DanetHead(channels, classes, parents, self.options)

    def loss(self, network: Network, images: Tensor, labels: Tensor) -> Loss:
        head = network.head
        assert isinstance(head, DanetHead)
        maps = head.classes(network.features(images)).float()
        stages = take_all(network.inserted)
        logits = maps.mean((2, 3, 4))
        value = F.cross_entropy(logits, labels)
        own = [of_class(maps, labels)]
        for point, level, parent in zip(self._points, self._levels, head.parents, strict=True):
            parent_labels = torch.tensor(level, device=labels.device)[labels]
            parent_maps = parent(stages[point]).float()
            parent_loss = F.cross_entropy(parent_maps.mean((2, 3, 4)), parent_labels)
            value = value + self.options.parent_weight * parent_loss
            own.append(of_class(parent_maps, parent_labels))
        value = value + self.options.similarity_weight * similarity(_joined(own))
        return Loss(value, logits.detach())

    @torch.no_grad()
    def class_maps(self, network: Network, images: Tensor) -> ClassMaps:
        head = network.head
        assert isinstance(head, DanetHead)
        maps = head.classes(network.features(images)).float()
        shown = maps.relu() if self.options.positive else maps
        fused = shown.mean(2)
        return ClassMaps(maps.mean((2, 3, 4)), lambda classes: of_class(fused, classes))


def similarity(maps: Tensor) -> Tensor:
    """Mean cosine over all pairs of a sample's maps (B, K, h, w), absolute; 0 for a single map."""
    count = maps.shape[1]
    if count == 1:
        return maps.new_zeros(())
    unit = F.normalize(maps.flatten(2), dim=2)
    cosines = unit @ unit.transpose(1, 2)
    above = torch.ones(count, count, dtype=torch.bool, device=maps.device).triu(1)
    return cosines[:, above].mean(1).abs().mean()


def parents_of(names: tuple[str, ...]) -> list[list[int]]:
    """For each level above the classes, nearest first, the parent's index of each class.

    ``a/b/c`` has the parents ``a/b`` and ``a``; a name that is nested less deeply is its own
    parent at the nearer levels. No level where no name is nested.
    """
    parts = [name.split("/") for name in names]
    levels = []
    for depth in range(max(map(len, parts)) - 1, 0, -1):
        prefixes = ["/".join(part[:depth]) for part in parts]
        order = {prefix: index for index, prefix in enumerate(sorted(set(prefixes)))}
        levels.append([order[prefix] for prefix in prefixes])
    return levels


def _joined(levels: list[Tensor]) -> Tensor:
    """Maps (B, K, h, w) of several sizes as one (B, sum of K, ...), at the largest size."""
    size = max((maps.shape[2:] for maps in levels), key=lambda size: size[0] * size[1])
    return torch.cat([F.interpolate(maps, size, mode="bilinear") for maps in levels], 1)
