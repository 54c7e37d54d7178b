"""Every case that has ever hurt an export, its boxes and its image files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from engine.domain.geometry import Box
from engine.domain.records import AnnotationOrigin, ReviewState
from engine.exchange.model import ExportBox, ExportImage

DRAWN = AnnotationOrigin.DRAWN
ACCEPTED = AnnotationOrigin.ACCEPTED

CASES = [
    ExportImage("cats/no boxes.jpg", 64, 48, (), "cat", "train", ReviewState.CORRECTED),
    ExportImage(
        "cats/full.jpg",
        64,
        48,
        [ExportBox.of("cat", Box(0, 0, 64, 48), origin=DRAWN)],
        split="train",
    ),
    ExportImage(
        "cats/pixel.png",
        64,
        48,
        [
            ExportBox.of("cat", Box(63, 47, 64, 48), origin=DRAWN),
            ExportBox.of("cat", Box(0, 0, 1, 1), origin=DRAWN),
        ],
        split="val",
    ),
    ExportImage(
        "dogs/turned.jpg",
        48,
        64,
        [ExportBox.of("dog & <cat>", Box(10.25, 20.5, 30.125, 60.75), 0.875, ACCEPTED, 7)],
        split="val",
    ),
    ExportImage(
        "dogs/naïve – 犬 🐕.jpg",
        64,
        48,
        [ExportBox.of("dog & <cat>", Box(1 / 3, 2 / 3, 63.1, 47.9), 0.5, None, 7)],
        split="test",
    ),
    ExportImage(
        "cats/same.jpg",
        64,
        48,
        [ExportBox.of("cat", Box(1, 2, 30, 40), 0.25, None, 7)],
        split="test",
    ),
    ExportImage(
        "dogs/same.jpg", 64, 48, [ExportBox.of("chat « gris »", Box(5, 6, 20, 20), origin=DRAWN)]
    ),
    ExportImage(
        'dogs/sub dir/it\'s "so".jpg',
        64,
        48,
        [
            ExportBox.of("cat", Box(2, 3, 60, 40), 0.75, None, 7),
            ExportBox.of("cat", Box(2, 3, 9, 9)),
        ],
    ),
]
CLASSES = ["dog & <cat>", "cat", "chat « gris »"]


def write_images(root: Path) -> Path:
    """The files of ``CASES``; the turned one is stored lying, with EXIF orientation 6."""
    for number, image in enumerate(CASES):
        path = root / image.path
        path.parent.mkdir(parents=True, exist_ok=True)
        turned = path.stem == "turned"
        width, height = (image.height, image.width) if turned else (image.width, image.height)
        pixels = np.random.default_rng(number).integers(0, 255, (height, width, 3), np.uint8)
        picture = Image.fromarray(pixels)
        exif = picture.getexif()
        if turned:
            exif[0x0112] = 6
        picture.save(path, exif=exif)
    return root
