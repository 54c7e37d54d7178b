"""What a backbone is: images to features, with named places where a method can insert modules."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor, nn
from torchvision.models import WeightsEnum

from engine.domain.errors import InputError


class Backbone(nn.Module):
    """Images (B, 3, H, W), normalised, to features (B, ``channels``, h, w).

    Submodules carry torchvision's names, so that its state dicts load as they are; keys that start
    with one of ``classifier_keys`` belong to the classifier that a method's head replaces.
    An insertion point is the name of any submodule; ``presets`` names useful sets of them.
    """

    channels: int
    classifier_keys: ClassVar[tuple[str, ...]] = ("classifier.", "fc.")
    imagenet: WeightsEnum | None = None

    def forward(self, images: Tensor) -> Tensor:
        raise NotImplementedError

    def presets(self) -> dict[str, tuple[str, ...]]:
        """Sets of insertion points by name; there is always a ``default``."""
        raise NotImplementedError

    def enlarge(self) -> None:
        """Give the map twice the side, at about four times the cost of the stages concerned.

        Raises InputError for a backbone that has no such form.
        """
        raise InputError(
            f"{type(self).__name__} has no large map.",
            remedy="Choose a ResNet or VGG16, or turn the large map off.",
        )

    def drop_new_layers(self) -> None:
        """Leave out ``new_layers``, for a method whose head has such layers of its own.

        The features are then those before them, and ``channels`` changes.
        """

    def new_layers(self) -> list[nn.Module]:
        """Layers that torchvision's network does not have; they learn at the head's rate."""
        return []


def added_convolutions(inputs: int) -> nn.Sequential:
    """Two 3x3 convolutions to 1024 channels, each with ReLU, on features of ``inputs`` channels."""
    return nn.Sequential(
        nn.Conv2d(inputs, 1024, 3, padding=1),
        nn.ReLU(inplace=True),
        nn.Conv2d(1024, 1024, 3, padding=1),
        nn.ReLU(inplace=True),
    )
