"""Image labels from a CSV file with the header ``image,class``."""

from __future__ import annotations

import csv
import os
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from engine.domain.errors import InputError

_COLUMNS = ("image", "class")
_REMEDY = "The first line has to be image,class (more columns may follow), the text UTF-8."


@dataclass(frozen=True, slots=True)
class LabelTable:
    """``labels``: path relative to the image root, forward slashes -> class name.

    ``warnings`` name the lines that were left out, and why.
    """

    labels: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


def read_labels(csv: Path, root: Path) -> LabelTable:
    """Read the rows of ``csv`` that name images below ``root`` and give them a class.

    Left out with a warning: images that are not there or outside ``root``, rows without a class,
    and further rows of an image (the first counts). Raises InputError if the file cannot be read,
    is no UTF-8, lacks the header, or has no row that can be used.
    """
    reader = _TableReader(csv, root.resolve())
    for line, row in _rows(csv):
        reader.take(line, row)
    table = reader.table
    if not table.labels:
        detail = f" First: {table.warnings[0]}" if table.warnings else ""
        raise InputError(
            f"No line labels an image below {root}.{detail}",
            path=csv,
            remedy="Paths have to be relative to the folder of images, with forward slashes.",
        )
    return table


class _TableReader:
    def __init__(self, file: Path, root: Path) -> None:
        self.table = LabelTable()
        self._file, self._root = file, root
        self._line_of: dict[str, int] = {}

    def take(self, line: int, row: dict[str, str]) -> None:
        name, label = row["image"], row["class"]
        path = _path_below(self._root, name)
        if path is None:
            self._warn(line, f"there is no image {name!r} below {self._root}")
        elif not label:
            self._warn(line, f"{name!r} has no class")
        elif path in self.table.labels:
            kept = self.table.labels[path]
            if kept != label:
                first = self._line_of[path]
                self._warn(line, f"{name!r} is {kept!r} in line {first}, {label!r} here is ignored")
        else:
            self.table.labels[path] = label
            self._line_of[path] = line

    def _warn(self, line: int, message: str) -> None:
        self.table.warnings.append(f"{self._file.name}, line {line}: {message}.")


def _rows(file: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Line number (from 1) and stripped cells of every row that is not blank."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream, strict=True)
            header = [cell.strip() for cell in next(reader, [])]
            if any(header.count(column) != 1 for column in _COLUMNS):
                shown = ",".join(header) or "empty"
                raise InputError(
                    f"The header is {shown[:80]}.", path=file, place="line 1", remedy=_REMEDY
                )
            for cells in reader:
                padded = [cell.strip() for cell in cells] + [""] * len(header)
                if any(padded):
                    yield reader.line_num, dict(zip(header, padded, strict=False))
    except UnicodeDecodeError as error:
        place = f"byte {error.start}"
        raise InputError("The file is no UTF-8.", path=file, place=place, remedy=_REMEDY) from error
    except csv.Error as error:
        place = f"line {reader.line_num}"
        raise InputError(f"Not a CSV: {error}.", path=file, place=place, remedy=_REMEDY) from error
    except OSError as error:
        raise InputError(
            f"The labels cannot be read ({error.strerror or error}).", path=file
        ) from error


def _path_below(root: Path, name: str) -> str | None:
    """``name`` as the relative path of a file that is there and below ``root``, else None."""
    spellings = [name, name.replace("\\", "/")]
    spellings += [unicodedata.normalize(form, spellings[1]) for form in ("NFC", "NFD")]
    for spelling in dict.fromkeys(spellings):
        path = PurePosixPath(spelling)
        if Path(spelling).is_absolute() or ".." in path.parts or "\0" in spelling or not path.parts:
            continue
        file = root / path
        # unlike Path.is_file, no error for names that are too long
        there = os.path.isfile(file)  # noqa: PTH113
        if there and Path(os.path.realpath(file)).is_relative_to(root):
            return path.as_posix()
    return None
