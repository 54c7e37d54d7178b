"""Pascal VOC: one XML file per image, and lists of stems per split."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from math import ceil, floor
from pathlib import Path
from xml.sax.saxutils import escape

from engine.domain.errors import InputError
from engine.domain.geometry import Box
from engine.exchange.contents import Contents, checked, write_provenance
from engine.exchange.folder import Written, new_folder
from engine.exchange.many_files import many_files
from engine.exchange.model import ExportBox, ExportImage, ExportSet
from engine.exchange.names import split_name, unique_stems
from engine.exchange.pictures import ImageFiles, place_images
from engine.exchange.target import PROVENANCE
from engine.jobs.reporter import Reporter

ANNOTATIONS = "Annotations"
IMAGES = "JPEGImages"
LISTS = "ImageSets/Main"
LABELS = "labelmap.txt"

#: Characters that XML 1.0 cannot hold, and the carriage return that its readers change.
_NOT_IN_XML = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]")
#: Those, and the ones that are written otherwise.
_SPECIAL = re.compile("[&<>\x00-\x08\x0b-\x1f\ufffe\uffff]")


def write_voc(
    data: ExportSet | Contents,
    image_root: Path,
    out: Path,
    reporter: Reporter,
    *,
    one_based: bool = True,
    images: str = "leave",
    overwrite: bool = False,
) -> Written:
    """Write ``data`` to the new folder ``out``; returns its XML files and lists.

    Annotations/<stem>.xml per image, ImageSets/Main/{train,val,trainval,test}.txt with stems
    (an image without a split is for training), labelmap.txt with the class names (datumaro
    insists on it; not where a name is one that it cannot hold), JPEGImages/<stem>.<suffix> unless
    ``images`` is leave (copy, link, or jpeg: all as upright .jpg, which torchvision's reader
    insists on). Stems are unique across subfolders; ``<path>`` holds the path below
    ``image_root``.
    Boxes are rounded outwards to whole pixels. ``one_based`` is the devkit's way, 1-based and
    inclusive: xmin = floor(x1) + 1, xmax = ceil(x2). Else the corners as they are, 0-based and
    half-open: xmin = floor(x1), xmax = ceil(x2). ``overwrite`` replaces an earlier export. The
    same data gives the same bytes. torchvision wants ``out`` to be <root>/VOCdevkit/VOC2012.
    Raises InputError, StorageError or JobCancelled; ``out`` is then as it was.
    """
    mode = ImageFiles(images)
    ready = checked(data)
    stems = unique_stems(ready.paths)
    with new_folder(out, image_root, overwrite, reporter) as folder:
        (folder / ANNOTATIONS).mkdir()
        lists = _Lists()
        with many_files(folder / ANNOTATIONS, len(stems)) as write:
            for image in ready.images(reporter, "Writing annotations"):
                stem = stems[image.path]
                lists.add(stem, image.split)
                xml = annotation_xml(image, stem + _suffix(image.path, mode), one_based)
                write(f"{stem}.xml", xml)
        lists.write(folder / LISTS)
        labels = label_map(ready.classes)
        if labels is not None:
            (folder / LABELS).write_bytes(labels.encode())
        write_provenance(ready, folder, "voc", {"images": mode.value, "one_based": one_based})
        if mode is not ImageFiles.LEAVE:
            (folder / IMAGES).mkdir()
            targets = {
                path: folder / IMAGES / (stem + _suffix(path, mode)) for path, stem in stems.items()
            }
            place_images(targets, image_root, mode, reporter)
        made = [LABELS] if labels is not None else []
    names = [f"{ANNOTATIONS}/{stem}.xml" for stem in stems.values()]
    names += [*made, PROVENANCE, *(f"{LISTS}/{name}.txt" for name in lists.stems)]
    return Written(out, names)


def annotation_xml(image: ExportImage, file_name: str, one_based: bool = True) -> bytes:
    """The annotation of one image as UTF-8. Raises InputError for text that XML cannot hold."""
    # Written out, since a tree of elements takes ten times as long as all the rest.
    values: list[str | int] = [
        _text(file_name, "filename", image),
        _text(image.path, "path", image),
        *(image.width, image.height, image.depth),
    ]
    for box in image.boxes:
        values.append(_escaped(box.class_name) or _text(box.class_name, "name", image))
        values += voc_corners(box, one_based)
    return (_template(len(image.boxes)) % tuple(values)).encode()


def label_map(classes: Sequence[str]) -> str | None:
    """The class names as datumaro reads them: name, and no colour, parts and actions. None where
    one is taken for something else there."""
    if any(":" in name or name.startswith("#") or name != name.strip() for name in classes):
        return None
    if any(len(name.splitlines()) > 1 for name in classes):
        return None
    return "".join(["# label:color_rgb:parts:actions\n", *(f"{name}:::\n" for name in classes)])


@lru_cache(maxsize=64)
def _template(boxes: int) -> str:
    """The text of an annotation with that many boxes."""
    return f"{_HEAD}{_OBJECT * boxes}</annotation>\n"


_HEAD = f"""\
<annotation>
\t<folder>{IMAGES}</folder>
\t<filename>%s</filename>
\t<path>%s</path>
\t<source>
\t\t<database>Boxwright</database>
\t</source>
\t<size>
\t\t<width>%d</width>
\t\t<height>%d</height>
\t\t<depth>%d</depth>
\t</size>
\t<segmented>0</segmented>
"""
_OBJECT = """\
\t<object>
\t\t<name>%s</name>
\t\t<pose>Unspecified</pose>
\t\t<truncated>0</truncated>
\t\t<difficult>0</difficult>
\t\t<bndbox>
\t\t\t<xmin>%d</xmin>
\t\t\t<ymin>%d</ymin>
\t\t\t<xmax>%d</xmax>
\t\t\t<ymax>%d</ymax>
\t\t</bndbox>
\t</object>
"""


def voc_corners(box: Box | ExportBox, one_based: bool) -> tuple[int, int, int, int]:
    """xmin, ymin, xmax, ymax in whole pixels, rounded outwards, of a box inside its image; see
    ``write_voc``."""
    xmin, ymin = floor(box.xmin), floor(box.ymin)
    if one_based:
        xmin, ymin = xmin + 1, ymin + 1
    return xmin, ymin, ceil(box.xmax), ceil(box.ymax)


class _Lists:
    """Stems by list; an image without a split is for training."""

    def __init__(self) -> None:
        self.stems: dict[str, list[str]] = {"train": [], "val": [], "trainval": [], "test": []}

    def add(self, stem: str, split: str | None) -> None:
        self.stems[split or "train"].append(stem)
        if split != "test":
            self.stems["trainval"].append(stem)

    def write(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        for name, stems in self.stems.items():
            text = "".join(f"{stem}\n" for stem in stems)
            (folder / f"{name}.txt").write_bytes(text.encode())


def _suffix(path: str, mode: ImageFiles) -> str:
    return ".jpg" if mode is ImageFiles.JPEG else split_name(path)[1]


def _text(text: str, tag: str, image: ExportImage) -> str:
    if not _SPECIAL.search(text):  # nearly all
        return text
    if _NOT_IN_XML.search(text):
        raise InputError(
            f"XML cannot hold the {tag} {text!r}.",
            path=image.path,
            remedy="Rename the file or the class, or export as COCO.",
        )
    return escape(text)


@lru_cache(maxsize=4096)
def _escaped(text: str) -> str | None:
    """The name of a class, as many boxes have it; None if XML cannot hold it."""
    return None if _NOT_IN_XML.search(text) else escape(text)
