"""DropBlock's rate and blocks against ones computed by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from engine.domain.settings import TrainSettings
from engine.jobs.options import DropBlockOptions
from engine.jobs.ranks import Rank
from engine.learning.methods.dropblock import Blocks, draw_corners, dropped_of, seed_rate
from engine.learning.parallel import Group
from engine.learning.share import Share, sharing
from engine.learning.training import TrainingSet
from tests.unit.learning.method_checks import (
    gradients_reach_all_weights,
    make,
    plain_in_eval,
    trains_to_score_maps,
)


def test_seed_rate_is_equation_1() -> None:
    assert seed_rate(0.1, 3, 5, 5) == pytest.approx(0.1 / 9 * 25 / 9)
    assert seed_rate(0.1, 7, 14, 14) == pytest.approx(0.1 / 49 * 196 / 64)
    assert seed_rate(0.2, 2, 3, 6) == pytest.approx(0.2 / 4 * 18 / 10)
    assert seed_rate(0.3, 4, 4, 4) == pytest.approx(0.3)


def test_corners_grow_to_blocks_inside_the_map() -> None:
    corners = torch.tensor([[1, 2, 0, 1], [1, 2, 2, 2]])
    mask = dropped_of(corners, (2, 3, 4, 4), 2).mask
    assert (1 - mask[1, 2]).tolist() == [
        [0, 1, 1, 0],
        [0, 1, 1, 0],
        [0, 0, 1, 1],
        [0, 0, 1, 1],
    ]
    assert mask.sum() == 2 * 3 * 16 - 8
    assert mask.is_contiguous(memory_format=torch.channels_last)


def test_corners_are_drawn_everywhere_alike_and_each_on_its_own() -> None:
    torch.manual_seed(0)
    shape, times = (3, 2, 6, 5), 2000
    seen = torch.zeros(3, 2, 5, 4)
    pairs = 0
    for _ in range(times):
        found = draw_corners(shape, 2, 0.3, torch.device("cpu"))
        assert len(found.unique(dim=0)) == len(found)
        drawn = torch.zeros(3, 2, 5, 4)
        drawn[tuple(found.T)] = 1
        seen += drawn
        pairs += int(drawn[0, 0, 0, 0] * drawn[0, 0, 0, 1])
    assert seen.div(times).sub(0.3).abs().max() < 0.05  # five standard deviations
    assert pairs / times == pytest.approx(0.09, abs=0.03)


def test_a_process_draws_the_corners_of_its_images() -> None:
    shape = (2, 3, 6, 6)
    torch.manual_seed(1)
    of_all = (5, 3, 6, 6)
    whole = dropped_of(draw_corners(of_all, 2, 0.2, torch.device("cpu")), of_all, 2).mask
    torch.manual_seed(1)
    rows = torch.tensor([1, 4])
    with sharing(Share(Group(Rank(1, 2), torch.device("cpu")), rows, 5, 2)):
        own = dropped_of(draw_corners(shape, 2, 0.2, torch.device("cpu")), shape, 2).mask
    assert torch.equal(own, whole[rows])


def always(**options: object) -> Blocks:
    return Blocks(DropBlockOptions(scheduled=False, **options)).train()


def test_the_kept_are_rescaled_so_that_the_mean_stays() -> None:
    torch.manual_seed(0)
    layer = always(drop_rate=0.3, block_size=3)
    y = layer(torch.ones(4, 8, 14, 14))
    kept = (y > 0).float().mean()
    assert 0.6 < kept < 0.85
    assert y.unique().tolist() == pytest.approx([0, 1 / kept.item()])
    assert y.mean().item() == pytest.approx(1, abs=1e-5)
    assert layer.shares["positions_dropped"].item() == pytest.approx(1 - kept.item())


@pytest.mark.parametrize("per_channel", [True, False])
@pytest.mark.parametrize("layout", [torch.channels_last, torch.contiguous_format])
def test_forward_and_gradient_are_the_mask_times_the_scale(
    per_channel: bool, layout: torch.memory_format
) -> None:
    layer = always(drop_rate=0.3, block_size=3, per_channel=per_channel)
    values = torch.rand(2, 4, 9, 7).contiguous(memory_format=layout)
    torch.manual_seed(5)
    mask = layer.draw(values).mask.float()
    expected = mask / mask.mean()
    for x in (values.clone().requires_grad_(), concatenated(values)):
        x.retain_grad()
        torch.manual_seed(5)
        y = layer(x)
        torch.testing.assert_close(y.detach(), values * expected)
        y.backward(torch.full_like(values, 2.0))
        if x.is_leaf:
            torch.testing.assert_close(x.grad, (2 * expected).expand_as(values))


def concatenated(values: torch.Tensor) -> torch.Tensor:
    """Features that may be overwritten."""
    return torch.cat(values.clone().requires_grad_().split(2, dim=1), dim=1)


def test_about_the_drop_rate_is_dropped() -> None:
    torch.manual_seed(0)
    mask = always(drop_rate=0.1).draw(torch.ones(32, 64, 14, 14)).mask.float()
    assert 0.08 < 1 - mask.mean() < 0.11  # less than the rate, by the overlaps


def test_a_block_is_at_most_the_map_and_is_drawn_per_channel() -> None:
    torch.manual_seed(0)
    mask = always(drop_rate=0.5).draw(torch.ones(8, 16, 4, 4)).mask.float()
    per_map = mask.mean((2, 3))
    assert set(per_map.unique().tolist()) == {0.0, 1.0}
    assert 0.3 < per_map.mean() < 0.7
    shared = always(drop_rate=0.5, per_channel=False).draw(torch.ones(8, 16, 4, 4)).mask.float()
    assert shared.shape == (8, 1, 4, 4)


def test_a_map_dropped_entirely_is_zero_and_no_nan() -> None:
    y = always(drop_rate=0.99, block_size=1, per_channel=False)(torch.ones(1, 2, 2, 2))
    assert y.isfinite().all()


def test_the_rate_rises_linearly_over_the_training(settings: TrainSettings) -> None:
    network = make(settings, "dropblock", drop_rate=0.2)
    rates = []
    for progress in (0.0, 0.25, 0.5):
        network.method.advance(network, progress)
        rates.append([module.drop_rate for module in network.inserted.values()])
    assert rates == [[0.0, 0.0], pytest.approx([0.05, 0.05]), pytest.approx([0.1, 0.1])]
    constant = make(settings, "dropblock", drop_rate=0.2, scheduled=False)
    constant.method.advance(constant, 0.5)
    assert [module.drop_rate for module in constant.inserted.values()] == [0.2, 0.2]


def test_dropblock_in_a_network(settings: TrainSettings) -> None:
    x = torch.ones(1, 2, 8, 8)
    assert always().eval()(x) is x
    network = make(settings, "dropblock", scheduled=False)
    gradients_reach_all_weights(network)
    plain_in_eval(network, settings)


def test_training_to_score_maps(settings: TrainSettings, data: TrainingSet, tmp_path: Path) -> None:
    trains_to_score_maps(settings, data, tmp_path / "run", "dropblock", block_size=2)
