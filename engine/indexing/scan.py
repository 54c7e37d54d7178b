"""Every image of a folder, checked by decoding it."""

from __future__ import annotations

import hashlib
import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from itertools import islice
from pathlib import Path

from engine.domain.errors import InputError
from engine.domain.records import KnownFile
from engine.domain.settings import ClassFrom
from engine.imaging.decoding import probe
from engine.indexing.found import FoundImage
from engine.indexing.walk import image_paths
from engine.jobs.reporter import Reporter

__all__ = ["FoundImage", "scan"]

#: More threads than this only wait for the disk.
MAX_THREADS = 8


def scan(
    root: Path,
    labels: Mapping[str, str] | None,
    reporter: Reporter,
    labelled_only: bool = False,
    class_from: ClassFrom = ClassFrom.FIRST,
    known: Mapping[str, KnownFile] | None = None,
) -> Iterator[FoundImage]:
    """Check the images below ``root`` in threads and yield them sorted by path.

    The class of an image is what ``labels`` says of its path (relative, forward slashes); without
    ``labels`` it is the first or last folder of the path, as ``class_from`` says, and images right
    in ``root`` have none. Files with an image's name that cannot be used are yielded with their
    problem. With ``labelled_only`` images that ``labels`` does not name are left out. A file that
    has the size and time it has in ``known`` (by path) is not read again. Raises InputError at the
    call if ``root`` cannot be read or holds no such image, JobCancelled when asked to stop.
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
    check = partial(_check, root.resolve(), known or {})
    return _checked(check, paths, class_of, reporter)


def _checked(
    check: Callable[[str, str | None], FoundImage],
    paths: list[str],
    class_of: Callable[[str], str | None],
    reporter: Reporter,
) -> Iterator[FoundImage]:
    threads = min(MAX_THREADS, os.cpu_count() or 1)
    waiting: deque[Future[FoundImage]] = deque()
    remaining = iter(paths)
    pool = ThreadPoolExecutor(threads, thread_name_prefix="index")
    try:
        for _ in reporter.track(range(len(paths)), "images", "Checking images"):
            for path in islice(remaining, 4 * threads - len(waiting)):
                waiting.append(pool.submit(check, path, class_of(path)))
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _first_folder(path: str) -> str | None:
    folder, slash, _rest = path.partition("/")
    return folder if slash else None


def _last_folder(path: str) -> str | None:
    return path.split("/")[-2] if "/" in path else None


def _check(
    root: Path, known: Mapping[str, KnownFile], path: str, class_name: str | None
) -> FoundImage:
    """Never raises for the state of the file: that is the problem to tell."""
    file = root / path
    size = modified = width = height = 0
    digest = problem = None
    try:
        status = file.stat()
        size, modified = status.st_size, status.st_mtime_ns
        same = known.get(path)
        if same is not None and (same.bytes, same.modified_ns) == (size, modified):
            found = (same.width, same.height, same.digest, None)
            return FoundImage(path, class_name, *found, size, modified)
        info = probe(file)
        digest = file_digest(file)
        width, height = info.width, info.height
    except InputError as error:
        problem = error.message
    except OSError as error:
        problem = f"The file cannot be read ({error.strerror or error})."
    return FoundImage(path, class_name, width, height, digest, problem, size, modified)


def file_digest(file: Path) -> str:
    """BLAKE2b of the bytes, 40 hexadecimal digits. Raises OSError."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.blake2b(digest_size=20)).hexdigest()
