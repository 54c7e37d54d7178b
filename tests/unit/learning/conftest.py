"""Tiny images and settings, made here: a network trains on them in a second."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from engine.domain.settings import TrainSettings
from engine.learning.training import TrainingSet

SIDE = 40


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> None:
    """A second one would only wait, for long where others want the core."""
    torch.set_num_threads(1)


def write_images(folder: Path, count: int = 12) -> TrainingSet:
    """Red squares (class 0) and blue bars (class 1) on noise."""
    draw = np.random.default_rng(0)
    paths, labels = [], []
    for index in range(count):
        label = index % 2
        pixels = draw.integers(90, 160, (SIDE, SIDE, 3), np.uint8)
        top, left = draw.integers(2, 18, 2)
        height, width = (16, 16) if label == 0 else (6, 20)
        pixels[top : top + height, left : left + width] = ((230, 20, 20), (20, 20, 230))[label]
        path = folder / ("square", "bar")[label] / f"{index:02d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path)
        paths.append(path)
        labels.append(label)
    return TrainingSet(tuple(paths), tuple(labels), ("square", "bar"))


@pytest.fixture
def data(tmp_path: Path) -> TrainingSet:
    return write_images(tmp_path / "images")


@pytest.fixture
def settings() -> TrainSettings:
    return TrainSettings(
        backbone="compact",
        weights="none",
        epochs=3,
        batch_size=4,
        image_size=32,
        resize_size=36,
        learning_rate=0.01,
        head_rate_factor=1.0,
        device="cpu",
    )
