"""YOLO in: label files with class and relative box, and the names beside them."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import yaml

from engine.domain.errors import InputError
from engine.exchange.counts import SPLITS
from engine.exchange.names import path_problem, tidy_path
from engine.exchange.reading import (
    OTHER_FORMAT,
    ReadBox,
    ReadImage,
    Reading,
    Trouble,
    Unread,
    name_problem,
    opened_file,
    parsed,
    read_file,
    score_of,
    walked,
)
from engine.exchange.yolo import DATA, IMAGES, INDEX, INDEX_COLUMNS, LABELS
from engine.exchange.yolo_splits import Splits

_MAX_LABELS = 16 << 20
#: Longest row whose fields are counted.
_MAX_SHAPE = 64 << 10
_MAX_NAMES = 256 << 10
_MAX_DEPTH = 100
_MAX_INDEX = 256 << 20
_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")
#: Lists of names and images, which may lie beside the labels.
_NO_LABELS = re.compile(r"(classes|train|val|valid|test|README.*)\.txt")
_FOREIGN_SPLITS = {"valid": "val", "validation": "val"}
#: How far over the edge a part of an image may reach: decimal rounding.
_TOLERANCE = 1e-3
_LEAST, _MOST = -_TOLERANCE, 1 + _TOLERANCE


def read_yolo(source: Path, trouble: Trouble) -> Reading:
    """The images and boxes of a folder in the ultralytics layout, or of its data.yaml.

    Rows are ``class cx cy w h`` in parts of the image, with a score as a sixth column in
    predictions. Label files are all .txt below a folder named labels; without one, all but
    classes.txt. Names come from data.yaml, classes.txt or obj.names, splits from the folders and
    lists that data.yaml names or from the names of folders, and
    images from index.csv where an export of ours has one. ``trouble`` hears of everything that
    cannot be used. Raises InputError if there are no names or no label files.
    """
    root = source if source.is_dir() else source.parent
    names, about = _names(root if source.is_dir() else source)
    splits = Splits(about, root)
    index = _read_index(root / INDEX, trouble)
    files = _label_files(root)
    if not files:
        raise InputError("There are no label files in it.", path=root, remedy=OTHER_FORMAT)
    known = _Names(names, {str(number).encode(): name for number, name in names.items()})
    for key, name in enumerate(files):
        path = f"{root}/{name}"
        yield _image(key, name, path, root, splits.of(name), index)
        yield from _rows(key, path, known, trouble)


def _label_files(root: Path) -> list[str]:
    """Below ``root`` with forward slashes, in a fixed order; links to folders are not followed."""
    found: list[str] = []
    elsewhere: list[str] = []
    for folder, names in walked(root):
        parts = Path(folder).relative_to(root).parts
        texts = ["/".join((*parts, name)) for name in names if name.endswith(".txt")]
        (found if LABELS in parts else elsewhere).extend(texts)
    chosen = found or elsewhere
    return sorted(name for name in chosen if not _NO_LABELS.fullmatch(name.rpartition("/")[2]))


def _image(
    key: int, file: str, path: str, root: Path, split: str | None, index: dict[str, str]
) -> ReadImage:
    parts = file[: -len(".txt")].split("/")
    split = split or next((found for part in parts[:-1] if (found := _split(part))), None)
    stem = "/".join([IMAGES if part == LABELS else part for part in parts])
    known = stem in index
    own = [part for part in parts[:-1] if part != LABELS and _split(part) is None]
    return ReadImage(
        key,
        index[stem] if known else "/".join([*own, parts[-1]]),
        split=split,
        files=(f"{root}/{stem}",),
        suffixes=_SUFFIXES,
        has_suffix=known,
        source=path,
    )


def _split(part: str) -> str | None:
    return part if part in SPLITS else _FOREIGN_SPLITS.get(part)


@dataclass(frozen=True, slots=True)
class _Names:
    """The class of each number, and of its text."""

    by_number: dict[int, str]
    by_field: dict[bytes, str]


def _rows(key: int, path: str, names: _Names, trouble: Trouble) -> Reading:
    try:
        lines = read_file(path, _MAX_LABELS).splitlines()
    except InputError as error:
        trouble(path, "", error.message)
        yield Unread(key)
        return
    by_field = names.by_field
    for line, raw in enumerate(lines, start=1):
        place = f"line {line}"
        if plain := _plain_row(key, raw, by_field, path, place):
            yield plain
            continue
        if not raw.strip():
            continue
        found = _row(key, raw, names.by_number, path, place)
        if isinstance(found, str):
            trouble(path, place, found)
            yield Unread(key)
        else:
            yield found


def _plain_row(
    key: int, raw: bytes, names: dict[bytes, str], path: str, place: str
) -> ReadBox | None:
    """The box of a row as nearly all are; None says that it has to be looked at more closely."""
    fields = raw.split()
    if len(fields) != 5 or len(raw) > 1000 or (name := names.get(fields[0])) is None:
        return None
    try:
        cx, cy, width, height = map(float, fields[1:])
    except ValueError:
        return None
    if not (  # none of them holds for NaN
        _LEAST <= cx <= _MOST
        and _LEAST <= cy <= _MOST
        and _LEAST <= width <= _MOST
        and _LEAST <= height <= _MOST
    ):
        return None
    half_width, half_height = width / 2, height / 2
    corners = (cx - half_width, cy - half_height, cx + half_width, cy + half_height)
    return ReadBox(key, name, *corners, path, place, None, None, True)


def _row(key: int, raw: bytes, names: dict[int, str], path: str, place: str) -> ReadBox | str:
    """The box, or what is wrong with the row."""
    fields = raw[:_MAX_SHAPE].decode("utf-8", "replace").split()
    if len(raw) > 1000 or len(fields) not in (5, 6):
        is_shape = len(fields) > 6 and len(raw) <= _MAX_SHAPE
        what = ", as a polygon, a rotated box or a pose" if is_shape else ""
        return f"The row has {len(fields)} fields{what}; a box has 5: class cx cy w h."
    class_number = int(fields[0]) if fields[0].isascii() and fields[0].isdigit() else None
    if class_number is None or class_number not in names:
        return f"No class has the number {fields[0][:80]!r}."
    values = [parsed(field) for field in fields[1:]]
    if any(value is None or not _LEAST <= value <= _MOST for value in values):
        return f"Not all of {' '.join(fields[1:])[:80]} are numbers from 0 to 1."
    cx, cy, width, height = (value for value in values[:4] if value is not None)
    score, wrong = score_of(values[4] if len(values) > 4 else None)
    if wrong:
        return wrong
    corners = (cx - width / 2, cy - height / 2, cx + width / 2, cy + height / 2)
    return ReadBox(key, names[class_number], *corners, path, place, score, is_relative=True)


def _names(source: Path) -> tuple[dict[int, str], object]:
    """The names by number, and what else data.yaml says."""
    if not source.exists():
        raise InputError("There is no such file or folder.", path=source, remedy="Check the path.")
    tables = [source] if source.is_file() else sorted(source.glob("*.yaml"))
    tables = [source / DATA] if (source / DATA).is_file() else tables
    if tables:
        return _names_of_yaml(tables[0])
    for path in (source / "classes.txt", source / LABELS / "classes.txt", source / "obj.names"):
        if path.is_file():
            with opened_file(path, _MAX_NAMES) as file:
                text = file.read().decode("utf-8", "replace")
            return _checked(dict(enumerate(text.splitlines())), path), None
    raise InputError(
        f"Nothing names the classes: there is no {DATA} and no classes.txt.",
        path=source,
        remedy="Put a classes.txt with a name per line beside them, or choose another format.",
    )


def _names_of_yaml(path: Path) -> tuple[dict[int, str], object]:
    with opened_file(path, _MAX_NAMES) as file:
        text = file.read()
        if _bracket_depth(text) > _MAX_DEPTH:
            raise InputError("It is nested too deep.", path=path)
        try:
            # BaseLoader makes nothing but text, lists and dictionaries. The one in C dies of depth.
            about = yaml.load(text, yaml.BaseLoader)
        except (yaml.YAMLError, ValueError, RecursionError, TypeError) as error:
            raise _not_yaml(error, path) from error
    names = about.get("names") if isinstance(about, dict) else None
    if isinstance(names, list):
        return _checked(dict(enumerate(names)), path), about
    if not isinstance(names, dict):
        remedy = "Add the class names, for example names: [cat, dog]"
        raise InputError("It has no list of names.", path=path, remedy=remedy)
    numbered: dict[int, object] = {}
    for key, name in names.items():
        if not (isinstance(key, str) and key.isascii() and key.isdigit() and len(key) < 10):
            raise InputError(f"{str(key)[:80]!r} is no class number.", path=path, place="names")
        numbered[int(key)] = name
    return _checked(numbered, path), about


def _not_yaml(error: Exception, path: Path) -> InputError:
    mark = getattr(error, "problem_mark", None)
    wrong = getattr(error, "problem", None) or str(error)[:300]
    place = None if mark is None else f"line {mark.line + 1}"
    remedy = "Correct it, or put a classes.txt with one name per line in its place."
    return InputError(f"Not usable as YAML: {wrong}.", path=path, place=place, remedy=remedy)


def _bracket_depth(text: bytes) -> int:
    """The reader's time grows with the square of it."""
    steps = [1 if byte in b"[{" else -1 for byte in text if byte in b"[]{}"]
    return max(accumulate(steps), default=0)


def _checked(names: dict[int, object], path: Path) -> dict[int, str]:
    for number, name in names.items():
        wrong = name_problem(name, "name")
        if wrong:
            raise InputError(wrong, path=path, place=f"class {number}")
    return {number: str(name).strip() for number, name in names.items()}


def _read_index(path: Path, trouble: Trouble) -> dict[str, str]:
    """Image by file, both without the file's suffix."""
    if not path.is_file():
        return {}
    with opened_file(path, _MAX_INDEX) as file:
        text = file.read().decode("utf-8", "replace")
    index: dict[str, str] = {}
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        if tuple(next(reader, ())) != INDEX_COLUMNS:
            return {}
        for fields in reader:
            if len(fields) != 2 or path_problem(fields[1]):
                trouble(path, f"line {reader.line_num}", "The line names no image.")
                continue
            stem = fields[0].rpartition(".")[0] if "." in Path(fields[0]).name else fields[0]
            index[stem] = tidy_path(fields[1])
    except csv.Error as error:
        trouble(path, f"line {reader.line_num}", f"Not CSV: {error}.")
    return index
