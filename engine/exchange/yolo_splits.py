"""Which split a label file of YOLO belongs to, as data.yaml says: by folders, or by lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from engine.exchange.counts import SPLITS
from engine.exchange.reading import opened_file
from engine.exchange.yolo import IMAGES, LABELS

_KEYS = {**{split: split for split in SPLITS}, "valid": "val", "validation": "val"}
_MAX_LIST = 256 << 20
_MAX_LISTS = 100


class Splits:
    """What data.yaml says of the splits; its paths are taken below the folder that it lies in,
    whatever stands before them: they hold for the machine that it was written on."""

    def __init__(self, about: object, root: Path) -> None:
        self._folders: dict[str, str] = {}
        self._images: dict[str, str | None] = {}
        for split, value in _values(about):
            steps = [step for step in value.replace("\\", "/").split("/") if step not in _UP]
            if value.lower().endswith(".txt"):
                self._add_list(split, root, steps)
            elif steps:
                folder = "/".join(LABELS if step == IMAGES else step for step in steps)
                self._folders.setdefault(folder, split)  # val is often the train images again

    def of(self, file: str) -> str | None:
        """The split of a label file, given below the root; None if nothing is said of it."""
        if self._images and (key := _tail(file, LABELS)) in self._images:
            return self._images[key]
        folder = file.rpartition("/")[0]
        while folder:
            if folder in self._folders:
                return self._folders[folder]
            folder = folder.rpartition("/")[0]
        return None

    def _add_list(self, split: str, root: Path, steps: list[str]) -> None:
        path = root.joinpath(*steps)
        if not path.is_file():
            return
        with opened_file(path, _MAX_LIST) as file:
            for line in file:
                name = line.decode("utf-8", "replace").strip().replace("\\", "/")
                if name:
                    key = _tail(name, IMAGES)
                    same = self._images.setdefault(key, split) == split
                    self._images[key] = split if same else None  # of two splits it is in none


_UP = ("", ".", "..")


def _values(about: object) -> Iterator[tuple[str, str]]:
    """Split and path of each entry, of which there may be several for one split."""
    said: Mapping[Any, Any] = about if isinstance(about, dict) else {}
    for key, split in _KEYS.items():
        value = said.get(key)
        for entry in (value if isinstance(value, list) else [value])[:_MAX_LISTS]:
            if isinstance(entry, str) and "\x00" not in entry:
                yield split, entry


def _tail(path: str, folder: str) -> str:
    """What follows the last step named ``folder``, or the own name; without a suffix."""
    steps = path.split("/")
    at = max((i for i, step in enumerate(steps[:-1]) if step == folder), default=len(steps) - 2)
    tail = "/".join(steps[at + 1 :])
    return tail.rpartition(".")[0] or tail
