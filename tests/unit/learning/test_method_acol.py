"""ACoL's erasing, loss and score map against ones computed by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch.nn.functional import cross_entropy

from engine.domain.settings import TrainSettings
from engine.jobs.options import AcolOptions
from engine.learning.methods.acol import TwoClassifiers
from engine.learning.methods.branches import min_max
from engine.learning.training import TrainingSet
from tests.unit.learning.method_checks import (
    gradients_reach_all_weights,
    make,
    some_images,
    trains_to_score_maps,
)

# Channel 0 is what the first classifier sees for class 0, channel 1 for class 1.
FEATURES = torch.tensor([[[[0.0, 1.0], [2.0, 4.0]], [[3.0, 1.0], [1.0, 2.0]]]])


def head(threshold: float = 0.6) -> TwoClassifiers:
    found = TwoClassifiers(2, 2, AcolOptions(threshold=threshold, layers=0))
    with torch.no_grad():
        for classifier in (found.first, found.second):
            classifier[-1].weight.copy_(torch.eye(2)[:, :, None, None])
    return found


@pytest.mark.parametrize(
    ("label", "threshold", "kept"),
    [
        (0, 0.6, [[1, 1], [1, 0]]),
        (0, 0.5, [[1, 1], [0, 0]]),  # from the threshold on, not only above
        (1, 0.6, [[0, 1], [1, 1]]),
    ],
)
def test_the_second_does_without_what_the_first_uses_for_the_class(
    label: int, threshold: float, kept: list[list[int]]
) -> None:
    first, second = head(threshold).both(FEATURES, torch.tensor([label]))
    assert torch.equal(first, FEATURES)
    assert torch.equal(second, FEATURES * torch.tensor(kept))


def test_a_constant_map_erases_nothing() -> None:
    assert head().kept(torch.ones(1, 2, 3, 3), torch.tensor([0])).min() == 1


def test_loss_is_the_sum_of_both_classifiers(settings: TrainSettings) -> None:
    network = make(settings, "acol", hidden=8).train()
    labels = torch.tensor([0, 1, 2, 0])
    torch.manual_seed(0)
    value = network.method.loss(network, some_images(), labels).value
    first, second = network.head.both(network.features(some_images()), labels)
    expected = sum(cross_entropy(maps.mean((2, 3)), labels) for maps in (first, second))
    torch.testing.assert_close(value, expected)


@pytest.mark.parametrize("normalised", [True, False])
def test_score_map_is_the_larger_of_both(settings: TrainSettings, normalised: bool) -> None:
    network = make(settings, "acol", hidden=8, normalised=normalised).eval()
    classes = torch.tensor([0, 1, 2, 0])
    with torch.no_grad():
        both = network.head.both(network.features(some_images()), classes)
        logits = network(some_images())
    own = [maps[range(4), classes] for maps in both]
    expected = torch.maximum(*(min_max(m) for m in own)) if normalised else torch.maximum(*own)
    found = network.class_maps(some_images())
    torch.testing.assert_close(found.of(classes), expected)
    torch.testing.assert_close(found.logits, logits)


def test_no_gradient_passes_through_the_erasing() -> None:
    maps = FEATURES.clone().requires_grad_()
    assert not head().kept(maps, torch.tensor([0])).requires_grad


def test_acol_in_a_network(settings: TrainSettings) -> None:
    network = make(settings, "acol", hidden=8)
    assert not network.inserted
    gradients_reach_all_weights(network)


def test_vgg16_has_the_parameters_of_the_published_network(settings: TrainSettings) -> None:
    with torch.device("meta"):
        network = make(replace(settings, backbone="vgg16"), "acol", tuple(map(str, range(200))))
    assert round(sum(p.numel() for p in network.parameters()) / 1e6, 2) == 43.44


def test_training_to_score_maps(settings: TrainSettings, data: TrainingSet, tmp_path: Path) -> None:
    trains_to_score_maps(settings, data, tmp_path / "run", "acol", hidden=16, layers=1)


def test_the_classifiers_begin_unsure(settings: TrainSettings) -> None:
    """With large first logits four epochs on ten species ended at 13 %, with small ones at 73."""
    network = make(settings, "acol")
    head = network.head
    assert isinstance(head, TwoClassifiers)
    maps = head.both(10 * torch.rand(2, network.backbone.channels, 8, 8), torch.tensor([0, 1]))
    assert max(float(each.detach().abs().max()) for each in maps) < 3
