"""COCO files in: annotations, and proposals in the results form."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec.structs import replace

from engine.domain.errors import InputError
from engine.exchange.coco import ANNOTATIONS, IMAGES
from engine.exchange.counts import SPLITS
from engine.exchange.json_stream import read_lists
from engine.exchange.names import foreign_problem, last_step, path_problem, tidy_path
from engine.exchange.reading import (
    MAX_PIXELS,
    ReadBox,
    ReadImage,
    Reading,
    Trouble,
    Unread,
    name_problem,
    number,
    opened_file,
    score_of,
    shown,
)

_MAX_ID = 2**62
_Id = Annotated[int, msgspec.Meta(gt=-_MAX_ID, lt=_MAX_ID)]
_Number = Annotated[float, msgspec.Meta(ge=-MAX_PIXELS, le=MAX_PIXELS)]
_Score = Annotated[float, msgspec.Meta(ge=0, le=1)]


@dataclass
class _Heads:
    """Images and categories by the ids of the file."""

    images: dict[int, ReadImage | None] = field(default_factory=dict)
    categories: dict[int, str] = field(default_factory=dict)
    is_results: bool = False


def read_coco(source: Path, trouble: Trouble) -> Reading:
    """The images and boxes of a COCO file, or of the annotations.json in a folder.

    Boxes are ``[x, y, width, height]``, 0-based. A file in the results form (a bare list) takes
    its images and categories from the annotations.json beside it. The splits are those of the
    annotations_<split>.json beside it. ``trouble`` hears of everything that cannot be used;
    InputError is raised for a file that is no COCO file at all.
    """
    path = source / ANNOTATIONS if source.is_dir() else source
    heads = _read_heads(path, trouble)
    if heads.is_results:
        beside = path.with_name(ANNOTATIONS)
        if beside == path or not beside.is_file():
            raise InputError(
                "This is the results form, which names no images.",
                path=path,
                remedy=f"Put the {ANNOTATIONS} that it belongs to beside it.",
            )
        heads = _read_heads(beside, trouble)
        if heads.is_results:
            raise InputError("This names no images.", path=beside)
        heads.is_results = True
    splits, beside_it = _read_splits(path.parent), str(path.parent)
    for key in heads.images:  # what is known of an image goes as it is told
        image, heads.images[key] = heads.images[key], None
        if image is not None:
            inside = image.name if path_problem(image.name) is None else last_step(image.name)
            files = (f"{beside_it}/{IMAGES}/{inside}", f"{beside_it}/{inside}")
            split = splits.get(image.name)
            yield replace(image, split=split, files=files, is_whole=not heads.is_results)
    yield from _boxes(path, heads, trouble)


def _read_heads(path: Path, trouble: Trouble) -> _Heads:
    heads, seen = _Heads(), set[str]()
    with opened_file(path) as file:
        for key, position, item in read_lists(file, path):
            if key == "" or (key == "annotations" and {"images", "categories"} <= seen):
                heads.is_results = key == ""
                break
            seen.add(key)
            wrong = None
            if key == "images":
                wrong = _add_image(heads, item, position, path)
            elif key == "categories":
                wrong = _add_category(heads, item)
            if wrong:
                trouble(path, f"{key}[{position}]", wrong)
    if not heads.is_results and "images" not in seen and "annotations" not in seen:
        raise InputError(
            "This is no COCO file: it has neither images nor annotations.",
            path=path,
            remedy="Choose an annotations file of COCO, or another format.",
        )
    return heads


def _add_image(heads: _Heads, item: Any, position: int, path: Path) -> str | None:
    """What is wrong with the image, or None."""
    if not isinstance(item, dict):
        return f"The image is {shown(item)}, which is no object."
    key, name = _id(item.get("id")), item.get("file_name")
    if key is None:
        return f"The id is {shown(item.get('id'))}, which is no whole number."
    if key in heads.images:
        return f"The id {key} is there already."
    wrong = name_problem(name, "file_name")
    if wrong or not isinstance(name, str):
        return wrong
    if problem := foreign_problem(name):
        return f"In file_name {problem}."
    width, height = _size(item.get("width")), _size(item.get("height"))
    name = tidy_path(name)
    place = f"images[{position}]"
    heads.images[key] = ReadImage(key, name, width, height, place=place, source=path)
    return None


def _add_category(heads: _Heads, item: Any) -> str | None:
    if not isinstance(item, dict):
        return f"The category is {shown(item)}, which is no object."
    key, name = _id(item.get("id")), item.get("name")
    if key is None:
        return f"The id is {shown(item.get('id'))}, which is no whole number."
    if key in heads.categories:
        return f"The id {key} is there already."
    wrong = name_problem(name, "name")
    if wrong is None:
        heads.categories[key] = str(name).strip()
    return wrong


class _Attributes(msgspec.Struct, gc=False):
    score: _Score | None = None
    rotation: float = 0.0


class _Annotation(msgspec.Struct, gc=False):
    """One that can be used as far as it can be told without its image; a million are made."""

    image_id: _Id
    category_id: _Id
    bbox: tuple[_Number, _Number, _Number, _Number]
    id: _Id | msgspec.UnsetType = msgspec.UNSET
    score: _Score | msgspec.UnsetType | None = msgspec.UNSET
    attributes: _Attributes | None = None
    iscrowd: int | bool | None = None

    def read(self, heads: _Heads, path: Path, place: str) -> ReadBox | None:
        """The box, or None where it has to be looked at more closely."""
        name = heads.categories.get(self.category_id)
        if name is None or self.image_id not in heads.images or self.iscrowd:
            return None
        if self.attributes is not None and self.attributes.rotation:
            return None
        score, number = self.score, self.id
        if score is msgspec.UNSET:
            score = None if self.attributes is None else self.attributes.score
        own = None if number is msgspec.UNSET else number
        x, y, width, height = self.bbox
        return ReadBox(self.image_id, name, x, y, x + width, y + height, path, place, score, own)


_DECODER = msgspec.json.Decoder(list[_Annotation])


def _boxes(path: Path, heads: _Heads, trouble: Trouble) -> Iterator[ReadBox | Unread]:
    decoders = {"annotations": _DECODER, "": _DECODER}
    with opened_file(path) as file:
        for key, position, item in read_lists(file, path, decoders):
            if key not in decoders:
                continue
            place = f"{key or 'results'}[{position}]"
            if type(item) is _Annotation:
                if box := item.read(heads, path, place):
                    yield box
                    continue
                item = msgspec.to_builtins(item)
            found = _box(item, heads, path, place)
            if isinstance(found, str):
                trouble(path, place, found)
                image = _id(item.get("image_id")) if isinstance(item, dict) else None
                yield Unread(image if image in heads.images else None)
            else:
                yield found


def _box(item: Any, heads: _Heads, path: Path, place: str) -> ReadBox | str:
    """The box, or what is wrong with it."""
    if not isinstance(item, dict):
        return f"It is {shown(item)}, which is no object."
    image, category = _id(item.get("image_id")), _id(item.get("category_id"))
    if image is None or image not in heads.images:
        return f"No image has the id {shown(item.get('image_id'))}."
    if category is None or category not in heads.categories:
        return f"No category has the id {shown(item.get('category_id'))}."
    attributes = item.get("attributes")
    attributes = attributes if isinstance(attributes, dict) else {}
    if wrong := _no_upright_object(item, attributes):
        return wrong
    corners = _corners(item.get("bbox"))
    if corners is None:
        return f"The bbox is {shown(item.get('bbox'))}, not four numbers [x, y, width, height]."
    own = _id(item.get("id"))
    if own is None and "id" in item:
        return f"The id is {shown(item['id'])}, which is no whole number."
    given = item.get("score", attributes.get("score"))
    score, wrong = score_of(given)
    if wrong:
        return wrong
    return ReadBox(image, heads.categories[category], *corners, path, place, score, own)


def _no_upright_object(item: dict[str, Any], attributes: dict[str, Any]) -> str | None:
    if item.get("iscrowd"):
        return "It is a crowd (iscrowd), not one object."
    if attributes.get("rotation"):
        return f"It is rotated by {shown(attributes['rotation'])}; only upright boxes are read."
    return None


def _corners(bbox: Any) -> tuple[float, float, float, float] | None:
    if not isinstance(bbox, list | tuple) or len(bbox) != 4:
        return None
    x, y, width, height = map(number, bbox)
    if x is None or y is None or width is None or height is None:
        return None
    return x, y, x + width, y + height


def _read_splits(folder: Path) -> dict[str, str]:
    """Split by file name, from the files that an export with splits has."""
    splits: dict[str, str] = {}
    for split in SPLITS:
        path = folder / f"annotations_{split}.json"
        if path.is_file():
            part = _read_heads(path, lambda *_: None)
            splits.update((image.name, split) for image in part.images.values() if image)
    return splits


def _id(value: Any) -> int | None:
    whole = isinstance(value, int) and not isinstance(value, bool) and abs(value) < _MAX_ID
    return value if whole else None


def _size(value: Any) -> int | None:
    if type(value) is int and 1 <= value <= MAX_PIXELS:  # nearly all
        return value
    plain = number(value)
    return int(plain) if plain is not None and plain >= 1 else None
