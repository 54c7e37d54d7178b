"""Small images and projects that tests write themselves."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

COLOURS = {"blue": (40, 60, 220), "green": (50, 200, 70), "red": (220, 50, 40)}


def write_picture(path: Path, colour: Sequence[int], seed: int, size: tuple[int, int]) -> None:
    """A noisy gray picture of ``size`` (w, h) with one coloured square somewhere."""
    rng = np.random.default_rng(seed)
    width, height = size
    pixels = rng.integers(90, 140, (height, width, 3), dtype=np.uint8)
    side = min(size) // 3
    x, y = rng.integers(0, width - side), rng.integers(0, height - side)
    pixels[y : y + side, x : x + side] = colour
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


def write_pictures(root: Path, per_class: int = 6, size: tuple[int, int] = (64, 48)) -> Path:
    """``root/<class>/<n>.png`` for the classes of COLOURS."""
    for position, (name, colour) in enumerate(COLOURS.items()):
        for number in range(per_class):
            write_picture(root / name / f"{number}.png", colour, 100 * position + number, size)
    return root


def spoil_codes(jpeg: Path) -> None:
    """Damage a JPEG where only decoding shows it: it begins, ends and is built as it should be."""
    content = bytearray(jpeg.read_bytes())
    table = content.index(b"\xff\xc4") + 5
    content[table : table + 16] = b"\xff" * 16  # more codes than there can be
    jpeg.write_bytes(content)
