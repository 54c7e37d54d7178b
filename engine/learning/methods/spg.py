"""SPG, self-produced guidance (Zhang et al. 2018b, section 3): attention as supervision of pixels.

Beside the classifier (branch A) stand two branches B1 and B2 on the features of earlier stages,
with shared last layers, and a branch C on the last features; each predicts the object's pixels. A's
map of the true class supervises B2, B2's map supervises B1, and the mean of both supervises C. They
only shape the features: the score map is A's, the CAM. As they learn from one another, they start
unsure and learn slowly, or a turn of one throws the others and the features with them.

B1 and B2 stand at the last two insertion points before the last features (both at the one, if it
is alone), which for Inception are the paper's Mixed_5d and Mixed_6e.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.jobs.options import SpgOptions
from engine.learning.methods.base import CamHead, Loss, Method
from engine.learning.methods.branches import classifier, convolutions, min_max, of_class, unsure
from engine.learning.methods.stages import Tap, earlier_stages, take_all
from engine.learning.share import batch_mean

if TYPE_CHECKING:
    from engine.learning.backbones.base import Backbone
    from engine.learning.network import Network

#: Where fewer than this share of the pixels is object (30 of 224 x 224 in the authors' code), all
#: above ``_OF_MAXIMUM`` times the map's maximum is.
_FEWEST = 30 / 224**2
_OF_MAXIMUM = 0.7


class SpgHead(CamHead):
    """The classifier A, and the branches B1, B2 and C, which take part in training only."""

    def __init__(
        self, channels: int, classes: int, sides: tuple[int, int], options: SpgOptions
    ) -> None:
        super().__init__(channels, classes)
        self.side1 = convolutions(sides[0], options.hidden, 1)
        self.side2 = convolutions(sides[1], options.hidden, 1)
        self.shared = unsure(classifier(options.hidden, options.hidden, 1, 1))
        self.object = unsure(classifier(channels, options.hidden, 1, 1))

    def pixels(self, stage1: Tensor, stage2: Tensor, last: Tensor) -> tuple[Tensor, ...]:
        """Features of the three stages to the object logits of B1, B2 and C, each (B, 1, h, w)."""
        b1, b2 = self.shared(self.side1(stage1)), self.shared(self.side2(stage2))
        return b1, b2, self.object(last)


class Spg(Method):
    """Taps the earlier stages in training; in eval the network is a plain classifier."""

    options: SpgOptions

    def prepare(self, backbone: Backbone, points: tuple[str, ...], _names: tuple[str, ...]) -> None:
        stages = earlier_stages(backbone, points)
        self._points = (list(stages)[-2:] * 2)[:2]
        self._sides = (stages[self._points[0]], stages[self._points[1]])

    def insert(self) -> Tap:
        return Tap()

    def head(self, channels: int, classes: int) -> SpgHead:
        return SpgHead(channels, classes, self._sides, self.options)

    def gentle_layers(self, network: Network) -> list[nn.Module]:
        """The branches: what they say wrongly pulls the features away from the classifier."""
        head = network.head
        assert isinstance(head, SpgHead)
        return [head.side1, head.side2, head.shared, head.object]

    def loss(self, network: Network, images: Tensor, labels: Tensor) -> Loss:
        head = network.head
        assert isinstance(head, SpgHead)
        features = network.features(images)
        stages = take_all(network.inserted)
        maps = head.conv(features)
        logits = maps.mean((2, 3)).float()
        branches = head.pixels(stages[self._points[0]], stages[self._points[1]], features)
        b1, b2, c = (_enlarged(m, images) for m in branches)
        attention = min_max(_enlarged(of_class(maps.detach(), labels)[:, None], images))
        value = F.cross_entropy(logits, labels) + self._guidance(attention, b1, b2, c)
        return Loss(value, logits.detach())

    def _guidance(self, attention: Tensor, b1: Tensor, b2: Tensor, c: Tensor) -> Tensor:
        """The sum of the three pixel losses; all maps (B, 1, H, W)."""
        o = self.options
        map1, map2 = b1.detach().sigmoid(), b2.detach().sigmoid()
        return (
            pixel_loss(b2, attention, o.attention_high, o.attention_low)
            + pixel_loss(b1, map2, o.b2_high, o.b2_low)
            + pixel_loss(c, (map1 + map2) / 2, o.fused_high, o.fused_low)
        )


def pixel_loss(logits: Tensor, guide: Tensor, high: float, low: float) -> Tensor:
    """Mean binary cross-entropy of ``logits`` on the pixels that ``guide`` is sure of."""
    target, sure = marks(guide, high, low)
    total = F.binary_cross_entropy_with_logits(logits, target, weight=sure, reduction="sum")
    count = len(logits)
    return total / count / batch_mean(sure.sum() / count).clamp_min(1 / count)


def marks(guide: Tensor, high: float, low: float) -> tuple[Tensor, Tensor]:
    """From a map (B, 1, H, W) in [0, 1]: the target, 1 for object, and where it counts.

    Object above ``high``, background below ``low``. Where hardly a pixel of a sample is object,
    those near its maximum are, so that a weak map guides as well.
    """
    few = (guide > high).float().mean((2, 3), True) < _FEWEST
    bound = torch.where(few, _OF_MAXIMUM * guide.amax((2, 3), True), high)
    background = guide < low
    target = (guide > bound) & ~background
    return target.float(), (target | background).float()


def _enlarged(maps: Tensor, images: Tensor) -> Tensor:
    """Maps (B, 1, h, w) at the size of the images, float32."""
    return F.interpolate(maps.float(), images.shape[2:], mode="bilinear")
