"""Backbones and methods put together: shapes, names, insertion points, inspection."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from engine.domain.errors import InputError
from engine.domain.settings import TrainSettings
from engine.jobs.catalogue import BACKBONES as LISTED_BACKBONES
from engine.jobs.catalogue import METHODS as LISTED_METHODS
from engine.learning.backbones import BACKBONES, make_backbone
from engine.learning.methods import METHODS
from engine.learning.network import build_network, insertion_points

NAMES = ("a", "b", "c")


def test_everything_listed_exists_and_the_other_way_round() -> None:
    assert {info.name for info in LISTED_METHODS} == set(METHODS)
    assert {info.name for info in LISTED_BACKBONES} == set(BACKBONES)


@pytest.mark.parametrize(
    ("name", "side", "map_side"),
    [
        ("squeezenet1_1", 224, 13),
        ("mobilenet_v2", 224, 14),
        ("resnet18", 224, 14),
        ("resnet50", 112, 7),
        ("vgg16", 112, 7),
        ("compact", 128, 16),
    ],
)
def test_backbone_gives_a_map_of_its_size(name: str, side: int, map_side: int) -> None:
    network = build_network(TrainSettings(backbone=name, weights="none"), NAMES).eval()
    images = torch.zeros(1, 3, side, side)
    with torch.no_grad():
        assert network.features(images).shape == (
            1,
            network.backbone.channels,
            map_side,
            map_side,
        )
        assert network(images).shape == (1, 3)
    presets = network.backbone.presets()
    assert "default" in presets
    assert tuple(network.inserted) == presets["default"]


def test_compact_is_small() -> None:
    assert sum(p.numel() for p in make_backbone("compact").parameters()) < 1_000_000


def test_resnet_has_the_last_stage_at_stride_one_and_torchvisions_names() -> None:
    from torchvision.models import resnet50

    ours = set(make_backbone("resnet50").state_dict())
    theirs = set(resnet50().state_dict())
    assert theirs - ours == {"fc.weight", "fc.bias"}
    assert not ours - theirs


def test_points_can_be_named_one_by_one() -> None:
    backbone = make_backbone("squeezenet1_1")
    assert insertion_points(backbone, "features.12, features.3") == ("features.12", "features.3")


def test_unknown_names_list_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"no backbone named 'alexnet'.*squeezenet1_1"):
        make_backbone("alexnet")
    with pytest.raises(InputError, match=r"no insertion point.*'conv9'.*default.*features\.12"):
        insertion_points(make_backbone("squeezenet1_1"), "features.12,conv9")
    with pytest.raises(InputError, match=r"no method named 'x'.*cam.*dgdm"):
        build_network(TrainSettings(method="x"), NAMES)
    with pytest.raises(InputError, match=r"no option of dgdm named 'gama'.*gamma_h"):
        build_network(TrainSettings(options={"gama": 1}), NAMES)


def test_evaluation_is_untouched_by_the_method() -> None:
    settings = TrainSettings(weights="none")
    with_dgdm = build_network(settings, NAMES).eval()
    plain = build_network(replace(settings, method="cam"), NAMES).eval()
    plain.load_state_dict(with_dgdm.state_dict())
    images = torch.rand(2, 3, 64, 64)
    with torch.no_grad():
        assert torch.equal(with_dgdm(images), plain(images))


def test_training_is_not() -> None:
    network = build_network(TrainSettings(weights="none"), NAMES)
    images = torch.rand(2, 3, 64, 64)
    torch.manual_seed(0)
    trained = network.train().features(images)
    assert not torch.equal(trained, network.eval().features(images))
    assert set(network.drop_shares()) == {
        "part_dropped",
        "background_dropped",
        "positions_dropped",
        "channels_dropped",
    }


def test_inspection_gives_the_masks_of_each_point_and_changes_nothing() -> None:
    network = build_network(TrainSettings(backbone="compact", weights="none"), NAMES).train()
    images = torch.rand(2, 3, 64, 64)
    state = {name: value.clone() for name, value in network.state_dict().items()}
    random = torch.get_rng_state()
    masks = network.inspect(images)
    assert tuple(masks) == network.backbone.presets()["default"]
    for point, at_point in masks.items():
        side = at_point.spatial.drop_mask.shape[-1]
        assert side == 8, point
        assert at_point.channel.channel_mask.shape[0] == 2
    assert all(module.training for module in network.modules())
    assert torch.equal(random, torch.get_rng_state())
    assert all(torch.equal(value, state[name]) for name, value in network.state_dict().items())


def test_inspection_shows_the_masks_of_the_features_in_eval() -> None:
    network = build_network(TrainSettings(backbone="compact", weights="none"), NAMES).eval()
    images = torch.rand(1, 3, 64, 64)
    last = network.backbone.presets()["last"][0]
    with torch.no_grad():
        features = network.features(images)
    expected = network.inserted[last].inspect(features, seed=4)  # type: ignore[operator]
    seen = network.inspect(images, seed=4)[last]
    for name, value in expected.named().items():
        assert torch.equal(value, seen.named()[name]), name


def test_class_maps_are_classifier_weights_times_features() -> None:
    network = build_network(TrainSettings(weights="none", method="cam"), NAMES).eval()
    images = torch.rand(2, 3, 64, 64)
    scored = network.class_maps(images)
    with torch.no_grad():
        features = network.features(images)
        weight, bias = network.head.conv.weight, network.head.conv.bias  # type: ignore[union-attr]
    classes = torch.tensor([2, 0])
    expected = torch.einsum("bkhw,bk->bhw", features, weight[classes, :, 0, 0])  # type: ignore[index]
    torch.testing.assert_close(scored.of(classes), expected)
    means = expected.mean((1, 2)) + bias[classes]  # type: ignore[index]
    torch.testing.assert_close(scored.logits[torch.arange(2), classes], means)


def test_normalising_expects_bytes() -> None:
    network = build_network(TrainSettings(backbone="compact", weights="none"), NAMES)
    images = torch.full((1, 3, 2, 2), 255, dtype=torch.uint8)
    expected = (1 - torch.tensor([0.485, 0.456, 0.406])) / torch.tensor([0.229, 0.224, 0.225])
    torch.testing.assert_close(network.normalise(images)[0, :, 0, 0], expected)
