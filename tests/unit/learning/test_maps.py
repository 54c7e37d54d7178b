"""Score maps of files: which classes, which size, flips, and files that cannot be read."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from engine.domain.errors import InputError, JobCancelled
from engine.domain.settings import MapKind, MapSettings, TrainSettings
from engine.jobs.events import Event, Progress, Warned
from engine.jobs.reporter import Reporter, silent_reporter
from engine.learning.maps import ImageMaps, score_maps
from engine.learning.network import Network, build_network
from engine.learning.training import TrainingSet

MAPS = MapSettings(kind=MapKind.CAM, device="cpu", batch_size=5)


@pytest.fixture
def network(settings: TrainSettings) -> Network:
    torch.manual_seed(0)
    return build_network(settings, ("square", "bar", "other"))


def all_maps(network: Network, data: TrainingSet, settings: MapSettings) -> list[ImageMaps]:
    found = score_maps(network, data.paths, data.labels, settings, silent_reporter())
    return [maps for batch in found for maps in batch]


def test_maps_are_of_the_label_and_the_top_class(network: Network, data: TrainingSet) -> None:
    found = all_maps(network, data, MAPS)
    assert [maps.index for maps in found] == list(range(12))
    for maps in found:
        assert set(maps.maps) == {data.labels[maps.index], int(maps.probabilities.argmax())}
        assert maps.probabilities.sum() == pytest.approx(1, abs=1e-5)
        for values in maps.maps.values():
            assert values.shape == (4, 4)
            assert values.dtype == np.float16


def test_maps_are_those_of_the_network(network: Network, data: TrainingSet) -> None:
    from engine.imaging.decoding import read_rgb

    found = all_maps(network, data, MAPS)[7]
    pixels = torch.from_numpy(read_rgb(data.paths[7], size=(32, 32))).permute(2, 0, 1)[None]
    scored = network.class_maps(network.normalise(pixels))
    expected = scored.of(torch.tensor([data.labels[7]]))[0].numpy()
    np.testing.assert_allclose(found.maps[data.labels[7]], expected, atol=2e-3)


def test_without_a_label_there_is_the_top_class_alone(network: Network, data: TrainingSet) -> None:
    batches = score_maps(network, data.paths, [None] * 12, MAPS, silent_reporter())
    for maps in (maps for batch in batches for maps in batch):
        assert list(maps.maps) == [int(maps.probabilities.argmax())]


def test_flipped_average_does_not_care_which_way_round(
    network: Network, data: TrainingSet, tmp_path: Path
) -> None:
    pixels = np.asarray(Image.open(data.paths[0]))
    Image.fromarray(pixels[:, ::-1].copy()).save(tmp_path / "mirrored.png")
    pair = TrainingSet((data.paths[0], tmp_path / "mirrored.png"), (0, 0), data.class_names)

    def asymmetry(settings: MapSettings) -> float:
        one, other = (maps.maps[0].astype(float) for maps in all_maps(network, pair, settings))
        return float(np.abs(one - other[:, ::-1]).max() / np.abs(one).max())

    assert asymmetry(MAPS) > 0.05
    assert asymmetry(replace(MAPS, flip=True)) < 0.005
    one, other = all_maps(network, pair, replace(MAPS, flip=True))
    np.testing.assert_allclose(one.probabilities, other.probabilities, atol=1e-5)


def test_unreadable_file_is_warned_of_and_the_rest_goes_on(
    network: Network, data: TrainingSet
) -> None:
    data.paths[2].write_bytes(b"")
    events: list[Event] = []
    found = score_maps(network, data.paths, data.labels, MAPS, Reporter(events.append))
    assert [maps.index for batch in found for maps in batch] == [0, 1, *range(3, 12)]
    warned = [event.message for event in events if isinstance(event, Warned)]
    assert len(warned) == 1
    assert str(data.paths[2]) in warned[0]
    assert [e for e in events if isinstance(e, Progress)][-1].done == 12


def test_cancelling_stops_between_batches(network: Network, data: TrainingSet) -> None:
    cancel = threading.Event()
    found = score_maps(
        network, data.paths, data.labels, MAPS, Reporter(lambda _event: None, cancel)
    )
    assert len(next(found)) == 5
    cancel.set()
    with pytest.raises(JobCancelled):
        next(found)


def test_unknown_device_lists_those_at_hand(network: Network, data: TrainingSet) -> None:
    found = score_maps(
        network, data.paths, data.labels, MapSettings(device="abacus"), silent_reporter()
    )
    with pytest.raises(InputError, match=r"no device named 'abacus'.*auto.*cpu"):
        next(found)
