"""ResNet50-SE: a squeeze-and-excitation block in each bottleneck (Hu et al. 2018, figure 3).

torchvision has no such network, and so no ImageNet weights for it. A file of them loads if its
names are torchvision's ResNet-50's and ``layer1.0.se.fc1.weight`` and so on for the blocks, as in
timm's ``seresnet50``; the reduction is the paper's 16.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn
from torchvision.models import resnet50 as torchvision_resnet50
from torchvision.ops import SqueezeExcitation

from engine.learning.backbones.resnet import ResNet

_REDUCTION = 16


class ResNetSE(ResNet):
    """The block scales what comes out of each bottleneck's last batch norm, before the sum."""

    def __init__(self) -> None:
        super().__init__(torchvision_resnet50(), imagenet=None)
        for stage in (self.layer1, self.layer2, self.layer3, self.layer4):
            for bottleneck in stage:
                channels = bottleneck.bn3.num_features
                bottleneck.se = SqueezeExcitation(channels, channels // _REDUCTION)
                bottleneck.bn3.register_forward_hook(_scaled_by(bottleneck.se))


def _scaled_by(block: nn.Module) -> Callable[..., Tensor]:
    def hook(_place: nn.Module, _inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
        scaled: Tensor = block(output)
        return scaled

    return hook
