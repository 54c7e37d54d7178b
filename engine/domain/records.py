"""Rows of a project as values: classes, images, runs, proposals, annotations."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from engine.domain.geometry import Box


class ReviewState(StrEnum):
    """What a person has decided about an image."""

    UNREVIEWED = "unreviewed"
    PARTLY = "partly"  # some of its boxes are decided, others wait
    ACCEPTED = "accepted"
    CORRECTED = "corrected"
    REJECTED = "rejected"
    SKIPPED = "skipped"


#: States that settle an image: it is not proposed for again and counts as done.
DECIDED_STATES = frozenset({ReviewState.ACCEPTED, ReviewState.CORRECTED, ReviewState.REJECTED})
#: States in which an image is offered to a person; a skipped one is left until it is looked for.
WAITING_STATES = frozenset({ReviewState.UNREVIEWED, ReviewState.PARTLY})


class AnnotationOrigin(StrEnum):
    """How a person's box came about."""

    ACCEPTED = "accepted"  # a proposal taken as it was
    CORRECTED = "corrected"  # a proposal moved or resized
    DRAWN = "drawn"
    IMPORTED = "imported"  # came from a file


class RunKind(StrEnum):
    TRAIN = "train"
    PROPOSE = "propose"
    IMPORT = "import"  # proposals that came from a file
    LEARN = "learn"  # a box model that learned from a person's boxes; its parent is a training


class RunState(StrEnum):
    RUNNING = "running"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    FAILED = "failed"
    INTERRUPTED = "interrupted"  # its process died; found at the next opening


@dataclass(frozen=True, slots=True)
class ClassRecord:
    """A class as it counts now. ``color`` (``#rrggbb``) and ``key`` (1 to 9) if a person chose."""

    id: int
    name: str
    color: str | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class KnownFile:
    """What was found in an image file, and by what to tell that it is the same still.

    ``problem``: why it is unusable: as it was first decoded, or as it is gone (0 ``bytes`` then).
    """

    bytes: int
    modified_ns: int
    width: int
    height: int
    digest: str
    problem: str | None = None

    @property
    def stamp(self) -> tuple[int, int]:
        """What another content would hardly have as well."""
        return self.bytes, self.modified_ns


@dataclass(frozen=True, slots=True)
class ImageRecord:
    """One image file. ``path`` is relative to the image root, with forward slashes.

    ``width`` and ``height`` are EXIF-transposed pixels (0 when unreadable); ``problem`` is the
    reason why the file cannot be used, else None; ``class_id`` is the image label, the main one
    where a person has given several; ``more_labels`` are the others.
    """

    id: int
    path: str
    width: int
    height: int
    class_id: int | None
    digest: str | None = None
    problem: str | None = None
    more_labels: tuple[int, ...] = ()

    @property
    def labels(self) -> tuple[int, ...]:
        """All image labels, the main one first."""
        return () if self.class_id is None else (self.class_id, *self.more_labels)

    @property
    def usable(self) -> bool:
        return self.problem is None


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A training or a proposing, with everything needed to repeat it."""

    id: int
    kind: RunKind
    state: RunState
    parent_id: int | None  # the training run of a proposing run
    settings: dict[str, Any]
    versions: dict[str, str]
    folder: str | None  # checkpoints, relative to the project folder, forward slashes
    created_at: datetime
    finished_at: datetime | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """A box of the machine. ``score`` in [0, 1]; ``threshold`` is that of the score map.

    ``quality_50`` and ``quality_70`` are the estimated probabilities that its IoU with the true
    box is at least 0.5 and 0.7; None where nothing has been learned yet.
    """

    id: int
    run_id: int
    image_id: int
    class_id: int
    box: Box
    score: float
    threshold: float
    quality_50: float | None = None
    quality_70: float | None = None


@dataclass(frozen=True, slots=True)
class Annotation:
    """A box of a person. ``run_id`` and ``score`` are those of the proposal it came from."""

    id: int
    image_id: int
    class_id: int
    box: Box
    origin: AnnotationOrigin
    run_id: int | None = None
    score: float | None = None


@dataclass(frozen=True, slots=True)
class LeftBox:
    """A proposal that a person has left undecided in an image some boxes of which are decided.

    As the person saw it: no job changes it. ``skipped``: the person has said that it is for later.
    """

    class_id: int
    box: Box
    run_id: int | None = None
    score: float | None = None
    skipped: bool = False


@dataclass(slots=True)
class QueueEntry:
    """What the queue shows of one image; light enough to hold 100,000 of them.

    Not frozen, since making so many then takes three times as long; nobody changes one.
    ``quality`` is the best proposal's estimated probability of an IoU of at least 0.5;
    ``misdirection`` that of the newest run that was measured; None where there is none.
    """

    image_id: int
    path: str
    width: int
    height: int
    class_id: int | None
    state: ReviewState
    score: float | None  # of the best proposal of the current run
    problem: str | None
    quality: float | None = None
    misdirection: float | None = None
    has_note: bool = False
    more_labels: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ProjectSummary:
    """Counts for the status line and for ``boxwright status``."""

    name: str
    image_root: str
    images: int
    problems: int
    classes: dict[str, int]  # class name -> usable images
    states: dict[ReviewState, int]
    annotations: int
    runs: list[RunRecord] = field(default_factory=list)
    current_run_id: int | None = None  # the proposing run whose proposals are shown
