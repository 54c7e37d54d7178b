"""What an importer gives: images, and boxes that belong to them, one after the other."""

from __future__ import annotations

import math
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

import msgspec

from engine.domain.errors import InputError
from engine.domain.geometry import Box

#: A file by its path. Text where there are very many: a path takes as long to make as to read.
File = Path | str
#: Called with file, place and what is wrong there, for each thing that cannot be used.
Trouble = Callable[[File, str, str], None]

#: How far over the edge a box may reach, in pixels, before it cannot be used: decimal rounding.
TOLERANCE = 0.5
#: No image is as large as this, and no number of a box.
MAX_PIXELS = 1e7
#: Longest name of a class or image that is taken.
MAX_NAME = 1000


# Structs of msgspec: a dataclass takes several times as long to make, and a million are made.


class ReadImage(msgspec.Struct, frozen=True, gc=False):
    """One image as a file names it; ``key`` is what its boxes call it.

    ``has_suffix`` is False where only the path without its suffix is known. ``width`` and
    ``height`` are None where the file says nothing; ``files`` are where the image itself may be,
    each with one of ``suffixes`` behind it. ``is_whole``: all its boxes come, so that one without
    a box is known to be empty.
    """

    key: int
    name: str
    width: int | None = None
    height: int | None = None
    split: str | None = None
    state: str | None = None
    files: Sequence[str] = ()
    suffixes: Sequence[str] = ("",)
    has_suffix: bool = True
    place: str = ""
    source: File | None = None
    is_whole: bool = True


class ReadBox(msgspec.Struct, gc=False):
    """One box of the image ``key``, which has come before it.

    Corners in half-open 0-based pixels, or in parts of the image where ``is_relative``.
    ``number`` is the id that the file gives it.
    """

    key: int
    class_name: str
    xmin: float
    ymin: float
    xmax: float
    ymax: float
    source: File
    place: str
    score: float | None = None
    number: int | None = None
    is_relative: bool = False

    @property
    def box(self) -> Box:
        return Box(self.xmin, self.ymin, self.xmax, self.ymax)


@dataclass(slots=True)
class Unread:
    """A box of the image ``key`` (None: of any) that could not be used, as ``Trouble`` has been
    told: the image is not without boxes, whatever else comes of it."""

    key: int | None


#: What helps where a file is not what it was taken for.
OTHER_FORMAT = "Check that this is the file or folder that you meant, or choose another format."

Reading = Iterator[ReadImage | ReadBox | Unread]


def opened_file(path: File, limit: int | None = None) -> BinaryIO:
    """A regular file for reading. Raises InputError: missing, no file, larger than ``limit``."""
    try:
        _check_file(path, os.stat(path), limit)  # noqa: PTH116 - one look, and of text too
        return open(path, "rb")  # noqa: PTH123 - the caller closes it
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error


def read_file(path: File, limit: int) -> bytes:
    """All of a small file, as ``opened_file`` but in half the time."""
    try:
        handle = os.open(path, _READ)
        try:
            about = os.fstat(handle)
            _check_file(path, about, limit)
            content = os.read(handle, about.st_size + 1)
            while more := os.read(handle, _BLOCK) if len(content) > about.st_size else b"":
                content += more  # it has become longer
                _check_size(path, len(content), limit)
            return content
        finally:
            os.close(handle)
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error


#: What is no file (a pipe, a device) is not waited for, and told.
_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_BLOCK = 1 << 20


def _unreadable(path: File, error: OSError | ValueError) -> InputError:
    if isinstance(error, FileNotFoundError):
        return InputError("There is no such file.", path=path, remedy=OTHER_FORMAT)
    return InputError(
        f"It cannot be read ({getattr(error, 'strerror', None) or error}).",
        path=path,
        remedy="Check the permissions of the file and its folder.",
    )


def _check_file(path: File, about: os.stat_result, limit: int | None) -> None:
    if not stat.S_ISREG(about.st_mode):
        raise InputError("There is no such file.", path=path, remedy=OTHER_FORMAT)
    if limit is not None:
        _check_size(path, about.st_size, limit)


def _check_size(path: File, size: int, limit: int) -> None:
    if size > limit:
        raise InputError(
            f"The file is too large ({size:,} bytes; at most {limit:,} are read).", path=path
        )


def walked(root: Path) -> Iterator[tuple[str, list[str]]]:
    """Each folder below ``root`` with the names of its files; links to folders are not followed.

    Raises InputError for a folder that cannot be looked into: boxes would be missed silently.
    """

    def refuse(error: OSError) -> NoReturn:
        raise InputError(
            f"The folder cannot be read ({error.strerror}).",
            path=error.filename or root,
            remedy="Check its permissions.",
        ) from error

    for folder, _folders, names in os.walk(root, onerror=refuse):
        yield folder, names


def plain_corners(texts: Sequence[str | bytes | None]) -> list[float] | None:
    """The numbers of texts, as nearly all are: finite and of a sensible size; else None."""
    try:
        found = [float(text) for text in texts]  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    for value in found:
        if not -MAX_PIXELS <= value <= MAX_PIXELS:
            return None
    return found


@lru_cache(maxsize=4096)
def class_problem(text: str, what: str) -> str | None:
    """``name_problem`` of the name of a class, as many boxes have it."""
    return name_problem(text, what)


def number(value: Any) -> float | None:
    """``value`` if it is a finite number of a sensible size, else None."""
    if type(value) is float and -MAX_PIXELS <= value <= MAX_PIXELS:  # nearly all of them
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        plain = float(value)
    except OverflowError:
        return None
    return plain if math.isfinite(plain) and abs(plain) <= MAX_PIXELS else None


def parsed(text: str | None) -> float | None:
    """The number that ``text`` writes, as ``number``."""
    if text is None or len(text) > 64:
        return None
    try:
        return number(float(text))
    except ValueError:
        return None


def score_of(value: Any) -> tuple[float | None, str | None]:
    """A score in [0, 1] (None: there is none), and what is wrong with it."""
    if value is None:
        return None, None
    plain = number(value)
    if plain is None or not 0 <= plain <= 1:
        return None, f"The score is {shown(value)}, which is no number from 0 to 1."
    return plain, None


def name_problem(text: Any, what: str) -> str | None:
    """Why ``text`` is no name that can be kept, or None."""
    if not isinstance(text, str):
        return f"The {what} is {shown(text)}, which is no text."
    if not text.strip():
        return f"The {what} is empty."
    if len(text) > MAX_NAME:
        return f"The {what} is {len(text):,} characters long."
    try:
        text.encode()
    except UnicodeEncodeError:
        return f"The {what} {ascii(text)[:80]} is not valid Unicode."
    return None


def fitted(box: Box, width: int, height: int) -> tuple[Box | None, str | None]:
    """``box`` inside the image, or why it cannot be used."""
    if 0 <= box.xmin < box.xmax <= width and 0 <= box.ymin < box.ymax <= height:
        return box, None
    if not box.has_extent:
        return None, f"The box {shown(box.as_tuple())} has no extent."
    inside = box.clipped(width, height)
    reach = max(abs(a - b) for a, b in zip(box.as_tuple(), inside.as_tuple(), strict=True))
    if reach > TOLERANCE or not inside.has_extent:
        size = f"{width} x {height} pixels"
        return None, f"The box {shown(box.as_tuple())} leaves the image of {size}."
    return inside, None


def shown(value: Any) -> str:
    """A value as far as it fits into a message."""
    try:
        text = repr(value)
    except ValueError:  # an integer of too many digits to write
        return "a very long number"
    return text if len(text) <= 80 else text[:77] + "..."
