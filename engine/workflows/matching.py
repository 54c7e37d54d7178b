"""Which image of the project a file means."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath

from engine.domain.imports import MatchBy
from engine.domain.records import ImageRecord
from engine.exchange.reading import ReadImage
from engine.indexing.scan import file_digest

Find = Callable[[ReadImage], list[ImageRecord]]


class Matcher:
    """Finds images by path, by name, or by the content of the file that lies beside the boxes."""

    def __init__(self, images: Iterable[ImageRecord], by: MatchBy) -> None:
        self._whole: dict[str, list[ImageRecord]] = {}
        self._stems: dict[str, list[ImageRecord]] = {}
        self._digests: dict[str, list[ImageRecord]] = {}
        for image in images:
            path = PurePosixPath(image.path)
            for key in {image.path, f"*/{path.name}"}:
                self._whole.setdefault(key, []).append(image)
            for key in {str(path.with_suffix("")), f"*/{path.stem}"}:
                self._stems.setdefault(key, []).append(image)
            if image.digest is not None:
                self._digests.setdefault(image.digest, []).append(image)
        ways: dict[MatchBy, tuple[Find, ...]] = {
            MatchBy.PATH: (self._by_path,),
            MatchBy.NAME: (self._by_name,),
            MatchBy.HASH: (self._by_content,),
            MatchBy.AUTO: (self._by_path, self._by_name, self._by_content),
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

    def _by_path(self, image: ReadImage) -> list[ImageRecord]:
        table = self._whole if image.has_suffix else self._stems
        return table.get(image.name, [])

    def _by_name(self, image: ReadImage) -> list[ImageRecord]:
        table = self._whole if image.has_suffix else self._stems
        return table.get(f"*/{PurePosixPath(image.name).name}", [])

    def _by_content(self, image: ReadImage) -> list[ImageRecord]:
        digest = _digest(image.files)
        return [] if digest is None else self._digests.get(digest, [])


def _digest(files: Iterable[str]) -> str | None:
    """Of the first that is a file; a name that no system could have is none."""
    for name in files:
        try:
            if Path(name).is_file():
                return file_digest(Path(name))
        except (OSError, ValueError):
            continue
    return None
