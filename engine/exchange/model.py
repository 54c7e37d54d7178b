"""What an export holds: plain values, ready to be written in any format."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from engine.domain.geometry import Box
from engine.domain.records import AnnotationOrigin, ReviewState

# Structs of msgspec: a dataclass takes several times as long to make, and a million are made.


class ExportBox(msgspec.Struct, gc=False):
    """One box in half-open, 0-based, EXIF-transposed pixels.

    ``origin`` is how a person's box came about; None marks a proposal that nobody has reviewed.
    ``score`` and ``run_id`` are those of the proposal that it is or came from.
    """

    class_name: str
    xmin: float
    ymin: float
    xmax: float
    ymax: float
    score: float | None = None
    origin: AnnotationOrigin | None = None
    run_id: int | None = None

    @classmethod
    def of(
        cls,
        class_name: str,
        box: Box,
        score: float | None = None,
        origin: AnnotationOrigin | None = None,
        run_id: int | None = None,
    ) -> ExportBox:
        return cls(class_name, *box.as_tuple(), score, origin, run_id)

    @property
    def box(self) -> Box:
        return Box(self.xmin, self.ymin, self.xmax, self.ymax)


class ExportImage(msgspec.Struct, frozen=True, gc=False):
    """One image; ``path`` relative to the image root with forward slashes.

    ``width`` and ``height`` are EXIF-transposed pixels; ``split`` is train, val, test or None;
    ``class_name`` is the image label; ``depth`` the number of colour channels.
    """

    path: str
    width: int
    height: int
    boxes: Sequence[ExportBox] = ()
    class_name: str | None = None
    split: str | None = None
    state: ReviewState = ReviewState.UNREVIEWED
    depth: int = 3


@dataclass(frozen=True, slots=True)
class ExportSet:
    """All that one export holds.

    ``images`` may be gone through several times and gives the same each time; what is no sequence
    comes in order of its paths, so that no more than a few images need to be in memory at once,
    and may tell them beforehand in an attribute ``paths``.
    ``classes`` in the order that gives them their numbers. ``provenance`` (plain JSON values:
    project, runs, settings) goes as it is into provenance.json; it should name no time of day,
    so that the same export gives the same bytes.
    """

    images: Iterable[ExportImage]
    classes: Sequence[str]
    provenance: dict[str, Any] = field(default_factory=dict)
