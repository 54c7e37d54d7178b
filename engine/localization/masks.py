"""True masks of objects, in files beside each other as in Choe et al.'s evaluation."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.domain.errors import InputError

#: Value of pixels that count neither as object nor as background.
IGNORED = 255


@dataclass(frozen=True, slots=True)
class MaskFiles:
    """``objects`` and ``ignored`` are PNG files of one image, white (over half) where they hold."""

    objects: tuple[Path, ...]
    ignored: tuple[Path, ...] = ()

    def read(self, width: int, height: int) -> NDArray[np.uint8]:
        """(height, width): 1 object, 0 background, IGNORED; an object is never ignored.

        Masks of another size are resized by nearest neighbour. Raises InputError for a file that
        is no image.
        """
        found = np.zeros((height, width), np.uint8)
        for path in self.ignored:
            found[_white(path, width, height)] = IGNORED
        for path in self.objects:
            found[_white(path, width, height)] = 1
        return found


def find_masks(folder: Path, image: str) -> MaskFiles | None:
    """The mask files of ``image`` (a path below the image root), or None.

    For ``a/b.jpg``: ``a/b.png`` and ``a/b_NAME.png``, one per object; ``a/b_ignore.png`` is what
    does not count.
    """
    stem = (folder / image).with_suffix("")
    if not stem.parent.is_dir():
        return None
    whole, ignore = stem.with_name(f"{stem.name}.png"), stem.with_name(f"{stem.name}_ignore.png")
    objects = [whole, *sorted(p for p in _parts(stem) if p != ignore)]
    present = tuple(path for path in objects if path.is_file())
    if not present:
        return None
    return MaskFiles(present, (ignore,) if ignore.is_file() else ())


def _parts(stem: Path) -> list[Path]:
    prefix = f"{stem.name}_"
    return [p for p in stem.parent.iterdir() if p.name.startswith(prefix) and p.suffix == ".png"]


def _white(path: Path, width: int, height: int) -> NDArray[np.bool_]:
    try:
        content = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as error:
        raise InputError(f"The mask cannot be read ({error.strerror}).", path=path) from error
    image: NDArray[Any] | None = None
    if content.size:
        image = cv2.imdecode(content, cv2.IMREAD_GRAYSCALE)
    if image is None:
        raise InputError("The mask is no image.", path=path, remedy="Give PNG files.")
    resized = cv2.resize(image, (width, height), interpolation=cv2.INTER_NEAREST)
    white: NDArray[np.bool_] = resized > 127
    return white
