"""What every data set is to the rest of the program, whatever its files look like."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from engine.domain.geometry import Box
from engine.imaging.decoding import probe


class TrueBox(NamedTuple):
    """Half-open 0-based pixels of the image."""

    class_name: str
    box: Box


@dataclass(frozen=True, slots=True)
class DatasetImage:
    """``path`` is below the data set's root, with forward slashes; ``split`` is train, val or
    test; ``size`` is (width, height) where the data set itself states it."""

    path: str
    class_name: str
    split: str | None
    boxes: tuple[TrueBox, ...] = ()
    size: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Dataset:
    """``root`` is the folder of images; ``masks`` that of true masks, laid out like it, if any."""

    name: str
    root: Path
    images: tuple[DatasetImage, ...]
    masks: Path | None = None

    def labels(self) -> dict[str, str]:
        """Class name by path of the image."""
        return {image.path: image.class_name for image in self.images}

    def size(self, image: DatasetImage) -> tuple[int, int]:
        """Width and height in pixels, from the file itself. Raises InputError if it is none."""
        info = probe(self.root / image.path)
        return info.width, info.height
