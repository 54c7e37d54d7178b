"""Hide-and-seek's masks against ones computed by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from engine.domain.settings import TrainSettings
from engine.jobs.options import HasOptions
from engine.learning.methods.has import Has
from engine.learning.training import TrainingSet
from tests.unit.learning.method_checks import (
    gradients_reach_all_weights,
    make,
    plain_in_eval,
    trains_to_score_maps,
)


def test_patches_are_hidden_where_the_draw_is_below_the_rate(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawn = torch.tensor([[[[0.1, 0.9], [0.6, 0.4]]], [[[0.5, 0.2], [0.3, 0.7]]]])
    monkeypatch.setattr(torch, "rand", lambda shape, **_: drawn.view(shape))
    # 128 pixels of 224 are 4 of 7, so the second row and column of cells are cut
    seen = Has(HasOptions(patch=128, hide_rate=0.5)).visible(torch.ones(2, 3, 7, 7))
    first = [[0, 0, 0, 0, 1, 1, 1]] * 4 + [[1, 1, 1, 1, 0, 0, 0]] * 3
    second = [[1, 1, 1, 1, 0, 0, 0]] * 4 + [[0, 0, 0, 0, 1, 1, 1]] * 3
    assert seen[:, 0].tolist() == [first, second]


def test_patch_size_is_in_proportion_to_a_224_px_input() -> None:
    torch.manual_seed(0)
    seen = Has(HasOptions(patch=32)).visible(torch.ones(64, 3, 112, 112))
    cells = seen.view(64, 7, 16, 7, 16)
    assert torch.equal(cells.amin((2, 4)), cells.amax((2, 4)))
    assert 0.46 < cells.mean() < 0.54


def test_mixed_draws_a_size_per_image_or_hides_nothing() -> None:
    torch.manual_seed(0)
    seen = Has(HasOptions(patch="mixed", hide_rate=1.0)).visible(torch.ones(200, 3, 32, 32))
    whole = (seen.mean((1, 2, 3)) == 1).float().mean()
    hidden = (seen.mean((1, 2, 3)) == 0).float().mean()
    assert whole + hidden == 1
    assert 0.1 < whole < 0.3  # one size of five is none


def test_hidden_pixels_are_the_mean_colour_and_the_given_images_stay(
    settings: TrainSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = make(settings, "has", hide_rate=1.0).train()
    seen = []
    monkeypatch.setattr(network, "features", lambda images: seen.append(images) or images)
    monkeypatch.setattr(network, "head", torch.nn.Flatten())
    images = torch.ones(2, 3, 32, 32)
    network.method.loss(network, images, torch.tensor([0, 1]))
    assert (seen[0] == 0).all()  # the mean, in normalised images
    assert (images == 1).all()


def test_has_in_a_network(settings: TrainSettings) -> None:
    network = make(settings, "has")
    assert not network.inserted
    gradients_reach_all_weights(network)
    plain_in_eval(network, settings)


def test_training_to_score_maps(settings: TrainSettings, data: TrainingSet, tmp_path: Path) -> None:
    trains_to_score_maps(settings, data, tmp_path / "run", "has", patch="mixed")
