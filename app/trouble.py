"""What went wrong as a dialog shows it, from whatever told of it."""

from __future__ import annotations

import platform
import traceback
from dataclasses import dataclass

from app.engine_death import DIED
from app.i18n import mark, tr
from engine.domain.errors import BoxwrightError
from engine.jobs.events import Failed

_TITLES = {
    "input": mark("This cannot be used"),
    "project": mark("The project cannot be used"),
    "checkpoint": mark("The weights cannot be used"),
    "training": mark("The training cannot go on"),
    "storage": mark("It could not be written"),
    "bug": mark("Boxwright made a mistake"),
    DIED: mark("The engine stopped"),
}
_OTHER = mark("That did not work")
_KEPT = mark("Everything you did is saved in the project.")


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
        parts += [tr("File: {path}", path=self.path)] if self.path else []
        parts += [tr("Place: {place}", place=self.place)] if self.place else []
        parts += [part for part in (self.remedy, self.reassurance, self.details) if part]
        parts.append(tr("Boxwright on {platform}", platform=platform.platform()))
        return "\n".join(parts) + "\n"


def from_error(error: BoxwrightError) -> Trouble:
    return Trouble(
        tr(_TITLES.get(error.kind, _OTHER)),
        error.message,
        error.path,
        error.place,
        error.remedy,
    )


def from_failed(failed: Failed) -> Trouble:
    """The trouble of a job; a bug of the engine is told as one, and so is its death."""
    remedy: str | None = failed.remedy
    kept = tr(_KEPT)
    if failed.kind == "bug":
        remedy = tr("Try again; if it happens again, report it with the details below.")
    elif failed.kind == DIED:
        # nothing to do but to start again; what counts is what is left
        remedy, kept = None, failed.remedy or tr(_KEPT)
    return Trouble(
        tr(_TITLES.get(failed.kind, _OTHER)),
        failed.message,
        failed.path,
        failed.place,
        remedy,
        kept,
        failed.details or "",
    )


def from_bug(error: BaseException) -> Trouble:
    return Trouble(
        tr(_TITLES["bug"]),
        f"{type(error).__name__}: {error}",
        remedy=tr("You can go on working. If it happens again, report it with the details below."),
        reassurance=tr(_KEPT),
        details="".join(traceback.format_exception(error)),
    )
