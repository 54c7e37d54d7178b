"""Which files of a folder are images by name, in an order that is the same on every machine."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from pathlib import Path

from engine.domain.errors import InputError
from engine.jobs.reporter import Reporter

#: Names that promise an image; a file that breaks the promise is kept with its reason. HEIC is no
#: format that can be read here, and is listed so that people learn why those images are missing.
IMAGE_SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".apng", ".webp", ".tif", ".tiff"}
    | {".bmp", ".dib", ".gif", ".ppm", ".pgm", ".pbm", ".pnm", ".jp2", ".j2k", ".jpx"}
    | {".avif", ".tga", ".heic", ".heif"}
)


def image_paths(root: Path, named: Collection[str], reporter: Reporter) -> list[str]:
    """Paths relative to ``root``, forward slashes, sorted; those ``named`` whatever their suffix.

    Hidden files and folders are left out. Links to folders are not followed, so that no loop
    arises and nothing is found twice; links to files count as files if they stay below ``root``.
    What is left out for another reason than its kind is warned about. Raises InputError if
    ``root`` cannot be read.
    """
    real_root = _readable(root)
    found = []
    for path, entry in _files(real_root, "", reporter):
        suffix = os.path.splitext(entry.name)[1].lower()  # noqa: PTH122  a path takes ten times as long
        if (suffix in IMAGE_SUFFIXES or path in named) and _may_be_used(entry, real_root, reporter):
            found.append(path)
    return sorted(found, key=lambda path: path.split("/"))


def _readable(root: Path) -> Path:
    try:
        real_root = root.resolve(strict=True)
        with os.scandir(real_root):
            return real_root
    except NotADirectoryError as error:
        raise InputError("This is a file, not a folder of images.", path=root) from error
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(
            f"The folder of images cannot be read ({reason}).",
            path=root,
            remedy="Check that it is there and that you may read it.",
        ) from error


def _files(folder: Path, prefix: str, reporter: Reporter) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Every visible file below ``folder``, with its path relative to the root."""
    pending = [(folder, prefix)]
    while pending:
        reporter.check()
        folder, prefix = pending.pop()
        for entry in _entries(folder, prefix, reporter):
            path = prefix + entry.name
            if entry.is_dir(follow_symlinks=False):
                pending.append((folder / entry.name, path + "/"))
            elif entry.is_symlink() and Path(entry.path).is_dir():
                _warn_of_link(folder / entry.name, path, reporter)
            else:
                yield path, entry


def _entries(folder: Path, prefix: str, reporter: Reporter) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return [e for e in entries if not e.name.startswith((".", "__MACOSX"))]
    except OSError as error:
        reporter.warn(f"{prefix}: the folder was left out, it cannot be read ({error.strerror}).")
        return []


def _warn_of_link(link: Path, path: str, reporter: Reporter) -> None:
    reporter.warn(
        f"{path}: the link to the folder {os.path.realpath(link)} was not followed. "
        "Copy the folder if its images are wanted."
    )


def _may_be_used(entry: os.DirEntry[str], root: Path, reporter: Reporter) -> bool:
    why = None
    if not entry.path.isascii() and any("\ud800" <= c <= "\udfff" for c in entry.path):
        why = "its name is no text. Rename it."
    elif entry.is_symlink() and not Path(os.path.realpath(entry.path)).is_relative_to(root):
        why = "this link leads out of the folder of images."
    if why is not None:
        shown = os.fsencode(entry.path).decode("utf-8", "backslashreplace")
        reporter.warn(f"{shown}: left out, since {why}")
    return why is None
