"""DGDM's masks against ones computed by hand, and what it may not do."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.domain.settings import TrainSettings
from engine.jobs.options import BlockSize, DgdmOptions
from engine.learning.methods import dgdm, positions
from engine.learning.methods.dgdm import (
    ChannelAttentionGuidedDropout,
    DualAttentionGuidedDropblock,
    SpatialAttentionGuidedDropblock,
)
from engine.learning.methods.positions import grow, lowest_positions
from tests.unit.learning.method_checks import make

# The channel mean of two channels, of which the second is twice the first; maximum 10, minimum 0.
ATTENTION = torch.tensor(
    [
        [0.0, 2.0, 2.0, 2.0, 2.0],
        [2.0, 2.0, 2.0, 2.0, 2.0],
        [2.0, 2.0, 10.0, 2.0, 2.0],
        [2.0, 2.0, 2.0, 9.0, 2.0],
        [2.0, 2.0, 2.0, 2.0, 0.5],
    ]
)


def features(attention: Tensor = ATTENTION) -> Tensor:
    """(1, 2, H, W) whose channel mean is ``attention``."""
    return torch.stack([attention * 2 / 3, attention * 4 / 3])[None]


def rows(mask: Tensor) -> list[list[int]]:
    return [[int(v) for v in row] for row in mask[0, 0].tolist()]


def spatial(**options: object) -> SpatialAttentionGuidedDropblock:
    return SpatialAttentionGuidedDropblock(DgdmOptions(**options))


def test_attention_and_importance_are_the_channel_mean_and_its_sigmoid() -> None:
    masks = spatial().masks(features())
    torch.testing.assert_close(masks.attention[0, 0], ATTENTION)
    torch.testing.assert_close(masks.importance[0, 0], 1 / (1 + torch.exp(-ATTENTION)))
    assert masks.delta_h.item() == pytest.approx(9.0)
    assert masks.delta_l.item() == pytest.approx(1.0)


def test_most_discriminative_part_grows_to_blocks_of_two() -> None:
    # gamma_h off equality with the 9, whose rounding could go either way
    masks = spatial(gamma_h=0.85, block_h=2).masks(features())
    assert rows(masks.part) == [
        [0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0],
        [0, 0, 1, 1, 0],
        [0, 0, 1, 1, 1],
        [0, 0, 0, 1, 1],
    ]


def test_background_grows_to_blocks_of_three() -> None:
    masks = spatial(block_l=3).masks(features())
    assert rows(masks.background) == [
        [1, 1, 0, 0, 0],
        [1, 1, 0, 0, 0],
        [0, 0, 0, 0, 0],
        [0, 0, 0, 1, 1],
        [0, 0, 0, 1, 1],
    ]


@pytest.mark.parametrize("block", [1, 2, 3, 4, 5, 9, "adaptive"])
@pytest.mark.parametrize("shape", [(2, 1, 7, 9), (1, 1, 3, 3), (1, 1, 21, 4)])
def test_growing_is_a_maximum_over_blocks(block: BlockSize, shape: tuple[int, ...]) -> None:
    seeds = torch.rand(shape, generator=torch.Generator().manual_seed(2)) > 0.85
    size = round(shape[2] / 7) or 1 if block == "adaptive" else block
    pooled = functional.max_pool2d(functional.pad(seeds.float(), (size,) * 4), size, stride=1)
    first = size - size // 2  # one padding of size // 2 is what METHOD's pooling has
    pooled = pooled[:, :, first : first + shape[2], first : first + shape[3]]
    assert torch.equal(grow(seeds, block), pooled > 0)


def test_the_lowest_are_as_many_as_asked_for_and_of_equals_the_first() -> None:
    masks = spatial(block_l=1, gamma_l=1.0, background_cap=0.2).masks(features())
    # 5 of 25: the 0 and the 0.5, and three of the twos in reading order
    assert rows(masks.background) == [
        [1, 1, 1, 1, 0],
        [0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0],
        [0, 0, 0, 0, 1],
    ]


@pytest.mark.parametrize("levels", [2, 5, 100_000])
def test_the_lowest_are_the_first_of_a_stable_sort(levels: int) -> None:
    draw = torch.Generator().manual_seed(0)
    attention = torch.randint(levels, (4, 1, 9, 7), generator=draw).float()
    order = attention.flatten(1).argsort(dim=1, stable=True)[:, : int(0.3 * 63)]
    expected = torch.zeros(4, 63, dtype=torch.bool).scatter_(1, order, True)
    assert torch.equal(lowest_positions(attention, 0.3).flatten(1), expected)


def test_masks_are_the_same_where_a_device_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    x = torch.rand(6, 3, 8, 8, generator=torch.Generator().manual_seed(0)).relu()
    x[0] = 0
    asked = spatial(block_l=9).masks(x).drop_mask, spatial().masks(x).drop_mask
    for module in (dgdm, positions):
        monkeypatch.setattr(module, "is_known", lambda _flag: False)
    unasked = spatial(block_l=9).masks(x).drop_mask, spatial().masks(x).drop_mask
    assert all(torch.equal(one, other) for one, other in zip(asked, unasked, strict=True))


def test_drop_mask_keeps_what_is_neither_part_nor_background() -> None:
    masks = spatial(gamma_h=0.95, block_h=1, block_l=3).masks(features())
    assert rows(masks.drop_mask) == [
        [0, 0, 1, 1, 1],
        [0, 0, 1, 1, 1],
        [1, 1, 0, 1, 1],
        [1, 1, 1, 0, 0],
        [1, 1, 1, 0, 0],
    ]


def test_background_is_capped_at_the_lowest_positions() -> None:
    masks = spatial(block_l=1, background_cap=0.05).masks(features())
    assert masks.background.sum() == 1  # int(0.05 * 25) of the two below delta_l
    assert masks.background[0, 0, 0, 0] == 1


def test_background_can_be_left_alone() -> None:
    masks = spatial(background=False, gamma_h=0.95, block_h=1).masks(features())
    assert masks.background.sum() == 0
    assert masks.drop_mask.sum() == 24


def test_literal_equation_keeps_what_the_text_erases() -> None:
    options = {"gamma_h": 0.95, "block_h": 1, "block_l": 3}
    text = spatial(**options).masks(features()).drop_mask
    literal = spatial(literal_eq4=True, **options).masks(features()).drop_mask
    assert torch.equal(literal, ~text)


def test_mask_of_nothing_but_zeros_falls_back_to_the_part_alone() -> None:
    # a block of 9 around the background's corner covers all of 5 x 5
    masks = spatial(gamma_h=0.95, block_h=1, block_l=9).masks(features())
    assert masks.background.min() == 1
    assert masks.drop_mask.sum() == 24
    assert masks.drop_mask[0, 0, 2, 2] == 0


@pytest.mark.parametrize("value", [0.0, 3.0])
def test_constant_map_is_kept_whole(value: float) -> None:
    masks = spatial().masks(torch.full((2, 3, 4, 4), value))
    assert masks.part.min() == 1
    assert masks.drop_mask.min() == 1


def test_masks_are_per_sample() -> None:
    both = torch.cat([features(), features(ATTENTION.flip(0) * 100)])
    masks = spatial(gamma_h=0.95).masks(both)
    alone = spatial(gamma_h=0.95).masks(both[1:])
    torch.testing.assert_close(masks.drop_mask[1:], alone.drop_mask)
    assert not torch.equal(masks.drop_mask[0], masks.drop_mask[1])


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        (1, [(2, 2)]),
        (2, [(2, 2), (2, 3), (3, 2), (3, 3)]),
        (3, [(r, c) for r in (1, 2, 3) for c in (1, 2, 3)]),
        (4, [(r, c) for r in (1, 2, 3, 4) for c in (1, 2, 3, 4)]),
    ],
)
def test_seed_grows_to_a_block(block: int, expected: list[tuple[int, int]]) -> None:
    seeds = torch.zeros(1, 1, 6, 6)
    seeds[0, 0, 2, 2] = 1
    assert [tuple(i) for i in grow(seeds, block)[0, 0].nonzero().tolist()] == expected


@pytest.mark.parametrize(("side", "block"), [(3, 1), (13, 2), (14, 2), (28, 4), (56, 8)])
def test_adaptive_block_is_a_seventh_of_the_height(side: int, block: int) -> None:
    seeds = torch.zeros(1, 1, side, side)
    seeds[0, 0, side // 2, side // 2] = 1
    assert grow(seeds, "adaptive").sum() == block**2


def channel(**options: object) -> ChannelAttentionGuidedDropout:
    return ChannelAttentionGuidedDropout(DgdmOptions(**options))


def with_channel_means(*means: float) -> Tensor:
    return torch.tensor(means).view(1, -1, 1, 1).expand(1, len(means), 3, 3)


def test_weak_channels_are_below_beta_times_the_weakest_live_one() -> None:
    x = with_channel_means(0.0, 1e-7, 1.0, 2.0, 2.9, 3.1, 50.0)
    masks = channel(beta=3.0, alpha=1.0).masks(x)
    assert masks.channel_threshold.item() == pytest.approx(3.0)
    assert masks.channel_mask[0].tolist() == [0, 0, 0, 0, 0, 1, 1]


def test_magnitude_counts_not_the_sign() -> None:
    masks = channel(beta=3.0, alpha=1.0).masks(with_channel_means(-1.0, 2.0, -5.0))
    assert masks.channel_attention[0].tolist() == [1.0, 2.0, 5.0]
    assert masks.channel_mask[0].tolist() == [0, 0, 1]


def test_dead_input_drops_no_channel() -> None:
    masks = channel(alpha=1.0).masks(torch.zeros(2, 4, 3, 3))
    assert masks.channel_mask.min() == 1
    assert masks.channel_threshold.tolist() == [[0.0], [0.0]]


def test_top_k_keeps_the_strongest_fraction() -> None:
    x = with_channel_means(5.0, 1.0, 4.0, 2.0, 3.0)
    masks = channel(channel_rule="top_k", keep_top_k=0.4, alpha=1.0).masks(x)
    assert masks.channel_mask[0].tolist() == [1, 0, 1, 0, 0]


def test_weak_channels_are_dropped_with_probability_alpha() -> None:
    x = torch.cat([torch.ones(1, 4000, 1, 1), torch.full((1, 1, 1, 1), 10.0)], dim=1)
    generator = torch.Generator().manual_seed(0)
    mask = channel(alpha=0.25).masks(x, generator).channel_mask[0]
    assert mask[-1]
    assert 1 - mask[:-1].float().mean().item() == pytest.approx(0.25, abs=0.02)


def union(**options: object) -> DualAttentionGuidedDropblock:
    return DualAttentionGuidedDropblock(DgdmOptions(**options))


@pytest.mark.parametrize("make", [spatial, channel, union])
def test_eval_is_the_very_input(make: Callable[[], nn.Module]) -> None:
    x = features()
    assert make().eval()(x) is x


def test_modules_have_no_parameters() -> None:
    assert not list(union().state_dict())


def test_no_gradient_flows_through_the_drop_mask() -> None:
    x = features().requires_grad_()
    module = union(drop_rate=1.0, channel_dropout=False).train()
    module(x).sum().backward()
    expected = module.masks(x).spatial.drop_mask.float().expand_as(x)
    torch.testing.assert_close(x.grad, expected)


def test_gradient_flows_through_the_importance_map() -> None:
    x = features().requires_grad_()
    union(drop_rate=0.0, channel_dropout=False).train()(x).sum().backward()
    # d/dx_c of sum_k x_k * sigmoid(mean x) is I + I (1 - I) / C * sum_k x_k = I + I (1 - I) A
    importance = torch.sigmoid(ATTENTION)
    expected = importance + importance * (1 - importance) * ATTENTION
    torch.testing.assert_close(x.grad, expected.expand_as(features()))


def test_the_two_modules_compose_to_the_union_on_the_same_input() -> None:
    x = torch.rand(4, 8, 6, 6)
    torch.manual_seed(5)
    y = union(drop_rate=1.0).train()(x)
    torch.manual_seed(5)
    torch.rand(())  # the spatial draw comes first
    channels = channel().masks(x).channel_mask[:, :, None, None]
    assert torch.equal(y, x * spatial().masks(x).drop_mask * channels)


@pytest.mark.parametrize("drop_rate", [0.0, 1.0])
def test_inspection_shows_what_a_training_step_used(drop_rate: float) -> None:
    x = torch.rand(4, 16, 7, 7)
    module = union(drop_rate=drop_rate).train()
    torch.manual_seed(11)
    y = module(x)
    seen = module.eval().inspect(x, seed=11)
    assert seen.erasing is (drop_rate == 1.0)
    assert torch.equal(y, seen.apply(x))


def test_inspection_names_every_mask_and_leaves_random_streams_alone() -> None:
    module, x = union().train(), torch.rand(1, 4, 5, 5)
    before = torch.get_rng_state()
    named = module.inspect(x).named()
    assert torch.equal(before, torch.get_rng_state())
    assert module.training
    assert set(named) == {
        "attention",
        "importance",
        "part",
        "background",
        "drop_mask",
        "delta_h",
        "delta_l",
        "channel_attention",
        "channel_mask",
        "channel_threshold",
    }


def test_drop_rate_is_how_often_the_mask_is_drawn() -> None:
    module = spatial(drop_rate=0.75)
    generator = torch.Generator().manual_seed(0)
    drawn = [module.draw(generator) for _ in range(2000)]
    assert sum(drawn) / len(drawn) == pytest.approx(0.75, abs=0.03)


def test_shares_are_fractions_of_what_was_dropped() -> None:
    module = union(gamma_h=0.95, block_h=1, block_l=3, alpha=0.0).train()
    module(features())
    shares = {name: float(value) for name, value in module.shares.items()}
    assert shares == pytest.approx(
        {
            "part_dropped": 1 / 25,
            "background_dropped": 8 / 25,
            "positions_dropped": 9 / 25,
            "channels_dropped": 0.0,
        }
    )
    assert not math.isnan(sum(shares.values()))


def test_half_precision_keeps_its_type_and_the_masks_of_full_precision() -> None:
    x = features().to(torch.bfloat16)
    masks = spatial().masks(x)
    assert masks.attention.dtype == torch.float32
    assert spatial(drop_rate=0.0).train()(x).dtype == torch.bfloat16


def test_nothing_is_dropped_before_the_start(settings: TrainSettings) -> None:
    network = make(settings, "dgdm", start=0.5).train()
    module = next(iter(network.inserted.values()))
    x = features()
    network.method.advance(network, 0.49)
    assert module(x) is x
    network.method.advance(network, 0.5)
    assert not torch.equal(module(x), x)
