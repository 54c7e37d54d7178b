"""Batches: the same from memory as from files, in an order that only seed and epoch decide."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from engine.jobs.events import Event, Warned
from engine.jobs.reporter import Reporter, silent_reporter
from engine.learning.batches import Batches
from engine.learning.data import CachedImages, DecodedImages, MappedImages, open_images
from engine.learning.training import TrainingSet

ENOUGH = 12 * 36 * 36 * 3


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.learning.data.user_cache_path", lambda _name: tmp_path / "cache")


def batches(data: TrainingSet, memory: int | None, disk: int = 0, seed: int = 0) -> Batches:
    source = open_images(data.paths, 36, silent_reporter(), memory, disk)
    return Batches(source, np.array(data.labels), batch_size=5, crop=32, seed=seed)


def drawn(made: Batches, epoch: int) -> list[tuple[torch.Tensor, torch.Tensor]]:
    return [(batch.images, batch.labels) for batch in made.epoch(epoch)]


@pytest.mark.parametrize(
    ("memory", "disk", "kind"),
    [
        (ENOUGH, ENOUGH, CachedImages),
        (ENOUGH - 1, ENOUGH, MappedImages),
        (ENOUGH - 1, ENOUGH - 1, DecodedImages),
        (None, None, CachedImages),
        (0, None, MappedImages),
    ],
)
def test_room_decides_where_images_come_from(
    data: TrainingSet, memory: int | None, disk: int | None, kind: type
) -> None:
    assert isinstance(open_images(data.paths, 36, silent_reporter(), memory, disk), kind)


@pytest.mark.parametrize("disk", [0, ENOUGH])
def test_batches_are_the_same_wherever_they_come_from(data: TrainingSet, disk: int) -> None:
    cached, others = drawn(batches(data, None), 1), drawn(batches(data, 0, disk), 1)
    assert [len(labels) for _, labels in cached] == [5, 5, 2]
    for (images, labels), (other, other_labels) in zip(cached, others, strict=True):
        assert torch.equal(images, other)
        assert torch.equal(labels, other_labels)


def test_cache_file_has_no_name(data: TrainingSet, tmp_path: Path) -> None:
    made = batches(data, 0, ENOUGH)
    assert list((tmp_path / "cache").iterdir()) == []
    assert len(drawn(made, 0)) == 3


def test_full_disk_is_told_and_images_are_decoded_for_every_batch(
    data: TrainingSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: object, **_options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("engine.learning.data.tempfile.TemporaryFile", full)
    events: list[Event] = []
    source = open_images(data.paths, 36, Reporter(events.append), 0, ENOUGH)
    assert isinstance(source, DecodedImages)
    (warning,) = [event.message for event in events if isinstance(event, Warned)]
    assert "No space left" in warning


def test_epoch_and_seed_decide_alone(data: TrainingSet) -> None:
    made = batches(data, None)
    first = drawn(made, 0)
    assert not torch.equal(first[0][0], drawn(made, 1)[0][0])
    assert torch.equal(first[0][0], drawn(made, 0)[0][0])
    assert not torch.equal(first[0][0], drawn(batches(data, None, seed=1), 0)[0][0])


def test_every_image_comes_once_with_its_label(data: TrainingSet) -> None:
    labels = torch.cat([labels for _, labels in drawn(batches(data, None), 0)])
    assert labels.sort().values.tolist() == sorted(data.labels)


def test_images_are_crops_that_are_mirrored_or_not(tmp_path: Path) -> None:
    ramp = np.zeros((8, 8, 3), np.uint8)
    ramp[..., 0] = np.arange(8) * 10
    ramp[..., 1] = np.arange(8)[:, None] * 10
    Image.fromarray(ramp).save(tmp_path / "ramp.png")
    source = open_images([tmp_path / "ramp.png"], 8, silent_reporter())
    made = Batches(source, np.array([0]), 1, 6, 0)
    seen = set()
    for epoch in range(40):
        image = drawn(made, epoch)[0][0][0].int()
        step = int(image[0, 0, 1] - image[0, 0, 0])
        assert abs(step) == 10  # whole columns, forwards or mirrored
        assert torch.equal(image[0, 0], image[0, 5])
        assert torch.equal(image[1, 1:, 0] - image[1, :-1, 0], torch.full((5,), 10))
        seen.add((step, int(image[0, 0].min()), int(image[1, 0, 0])))
    assert len(seen) > 10  # of 2 x 3 x 3 possible ones


def test_batches_lie_channels_last(data: TrainingSet) -> None:
    images, _ = drawn(batches(data, None), 0)[0]
    assert images.shape == (5, 3, 32, 32)
    assert images.dtype == torch.uint8
    assert images.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize(("memory", "disk"), [(None, 0), (0, ENOUGH), (0, 0)])
def test_unreadable_file_is_warned_of_once_and_left_out(
    data: TrainingSet, memory: int | None, disk: int
) -> None:
    data.paths[4].write_bytes(b"")
    events: list[Event] = []
    source = open_images(data.paths, 36, Reporter(events.append), memory, disk)
    made = Batches(source, np.array(data.labels), 5, 32, 0)
    for epoch in range(2):
        assert sum(len(labels) for _, labels in drawn(made, epoch)) == 11
    warnings = [event.message for event in events if isinstance(event, Warned)]
    assert len(warnings) == 1
    assert str(data.paths[4]) in warnings[0]
