"""What every method must stand: gradients everywhere, plain in eval, a tiny training to the end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from engine.domain.settings import MapKind, MapSettings, TrainSettings
from engine.jobs.reporter import silent_reporter
from engine.learning.checkpoints import load_network
from engine.learning.maps import ImageMaps, score_maps
from engine.learning.network import Network, build_network
from engine.learning.training import TrainingSet, train

NAMES = ("square", "bar", "other")


def make(settings: TrainSettings, method: str, names: tuple[str, ...] = NAMES, **options: object):
    torch.manual_seed(0)
    return build_network(replace(settings, method=method, options=options), names)


def some_images(count: int = 4, side: int = 32) -> Tensor:
    return torch.randn(count, 3, side, side, generator=torch.Generator().manual_seed(1))


def gradients_reach_all_weights(network: Network) -> None:
    network.train()
    labels = torch.tensor([0, 1, 2, 0])
    loss = network.method.loss(network, some_images(), labels)
    assert loss.logits.shape == (4, len(network.class_names))
    assert not loss.logits.requires_grad
    loss.value.backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
    for part in (network.backbone, network.head):
        assert any(parameter.grad.abs().max() > 0 for parameter in part.parameters())


def plain_in_eval(network: Network, settings: TrainSettings) -> None:
    """Logits and maps are to the bit those of plain CAM with the same weights."""
    plain = make(settings, "cam", network.class_names)
    plain.backbone.load_state_dict(network.backbone.state_dict())
    plain.head.load_state_dict(
        {name: network.head.state_dict()[name] for name in plain.head.state_dict()}
    )
    classes = torch.tensor([2, 1, 0, 0])
    ours, theirs = (n.eval().class_maps(some_images()) for n in (network, plain))
    assert torch.equal(ours.logits, theirs.logits)
    assert torch.equal(ours.of(classes), theirs.of(classes))


def trains_to_score_maps(
    settings: TrainSettings, data: TrainingSet, folder: Path, method: str, **options: object
) -> list[ImageMaps]:
    """Two epochs, the checkpoint read back, a map for each image."""
    chosen = replace(settings, method=method, options=options, epochs=2)
    result = train(data, chosen, folder, silent_reporter())
    assert result.epochs == 2
    assert np.isfinite(result.metrics["loss"])
    network = load_network(result.checkpoint, torch.device("cpu"))
    batches = score_maps(
        network,
        data.paths,
        data.labels,
        MapSettings(kind=MapKind.CAM, device="cpu"),
        silent_reporter(),
    )
    found = [maps for batch in batches for maps in batch]
    assert len(found) == len(data.paths)
    for maps in found:
        for values in maps.maps.values():
            assert np.isfinite(values).all()
            assert values.min() < values.max()
    return found
