"""The images that go with an export: left where they are, copied, linked, or as upright JPEG."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from PIL import ExifTags

from engine.domain.errors import InputError, StorageError
from engine.imaging.decoding import read_rgb, write_jpeg
from engine.imaging.opening import opened
from engine.jobs.reporter import Reporter

#: Of images that have to be encoded anew: hardly a visible loss.
JPEG_QUALITY = 95


class ImageFiles(StrEnum):
    """What an export does with the images. Originals are never written to."""

    LEAVE = "leave"
    COPY = "copy"  # byte by byte
    LINK = "link"  # symbolic links to the originals; supervision refuses such in COCO
    JPEG = "jpeg"  # as upright JPEG, copied where they are that already


def place_images(
    targets: Mapping[str, Path], image_root: Path, mode: ImageFiles, reporter: Reporter
) -> None:
    """Bring each image (path relative to ``image_root``) to its target file.

    An image that cannot be read is left out with a warning. Copies and links of images with an
    EXIF rotation are warned of: the boxes hold for the upright image, and readers differ.
    Raises InputError where none can be read, StorageError where links cannot be made.
    """
    rotated: list[str] = []
    left_out: list[InputError] = []
    for path, target in reporter.track(targets.items(), "images", "Images", total=len(targets)):
        source = image_root / path
        try:
            upright_jpeg, turned = _look(source)
            if mode is ImageFiles.JPEG and not upright_jpeg:
                write_jpeg(target, read_rgb(source), quality=JPEG_QUALITY, durable=False)
                continue
        except InputError as error:
            reporter.warn(f"{path}: left out of the images: {error.message}")
            left_out.append(error)
            continue
        if turned:
            rotated.append(path)
        _link(source, target) if mode is ImageFiles.LINK else shutil.copyfile(source, target)
    if left_out and len(left_out) == len(targets):
        raise InputError(
            f"None of the {len(targets):,} images can be read. {left_out[0].message}",
            path=left_out[0].path,
            remedy="Check the folder of the images and its permissions, or leave the images out.",
        ) from left_out[0]
    if rotated:
        reporter.warn(
            f"{len(rotated)} images (the first is {rotated[0]}) carry an EXIF rotation. The boxes "
            "hold for the upright image; a reader that ignores EXIF needs upright copies."
        )


def _look(source: Path) -> tuple[bool, bool]:
    """Whether the file is an upright JPEG in RGB, and whether EXIF turns it."""
    with opened(source) as image:
        turned = image.getexif().get(ExifTags.Base.Orientation, 1) not in (0, 1)
        return image.format == "JPEG" and image.mode == "RGB" and not turned, turned


def _link(source: Path, target: Path) -> None:
    try:
        target.symlink_to(source.resolve())
    except OSError as error:
        raise StorageError(
            f"Links cannot be made here ({error.strerror or error}).",
            path=target.name,
            remedy="Export with copies of the images instead.",
        ) from error
