"""Every image of a folder, read once: its bytes for the digest, its header for the size."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future
from itertools import islice
from pathlib import Path
from typing import TypeVar

from engine.domain.errors import InputError
from engine.domain.records import KnownFile
from engine.domain.settings import ClassFrom
from engine.indexing.file_check import NamedFile, check_files, file_digest
from engine.indexing.found import FoundImage
from engine.indexing.readers import readers
from engine.indexing.walk import image_paths
from engine.jobs.reporter import Reporter

__all__ = ["FoundImage", "file_digest", "scan"]

T = TypeVar("T")

#: Images that are handed over at once: one by one takes as long as to read them.
_AT_ONCE = 16


def scan(
    root: Path,
    labels: Mapping[str, str] | None,
    reporter: Reporter,
    labelled_only: bool = False,
    class_from: ClassFrom = ClassFrom.FIRST,
    known: Mapping[str, KnownFile] | None = None,
) -> Iterator[FoundImage]:
    """Read the images below ``root``, each once, and yield them sorted by path.

    A JPEG or PNG whose structure is whole is not decoded (see ``engine.imaging.glance``).

    The class of an image is what ``labels`` says of its path (relative, forward slashes); without
    ``labels`` it is the first or last folder of the path, as ``class_from`` says, and images right
    in ``root`` have none. Files with an image's name that cannot be used are yielded with their
    problem. With ``labelled_only`` images that ``labels`` does not name are left out. A file that
    has the size and time it has in ``known`` (by path) is not read again; what turned out unusable
    there is decoded to see. Raises InputError at the call if ``root`` cannot be read or holds
    no such image, JobCancelled when asked to stop.
    """
    reporter.progress(0, 0, "images", "Looking for images")
    paths = image_paths(root, labels.keys() if labels else (), reporter)
    if labelled_only and labels is not None:
        paths = [path for path in paths if path in labels]
    if not paths:
        raise InputError(
            "There are no images in this folder.",
            path=root,
            remedy="Choose the folder that holds one folder of images per class.",
        )
    of_folder = _first_folder if class_from is ClassFrom.FIRST else _last_folder
    class_of = of_folder if labels is None else labels.get
    known = known or {}
    files = [NamedFile(path, class_of(path), known.get(path)) for path in paths]
    return _checked(str(root.resolve()), files, reporter)


def _checked(root: str, files: list[NamedFile], reporter: Reporter) -> Iterator[FoundImage]:
    remaining = _lists(files, _AT_ONCE)
    waiting: deque[Future[list[FoundImage]]] = deque()
    found: Iterator[FoundImage] = iter(())
    new = sum(file.known is None for file in files)
    with readers(new) as (pool, count):
        for _ in reporter.track(range(len(files)), "images", "Checking images"):
            if (image := next(found, None)) is None:
                for some in islice(remaining, 4 * count - len(waiting)):
                    waiting.append(pool.submit(check_files, root, some))
                found = iter(waiting.popleft().result())
                image = next(found)
            yield image


def _lists(items: Iterable[T], size: int) -> Iterator[list[T]]:
    rest = iter(items)
    while some := list(islice(rest, size)):
        yield some


def _first_folder(path: str) -> str | None:
    folder, slash, _rest = path.partition("/")
    return folder if slash else None


def _last_folder(path: str) -> str | None:
    return path.split("/")[-2] if "/" in path else None
