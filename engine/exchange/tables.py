"""Boxes and splits as CSV: UTF-8, commas, one header line."""

from __future__ import annotations

import csv
import io
import math
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from engine.domain.errors import InputError, StorageError
from engine.domain.geometry import Box
from engine.exchange.model import ExportBox
from engine.exchange.names import path_problem, tidy_path

BOX_COLUMNS = ("image", "class", "width", "height", "xmin", "ymin", "xmax", "ymax")
REVIEW_COLUMNS = ("state", "score", "run")
SPLIT_COLUMNS = ("image", "class", "split")
#: How far over the edge a box may reach, in pixels, before it is an error: decimal rounding.
TOLERANCE = 0.01


@dataclass(frozen=True, slots=True)
class BoxRow:
    """One object: ``image`` is a path below the image root; half-open pixels of the image."""

    image: str
    class_name: str
    width: int
    height: int
    box: Box
    state: str | None = None
    score: float | None = None
    run_id: int | None = None


def read_boxes(path: Path) -> list[BoxRow]:
    """The rows of a boxes.csv; columns beyond ``BOX_COLUMNS`` are ignored.

    Raises InputError naming file and line: not UTF-8, another header, a field too many or too
    few, a number that is none, no extent, outside the image, two sizes for one image, a row
    twice, a path that is absolute or climbs. Nothing is returned in part.
    """
    rows: list[BoxRow] = []
    lines: dict[BoxRow, int] = {}
    sizes: dict[str, tuple[int, int, int]] = {}
    for line, fields in _records(path, BOX_COLUMNS):
        row = _box_row(path, line, fields)
        if row in lines:
            raise _wrong(path, line, f"The row is the same as line {lines[row]}.", "Delete one.")
        width, height, first = sizes.setdefault(row.image, (row.width, row.height, line))
        if (width, height) != (row.width, row.height):
            raise _wrong(path, line, f"The size of {row.image} is another on line {first}.")
        lines[row] = line
        rows.append(row)
    return rows


def read_splits(path: Path) -> dict[str, str]:
    """Split by image of a splits.csv (``image`` and ``split``; other columns are ignored).

    Raises InputError naming file and line, as ``read_boxes``; an image is named once only.
    """
    splits: dict[str, str] = {}
    lines: dict[str, int] = {}
    for line, fields in _records(path, ("image", "split")):
        image = _image(path, line, fields["image"])
        if image in lines:
            raise _wrong(path, line, f"{image} is on line {lines[image]} already.", "Delete one.")
        if not fields["split"].strip():
            raise _wrong(path, line, "The split is empty.", "Write train, val or test.")
        lines[image] = line
        splits[image] = fields["split"].strip()
    return splits


def write_boxes(rows: Iterable[BoxRow], path: Path) -> None:
    """Write a boxes.csv in the order given, replacing an earlier one only when it is whole.

    State, score and run follow as further columns if any row has them.
    Raises StorageError; an earlier file is then as it was.
    """
    listed = list(rows)
    reviewed = any((row.state, row.score, row.run_id) != (None, None, None) for row in listed)
    header = BOX_COLUMNS + (REVIEW_COLUMNS if reviewed else ())
    write_rows(path, header, (_fields(row)[: len(header)] for row in listed))


def write_splits(rows: Iterable[tuple[str, str, str]], path: Path) -> None:
    """Write a splits.csv of (image, class, split); as ``write_boxes``."""
    write_rows(path, SPLIT_COLUMNS, rows)


def _records(path: Path, required: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """Line number and fields by column of each row that is not blank."""
    reader = csv.reader(io.StringIO(_text(path), newline=""), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        _check_header(path, header, required)
        for fields in reader:
            if not fields:
                continue
            if len(fields) != len(header):
                message = f"The row has {len(fields)} fields, the header has {len(header)}."
                raise _wrong(path, reader.line_num, message)
            yield reader.line_num, dict(zip(header, fields, strict=True))
    except csv.Error as error:
        raise _wrong(path, reader.line_num, f"Not CSV: {error}.") from error


def _text(path: Path) -> str:
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise InputError(
            f"It cannot be read ({error.strerror}).", path=path, remedy="Check the path."
        ) from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _wrong(path, line, "The file is not UTF-8.", "Save it as UTF-8.") from error


def _check_header(path: Path, header: list[str], required: tuple[str, ...]) -> None:
    missing = [name for name in required if name not in header]
    if missing:
        raise _wrong(
            path,
            1,
            f"The header lacks {', '.join(missing)}.",
            f"The first line has, with commas: {','.join(required)}.",
        )
    if len(set(header)) != len(header):
        raise _wrong(path, 1, "The header names a column twice.")


def _box_row(path: Path, line: int, fields: Mapping[str, str]) -> BoxRow:
    image = _image(path, line, fields["image"])
    class_name = fields["class"].strip()
    if not class_name:
        raise _wrong(path, line, "The class is empty.")
    width, height = (_whole(path, line, name, fields[name]) for name in ("width", "height"))
    box = Box(*(_number(path, line, name, fields[name]) for name in BOX_COLUMNS[4:]))
    if not box.has_extent:
        raise _wrong(path, line, "The box has no extent.", "xmin < xmax and ymin < ymax.")
    inside = box.clipped(width, height)
    reach = max(abs(a - b) for a, b in zip(box.as_tuple(), inside.as_tuple(), strict=True))
    if reach > TOLERANCE or not inside.has_extent:
        raise _wrong(path, line, f"The box leaves the image of {width} x {height} pixels.")
    return BoxRow(image, class_name, width, height, inside)


def _image(path: Path, line: int, text: str) -> str:
    problem = path_problem(text)
    if problem:
        raise _wrong(path, line, f"In the column image {problem}.", "Give it below the image root.")
    return tidy_path(text)


def _number(path: Path, line: int, column: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise _wrong(path, line, f"{column} is {text!r}, which is no number.")
    return number


def _whole(path: Path, line: int, column: str, text: str) -> int:
    number = _number(path, line, column, text)
    if number != int(number) or number < 1:
        raise _wrong(path, line, f"{column} is {text!r}, which is no number of pixels.")
    return int(number)


def _wrong(path: Path, line: int, message: str, remedy: str | None = None) -> InputError:
    return InputError(message, path=path, place=f"line {line}", remedy=remedy)


def _fields(row: BoxRow) -> tuple[object, ...]:
    """The row as text; csv writes None as nothing and floats so that they read back the same."""
    size = (row.image, row.class_name, row.width, row.height)
    return (*size, *box_fields(row.box), row.state, row.score, row.run_id)


def box_fields(box: Box | ExportBox) -> tuple[float | int, ...]:
    """The four corners as a table has them: whole numbers without a point."""
    return tuple(map(_plain, (box.xmin, box.ymin, box.xmax, box.ymax)))


def _plain(number: float) -> float | int:
    return int(number) if number == int(number) else number


def write_rows(path: Path, header: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> None:
    """Write a table in the order given, replacing an earlier one only when it is whole.

    Raises StorageError; an earlier file is then as it was.
    """
    path = Path(path)
    partial = path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}.partial")
    try:
        with partial.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(header)
            writer.writerows(rows)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        raise StorageError(
            f"The table could not be written ({error.strerror}).",
            path=path,
            remedy="Make room or choose another folder; an earlier file is as it was.",
        ) from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
