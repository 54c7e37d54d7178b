"""A network looked at from outside: scores and maps of images, the masks its modules compute, and
what it says with those masks applied. Arrays in, arrays out; the network stays in eval.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.domain.settings import MapSettings
from engine.jobs.catalogue import recipe
from engine.jobs.options import unknown
from engine.learning.checkpoints import load_network
from engine.learning.data import Pixels, to_tensor
from engine.learning.device import choose_device
from engine.learning.methods import make_method
from engine.learning.network import Network, insertion_points
from engine.learning.views import averaged_maps

Classes = NDArray[np.int64]
Maps = NDArray[np.float32]

#: Methods whose modules tell their masks; for the others DGDM's show what it would do.
_TELLING = ("dgdm", "adl")


@dataclass(frozen=True)
class Look:
    """``probabilities`` (n, C) of n images; ``maps`` gives one map (n, h, w) for classes (n,)."""

    probabilities: NDArray[np.float32]
    maps: Callable[[Classes], Maps]


@dataclass(frozen=True)
class PointFindings:
    """What one module computes for n images; ``named`` holds its arrays (n, ...), float32, by the
    names of ``dgdm.SpatialMasks`` and ``dgdm.ChannelMasks``. ``own``: whether the network was
    trained with it; ``erasing``: whether the draw chose the drop mask."""

    point: str
    module: str
    own: bool
    erasing: bool
    named: dict[str, NDArray[np.float32]]


@dataclass(frozen=True)
class _Modules:
    """The modules to ask at each insertion point, and the method they are of."""

    at: dict[str, nn.Module]
    method: str
    own: bool


def open_network(checkpoint: Path, device: str = "auto") -> Network:
    """The trained network, ready to look with. Raises CheckpointError like ``load_network``."""
    return load_network(checkpoint, choose_device(device))


def look(network: Network, pixels: Pixels, settings: MapSettings) -> Look:
    """Scores and maps of ``pixels`` (n, S, S, 3), S the size the network was trained with."""
    probabilities, of = averaged_maps(network, _normalised(network, pixels), settings)

    def maps(classes: Classes) -> Maps:
        found = of(torch.from_numpy(np.asarray(classes, np.int64)).to(probabilities.device))
        return _array(found)

    return Look(_array(probabilities), maps)


@torch.no_grad()
def probabilities(network: Network, pixels: Pixels) -> NDArray[np.float32]:
    """Class probabilities (n, C) of ``pixels`` (n, S, S, 3), without any map."""
    return _array(network(_normalised(network, pixels)).float().softmax(1))


@contextmanager
def observing(network: Network, seed: int = 0) -> Iterator[list[PointFindings]]:
    """Collects what each module computes for the first images that pass inside the block.

    The modules are the network's own, asked as ``Network.inspect`` asks them, so that one pass
    serves maps and masks. Changes no output and no random stream.
    """
    modules = _modules(network)
    found: list[PointFindings] = []

    def hook(point: str, module: Any) -> Callable[..., None]:
        def see(_place: nn.Module, _inputs: Any, output: Tensor) -> None:
            if all(findings.point != point for findings in found):
                masks = module.inspect(output, seed)
                named = {name: _array(value) for name, value in masks.named().items()}
                found.append(
                    PointFindings(point, modules.method, modules.own, masks.erasing, named)
                )

        return see

    with _hooked(network, {point: hook(point, module) for point, module in modules.at.items()}):
        yield found


@contextmanager
def dropping(
    network: Network, points: Sequence[str] = (), seed: int = 0
) -> Iterator[dict[str, NDArray[np.float32]]]:
    """Inside the block the masks of ``points`` (all if none is named) are applied to what passes,
    as by a training step that erases: the drop mask, and the channel mask drawn with ``seed``.

    Yields what fills with the drop masks (n, 1, h, w) by point. Raises InputError for a point
    that is none.
    """
    modules = _modules(network)
    wanted = points or tuple(modules.at)
    for point in wanted:
        if point not in modules.at:
            raise unknown("insertion point", point, list(modules.at))
    applied: dict[str, NDArray[np.float32]] = {}

    def hook(point: str, module: Any) -> Callable[..., Tensor]:
        def drop(_place: nn.Module, _inputs: Any, output: Tensor) -> Tensor:
            masks = module.inspect(output, seed)
            applied[point] = _array(masks.named()["drop_mask"])
            erased: Tensor = replace(masks, erasing=True).apply(output)
            return erased

        return drop

    with _hooked(network, {point: hook(point, modules.at[point]) for point in wanted}):
        yield applied


def point_names(network: Network) -> tuple[str, ...]:
    """The points that ``observing`` and ``dropping`` know, from the earliest to the last."""
    return tuple(_modules(network).at)


def _modules(network: Network) -> _Modules:
    if network.inserted and network.settings.method in _TELLING:
        return _Modules(dict(network.inserted), network.settings.method, True)
    options = recipe(network.settings.backbone, "dgdm").options
    method = make_method("dgdm", {name: v for name, v in options.items() if name != "start"})
    at = {}
    for point in insertion_points(network.backbone, network.settings.insertion):
        module = method.insert()
        assert module is not None
        at[point] = module.eval()
    return _Modules(at, "dgdm", False)


@contextmanager
def _hooked(network: Network, hooks: dict[str, Callable[..., Any]]) -> Iterator[None]:
    handles = [
        network.backbone.get_submodule(point).register_forward_hook(hook)
        for point, hook in hooks.items()
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _normalised(network: Network, pixels: Pixels) -> Tensor:
    return network.normalise(to_tensor(pixels))


def _array(values: Tensor) -> NDArray[np.float32]:
    found: NDArray[np.float32] = values.detach().float().cpu().numpy()
    return found
