"""COCO: one file of annotations, one per split, and proposals in the results form."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

import msgspec

from engine.domain.errors import InputError
from engine.exchange.contents import Contents, checked, write_provenance
from engine.exchange.folder import Written, new_folder
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
) -> Written:
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
    ready = checked(data)
    with new_folder(out, image_root, overwrite, reporter) as folder:
        _write_files(ready, folder, reporter)
        write_provenance(ready, folder, "coco", {"images": mode.value})
        if mode is not ImageFiles.LEAVE:
            targets = {path: folder / IMAGES / path for path in ready.paths}
            for parent in {target.parent for target in targets.values()}:
                parent.mkdir(parents=True, exist_ok=True)
            place_images(targets, image_root, mode, reporter)
        names = [path.name for path in folder.iterdir() if path.is_file()]
    return Written(out, names)


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
            categories.add(_encode({"id": number, "name": name, "supercategory": ""}))
        categories.close()
        self._file.write(b',\n"images": ')
        self._images, self._boxes = _List(self._file), _List(self._waiting)

    def add(self, image: bytes, boxes: bytes) -> None:
        """One image, and its boxes in the lines of ``_annotations``."""
        self._images.add(image)
        if boxes:
            self._boxes.add(boxes)

    def close(self) -> None:
        self._images.close()
        self._boxes.close()
        self._file.write(b',\n"annotations": ')
        self._waiting.seek(0)
        shutil.copyfileobj(self._waiting, self._file, 1 << 20)
        self._file.write(b"}\n")


class _List:
    """A JSON list with one item per line. Items come as JSON."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._separator = file, b"[\n"

    def add(self, item: bytes) -> None:
        self._file.write(self._separator)
        self._file.write(item)
        self._separator = b",\n"

    def close(self) -> None:
        self._file.write(b"[]" if self._separator == b"[\n" else b"\n]")


def _write_files(contents: Contents, folder: Path, reporter: Reporter) -> None:
    category = {name: number for number, name in enumerate(contents.classes, start=1)}
    with ExitStack() as stack:
        whole = _Annotations(folder / ANNOTATIONS, contents.classes, stack)
        parts: dict[str, _Annotations] = {}
        results = _Results(folder / PROPOSALS, stack)
        following = 1
        images = contents.images(reporter, "Writing annotations")
        for number, image in enumerate(images, start=1):
            head = _image(number, image)
            rows = _annotations(number, image, category, following)
            following += len(image.boxes)
            whole.add(head, rows)
            if image.split is not None:
                if image.split not in parts:
                    path = folder / f"annotations_{image.split}.json"
                    parts[image.split] = _Annotations(path, contents.classes, stack)
                parts[image.split].add(head, rows)
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
                xmin, ymin, xmax, ymax = map(float, (box.xmin, box.ymin, box.xmax, box.ymax))
                result = {
                    "image_id": number,
                    "category_id": category[box.class_name],
                    "bbox": [xmin, ymin, xmax - xmin, ymax - ymin],
                    "score": box.score,
                }
                self._list.add(_encode(result))

    def close(self) -> None:
        if self._list is not None:
            self._list.close()


def _image(number: int, image: ExportImage) -> bytes:
    row = {"id": number, "file_name": image.path, "width": image.width, "height": image.height}
    return _encode(row)


def _annotations(number: int, image: ExportImage, category: dict[str, int], first: int) -> bytes:
    """The boxes of one image, a line each, with commas between."""
    # Written out, since numbers need no escapes: a dictionary for each takes twice as long.
    lines = []
    for annotation_id, box in enumerate(image.boxes, start=first):
        x, y = float(box.xmin), float(box.ymin)
        width, height = float(box.xmax - box.xmin), float(box.ymax - box.ymin)
        lines.append(
            f'{{"id":{annotation_id},"image_id":{number},"category_id":{category[box.class_name]},'
            f'"bbox":[{x!r},{y!r},{width!r},{height!r}],"area":{width * height!r},"iscrowd":0,'
            f'"segmentation":[],"attributes":{{{_attributes(box)}}}}}'
        )
    return ",\n".join(lines).encode()


def _attributes(box: ExportBox) -> str:
    text = f'"origin":"{box.origin or "proposal"}"'
    if box.score is not None:
        text += f',"score":{float(box.score)!r}'
    return text if box.run_id is None else f'{text},"run":{box.run_id}'
