"""COCO: one file of annotations, one per split, and proposals in the results form."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from engine.domain.errors import InputError
from engine.exchange.contents import Contents, checked, write_provenance
from engine.exchange.counts import SPLITS
from engine.exchange.folder import new_folder
from engine.exchange.model import ExportBox, ExportImage, ExportSet
from engine.exchange.pictures import ImageFiles, place_images
from engine.jobs.reporter import Reporter

ANNOTATIONS = "annotations.json"
PROPOSALS = "proposals.json"
IMAGES = "images"

_encode = msgspec.json.Encoder().encode


def write_coco(
    data: ExportSet | Contents,
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
    ``overwrite`` replaces an earlier export. The same data gives the same bytes, and memory does
    not grow with the number of boxes.
    Raises InputError, StorageError or JobCancelled; ``out`` is then as it was.
    """
    mode = ImageFiles(images)
    if mode is ImageFiles.JPEG:
        raise InputError("COCO keeps the images' names.", remedy="Choose copy, link or leave.")
    ready = checked(data, reporter)
    with new_folder(out, image_root, overwrite, reporter) as folder:
        _write_files(ready, folder, reporter)
        write_provenance(ready, folder, "coco", {"images": mode.value})
        if mode is not ImageFiles.LEAVE:
            targets = {path: folder / IMAGES / path for path in ready.paths}
            for parent in {target.parent for target in targets.values()}:
                parent.mkdir(parents=True, exist_ok=True)
            place_images(targets, image_root, mode, reporter)
        names = sorted(path.name for path in folder.iterdir() if path.is_file())
    return [Path(out) / name for name in names]


class _Annotations:
    """One file of annotations. Boxes wait in a second file until all images are written."""

    def __init__(self, path: Path, classes: Sequence[str], stack: ExitStack) -> None:
        self._file: BinaryIO = stack.enter_context(path.open("wb"))
        self._waiting = stack.enter_context(
            tempfile.TemporaryFile(dir=path.parent)  # noqa: SIM115 - the stack closes it
        )
        info = {"description": "Boxes reviewed with Boxwright", "version": "1.0"}
        self._file.write(b'{"info": ' + _encode(info) + b',\n"licenses": [],\n"categories": ')
        categories = _List(self._file)
        for number, name in enumerate(classes, start=1):
            categories.add({"id": number, "name": name, "supercategory": ""})
        categories.close()
        self._file.write(b',\n"images": ')
        self._images, self._boxes = _List(self._file), _List(self._waiting)

    def add(self, image: dict[str, Any], boxes: Sequence[dict[str, Any]]) -> None:
        self._images.add(image)
        for box in boxes:
            self._boxes.add(box)

    def close(self) -> None:
        self._images.close()
        self._boxes.close()
        self._file.write(b',\n"annotations": ')
        self._waiting.seek(0)
        shutil.copyfileobj(self._waiting, self._file, 1 << 20)
        self._file.write(b"}\n")


class _List:
    """A JSON list with one item per line."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._separator = file, b"[\n"

    def add(self, item: dict[str, Any]) -> None:
        self._file.write(self._separator + _encode(item))
        self._separator = b",\n"

    def close(self) -> None:
        self._file.write(b"[]" if self._separator == b"[\n" else b"\n]")


def _write_files(contents: Contents, folder: Path, reporter: Reporter) -> None:
    category = {name: number for number, name in enumerate(contents.classes, start=1)}
    with ExitStack() as stack:
        whole = _Annotations(folder / ANNOTATIONS, contents.classes, stack)
        parts = {
            split: _Annotations(folder / f"annotations_{split}.json", contents.classes, stack)
            for split in SPLITS
            if contents.counts.images_per_split[split]
        }
        results = _Results(folder / PROPOSALS, stack)
        following = 1
        tracked = reporter.track(
            contents.images, "images", "Writing annotations", contents.counts.images
        )
        for number, image in enumerate(tracked, start=1):
            head = _image(number, image)
            boxes = list(_annotations(number, image, category, following))
            following += len(boxes)
            whole.add(head, boxes)
            if image.split is not None:
                parts[image.split].add(head, boxes)
            results.add(number, image, category)
        for file in (whole, *parts.values()):
            file.close()
        results.close()


class _Results:
    """proposals.json; made only if there is a proposal with a score."""

    def __init__(self, path: Path, stack: ExitStack) -> None:
        self._path, self._stack = path, stack
        self._list: _List | None = None

    def add(self, number: int, image: ExportImage, category: dict[str, int]) -> None:
        for box in image.boxes:
            if box.origin is None and box.score is not None:
                if self._list is None:
                    self._list = _List(self._stack.enter_context(self._path.open("wb")))
                self._list.add(
                    {
                        "image_id": number,
                        "category_id": category[box.class_name],
                        "bbox": _bbox(box),
                        "score": box.score,
                    }
                )

    def close(self) -> None:
        if self._list is not None:
            self._list.close()


def _image(number: int, image: ExportImage) -> dict[str, Any]:
    return {"id": number, "file_name": image.path, "width": image.width, "height": image.height}


def _annotations(
    number: int, image: ExportImage, category: dict[str, int], first: int
) -> Iterator[dict[str, Any]]:
    for annotation_id, box in enumerate(image.boxes, start=first):
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


def _attributes(box: ExportBox) -> dict[str, Any]:
    known = {"origin": str(box.origin or "proposal"), "score": box.score, "run": box.run_id}
    return {name: value for name, value in known.items() if value is not None}


def _bbox(box: ExportBox) -> list[float]:
    xmin, ymin, xmax, ymax = box.box.as_tuple()
    return [float(xmin), float(ymin), float(xmax - xmin), float(ymax - ymin)]
