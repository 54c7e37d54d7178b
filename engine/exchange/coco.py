"""COCO: one file of annotations, one per split, and proposals in the results form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from engine.domain.errors import InputError
from engine.exchange.contents import SPLITS, checked, provenance
from engine.exchange.folder import PROVENANCE, new_folder
from engine.exchange.model import ExportBox, ExportImage, ExportSet
from engine.exchange.pictures import ImageFiles, place_images
from engine.jobs.reporter import Reporter

ANNOTATIONS = "annotations.json"
PROPOSALS = "proposals.json"
IMAGES = "images"

Numbered = tuple[int, ExportImage]


def write_coco(
    data: ExportSet,
    image_root: Path,
    out: Path,
    reporter: Reporter,
    *,
    images: str = "leave",
    overwrite: bool = False,
) -> list[Path]:
    """Write ``data`` to the new folder ``out``; returns the files that describe it.

    annotations.json holds every image and box: ids from 1 (with id 0 pycocotools counts a perfect
    box as missed), ``bbox`` [x, y, width, height] 0-based in upright pixels, ``file_name``
    relative to ``image_root``. Where images have a split, annotations_<split>.json holds each
    split with the same ids. Boxes that nobody has reviewed and that have a score are in
    proposals.json too, in the results form. ``images``: leave, copy or link (into images/).
    ``overwrite`` replaces an earlier export. The same data gives the same bytes.
    Raises InputError, StorageError or JobCancelled; ``out`` is then as it was.
    """
    mode = ImageFiles(images)
    if mode is ImageFiles.JPEG:
        raise InputError("COCO keeps the images' names.", remedy="Choose copy, link or leave.")
    ready = checked(data, reporter)
    with new_folder(out, image_root, overwrite, reporter) as folder:
        _write_files(ready, folder, reporter)
        about = provenance(ready, "coco", {"images": mode.value})
        (folder / PROVENANCE).write_bytes(msgspec.json.format(msgspec.json.encode(about), indent=2))
        if mode is not ImageFiles.LEAVE:
            targets = {image.path: folder / IMAGES / image.path for image in ready.images}
            for parent in {target.parent for target in targets.values()}:
                parent.mkdir(parents=True, exist_ok=True)
            place_images(targets, image_root, mode, reporter)
        names = sorted(path.name for path in folder.iterdir() if path.is_file())
    return [Path(out) / name for name in names]


def _write_files(data: ExportSet, folder: Path, reporter: Reporter) -> None:
    numbered = list(enumerate(data.images, start=1))
    _write_annotations(folder / ANNOTATIONS, data, numbered, reporter)
    for split in SPLITS:
        part = [(number, image) for number, image in numbered if image.split == split]
        if part:
            _write_annotations(folder / f"annotations_{split}.json", data, part, reporter)
    if any(True for _ in _results(data, numbered)):
        with (folder / PROPOSALS).open("wb") as file:
            _write_list(file, _results(data, numbered))


def _write_annotations(
    path: Path, data: ExportSet, images: list[Numbered], reporter: Reporter
) -> None:
    first = _first_ids(data)
    with path.open("wb") as file:
        info = {"description": "Boxes reviewed with Boxwright", "version": "1.0"}
        file.write(b'{"info": ' + msgspec.json.encode(info) + b',\n"licenses": [],\n"categories": ')
        _write_list(file, _categories(data))
        file.write(b',\n"images": ')
        _write_list(file, map(_image, images))
        file.write(b',\n"annotations": ')
        tracked = reporter.track(images, "images", f"Writing {path.name}")
        _write_list(file, _annotations(data, tracked, first))
        file.write(b"}\n")


def _write_list(file: BinaryIO, items: Iterable[dict[str, Any]]) -> None:
    """One item per line, so that memory does not grow with their number."""
    separator = b"[\n"
    for item in items:
        file.write(separator + msgspec.json.encode(item))
        separator = b",\n"
    file.write(b"[]" if separator == b"[\n" else b"\n]")


def _categories(data: ExportSet) -> Iterator[dict[str, Any]]:
    for number, name in enumerate(data.classes, start=1):
        yield {"id": number, "name": name, "supercategory": ""}


def _image(numbered: Numbered) -> dict[str, Any]:
    number, image = numbered
    return {"id": number, "file_name": image.path, "width": image.width, "height": image.height}


def _first_ids(data: ExportSet) -> list[int]:
    """The id of the first box of each image."""
    ids, following = [], 1
    for image in data.images:
        ids.append(following)
        following += len(image.boxes)
    return ids


def _annotations(
    data: ExportSet, images: Iterable[Numbered], first: list[int]
) -> Iterator[dict[str, Any]]:
    category = {name: number for number, name in enumerate(data.classes, start=1)}
    for number, image in images:
        for annotation_id, box in enumerate(image.boxes, start=first[number - 1]):
            yield {
                "id": annotation_id,
                "image_id": number,
                "category_id": category[box.class_name],
                "bbox": _bbox(box),
                "area": float(box.box.area),
                "iscrowd": 0,
                "segmentation": [],
                "attributes": _attributes(box),
            }


def _results(data: ExportSet, images: Iterable[Numbered]) -> Iterator[dict[str, Any]]:
    category = {name: number for number, name in enumerate(data.classes, start=1)}
    for number, image in images:
        for box in image.boxes:
            if box.origin is None and box.score is not None:
                yield {
                    "image_id": number,
                    "category_id": category[box.class_name],
                    "bbox": _bbox(box),
                    "score": box.score,
                }


def _attributes(box: ExportBox) -> dict[str, Any]:
    known = {"origin": str(box.origin or "proposal"), "score": box.score, "run": box.run_id}
    return {name: value for name, value in known.items() if value is not None}


def _bbox(box: ExportBox) -> list[float]:
    return list(map(float, (box.box.xmin, box.box.ymin, box.box.width, box.box.height)))
