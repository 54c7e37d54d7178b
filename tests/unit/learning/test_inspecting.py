"""What is shown is what training does: masks compared bit for bit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.domain.errors import InputError
from engine.domain.settings import MapKind, MapSettings, TrainSettings
from engine.learning.data import to_tensor
from engine.learning.inspecting import dropping, look, observing, point_names, probabilities
from engine.learning.network import Network, build_network

SEED = 11


def make_network(method: str = "dgdm", backbone: str = "squeezenet1_1", **options: Any) -> Network:
    torch.manual_seed(3)
    settings = TrainSettings(
        backbone=backbone, method=method, options=options, weights="none", image_size=96
    )
    return build_network(settings, ("a", "b", "c")).eval()


def some_pixels(count: int = 2, side: int = 96) -> NDArray[np.uint8]:
    draw = np.random.default_rng(0)
    pixels = draw.integers(0, 120, (count, side, side, 3), np.uint8)
    pixels[:, 20:60, 30:80] += 120
    return pixels


def trained_pass(network: Network, pixels: NDArray[np.uint8]) -> dict[str, tuple[Tensor, Tensor]]:
    """One forward pass in training; the input and output of every inserted module.

    The global stream is set to SEED before each module, which draws from it.
    """
    given: dict[str, Tensor] = {}
    seen: dict[str, tuple[Tensor, Tensor]] = {}
    handles = []
    for point, module in network.inserted.items():

        def before(_module: nn.Module, inputs: Any, point: str = point) -> None:
            torch.manual_seed(SEED)
            given[point] = inputs[0].detach().clone()  # which the module may overwrite

        def after(_module: nn.Module, _inputs: Any, output: Tensor, point: str = point) -> None:
            seen[point] = (given[point], output.detach().clone())

        handles += [
            module.register_forward_pre_hook(before),
            module.register_forward_hook(after),
        ]
    network.train()
    network(network.normalise(to_tensor(pixels)))
    network.eval()
    for handle in handles:
        handle.remove()
    return seen


def eval_features(network: Network, pixels: NDArray[np.uint8], point: str) -> Tensor:
    """What stands at ``point`` in eval."""
    seen: list[Tensor] = []
    place = network.backbone.get_submodule(point)
    handle = place.register_forward_hook(lambda _m, _i, output: seen.append(output))
    with torch.no_grad():
        network(network.normalise(to_tensor(pixels)))
    handle.remove()
    return seen[0]


@pytest.mark.parametrize("method", ["dgdm", "adl"])
def test_shown_masks_are_those_that_training_multiplies(method: str) -> None:
    """At the first point, where both passes see the same features: x times the masks that the
    inspection shows is, to the bit, what the training step hands on."""
    network, pixels = make_network(method), some_pixels()
    first = point_names(network)[0]
    x, y = trained_pass(network, pixels)[first]
    with observing(network, SEED) as found:
        probabilities(network, pixels)
    shown = found[0]
    assert shown.point == first
    assert torch.equal(eval_features(network, pixels, first), x)
    spatial = torch.from_numpy(shown.named["drop_mask" if shown.erasing else "importance"])
    expected = x * spatial
    if method == "dgdm":
        expected = expected * torch.from_numpy(shown.named["channel_mask"])[:, :, None, None]
        assert 0 < shown.named["channel_mask"].mean() < 1
    assert torch.equal(expected, y)
    assert 0 < shown.named["drop_mask"].mean() < 1


@pytest.mark.parametrize("method", ["dgdm", "adl"])
def test_every_module_inspects_as_it_trains(method: str) -> None:
    """At every point, given the features that the training step saw there."""
    network = make_network(method)
    for point, (x, y) in trained_pass(network, some_pixels()).items():
        module: Any = network.inserted[point]
        assert torch.equal(module.inspect(x, SEED).apply(x), y), point


def test_observing_is_network_inspect() -> None:
    network, pixels = make_network(), some_pixels()
    inspected = network.inspect(network.normalise(to_tensor(pixels)), SEED)
    with observing(network, SEED) as found:
        look(network, pixels, MapSettings(kind=MapKind.ATTENDED))
    assert [findings.point for findings in found] == list(inspected)
    for findings in found:
        named = inspected[findings.point].named()
        assert findings.named.keys() == named.keys()
        for name, value in named.items():
            assert np.array_equal(findings.named[name], value.numpy()), name


def test_dropping_is_a_training_step_that_erases() -> None:
    """All points at once: class scores equal to the bit those of a training forward."""
    network, pixels = make_network(drop_rate=1.0), some_pixels()
    trained_pass(network, pixels)
    handles = [
        module.register_forward_pre_hook(lambda _m, _i: torch.manual_seed(SEED) and None)
        for module in network.inserted.values()
    ]
    with torch.no_grad():
        network.train()
        trained = network(network.normalise(to_tensor(pixels))).softmax(1).numpy()
        network.eval()
    for handle in handles:
        handle.remove()
    plain = probabilities(network, pixels)
    with dropping(network, seed=SEED) as applied:
        dropped = probabilities(network, pixels)
    assert np.array_equal(dropped, trained)
    assert not np.array_equal(dropped, plain)
    assert list(applied) == list(point_names(network))
    assert np.array_equal(probabilities(network, pixels), plain)


def test_dropping_one_point_leaves_the_others() -> None:
    network, pixels = make_network(), some_pixels()
    last = point_names(network)[-1]
    with dropping(network, (last,), SEED) as applied:
        probabilities(network, pixels)
    assert list(applied) == [last]
    with pytest.raises(InputError, match="insertion point"), dropping(network, ("no.where",)):
        pass


def test_a_network_without_masks_shows_what_dgdm_would_drop() -> None:
    """The same weights with and without DGDM: the very same masks, marked as not its own."""
    plain, pixels = make_network("cam"), some_pixels()
    dgdm = make_network("dgdm")
    dgdm.load_state_dict(plain.state_dict())
    with observing(plain, SEED) as of_plain:
        probabilities(plain, pixels)
    with observing(dgdm, SEED) as of_dgdm:
        probabilities(dgdm, pixels)
    assert not any(findings.own for findings in of_plain)
    assert all(findings.own for findings in of_dgdm)
    for a, b in zip(of_plain, of_dgdm, strict=True):
        assert a.point == b.point
        assert all(np.array_equal(a.named[name], b.named[name]) for name in b.named)


@pytest.mark.parametrize("method", ["cam", "has", "spg", "danet", "acol", "backprop", "dropblock"])
def test_every_method_can_be_looked_at(method: str) -> None:
    network, pixels = make_network(method, "compact"), some_pixels(1)
    settings = MapSettings(kind=MapKind.CAM)
    with observing(network) as found:
        seen = look(network, pixels, settings)
    maps = seen.maps(np.array([1]))
    assert maps.ndim == 3
    assert np.isfinite(maps).all()
    assert len(found) == len(point_names(network)) > 0
    with dropping(network):
        again = look(network, pixels, replace(settings)).maps(np.array([1]))
    assert not np.array_equal(maps, again)
