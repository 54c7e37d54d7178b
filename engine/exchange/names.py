"""Names that come from files: kept within their root and unique where a format needs it."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from pathlib import PurePosixPath, PureWindowsPath

#: File systems allow 255 bytes; a suffix and a number must fit too.
MAX_STEM_BYTES = 240
#: Unicode categories of control characters and of line and paragraph separators.
_BREAKING = frozenset({"Cc", "Zl", "Zp"})


#: Without any of these a path stays below its root everywhere; looked for first, since it is fast.
_SUSPICIOUS = re.compile(r"^/|\.\.|[\\:\x00]")
#: A step of a path that is empty or a dot.
_UNTIDY = re.compile(r"(^|/)\.?(/|$)")


def path_problem(path: str) -> str | None:
    """Why ``path`` is no path below the image root on every system, or None if it is one."""
    if not path.strip():
        return "the image path is empty"
    if not _SUSPICIOUS.search(path):
        return None
    if "\x00" in path:
        return "the image path holds a NUL character"
    windows = PureWindowsPath(path)
    if path.startswith(("/", "\\")) or windows.drive:
        return f"the image path {path!r} is absolute"
    if ".." in windows.parts:
        return f"the image path {path!r} climbs out of the image root"
    return None


def foreign_problem(path: str) -> str | None:
    """As ``path_problem``, for the name of an image in a file of others: many tools write where
    the image lay on their machine, so that it may be absolute; images are found by its last step.
    """
    last = last_step(path)
    if last.strip() and not _SUSPICIOUS.search(path):  # nearly all
        return None
    rest = [step for step in re.split(r"[/\\]", path)[:-1] if step == ".."]
    return path_problem("/".join([*rest, last]) if rest else last)


def last_step(path: str) -> str:
    """The file's own name, whichever way the slashes lean."""
    return path.replace("\\", "/").rpartition("/")[2]


def tidy_path(path: str) -> str:
    """``path`` without ``.`` steps and doubled slashes."""
    return str(PurePosixPath(path)) if _UNTIDY.search(path) else path


def unique_stems(paths: Iterable[str]) -> dict[str, str]:
    """A file name without suffix for each path, unique on every system (case, Unicode form).

    The image's own stem where no other image has it; else with the folders before it, joined by
    two underscores, and at need a number. White space at the ends and control characters, which
    lists with one name per line cannot hold, become underscores; overlong names are cut.
    """
    own = {path: _clean(split_name(path)[0]) for path in paths}
    counts = Counter(_key(stem) for stem in own.values())
    taken = {key for key, count in counts.items() if count == 1}
    return {
        path: stem if counts[_key(stem)] == 1 else _free(_flattened(path), taken)
        for path, stem in own.items()
    }


def split_name(path: str) -> tuple[str, str]:
    """Stem and suffix of a path with forward slashes, as pathlib has them, but much faster."""
    name = path.rpartition("/")[2]
    dot = name.rfind(".")
    return (name[:dot], name[dot:]) if 0 < dot < len(name) - 1 else (name, "")


def _flattened(path: str) -> str:
    return _clean("__".join(PurePosixPath(path).with_suffix("").parts))


def _free(stem: str, taken: set[str]) -> str:
    candidate, number = stem, 1
    while _key(candidate) in taken:
        number += 1
        candidate = f"{stem}_{number}"
    taken.add(_key(candidate))
    return candidate


def _key(stem: str) -> str:
    """Equal for names that some file system takes for the same."""
    if stem.isascii():
        return stem.lower()
    return unicodedata.normalize("NFC", stem).casefold()


def _clean(stem: str) -> str:
    if stem.isascii() and stem.isprintable() and stem == stem.strip() and len(stem) < 200:
        return stem
    kept = "".join("_" if unicodedata.category(c) in _BREAKING else c for c in stem)
    head = len(kept) - len(kept.lstrip())
    tail = len(kept.lstrip()) - len(kept.strip())
    kept = "_" * head + kept.strip() + "_" * tail
    encoded = kept.encode()
    if len(encoded) <= MAX_STEM_BYTES:
        return kept
    digest = hashlib.sha256(encoded).hexdigest()[:12]
    return encoded[: MAX_STEM_BYTES - 13].decode(errors="ignore") + "_" + digest
