from __future__ import annotations

import pytest

from engine.domain.settings import TrainSettings
from engine.jobs.catalogue import recipe
from engine.learning.cost import network_cost, plain_cost
from engine.learning.network import build_network

CLASSES = 3


def settings(method: str) -> TrainSettings:
    return recipe("compact", method)


def test_operations_of_another_class_by_hand() -> None:
    """A class more is a 1x1 convolution of 128 channels over 12 x 12 cells, for logits and map."""
    few, more = network_cost(settings("cam"), 2), network_cost(settings("cam"), 3)
    assert more.parameters - few.parameters == 128 + 1
    assert more.training_flops - few.training_flops == 2 * 128 * 12 * 12
    assert more.map_flops - few.map_flops == 2 * (2 * 128 * 12 * 12)


@pytest.mark.parametrize("method", ["dgdm", "adl", "dropblock", "has"])
def test_erasing_adds_neither_parameters_nor_convolutions(method: str) -> None:
    more = network_cost(settings(method), CLASSES).overhead(plain_cost(settings(method), CLASSES))
    assert (more.parameters, more.training, more.score_map) == (0, 0, 0)


def test_a_second_classifier_costs_and_supervision_costs_in_training_alone() -> None:
    plain = plain_cost(settings("cam"), CLASSES)
    acol = network_cost(settings("acol"), CLASSES).overhead(plain)
    assert min(acol.parameters, acol.training, acol.score_map) > 50
    spg = network_cost(settings("spg"), CLASSES).overhead(plain)
    assert spg.training > 50
    assert spg.score_map == 0


@pytest.mark.parametrize(("backbone", "millions"), [("resnet50", 23.92), ("inception_v3", 25.69)])
def test_parameters_of_the_papers_table(backbone: str, millions: float) -> None:
    network = build_network(recipe(backbone, "cam"), [str(i) for i in range(200)])
    count = sum(parameter.numel() for parameter in network.parameters())
    assert count / 1e6 == pytest.approx(millions, abs=0.02)
