"""Score maps from gradients at a layer: Grad-CAM (Selvaraju et al. 2017) and LayerCAM (Jiang et al.
2021)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from engine.domain.errors import InputError
from engine.domain.settings import MapKind
from engine.jobs.options import unknown
from engine.learning.methods.base import ClassMaps
from engine.learning.methods.branches import unit_maximum
from engine.learning.network import Network


def gradient_maps(network: Network, images: Tensor, kind: MapKind, layer: str = "") -> ClassMaps:
    """Logits and maps of normalised images (B, 3, H, W), the network in eval.

    ``layer`` names a module of the backbone; the last features if empty. Each map (B, h, w) is at
    that layer's resolution and scaled to a maximum of 1, as gradients are too small for float16.
    Raises InputError for a layer that is not there or gives no feature maps.
    """
    module = layer_named(network, layer)
    held: list[Tensor] = []
    handle = module.register_forward_hook(_holds(held))
    try:
        with torch.enable_grad(), _frozen(network):
            logits = network(images)
    finally:
        handle.remove()
    if len(held) != 1 or held[0].ndim != 4:
        raise InputError(
            f"The layer {layer} gives no feature maps.", remedy="Choose a block of the backbone."
        )
    features = held[0]

    def of(classes: Tensor) -> Tensor:
        score = logits.gather(1, classes[:, None]).sum()
        (gradient,) = torch.autograd.grad(score, features, retain_graph=True)
        return unit_maximum(_weighted(features.detach(), gradient, kind))

    return ClassMaps(logits.detach(), of)


def _weighted(features: Tensor, gradient: Tensor, kind: MapKind) -> Tensor:
    """Grad-CAM weighs a channel by its mean gradient, LayerCAM each position by its own, if
    positive."""
    mean = kind == MapKind.GRADCAM
    weights = gradient.mean((2, 3), keepdim=True) if mean else gradient.relu()
    return (weights * features).sum(1).relu()


def layer_named(network: Network, layer: str) -> nn.Module:
    """The module of the backbone named ``layer``; the backbone itself has the empty name.

    Raises InputError listing the layers if there is none of that name.
    """
    modules: dict[str, nn.Module] = dict(network.backbone.named_modules())
    if layer not in modules:
        raise unknown("layer", layer, [name for name in modules if name and name.count(".") <= 1])
    return modules[layer]


def _holds(held: list[Tensor]) -> Callable[..., Tensor]:
    """Make the graph begin at the layer; a copy goes on, since the next layer may work in place."""

    def hook(_place: nn.Module, _inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
        held.append(output.detach().requires_grad_())
        return held[-1].clone()

    return hook


@contextmanager
def _frozen(network: nn.Module) -> Iterator[None]:
    """No gradient of the weights inside, so that nothing before the layer is kept for it."""
    learning = [p for p in network.parameters() if p.requires_grad]
    for parameter in learning:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in learning:
            parameter.requires_grad_(True)
