"""What indexing says of one image file."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FoundImage:
    """``path`` is relative to the image root, with forward slashes; sizes are EXIF-transposed.

    ``problem`` is the reason why the file cannot be used (its width and height are then 0), else
    None; ``digest`` is that of the bytes, None where they cannot be read.
    """

    path: str
    class_name: str | None
    width: int
    height: int
    digest: str | None
    problem: str | None
    bytes: int
    modified_ns: int
