"""Backprop's map against gradients computed by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from engine.domain.settings import TrainSettings
from engine.jobs.options import BackpropOptions
from engine.learning.methods.backprop import Backprop
from engine.learning.training import TrainingSet
from tests.unit.learning.method_checks import (
    gradients_reach_all_weights,
    make,
    some_images,
    trains_to_score_maps,
)

# The weight of each input for class 1: three channels of 2 x 4 pixels.
WEIGHT = torch.tensor(
    [
        [[1.0, 0.0, 0.0, 2.0], [0.0, -8.0, 0.0, 0.0]],
        [[-4.0, 0.0, 0.0, 1.0], [0.0, 1.0, 0.0, 0.0]],
        [[2.0, 0.0, 0.0, -1.0], [0.0, 2.0, 0.0, 4.0]],
    ]
)


def linear() -> nn.Module:
    layer = nn.Linear(24, 2)
    with torch.no_grad():
        layer.weight.copy_(torch.stack([torch.ones(24), WEIGHT.flatten()]))
    return nn.Sequential(nn.Flatten(), layer)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (1, [[0.5, 0.0, 0.0, 0.25], [0.0, 1.0, 0.0, 0.5]]),
        (2, [[1.0, 0.5]]),  # means 12 / 4 and 6 / 4, over the larger
        (3, [[2 / 3, 1.0]]),  # means 12 / 6 and 6 / 2: cells at the edge are cut
    ],
)
def test_map_is_the_largest_absolute_gradient_over_the_channels(
    cell: int, expected: list[list[float]]
) -> None:
    found = Backprop(BackpropOptions(cell=cell)).class_maps(linear(), torch.randn(2, 3, 2, 4))
    maps = found.of(torch.tensor([1, 0]))
    torch.testing.assert_close(maps[0], torch.tensor(expected))
    assert (maps[1] == 1).all()  # class 0 weighs all inputs the same


def test_the_class_is_that_which_is_asked_for_and_logits_are_the_networks(
    settings: TrainSettings,
) -> None:
    network = make(settings, "backprop", cell=4).eval()
    images = some_images()
    found = network.class_maps(images)
    torch.testing.assert_close(found.logits, network(images).detach())
    one, other = (found.of(torch.full((4,), index)) for index in (0, 1))
    assert one.shape == (4, 8, 8)
    assert not torch.equal(one, other)
    assert torch.equal(found.of(torch.tensor([0, 1, 0, 1]))[1], other[1])
    assert not images.requires_grad
    assert all(parameter.grad is None for parameter in network.parameters())


def test_it_trains_as_cam_does(settings: TrainSettings) -> None:
    labels = torch.tensor([0, 1, 2, 0])
    losses = []
    for method in ("backprop", "cam"):
        network = make(settings, method).train()
        losses.append(network.method.loss(network, some_images(), labels).value)
    assert torch.equal(*losses)
    gradients_reach_all_weights(make(settings, "backprop"))


def test_training_to_score_maps(settings: TrainSettings, data: TrainingSet, tmp_path: Path) -> None:
    found = trains_to_score_maps(settings, data, tmp_path / "run", "backprop", cell=4)
    assert all(values.max() == 1 for maps in found for values in maps.maps.values())
