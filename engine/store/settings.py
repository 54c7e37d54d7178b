"""A project's settings: a small JSON file beside the database."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from engine.domain.errors import StorageError
from engine.domain.settings import BoxSettings, ClassFrom, TrainSettings
from engine.store.files import write_atomic

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ProjectSettings:
    """How boxes are derived in this project, the settings of the last training, and which folder
    names the class of an image."""

    boxes: BoxSettings = field(default_factory=BoxSettings)
    train: TrainSettings = field(default_factory=TrainSettings)
    class_from: ClassFrom = ClassFrom.FIRST


def load_settings(path: Path) -> ProjectSettings:
    """The settings at ``path``; defaults where there are none.

    A damaged file is kept beside with the suffix ``.damaged`` and never stops the start.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return ProjectSettings()
    except OSError as error:
        raise StorageError(
            f"The settings cannot be read ({error.strerror}).",
            path=path,
            remedy="Check the permissions of the file.",
        ) from error
    try:
        return msgspec.json.decode(content, type=ProjectSettings)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        _set_aside(path, str(error))
        return ProjectSettings()


def save_settings(path: Path, settings: ProjectSettings) -> None:
    """Replace the settings at ``path``. Raises StorageError; the old file is then as it was."""
    write_atomic(path, msgspec.json.format(msgspec.json.encode(settings), indent=2) + b"\n")


def _set_aside(path: Path, reason: str) -> None:
    kept = path.with_name(f"{path.name}.damaged")
    try:
        path.replace(kept)
    except OSError as error:
        _log.warning("%s is damaged (%s); defaults are used (%s)", path, reason, error)
        return
    _log.warning("%s was damaged (%s); it is kept as %s, defaults are used", path, reason, kept)
