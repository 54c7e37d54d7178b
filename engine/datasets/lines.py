"""Text files of data sets, with the line that is wrong named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from engine.domain.errors import InputError
from engine.domain.geometry import Box
from engine.exchange.names import path_problem, tidy_path


def lines_of(path: Path) -> Iterator[tuple[int, str]]:
    """Number (from 1) and stripped text of every line that is not blank. Raises InputError."""
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise InputError(f"It cannot be read ({error.strerror}).", path=path) from error
    except UnicodeDecodeError as error:
        raise InputError("The file is not UTF-8.", path=path) from error
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            yield number, line.strip()


def keyed_lines(path: Path, fields: int = 1) -> dict[str, tuple[str, ...]]:
    """``fields`` values by the key that begins each line; the last value may hold blanks.

    Raises InputError for a line with fewer values and a key that is named twice.
    """
    found: dict[str, tuple[str, ...]] = {}
    for number, line in lines_of(path):
        key, *values = line.split(maxsplit=fields)
        if len(values) != fields:
            raise wrong(path, number, f"The line has {len(values)} values, not {fields}.")
        if key in found:
            raise wrong(path, number, f"{key} is there twice.")
        found[key] = tuple(values)
    return found


def numbers(path: Path, place: str, values: tuple[str, ...]) -> tuple[float, ...]:
    """``values`` as numbers. Raises InputError."""
    try:
        return tuple(float(value) for value in values)
    except ValueError as error:
        shown = " ".join(values)
        raise InputError(f"{shown!r} are not all numbers.", path=path, place=place) from error


def checked_box(path: Path, place: str, box: Box) -> Box:
    """``box`` if it covers something. Raises InputError."""
    if not box.has_extent:
        shown = ", ".join(f"{value:g}" for value in box.as_tuple())
        raise InputError(f"The box {shown} has no extent.", path=path, place=place)
    return box


def image_path(path: Path, place: str, text: str) -> str:
    """``text`` as a path below the root. Raises InputError if it leads elsewhere."""
    problem = path_problem(text)
    if problem:
        raise InputError(f"In the image's path {problem}.", path=path, place=place)
    return tidy_path(text)


def wrong(path: Path, number: int, message: str) -> InputError:
    return InputError(message, path=path, place=f"line {number}")
