"""What a file says of the image in it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ImageInfo:
    """``width`` and ``height`` are EXIF-transposed pixels; ``format`` is what the bytes say.

    ``orientation`` is the EXIF value, 1 to 8 (1 where there is none, or nonsense).
    """

    width: int
    height: int
    format: str
    orientation: int
