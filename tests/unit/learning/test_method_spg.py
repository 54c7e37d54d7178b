"""SPG's marks and losses against ones computed by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from engine.domain.settings import TrainSettings
from engine.learning.methods.spg import SpgHead, marks, pixel_loss
from engine.learning.methods.stages import Tap
from engine.learning.training import TrainingSet
from tests.unit.learning.method_checks import (
    gradients_reach_all_weights,
    make,
    plain_in_eval,
    some_images,
    trains_to_score_maps,
)


def guide(*values: float) -> Tensor:
    return torch.tensor(values).view(1, 1, 1, -1)


def test_object_is_above_high_background_below_low_and_the_rest_does_not_count() -> None:
    target, sure = marks(guide(0.9, 0.7, 0.3, 0.05, 0.1, 0.0), high=0.7, low=0.1)
    assert target.flatten().tolist() == [1, 0, 0, 0, 0, 0]
    assert sure.flatten().tolist() == [1, 0, 0, 1, 0, 1]


def test_a_weak_map_marks_what_is_near_its_maximum_for_its_own_sample_only() -> None:
    weak, strong = guide(0.4, 0.3, 0.2, 0.0), guide(0.9, 0.3, 0.2, 0.0)
    target, _ = marks(torch.cat([weak, strong]), high=0.7, low=0.1)
    assert target[0].flatten().tolist() == [1, 1, 0, 0]  # above 0.7 x 0.4
    assert target[1].flatten().tolist() == [1, 0, 0, 0]


def test_background_stays_background_in_a_map_without_object() -> None:
    target, sure = marks(guide(0.05, 0.01), high=0.7, low=0.1)
    assert target.sum() == 0
    assert sure.sum() == 2


def test_pixel_loss_is_the_mean_over_the_sure_pixels() -> None:
    logits = guide(2.0, 5.0, -1.0)
    loss = pixel_loss(logits, guide(0.9, 0.4, 0.0), high=0.7, low=0.1)
    expected = (math.log1p(math.exp(-2.0)) + math.log1p(math.exp(-1.0))) / 2
    assert loss.item() == pytest.approx(expected, rel=1e-5)


def test_without_a_sure_pixel_there_is_no_loss_and_no_nan() -> None:
    logits = guide(2.0, 5.0).requires_grad_()
    loss = pixel_loss(logits, guide(0.2, 0.2), high=0.9, low=0.1)
    target, sure = marks(guide(0.2, 0.2), high=0.9, low=0.1)
    assert target.sum() == sure.sum() == 2  # a flat map is all near its maximum
    assert loss.isfinite()
    assert pixel_loss(logits, guide(0.0, 0.0), high=0.9, low=0.0) == 0


def test_who_guides_whom(settings: TrainSettings) -> None:
    """Attention guides B2, B2 guides B1, the mean of both guides C; no guide gets a gradient."""
    method = make(settings, "spg", hidden=8).method
    attention = guide(1.0, 0.5, 0.0).requires_grad_()
    b1, b2, c = guide(2.0, 0.0, 1.0), guide(4.0, 0.0, -4.0), guide(1.0, 2.0, 3.0)
    for branch in (b1, b2, c):
        branch.requires_grad_()
    value = method._guidance(attention, b1, b2, c)
    map1, map2 = b1.detach().sigmoid(), b2.detach().sigmoid()
    expected = (
        pixel_loss(b2, attention, 0.7, 0.01)
        + pixel_loss(b1, map2, 0.5, 0.05)
        + pixel_loss(c, (map1 + map2) / 2, 0.7, 0.1)
    )
    torch.testing.assert_close(value, expected)
    value.backward()
    assert attention.grad is None
    # B2's gradient comes from its own loss alone: the middle pixel is neither 1 nor 0 for A
    assert b2.grad.flatten().tolist() == [
        pytest.approx((1 / (1 + math.exp(-4)) - 1) / 2, rel=1e-4),
        0,
        pytest.approx(1 / (1 + math.exp(4)) / 2, rel=1e-4),
    ]


@pytest.mark.parametrize(
    ("backbone", "insertion", "points"),
    [
        ("squeezenet1_1", "default", ["features.7", "features.10"]),
        ("resnet18", "default", ["layer3.0", "layer4.0"]),
        ("squeezenet1_1", "last", ["features.12", "features.12"]),
    ],
)
def test_the_branches_stand_before_the_last_features(
    settings: TrainSettings, backbone: str, insertion: str, points: list[str]
) -> None:
    chosen = replace(settings, backbone=backbone, insertion=insertion)
    assert make(chosen, "spg").method._points == points


def test_taps_hold_nothing_in_eval_and_are_empty_after_a_step(settings: TrainSettings) -> None:
    network = make(settings, "spg", hidden=8).eval()
    network(some_images())
    for tap in network.inserted.values():
        assert isinstance(tap, Tap)
        with pytest.raises(AssertionError):
            tap.take()
    network.train()
    network.method.loss(network, some_images(), torch.tensor([0, 1, 2, 0]))
    with pytest.raises(AssertionError):
        next(iter(network.inserted.values())).take()


def test_spg_in_a_network(settings: TrainSettings) -> None:
    network = make(settings, "spg", hidden=8)
    gradients_reach_all_weights(network)
    plain_in_eval(network, settings)


def test_training_to_score_maps(settings: TrainSettings, data: TrainingSet, tmp_path: Path) -> None:
    trains_to_score_maps(settings, data, tmp_path / "run", "spg", hidden=16)


def test_the_branches_begin_unsure(settings: TrainSettings) -> None:
    """Large first logits threw the features of ten species; the first loss is that of a coin."""
    network = make(settings, "spg")
    features = 10 * torch.rand(2, network.backbone.channels, 8, 8)
    head = network.head
    assert isinstance(head, SpgHead)
    assert head.object(features).abs().max() < 3
