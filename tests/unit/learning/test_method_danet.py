"""DANet's similarity, hierarchy and score map against ones computed by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, interpolate

from engine.domain.settings import TrainSettings
from engine.learning.methods.danet import parents_of, similarity
from engine.learning.training import TrainingSet
from tests.unit.learning.method_checks import (
    gradients_reach_all_weights,
    make,
    some_images,
    trains_to_score_maps,
)

NESTED = ("bird/gull/herring", "bird/tern", "fish/carp/koi")
LABELS = torch.tensor([0, 1, 2, 0])


def maps(*values: list[float]) -> Tensor:
    return torch.tensor(values).view(1, len(values), 1, -1)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (maps([1.0, 0.0], [0.0, 3.0]), 0.0),
        (maps([1.0, 2.0], [2.0, 4.0]), 1.0),
        (maps([1.0, 0.0], [1.0, 1.0]), 0.5**0.5),
        (maps([1.0, 0.0], [0.0, 1.0], [1.0, 1.0]), (0 + 2 * 0.5**0.5) / 3),
        (maps([1.0, 2.0]), 0.0),
    ],
)
def test_similarity_is_the_mean_cosine_of_all_pairs(given: Tensor, expected: float) -> None:
    assert similarity(given).item() == pytest.approx(expected, abs=1e-6)


def test_similarity_is_per_sample() -> None:
    both = torch.cat([maps([1.0, 0.0], [0.0, 3.0]), maps([1.0, 2.0], [2.0, 4.0])])
    assert similarity(both).item() == pytest.approx(0.5)


def test_gradient_pushes_maps_apart() -> None:
    given = maps([1.0, 0.2], [1.0, 0.3]).requires_grad_()
    similarity(given).backward()
    assert similarity(given - 0.1 * given.grad) < similarity(given)


def test_parents_come_from_nested_names_nearest_first() -> None:
    assert parents_of(("gull", "carp")) == []
    assert parents_of(("bird/gull", "fish/carp", "bird/tern")) == [[0, 1, 0]]
    # at the nearer level, a name that is nested less deeply is its own parent
    assert parents_of(NESTED) == [[0, 1, 2], [0, 0, 1]]


def test_logit_and_score_map_are_means_of_the_maps(settings: TrainSettings) -> None:
    for positive in (False, True):
        network = make(settings, "danet", maps=3, hidden=8, positive=positive).eval()
        with torch.no_grad():
            every = network.head.classes(network.features(some_images()))
        assert every.shape == (4, 3, 3, 4, 4)
        found = network.class_maps(some_images())
        torch.testing.assert_close(found.logits, every.mean((2, 3, 4)))
        shown = every.relu() if positive else every
        torch.testing.assert_close(found.of(LABELS), shown[range(4), LABELS].mean(1))


def test_loss_without_hierarchy(settings: TrainSettings) -> None:
    network = make(settings, "danet", maps=3, hidden=8, similarity_weight=0.5).train()
    assert not network.inserted
    value = network.method.loss(network, some_images(), LABELS).value
    every = network.head.classes(network.features(some_images()))
    expected = cross_entropy(every.mean((2, 3, 4)), LABELS)
    expected = expected + 0.5 * similarity(every[range(4), LABELS])
    torch.testing.assert_close(value, expected)


def test_loss_with_parents_on_earlier_stages(settings: TrainSettings) -> None:
    chosen = replace(settings, insertion="layer1,layer3")
    network = make(chosen, "danet", NESTED, maps=2, hidden=8, parent_weight=0.5).train()
    assert network.method._points == ["layer3", "layer1"]
    stages: dict[str, Tensor] = {}
    for point in ("layer1", "layer3"):
        network.backbone.get_submodule(point).register_forward_hook(
            lambda _m, _i, output, point=point: stages.update({point: output})
        )
    value = network.method.loss(network, some_images(), LABELS).value
    every = network.head.classes(network.features(some_images()))
    expected = cross_entropy(every.mean((2, 3, 4)), LABELS)
    own = [every[range(4), LABELS]]
    for parent, point, level in zip(
        network.head.parents, ("layer3", "layer1"), ([0, 1, 2], [0, 0, 1]), strict=True
    ):
        labels = torch.tensor(level)[LABELS]
        above = parent(stages[point])
        expected = expected + 0.5 * cross_entropy(above.mean((2, 3, 4)), labels)
        own.append(above[range(4), labels])
    enlarged = [interpolate(m, (8, 8), mode="bilinear") for m in own]
    expected = expected + 0.2 * similarity(torch.cat(enlarged, 1))
    torch.testing.assert_close(value, expected)


def test_hierarchy_can_be_turned_off(settings: TrainSettings) -> None:
    network = make(settings, "danet", NESTED, hidden=8, hierarchy="none")
    assert not network.inserted
    assert len(network.head.parents) == 0


@pytest.mark.parametrize("names", [("a", "b", "c"), NESTED])
def test_danet_in_a_network(settings: TrainSettings, names: tuple[str, ...]) -> None:
    gradients_reach_all_weights(make(settings, "danet", names, maps=2, hidden=8))


def test_vgg16_has_the_parameters_of_the_published_network(settings: TrainSettings) -> None:
    names = tuple(f"order{i % 37 % 11}/family{i % 37}/{i}" for i in range(200))
    with torch.device("meta"):
        network = make(replace(settings, backbone="vgg16"), "danet", names)
    assert network.method._points == ["features.23", "features.16"]  # pool4, pool3
    assert round(sum(p.numel() for p in network.parameters()) / 1e6, 2) == 48.56


def test_training_to_score_maps_with_nested_classes(
    settings: TrainSettings, data: TrainingSet, tmp_path: Path
) -> None:
    nested = replace(data, class_names=("flat/square", "long/bar"))
    trains_to_score_maps(settings, nested, tmp_path / "run", "danet", maps=2, hidden=16)
