"""The optimiser and its rates: SGD with Nesterov momentum, new layers faster than pretrained."""

from __future__ import annotations

import math
from collections.abc import Iterable

from torch import nn
from torch.optim import SGD

from engine.domain.settings import TrainSettings
from engine.jobs.options import unknown
from engine.learning.network import Network

_WARM_UP = 0.3  # of a one-cycle training
_FIRST, _LAST = 1 / 25, 1 / 250_000  # of the highest rate
_STEPS = 3
_GENTLE = 0.1  # of the rate of the pretrained layers


def make_optimiser(network: Network, settings: TrainSettings) -> SGD:
    """One group for pretrained layers and one for new ones, ``head_rate_factor`` as fast.

    Without pretrained weights every layer is new. New layers that the method calls gentle are a
    third group, a tenth as fast as pretrained ones. Each group remembers its highest rate as
    ``peak``; ``set_rates`` must be called before each step.
    """
    rate_factor(settings.schedule, 0.0)  # an unknown schedule is told of before the long work
    fresh = [network.head, *network.backbone.new_layers(), *network.inserted.values()]
    if settings.weights == "none":
        fresh.append(network)
    gentle = _parameters(network.method.gentle_layers(network))
    new = _parameters(fresh) - gentle
    rate = settings.learning_rate
    sorts = (
        (set(network.parameters()) - gentle - new, rate),
        (new, rate * settings.head_rate_factor),
        (gentle, rate * _GENTLE),
    )
    return SGD(
        [
            {"params": [p for p in network.parameters() if p in sort], "peak": peak}
            for sort, peak in sorts
            if sort
        ],
        lr=settings.learning_rate,
        momentum=settings.momentum,
        nesterov=settings.momentum > 0,
        weight_decay=settings.weight_decay,
    )


def _parameters(modules: Iterable[nn.Module]) -> set[nn.Parameter]:
    return {parameter for module in modules for parameter in module.parameters()}


def set_rates(optimiser: SGD, schedule: str, progress: float) -> None:
    """Set each group's rate for the step at ``progress`` in [0, 1) of the training."""
    factor = rate_factor(schedule, progress)
    for group in optimiser.param_groups:
        group["lr"] = group["peak"] * factor


def rate_factor(schedule: str, progress: float) -> float:
    """The rate as a fraction of its peak; a function of ``progress`` alone, so resuming is exact.

    ``one_cycle`` rises and falls along cosines (Smith and Topin 2018); ``step`` divides by 10
    after each third; ``constant`` stays.
    """
    if schedule == "constant":
        return 1.0
    if schedule == "step":
        return float(0.1 ** int(progress * _STEPS))
    if schedule != "one_cycle":
        raise unknown("schedule", schedule, ("one_cycle", "step", "constant"))
    if progress < _WARM_UP:
        return _cosine(_FIRST, 1.0, progress / _WARM_UP)
    return _cosine(1.0, _LAST, (progress - _WARM_UP) / (1 - _WARM_UP))


def _cosine(start: float, end: float, part: float) -> float:
    return end + (start - end) / 2 * (1 + math.cos(math.pi * part))
