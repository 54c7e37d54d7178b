"""What a method costs, counted: parameters, and operations by torch's counter."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch.utils.flop_counter import FlopCounterMode

from engine.domain.settings import TrainSettings
from engine.learning.network import Network, build_network


@dataclass(frozen=True, slots=True)
class Overhead:
    """In percent: of the parameters, and of the operations in training and for a score map."""

    parameters: float
    training: float
    score_map: float


@dataclass(frozen=True, slots=True)
class Cost:
    """``parameters`` that are trained. Operations per image, counted in convolutions and matrix
    products alone, as torch does: what a method does element by element does not show.
    ``map_flops`` for a score map and the scores, ``training_flops`` for the loss, forward."""

    parameters: int
    map_flops: int
    training_flops: int

    def overhead(self, plain: Cost) -> Overhead:
        """How much more than ``plain`` it costs."""
        return Overhead(
            parameters=100.0 * (self.parameters / plain.parameters - 1),
            training=100.0 * (self.training_flops / plain.training_flops - 1),
            score_map=100.0 * (self.map_flops / plain.map_flops - 1),
        )


def network_cost(settings: TrainSettings, classes: int) -> Cost:
    """The cost of ``settings`` for images of its size. Raises InputError for unknown names."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = build_network(settings, [f"class {i}" for i in range(classes)])
        images = torch.zeros(2, 3, settings.image_size, settings.image_size)
        return Cost(
            sum(p.numel() for p in network.parameters() if p.requires_grad),
            _map_flops(network, images),
            _training_flops(network, images),
        )


def plain_cost(settings: TrainSettings, classes: int) -> Cost:
    """The cost of CAM, the plain classifier, on the same backbone."""
    return network_cost(replace(settings, method="cam", options={}), classes)


def _map_flops(network: Network, images: torch.Tensor) -> int:
    network.eval()
    with FlopCounterMode(display=False) as counter:
        network.class_maps(images).of(torch.zeros(len(images), dtype=torch.long))
    return int(counter.get_total_flops()) // len(images)


def _training_flops(network: Network, images: torch.Tensor) -> int:
    network.train()
    network.method.advance(network, 1.0)
    with FlopCounterMode(display=False) as counter:
        network.method.loss(network, images, torch.tensor([0, 1]))
    return int(counter.get_total_flops()) // len(images)
