"""Errors that a person can act on. Anything else that is raised is a bug."""

from __future__ import annotations

from pathlib import Path


class BoxwrightError(Exception):
    """What happened, to which file, at which place in it, and what to do.

    ``kind`` names the class of error over the wire (see ``engine.jobs.events.Failed``).
    """

    kind = "error"

    def __init__(
        self,
        message: str,
        *,
        path: Path | str | None = None,
        place: str | None = None,
        remedy: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.path = None if path is None else str(path)
        self.place = place
        self.remedy = remedy

    def __str__(self) -> str:
        where = ", ".join(part for part in (self.path, self.place) if part)
        text = f"{where}: {self.message}" if where else self.message
        return f"{text} {self.remedy}" if self.remedy else text


class InputError(BoxwrightError):
    """A file, folder or option that a person gave cannot be used."""

    kind = "input"


class UnusableImageError(InputError):
    """An image file that is there and may be read, of which no picture comes: it is damaged, cut
    short, empty, no image or too large. Out of reach, as on a disk not plugged in, is another
    thing: that passes."""


class ProjectError(BoxwrightError):
    """The project cannot be opened or does not hold what the job needs."""

    kind = "project"


class CheckpointError(BoxwrightError):
    """A weights or checkpoint file is missing, damaged, unsafe or of another network."""

    kind = "checkpoint"


class TrainingError(BoxwrightError):
    """Training cannot start or go on: diverged loss, too few images, no such device."""

    kind = "training"


class StorageError(BoxwrightError):
    """A write failed (no space, no permission); the old file is as it was."""

    kind = "storage"


class JobCancelled(Exception):  # noqa: N818 - it is a request, not an error
    """A person asked the job to stop; raised from the reporter, never swallowed."""
