"""One file: its digest, its size as an image, or what is the matter with it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.domain.errors import InputError
from engine.domain.records import KnownFile
from engine.imaging.decoding import probe
from engine.imaging.glance import glance
from engine.imaging.info import ImageInfo
from engine.indexing.found import FoundImage

_DIGEST_BYTES = 20
#: A larger file is not held in memory whole, but decoded.
_HELD_BYTES = 64 * 2**20


@dataclass(frozen=True, slots=True)
class NamedFile:
    """``path`` relative to the image root; ``known``: what the project says of it already."""

    path: str
    class_name: str | None
    known: KnownFile | None = None


def check_files(root: str, files: Sequence[NamedFile]) -> list[FoundImage]:
    """What is found in each. Never raises for the state of a file: that is the problem to tell."""
    return [_check(root, file) for file in files]


def _check(root: str, file: NamedFile) -> FoundImage:
    # plain strings: a Path for each of a million files takes longer than what is done with it
    full = f"{root}/{file.path}"
    size = modified = width = height = 0
    digest = problem = None
    try:
        status = os.stat(full)  # noqa: PTH116
        size, modified = status.st_size, status.st_mtime_ns
        known = file.known
        doubted = known is not None and known.problem is not None and known.bytes > 0
        if known is not None and not doubted and known.stamp == (size, modified):
            width, height, digest = known.width, known.height, known.digest
        else:
            info, digest = _look(full, size, doubted)
            width, height = info.width, info.height
    except InputError as error:
        problem = error.message
    except OSError as error:
        problem = f"The file cannot be read ({error.strerror or error})."
    return FoundImage(file.path, file.class_name, width, height, digest, problem, size, modified)


def _look(file: str, size: int, doubted: bool) -> tuple[ImageInfo, str]:
    """What is in the file, and the digest of its bytes; ``doubted`` ones are decoded in any case.

    Raises InputError or OSError.
    """
    if not doubted and 0 < size <= _HELD_BYTES:  # a pipe or device has no size
        with open(file, "rb", buffering=0) as stream:  # noqa: PTH123
            content = stream.readall()
        info = glance(content)
        if info is not None:
            return info, hashlib.blake2b(content, digest_size=_DIGEST_BYTES).hexdigest()
    path = Path(file)
    return probe(path), file_digest(path)


def file_digest(file: Path) -> str:
    """BLAKE2b of the bytes, 40 hexadecimal digits. Raises OSError."""
    with file.open("rb") as stream:
        hashed = hashlib.file_digest(stream, lambda: hashlib.blake2b(digest_size=_DIGEST_BYTES))
    return hashed.hexdigest()
