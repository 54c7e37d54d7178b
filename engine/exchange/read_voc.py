"""Pascal VOC in: a folder of XML files, whose pixels count from 1 or from 0."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from xml.etree.ElementTree import Element

import msgspec

from engine.domain.errors import InputError
from engine.exchange.counts import SPLITS
from engine.exchange.names import foreign_problem, last_step, path_problem, split_name, tidy_path
from engine.exchange.reading import (
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
    walked,
)
from engine.exchange.target import PROVENANCE
from engine.exchange.voc import ANNOTATIONS, IMAGES, LISTS
from engine.exchange.xml_tree import read_tree

#: The place of the error that asks where pixels begin.
FIRST_PIXEL = "first pixel"
_SIDES = ("xmin", "ymin", "xmax", "ymax")
_MAX_LIST = 256 << 20
_MAX_PROVENANCE = 16 << 20


def read_voc(source: Path, trouble: Trouble, one_based: bool | None = None) -> Reading:
    """The images and boxes of one XML file, a folder of them, or a folder with Annotations/.

    ``one_based`` is the devkit's way, 1-based and inclusive; else corners are 0-based and
    half-open; with None it is as an export of ours says, or 0-based if any coordinate is 0.
    The image's path is that in ``<path>`` where it lies below a root, else ``<filename>``.
    ``trouble`` hears of everything that cannot be used. Raises InputError if there is no XML
    file, or nothing tells where pixels begin: then ask.
    """
    files, root = _files(source)
    if one_based is None:
        one_based = _find_base(files, root)
    splits = _read_splits(root)
    beside = f"{root}/{IMAGES}/"
    for key, path in enumerate(files):
        try:
            tree = read_tree(path)
        except InputError as error:
            trouble(path, error.place or "", error.message)
            continue
        split = splits.get(split_name(path)[0]) if splits else None
        yield from _read_file(tree, path, key, split, one_based, beside, trouble)


def _files(source: Path) -> tuple[list[str], Path]:
    """The XML files in a fixed order, and the folder that lists and images are in."""
    if not source.is_dir():
        if not source.is_file():
            raise InputError("There is no such file or folder.", path=source)
        return [source.as_posix()], source.parent.parent
    folder = source / ANNOTATIONS if (source / ANNOTATIONS).is_dir() else source
    found = sorted(
        f"{parent}/{name}"
        for parent, names in walked(folder)
        for name in names
        if name.endswith(".xml")
    )
    if not found:
        raise InputError(
            f"There is no XML file in it or in {ANNOTATIONS}.",
            path=source,
            remedy="Choose the folder that holds Annotations.",
        )
    return found, source if folder != source else source.parent


def _find_base(files: list[str], root: Path) -> bool:
    known = _base_of_export(root / PROVENANCE)
    if known is not None:
        return known
    any_box = False
    for path in files:
        try:
            tree = read_tree(path)
        except InputError:
            continue  # told when it is read for good
        for bounds in tree.iter("bndbox"):
            any_box = True
            if any(parsed(bounds.findtext(side)) == 0 for side in _SIDES):
                return False
    if not any_box:
        return True
    raise InputError(
        "Nothing tells whether its pixels count from 1 or from 0.",
        path=root,
        place=FIRST_PIXEL,
        remedy="Say which: VOC's own tools count from 1, many others from 0.",
    )


def _base_of_export(path: Path) -> bool | None:
    try:
        with opened_file(path, _MAX_PROVENANCE) as file:
            about = msgspec.json.decode(file.read())
        answer = about["options"]["one_based"] if about["format"] == "voc" else None
    except (InputError, ValueError, LookupError, TypeError, RecursionError):
        return None
    return answer if isinstance(answer, bool) else None


def _read_splits(root: Path) -> dict[str, str]:
    """Split by stem; a stem that is in two lists has none."""
    splits: dict[str, str] = {}
    twice: set[str] = set()
    for split in SPLITS:
        path = root / LISTS / f"{split}.txt"
        if not path.is_file():
            continue
        with opened_file(path, _MAX_LIST) as file:
            for line in file:
                stem = line.decode("utf-8", "replace").rstrip("\r\n")
                if splits.setdefault(stem, split) != split:
                    twice.add(stem)
    return {stem: split for stem, split in splits.items() if stem not in twice}


def _read_file(
    tree: Element,
    path: str,
    key: int,
    split: str | None,
    one_based: bool,
    beside: str,
    trouble: Trouble,
) -> Reading:
    if tree.tag != "annotation":
        trouble(path, "", f"Its root is <{tree.tag[:80]}>, not <annotation>.")
        return
    name = _image_name(tree, path)
    wrong = name_problem(name, "filename") or foreign_problem(name)
    if wrong:
        trouble(path, "filename", wrong)
        return
    size = tree.find("size")
    width, height = (
        None if size is None else _size(size.findtext(side)) for side in ("width", "height")
    )
    files = (beside + last_step(tree.findtext("filename") or name),)
    place = "filename"
    whole = bool(split_name(name)[1])  # some tools leave the suffix out
    yield ReadImage(
        key,
        name,
        width,
        height,
        split,
        files=files,
        has_suffix=whole,
        place=place,
        source=path,
    )
    shift = 1 if one_based else 0
    position = 0
    for item in tree:
        if item.tag != "object":
            continue
        position += 1
        place = f"object {position}"
        found = _box(item, key, path, place, shift)
        if isinstance(found, str):
            trouble(path, place, found)
            yield Unread(key)
        else:
            yield found


def _box(item: Element, key: int, path: str, place: str, shift: int) -> ReadBox | str:
    """The box, or what is wrong with it."""
    class_name = (item.findtext("name") or "").strip()
    wrong = class_problem(class_name, "name")
    if wrong:
        return wrong
    bounds = item.find("bndbox")
    texts = [None] * 4 if bounds is None else list(map(bounds.findtext, _SIDES))
    corners = plain_corners(texts)
    if corners is None:
        return _wrong_side(texts)
    xmin, ymin, xmax, ymax = corners
    score, confidence = None, item.findtext("confidence")
    if confidence is not None:
        score, wrong = score_of(parsed(confidence))
        if wrong:
            return wrong
    return ReadBox(key, class_name, xmin - shift, ymin - shift, xmax, ymax, path, place, score)


def _wrong_side(texts: Sequence[str | None]) -> str:
    for side, text in zip(_SIDES, texts, strict=True):
        if text is None:
            return f"There is no {side}."
        if parsed(text) is None:
            return f"{side} is {text[:80]!r}, which is no number."
    return "Its sides are no numbers."


def _image_name(tree: Element, path: str) -> str:
    """``<path>`` where it is one below a root (many tools write absolute ones), else the name."""
    inside = (tree.findtext("path") or "").strip("\r\n\t")
    if inside and path_problem(inside) is None:
        return tidy_path(inside)
    return tree.findtext("filename") or split_name(path)[0]


@lru_cache(maxsize=4096)
def _size(text: str | None) -> int | None:
    plain = parsed(text)
    return int(plain) if plain is not None and plain >= 1 else None
