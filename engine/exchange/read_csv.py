"""CSV in: boxes.csv line by line, and the images.csv of an export beside it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain
from operator import itemgetter
from pathlib import Path
from typing import BinaryIO

from engine.domain.errors import InputError
from engine.domain.records import ReviewState
from engine.exchange.counts import SPLITS
from engine.exchange.csv_boxes import BOXES, IMAGE_COLUMNS, IMAGES, PICTURES
from engine.exchange.names import foreign_problem, last_step, path_problem, tidy_path
from engine.exchange.reading import (
    MAX_PIXELS,
    OTHER_FORMAT,
    ReadBox,
    ReadImage,
    Reading,
    Trouble,
    Unread,
    class_problem,
    name_problem,
    opened_file,
    parsed,
    plain_corners,
    score_of,
)
from engine.exchange.tables import BOX_COLUMNS

_SIDES = BOX_COLUMNS[4:]
#: Longest line that is read, in bytes.
_MAX_LINE = 1 << 20
_STATES = frozenset(state.value for state in ReviewState)

#: The columns that are read of each table, in this order; those that it lacks are empty.
_OF_BOXES = (*BOX_COLUMNS, "score", "state", "split")
_OF_IMAGES = ("image", "width", "height", "state", "split")
Fields = tuple[str, ...]


@dataclass
class _Known:
    """Images met so far, by path."""

    folder: Path
    images: dict[str | None, ReadImage] = field(default_factory=dict)

    def add(self, name: str, source: Path, place: str, size: Fields, said: Fields) -> ReadImage:
        """``size``: width and height; ``said``: state and split."""
        state, split = said
        inside = name if path_problem(name) is None else last_step(name)
        image = ReadImage(
            len(self.images),
            name,
            _size(size[0]),
            _size(size[1]),
            split if split in SPLITS else None,
            state if state in _STATES else None,
            (f"{self.folder}/{PICTURES}/{inside}",),
            place=place,
            source=source,
        )
        self.images[name] = image
        return image


def read_csv(source: Path, trouble: Trouble) -> Reading:
    """The images and boxes of a boxes.csv, or of a folder with one.

    The header has ``image,class,width,height,xmin,ymin,xmax,ymax``, and may have ``state`` and
    ``score``; half-open 0-based pixels. The images.csv of an export beside it adds the images
    without boxes, and the splits. ``trouble`` hears of every line that cannot be used. Raises
    InputError for a file that has not this header or is no CSV.
    """
    path = source / BOXES if source.is_dir() else source
    known = _Known(path.parent)
    beside = path.with_name(IMAGES)
    if beside != path and beside.is_file():
        yield from _read_images(beside, known, trouble)
    raw: str | None = None
    image: ReadImage | None = None
    for place, fields in _lines(path, BOX_COLUMNS, _OF_BOXES, trouble):
        if not fields or fields[0] != raw or image is None:  # most are of the image before
            raw = fields[0] if fields else None
            image = known.images.get(raw)
            name = None if raw is None or image else _name(raw, path, place, trouble)
            if name is not None and (image := known.images.get(name)) is None:
                image = known.add(name, path, place, fields[2:4], fields[9:])
                yield image
        if image is None:
            yield Unread(None)
            continue
        found = _plain_box(image, fields, path, place) or _box(image, fields, path, place)
        if isinstance(found, str):
            trouble(path, place, found)
            yield Unread(image.key)
        else:
            yield found


def _read_images(path: Path, known: _Known, trouble: Trouble) -> Iterator[ReadImage]:
    for place, fields in _lines(path, IMAGE_COLUMNS[:1], _OF_IMAGES, trouble):
        name = _name(fields[0], path, place, trouble) if fields else None
        if name is not None and name not in known.images:
            yield known.add(name, path, place, fields[1:3], fields[3:])


def _lines(
    path: Path, required: tuple[str, ...], wanted: tuple[str, ...], trouble: Trouble
) -> Iterator[tuple[str, Fields]]:
    """Place and the ``wanted`` fields of each row that is not blank; none if there is trouble."""
    with opened_file(path) as file:
        reader = csv.reader(_text(file, path), strict=True)
        try:
            header = [name.strip() for name in next(reader, [])]
            _check_header(path, header, required)
            columns = len(header)  # and one behind them, which is empty
            pick = itemgetter(*(header.index(n) if n in header else columns for n in wanted))
            for fields in reader:
                if len(fields) == columns:
                    fields.append("")
                    yield f"line {reader.line_num}", pick(fields)
                elif fields:
                    place = f"line {reader.line_num}"
                    wrong = f"The row has {len(fields)} fields, the header has {columns}."
                    trouble(path, place, wrong)
                    yield place, ()
        except csv.Error as error:
            place = f"line {reader.line_num}"
            wrong = str(error).partition(" - ")[0]  # the rest is for programmers
            raise InputError(
                f"Not CSV: {wrong}.", path=path, place=place, remedy=OTHER_FORMAT
            ) from error


def _text(file: BinaryIO, path: Path) -> Iterator[str]:
    """Lines with their ends; bytes that are not UTF-8 become surrogates, refused as names."""
    return chain.from_iterable(io.StringIO(text, newline="\n") for text in _blocks(file, path))


def _blocks(file: BinaryIO, path: Path) -> Iterator[str]:
    """Many whole lines at once, which is several times as fast as one by one."""
    encoding, rest, lines = "utf-8-sig", b"", 0
    while block := file.read(_MAX_LINE):
        at = block.find(b"\n")
        if len(rest) + (len(block) if at < 0 else at) >= _MAX_LINE:
            place = f"line {lines + 1}"
            raise InputError("The line is too long to be one.", path=path, place=place)
        whole, end, left = block.rpartition(b"\n")
        if not end:
            rest += block
            continue
        yield (rest + whole + end).decode(encoding, "surrogateescape")
        lines += whole.count(b"\n") + 1
        encoding, rest = "utf-8", left
    if rest:
        yield rest.decode(encoding, "surrogateescape")


def _check_header(path: Path, header: list[str], required: tuple[str, ...]) -> None:
    missing = [name for name in required if name not in header]
    if missing or len(set(header)) != len(header):
        wrong = f"lacks {', '.join(missing)}" if missing else "names a column twice"
        raise InputError(
            f"The header {wrong}.",
            path=path,
            place="line 1",
            remedy=f"The first line has, with commas: {','.join(required)}.",
        )


def _name(text: str, path: Path, place: str, trouble: Trouble) -> str | None:
    wrong = name_problem(text, "image") or foreign_problem(text)
    if wrong:
        trouble(path, place, wrong)
        return None
    return tidy_path(text)


def _plain_box(image: ReadImage, fields: Fields, path: Path, place: str) -> ReadBox | None:
    """The box of a row as nearly all are; None says that it has to be looked at more closely."""
    _, class_text, width, height, left, top, right, bottom, given, _, _ = fields
    class_name = _class(class_text)
    if class_name is None or (_size(width), _size(height)) != (image.width, image.height):
        return None
    try:
        xmin, ymin, xmax, ymax = float(left), float(top), float(right), float(bottom)
        score = float(given) if given else None
    except ValueError:
        return None
    if not (  # none of them holds for NaN
        -MAX_PIXELS <= xmin <= MAX_PIXELS
        and -MAX_PIXELS <= ymin <= MAX_PIXELS
        and -MAX_PIXELS <= xmax <= MAX_PIXELS
        and -MAX_PIXELS <= ymax <= MAX_PIXELS
        and image.width is not None
        and (score is None or 0 <= score <= 1)
    ):
        return None
    return ReadBox(image.key, class_name, xmin, ymin, xmax, ymax, path, place, score)


@lru_cache(maxsize=4096)
def _class(text: str) -> str | None:
    """The name of a class, or None if it is none."""
    return None if name_problem(text.strip(), "class") else text.strip()


def _box(image: ReadImage, fields: Fields, path: Path, place: str) -> ReadBox | str:
    """The box, or what is wrong with the row."""
    _, class_name, *size, xmin, ymin, xmax, ymax, score_text, _state, _split = fields
    class_name = class_name.strip()
    wrong = class_problem(class_name, "class")
    if wrong:
        return wrong
    width, height = map(_size, size)
    if width is None or height is None:
        return "Width and height are no numbers of pixels."
    if (width, height) != (image.width, image.height):
        return f"The size is another than on {image.place}."
    texts = (xmin, ymin, xmax, ymax)
    corners = plain_corners(texts)
    if corners is None:
        named = zip(_SIDES, texts, strict=True)
        side, text = next((pair for pair in named if parsed(pair[1]) is None), ("A side", xmin))
        return f"{side} is {text[:80]!r}, which is no number."
    x1, y1, x2, y2 = corners
    score, wrong = None, None
    if text := score_text.strip():
        value = parsed(text)
        score, wrong = score_of(text if value is None else value)
    if wrong:
        return wrong
    return ReadBox(image.key, class_name, x1, y1, x2, y2, path, place, score)


@lru_cache(maxsize=4096)
def _size(text: str | None) -> int | None:
    plain = parsed(text)
    return int(plain) if plain is not None and plain >= 1 and plain == int(plain) else None
