"""ADL's masks against ones computed by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from engine.domain.settings import TrainSettings
from engine.jobs.options import AdlOptions
from engine.learning.methods.adl import AttentionDropout
from engine.learning.training import TrainingSet
from tests.unit.learning.method_checks import (
    gradients_reach_all_weights,
    make,
    plain_in_eval,
    trains_to_score_maps,
)

# Two channels whose mean is 0..10; per sample, as the second is half of the first.
MEAN = torch.tensor([[0.0, 4.0, 7.0], [10.0, 8.5, 2.0]])
X = torch.stack([torch.stack([MEAN * 0.5, MEAN * 1.5]), torch.stack([MEAN * 0.5, MEAN * 0.5])])


def test_positions_from_gamma_times_the_maximum_are_dropped_per_sample() -> None:
    masks = AttentionDropout(AdlOptions(gamma=0.8)).masks(X)
    torch.testing.assert_close(masks.attention[:, 0], torch.stack([MEAN, MEAN / 2]))
    torch.testing.assert_close(masks.delta_h.flatten(), torch.tensor([8.0, 4.0]))
    for sample in masks.drop_mask:
        assert sample[0].tolist() == [[1, 1, 1], [0, 0, 1]]
    torch.testing.assert_close(masks.importance[0, 0], 1 / (1 + torch.exp(-MEAN)))


@pytest.mark.parametrize(("drop_rate", "kind"), [(1.0, "drop_mask"), (0.0, "importance")])
def test_the_drawn_map_multiplies_all_channels_without_rescaling(
    drop_rate: float, kind: str
) -> None:
    layer = AttentionDropout(AdlOptions(drop_rate=drop_rate)).train()
    expected = X * getattr(layer.masks(X), kind)
    assert torch.equal(layer(X), expected)


def test_one_draw_per_call_at_the_drop_rate() -> None:
    layer = AttentionDropout(AdlOptions(drop_rate=0.75))
    torch.manual_seed(3)
    drawn = [layer.masks(X).erasing for _ in range(400)]
    assert 0.68 < sum(drawn) / 400 < 0.82


def test_only_the_importance_map_carries_a_gradient() -> None:
    x = X.clone().requires_grad_()
    masks = AttentionDropout(AdlOptions()).masks(x)
    assert masks.importance.requires_grad
    assert not masks.drop_mask.requires_grad


def test_in_eval_it_returns_its_very_input_and_inspection_leaves_no_trace() -> None:
    layer = AttentionDropout(AdlOptions()).eval()
    assert layer(X) is X
    before = torch.get_rng_state()
    named = layer.inspect(X, seed=2).named()
    assert set(named) == {"attention", "importance", "drop_mask", "delta_h"}
    assert torch.equal(torch.get_rng_state(), before)


def test_adl_in_a_network(settings: TrainSettings) -> None:
    network = make(settings, "adl")
    assert list(network.inserted) == ["layer3", "layer4"]
    gradients_reach_all_weights(network)
    assert 0 < network.drop_shares()["positions_dropped"] < 1
    plain_in_eval(network, settings)


def test_training_to_score_maps(settings: TrainSettings, data: TrainingSet, tmp_path: Path) -> None:
    trains_to_score_maps(settings, data, tmp_path / "run", "adl", gamma=0.9)
