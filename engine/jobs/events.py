"""What a job says while it runs: Started, any of the middle ones, then one last word."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Started:
    """``job`` is the kind of request; ``title`` is for people."""

    job: str
    title: str


@dataclass(frozen=True, slots=True)
class Progress:
    """``done`` of ``total`` ``unit`` (0 while unknown); ``message`` names the present step."""

    done: int
    total: int
    unit: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Metric:
    """Named numbers at a ``step`` (an epoch, or a fraction of one)."""

    step: float
    values: dict[str, float]


@dataclass(frozen=True, slots=True)
class Artifact:
    """Something new is in the store or on disk.

    ``kind``: ``images``, ``run`` (ids: the run), ``checkpoint``, ``proposals`` (ids: the images
    whose proposals are now there), ``export`` or ``report`` (``path``).
    """

    kind: str
    ids: list[int] = field(default_factory=list)
    path: str | None = None


@dataclass(frozen=True, slots=True)
class Warned:
    """Something a person should know that did not stop the job, naming the file."""

    message: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The last word of a job that did its work; ``result`` holds plain JSON values."""

    result: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Failed:
    """The last word of a job that could not. ``kind`` is a ``BoxwrightError.kind``, or ``bug``."""

    kind: str
    message: str
    path: str | None = None
    place: str | None = None
    remedy: str | None = None
    details: str | None = None  # the traceback of a bug


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The last word of a job that a person stopped; what was done before is kept."""


Event = Started | Progress | Metric | Artifact | Warned | Finished | Failed | Cancelled
LAST_WORDS = (Finished, Failed, Cancelled)
