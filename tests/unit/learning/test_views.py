"""Grad-CAM, LayerCAM, scales and flips against maps computed by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn.functional import interpolate

from engine.domain.errors import InputError
from engine.domain.settings import MapKind, MapSettings, TrainSettings
from engine.jobs.reporter import silent_reporter
from engine.learning.gradient_maps import gradient_maps
from engine.learning.maps import score_maps
from engine.learning.network import Network
from engine.learning.training import TrainingSet
from engine.learning.views import averaged_maps, check_views
from tests.unit.learning.method_checks import make, some_images

CLASSES = torch.tensor([2, 0, 1, 0])


@pytest.fixture
def network(settings: TrainSettings) -> Network:
    return make(settings, "cam").eval()


def scaled(maps: torch.Tensor) -> torch.Tensor:
    return maps / maps.amax((1, 2), True).clamp_min(1e-30)


def test_gradcam_of_the_last_features_is_cam_without_its_negatives(network: Network) -> None:
    cam = network.class_maps(some_images()).of(CLASSES).relu()
    found = gradient_maps(network, some_images(), MapKind.GRADCAM)
    torch.testing.assert_close(found.of(CLASSES), scaled(cam), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(found.logits, network(some_images()).detach())


def test_layercam_weighs_each_position_by_its_positive_gradient(network: Network) -> None:
    with torch.no_grad():
        features = network.features(some_images())
    weights = network.head.conv.weight[CLASSES].detach().relu()  # (4, K, 1, 1)
    expected = scaled((weights * features).sum(1).relu())
    found = gradient_maps(network, some_images(), MapKind.LAYERCAM).of(CLASSES)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", [MapKind.GRADCAM, MapKind.LAYERCAM])
def test_an_earlier_layer_gives_its_own_resolution(network: Network, kind: MapKind) -> None:
    held = []
    network.backbone.layer1.register_forward_hook(lambda _m, _i, y: held.append(y) or None)
    logits = network(some_images())
    (gradient,) = torch.autograd.grad(logits.gather(1, CLASSES[:, None]).sum(), held[0])
    mean = kind == MapKind.GRADCAM
    weights = gradient.mean((2, 3), keepdim=True) if mean else gradient.relu()
    expected = scaled((weights * held[0].detach()).sum(1).relu())
    found = gradient_maps(network, some_images(), kind, "layer1").of(CLASSES)
    assert found.shape == (4, 8, 8)
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-4)


def test_looking_changes_nothing(network: Network) -> None:
    before = network(some_images())
    gradient_maps(network, some_images(), MapKind.GRADCAM, "layer2").of(CLASSES)
    assert torch.equal(network(some_images()), before)
    assert all(p.requires_grad and p.grad is None for p in network.parameters())


def test_a_layer_that_is_not_there_or_gives_no_maps_is_refused(network: Network) -> None:
    with pytest.raises(InputError, match=r"no layer named 'layer9'.*layer4"):
        gradient_maps(network, some_images(), MapKind.GRADCAM, "layer9")
    network.backbone.add_module("unused", torch.nn.Identity())
    with pytest.raises(InputError, match="unused gives no feature maps"):
        gradient_maps(network, some_images(), MapKind.GRADCAM, "unused")


def test_scales_and_flips_are_averaged_at_the_largest_size(network: Network) -> None:
    images = some_images()
    probabilities, of = averaged_maps(
        network, images, MapSettings(kind=MapKind.CAM, scales=(1.0, 2.0), flip=True)
    )
    doubled = interpolate(images, (64, 64), mode="bilinear", antialias=True)
    expected, scores = [], []
    for view in (images, doubled):
        for mirrored in (False, True):
            found = network.class_maps(view.flip(3) if mirrored else view)
            maps = found.of(CLASSES).flip(2) if mirrored else found.of(CLASSES)
            expected.append(interpolate(maps[:, None], (8, 8), mode="bilinear")[:, 0])
            scores.append(found.logits.softmax(1))
    torch.testing.assert_close(of(CLASSES), torch.stack(expected).mean(0))
    torch.testing.assert_close(probabilities, torch.stack(scores).mean(0))


@pytest.mark.parametrize("scales", [(), (0.0,), (1.0, 9.0)])
def test_scales_that_cannot_be_are_refused(
    network: Network, data: TrainingSet, scales: tuple[float, ...]
) -> None:
    settings = MapSettings(kind=MapKind.CAM, scales=scales, device="cpu")
    with pytest.raises(InputError, match="scales"):
        next(score_maps(network, data.paths, data.labels, settings, silent_reporter()))


@pytest.mark.parametrize("kind", list(MapKind))
@pytest.mark.parametrize("method", ["dgdm", "acol", "danet", "spg"])
def test_every_kind_works_with_every_head(
    settings: TrainSettings, data: TrainingSet, kind: MapKind, method: str
) -> None:
    options = {} if method == "dgdm" else {"hidden": 8}
    network = make(settings, method, **options)
    wanted = replace(MapSettings(device="cpu", flip=True), kind=kind)
    (batch,) = score_maps(network, data.paths[:3], data.labels[:3], wanted, silent_reporter())
    for maps in batch:
        for values in maps.maps.values():
            assert values.shape == (4, 4)
            assert np.isfinite(values).all()


def test_attended_maps_average_class_map_and_self_attention(network: Network) -> None:
    images = some_images()
    with torch.no_grad():
        features = network.features(images)
    own, attention = network.class_maps(images).of(CLASSES), features.mean(1)
    probabilities, of = averaged_maps(network, images, MapSettings(kind=MapKind.ATTENDED))
    low = [maps.amin((1, 2), True) for maps in (own, attention)]
    span = [maps.amax((1, 2), True) - maps.amin((1, 2), True) for maps in (own, attention)]
    expected = (own - low[0]) / span[0] / 2 + (attention - low[1]) / span[1] / 2
    torch.testing.assert_close(of(CLASSES), expected, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(probabilities, network(images).detach().softmax(1))


def test_an_attended_map_differs_by_class_but_not_where_nothing_is(network: Network) -> None:
    _, of = averaged_maps(network, some_images(), MapSettings(kind=MapKind.ATTENDED))
    first, second = of(torch.zeros(4, dtype=torch.long)), of(torch.ones(4, dtype=torch.long))
    assert not torch.allclose(first, second)
    assert float(first.min()) >= 0
    assert float(first.max()) <= 1


def test_layers_that_cannot_be_are_refused(network: Network) -> None:
    with pytest.raises(InputError, match="no layer named 'layer9'") as caught:
        check_views(network, MapSettings(kind=MapKind.LAYERCAM, layer="layer9"))
    assert "layer4" in str(caught.value.remedy)
    with pytest.raises(InputError, match="cam looks at no layer"):
        check_views(network, MapSettings(kind=MapKind.CAM, layer="layer3"))
    check_views(network, MapSettings(kind=MapKind.GRADCAM, layer="layer3"))
