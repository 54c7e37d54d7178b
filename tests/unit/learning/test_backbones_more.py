"""Backbones beyond the first: sizes of their maps, weights of others, large maps."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
import torchvision.models as tv
from torch import nn

from engine.domain.errors import CheckpointError, InputError
from engine.domain.settings import TrainSettings
from engine.jobs.catalogue import backbone_info
from engine.jobs.reporter import silent_reporter
from engine.learning.backbones import make_backbone
from engine.learning.backbones.base import Backbone
from engine.learning.network import build_network, insertion_points
from engine.learning.weights import initialise, load_into

HERE = Path("weights.pth")


SHAPES_ONLY = torch.device("meta")  # computes shapes without values, at once


def features(backbone: Backbone, side: int) -> torch.Tensor:
    with torch.no_grad(), SHAPES_ONLY:
        found: torch.Tensor = backbone.eval()(torch.zeros(1, 3, side, side))
    return found


def output_of(network: nn.Module, name: str, images: torch.Tensor) -> torch.Tensor:
    held: list[torch.Tensor] = []
    network.get_submodule(name).register_forward_hook(lambda _m, _i, y: held.append(y))
    with torch.no_grad():
        network.eval()(images)
    return held[0]


@pytest.mark.parametrize(
    ("name", "side", "shape"),
    [
        ("resnet34", 112, (512, 7, 7)),
        ("resnet50_se", 112, (2048, 7, 7)),
        ("mobilenet_v3_large", 224, (960, 14, 14)),
        ("inception_v3", 299, (1024, 17, 17)),
    ],
)
def test_map_size_and_presets(name: str, side: int, shape: tuple[int, ...]) -> None:
    with SHAPES_ONLY:
        backbone = make_backbone(name)
    assert features(backbone, side).shape == (1, *shape)
    assert backbone.channels == shape[0]
    for preset in backbone.presets():
        points = insertion_points(backbone, preset)
        assert all(backbone.get_submodule(point) is not None for point in points)
    assert insertion_points(backbone, "last") == insertion_points(backbone, "default")[-1:]


@pytest.mark.parametrize("name", ["resnet18", "resnet34", "resnet50", "resnet50_se", "vgg16"])
def test_large_map_has_twice_the_side_and_the_same_weights(name: str) -> None:
    with SHAPES_ONLY:
        plain, large = make_backbone(name), make_backbone(name, large_map=True)
    assert {k: v.shape for k, v in plain.state_dict().items()} == {
        k: v.shape for k, v in large.state_dict().items()
    }
    assert features(plain, 64).shape[2:] == (4, 4)
    assert features(large, 64).shape[2:] == (8, 8)


def test_large_map_is_a_setting_and_is_refused_where_there_is_none() -> None:
    settings = TrainSettings(backbone="resnet18", weights="none", large_map=True)
    network = build_network(settings, ("a", "b"))
    assert network.class_maps(torch.zeros(1, 3, 64, 64)).of(torch.tensor([0])).shape == (1, 8, 8)
    with pytest.raises(InputError, match=r"SqueezeNet has no large map.*ResNet"):
        build_network(replace(settings, backbone="squeezenet1_1"), ("a", "b"))


@pytest.mark.parametrize(
    ("name", "theirs"),
    [
        ("resnet34", tv.resnet34),
        ("mobilenet_v3_large", tv.mobilenet_v3_large),
        ("inception_v3", lambda: tv.inception_v3(init_weights=False)),  # with auxiliary head
    ],
)
def test_torchvisions_weights_load_as_they_are(name: str, theirs) -> None:
    state = theirs().state_dict()
    backbone = make_backbone(name)
    load_into(backbone, state, HERE)
    ours = backbone.state_dict()
    shared = [key for key in ours if key in state]
    assert all(torch.equal(ours[key], state[key]) for key in shared)
    new = {key for key in ours if key not in state}
    assert all(key.startswith("extra.") for key in new)


def test_inception_computes_what_torchvisions_does_up_to_mixed_6e() -> None:
    theirs = tv.inception_v3(transform_input=True, init_weights=False)
    ours = make_backbone("inception_v3")
    load_into(ours, theirs.state_dict(), HERE)
    images = torch.randn(1, 3, 139, 139, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(
        output_of(ours, "Mixed_6e", images), output_of(theirs, "Mixed_6e", images)
    )


@pytest.mark.parametrize(
    ("method", "name", "millions"),
    [
        ("cam", "vgg16", 29.08),
        ("acol", "vgg16", 43.44),
        ("cam", "inception_v3", 25.69),
        ("spg", "inception_v3", 37.63),
        ("cam", "resnet50", 23.92),
    ],
)
def test_parameters_are_those_of_the_papers_table_2(
    method: str, name: str, millions: float
) -> None:
    settings = TrainSettings(method=method, backbone=name, weights="none")
    with SHAPES_ONLY:
        network = build_network(settings, tuple(map(str, range(200))))
    assert round(sum(p.numel() for p in network.parameters()) / 1e6, 2) == millions


def test_squeeze_and_excitation_scales_each_bottleneck() -> None:
    backbone = make_backbone("resnet50_se").eval()
    block = backbone.layer1[0]
    x = torch.randn(2, 64, 8, 8, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        inner = block.relu(block.bn1(block.conv1(x)))
        inner = block.relu(block.bn2(block.conv2(inner)))
        inner = nn.functional.batch_norm(
            block.conv3(inner),
            block.bn3.running_mean,
            block.bn3.running_var,
            block.bn3.weight,
            block.bn3.bias,
        )
        squeezed = block.se.fc1(inner.mean((2, 3), keepdim=True)).relu()
        expected = (inner * block.se.fc2(squeezed).sigmoid() + block.downsample(x)).relu()
        torch.testing.assert_close(block(x), expected)
    blocks = [module for module in backbone.modules() if hasattr(module, "se")]
    assert len(blocks) == 16
    assert blocks[-1].se.fc1.weight.shape == (128, 2048, 1, 1)


def test_resnet50_se_takes_weights_from_a_file_with_its_names_only(tmp_path: Path) -> None:
    settings = backbone_info("resnet50_se")
    assert not settings.imagenet
    with pytest.raises(InputError, match=r"no ImageNet weights.*ResNetSE"):
        initialise(make_backbone("resnet50_se"), "imagenet", silent_reporter())
    plain = tmp_path / "resnet50.pth"
    torch.save(tv.resnet50().state_dict(), plain)
    with pytest.raises(CheckpointError, match=r"missing: layer1\.0\.se\.fc1\.weight"):
        initialise(make_backbone("resnet50_se"), str(plain), silent_reporter())
    source = make_backbone("resnet50_se")
    own = tmp_path / "seresnet50.pth"
    torch.save(source.state_dict() | {"fc.weight": torch.zeros(1000, 2048)}, own)
    target = make_backbone("resnet50_se")
    assert initialise(target, str(own), silent_reporter())
    assert torch.equal(target.layer4[2].se.fc2.weight, source.layer4[2].se.fc2.weight)


@pytest.mark.parametrize(("name", "channels"), [("vgg16", 512), ("inception_v3", 768)])
def test_added_layers_can_be_left_out(name: str, channels: int) -> None:
    with SHAPES_ONLY:
        backbone = make_backbone(name)
    assert backbone.new_layers()
    backbone.drop_new_layers()
    assert features(backbone, 96).shape[1] == channels == backbone.channels
    assert not any(key.startswith("extra") for key in backbone.state_dict())
