"""What went wrong as a dialog shows it, from whatever told of it."""

from __future__ import annotations

import platform
import traceback
from dataclasses import dataclass

from app.engine_death import DIED
from engine.domain.errors import BoxwrightError
from engine.jobs.events import Failed

_TITLES = {
    "input": "This cannot be used",
    "project": "The project cannot be used",
    "checkpoint": "The weights cannot be used",
    "training": "The training cannot go on",
    "storage": "It could not be written",
    "bug": "Boxwright made a mistake",
    DIED: "The engine stopped",
}
_KEPT = "Everything you did is saved in the project."


@dataclass(frozen=True, slots=True)
class Trouble:
    """What happened, to which file, at which place in it, what to do, and what was not lost."""

    title: str
    message: str
    path: str | None = None
    place: str | None = None
    remedy: str | None = None
    reassurance: str = ""
    details: str = ""

    def as_text(self) -> str:
        """All of it, to be copied."""
        parts = [self.title, self.message]
        parts += [f"File: {self.path}"] if self.path else []
        parts += [f"Place: {self.place}"] if self.place else []
        parts += [part for part in (self.remedy, self.reassurance, self.details) if part]
        return "\n".join([*parts, f"Boxwright on {platform.platform()}"]) + "\n"


def from_error(error: BoxwrightError) -> Trouble:
    return Trouble(
        _TITLES.get(error.kind, "That did not work"),
        error.message,
        error.path,
        error.place,
        error.remedy,
    )


def from_failed(failed: Failed) -> Trouble:
    """The trouble of a job; a bug of the engine is told as one, and so is its death."""
    remedy: str | None = failed.remedy
    kept = _KEPT
    if failed.kind == "bug":
        remedy = "Try again; if it happens again, report it with the details below."
    elif failed.kind == DIED:
        # nothing to do but to start again; what counts is what is left
        remedy, kept = None, failed.remedy or _KEPT
    return Trouble(
        _TITLES.get(failed.kind, "That did not work"),
        failed.message,
        failed.path,
        failed.place,
        remedy,
        kept,
        failed.details or "",
    )


def from_bug(error: BaseException) -> Trouble:
    return Trouble(
        _TITLES["bug"],
        f"{type(error).__name__}: {error}",
        remedy="You can go on working. If it happens again, report it with the details below.",
        reassurance=_KEPT,
        details="".join(traceback.format_exception(error)),
    )
