"""Which image of the project a file means."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path

from engine.domain.imports import MatchBy
from engine.domain.records import ImageRecord
from engine.exchange.names import last_step, split_name
from engine.exchange.reading import ReadImage
from engine.indexing.scan import file_digest

_UPLOAD = re.compile(r"^[0-9a-f]{8}-")
Find = Callable[[ReadImage], list[ImageRecord]]
Table = dict[str, list[ImageRecord]]


class Matcher:
    """Finds images by path, by name, or by the content of the file that lies beside the boxes."""

    def __init__(self, images: Iterable[ImageRecord], by: MatchBy) -> None:
        self._images = list(images)
        ways: dict[MatchBy, tuple[Find, ...]] = {
            MatchBy.PATH: (self._by_path,),
            MatchBy.NAME: (self._by_name,),
            MatchBy.HASH: (self._by_content,),
            MatchBy.AUTO: (self._by_path, self._by_name, self._by_content, self._by_upload),
        }
        self._ways = ways[by]

    def find(self, image: ReadImage) -> tuple[ImageRecord | None, str]:
        """The image, or None and why there is none."""
        several = 0
        for way in self._ways:
            found = way(image)
            if len(found) == 1:
                return found[0], ""
            several = max(several, len(found))
        if several:
            return None, f"{several} images of the project could be {image.name}."
        return None, f"No image of the project is {image.name}."

    # Tables are made when they are first asked for: most files need one of them.

    @cached_property
    def _whole(self) -> Table:
        return _table(self._images, lambda path: path)

    @cached_property
    def _stems(self) -> Table:
        return _table(self._images, lambda path: path[: len(path) - len(split_name(path)[1])])

    @cached_property
    def _digests(self) -> Table:
        found: Table = {}
        for image in self._images:
            if image.digest is not None:
                found.setdefault(image.digest, []).append(image)
        return found

    def _by_path(self, image: ReadImage) -> list[ImageRecord]:
        table = self._whole if image.has_suffix else self._stems
        return table.get(image.name, [])

    def _by_name(self, image: ReadImage) -> list[ImageRecord]:
        table = self._whole if image.has_suffix else self._stems
        return table.get(f"*/{last_step(image.name)}", [])

    def _by_upload(self, image: ReadImage) -> list[ImageRecord]:
        """Label Studio puts eight hexadecimal digits before the name of each file."""
        own = _UPLOAD.sub("", last_step(image.name))
        table = self._whole if image.has_suffix else self._stems
        return [] if own == last_step(image.name) else table.get(f"*/{own}", [])

    def _by_content(self, image: ReadImage) -> list[ImageRecord]:
        digest = _digest(file + suffix for file in image.files for suffix in image.suffixes)
        return [] if digest is None else self._digests.get(digest, [])


def _table(images: Iterable[ImageRecord], key: Callable[[str], str]) -> Table:
    """By the whole key, and by its last step after a star."""
    found: Table = {}
    for image in images:
        whole = key(image.path)
        found.setdefault(whole, []).append(image)
        found.setdefault(f"*/{whole.rpartition('/')[2]}", []).append(image)
    return found


def _digest(files: Iterable[str]) -> str | None:
    """Of the first that is a file; a name that no system could have is none."""
    for name in files:
        try:
            if Path(name).is_file():
                return file_digest(Path(name))
        except (OSError, ValueError):
            continue
    return None
