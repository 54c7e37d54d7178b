"""Rates: against torch's own schedule, and which layers learn faster."""

from __future__ import annotations

import pytest
import torch
from torch.optim.lr_scheduler import OneCycleLR

from engine.domain.errors import InputError
from engine.domain.settings import TrainSettings
from engine.learning.network import build_network
from engine.learning.optimisation import make_optimiser, rate_factor, set_rates


def test_one_cycle_is_torchs_but_for_its_rounding_of_phases() -> None:
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimiser = torch.optim.SGD([parameter], lr=1.0)
    total = 1000
    theirs = OneCycleLR(optimiser, max_lr=1.0, total_steps=total, cycle_momentum=False)
    for step in range(total - 1):
        assert rate_factor("one_cycle", step / total) == pytest.approx(
            theirs.get_last_lr()[0], abs=0.005
        )
        optimiser.step()
        theirs.step()


def test_step_divides_by_ten_after_each_third() -> None:
    factors = [rate_factor("step", progress) for progress in (0.0, 0.33, 0.34, 0.66, 0.67, 0.99)]
    assert factors == pytest.approx([1, 1, 0.1, 0.1, 0.01, 0.01])


def test_unknown_schedule_lists_the_known_ones() -> None:
    with pytest.raises(InputError, match="constant, one_cycle, step"):
        rate_factor("linear", 0.5)


def test_new_layers_learn_faster() -> None:
    settings = TrainSettings(backbone="vgg16", learning_rate=0.001, schedule="constant")
    network = build_network(settings, ("a", "b"))
    optimiser = make_optimiser(network, settings)
    set_rates(optimiser, "constant", 0.0)
    rate = {p: group["lr"] for group in optimiser.param_groups for p in group["params"]}
    for name, parameter in network.named_parameters():
        is_new = name.startswith(("head.", "backbone.extra."))
        assert rate[parameter] == pytest.approx(0.01 if is_new else 0.001), name


def test_layers_that_guide_are_slower_than_pretrained_ones() -> None:
    settings = TrainSettings(method="spg", learning_rate=0.001)
    network = build_network(settings, ("a", "b"))
    optimiser = make_optimiser(network, settings)
    rate = {p: group["peak"] for group in optimiser.param_groups for p in group["params"]}
    assert len(rate) == len(list(network.parameters()))
    for name, parameter in network.named_parameters():
        expected = 0.01 if name.startswith("head.conv.") else 0.001
        if name.startswith(("head.side", "head.shared", "head.object")):
            expected = 0.0001
        assert rate[parameter] == pytest.approx(expected), name


def test_without_pretrained_weights_every_layer_is_new() -> None:
    settings = TrainSettings(backbone="compact", weights="none", learning_rate=0.001)
    optimiser = make_optimiser(build_network(settings, ("a", "b")), settings)
    assert [group["peak"] for group in optimiser.param_groups] == pytest.approx([0.01])
