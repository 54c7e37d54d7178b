"""Boxes as the window shows and edits them, whether of the machine or of a person."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from engine.domain.geometry import Box
from engine.domain.records import Annotation, AnnotationOrigin, Proposal
from engine.store.review import EditedBox, ShownBox


@dataclass(frozen=True, slots=True)
class Shape:
    """One box on the canvas. ``origin`` None: a proposal; ``id``: the annotation's in the store."""

    class_id: int
    box: Box
    origin: AnnotationOrigin | None = None
    id: int | None = None
    run_id: int | None = None
    score: float | None = None

    @property
    def is_proposal(self) -> bool:
        return self.origin is None


def of_proposal(proposal: Proposal) -> Shape:
    return Shape(proposal.class_id, proposal.box, run_id=proposal.run_id, score=proposal.score)


def of_annotation(annotation: Annotation) -> Shape:
    return Shape(
        annotation.class_id,
        annotation.box,
        annotation.origin,
        annotation.id,
        annotation.run_id,
        annotation.score,
    )


def shown_boxes(shapes: Iterable[Shape]) -> list[ShownBox]:
    """For accepting them as they are."""
    return [ShownBox(s.class_id, s.box, s.run_id, s.score) for s in shapes]


def edited_boxes(shapes: Iterable[Shape]) -> list[EditedBox]:
    """For saving them as the image's annotations."""
    return [
        EditedBox(s.id, s.class_id, s.box, s.origin, s.run_id, s.score)
        for s in as_annotations(shapes)
        if s.origin is not None
    ]


def as_annotations(shapes: Iterable[Shape]) -> list[Shape]:
    """The same boxes as a person's: a proposal beside an edited box counts as accepted."""
    return [replace(s, origin=AnnotationOrigin.ACCEPTED) if s.is_proposal else s for s in shapes]


def with_boxes(shapes: Sequence[Shape], boxes: Mapping[int, Box]) -> list[Shape]:
    """``shapes`` with other boxes at some indices."""
    return as_annotations(
        replace(s, box=boxes[i], origin=_touched(s)) if i in boxes else s
        for i, s in enumerate(shapes)
    )


def with_class(shapes: Sequence[Shape], indices: Collection[int], class_id: int) -> list[Shape]:
    return as_annotations(
        replace(s, class_id=class_id, origin=_touched(s)) if i in indices else s
        for i, s in enumerate(shapes)
    )


def without(shapes: Sequence[Shape], indices: Collection[int]) -> list[Shape]:
    return as_annotations(s for i, s in enumerate(shapes) if i not in indices)


def with_copies(
    shapes: Sequence[Shape], copied: Iterable[Shape], width: float, height: float
) -> list[Shape]:
    """``shapes`` and those of another image as far as they lie in this one."""
    clipped = ((c.class_id, c.box.clipped(width, height)) for c in copied)
    return with_added(shapes, ((class_id, box) for class_id, box in clipped if box.has_extent))


def with_added(shapes: Sequence[Shape], added: Iterable[tuple[int, Box]]) -> list[Shape]:
    """``shapes`` and new ones of some classes at the end."""
    new = [Shape(class_id, box, AnnotationOrigin.DRAWN) for class_id, box in added]
    return [*as_annotations(shapes), *new]


def with_instead(
    shapes: Sequence[Shape], gone: Collection[int], class_id: int, box: Box
) -> list[Shape]:
    """A new box at the end in place of those at some indices."""
    return with_added([s for i, s in enumerate(shapes) if i not in gone], [(class_id, box)])


def _touched(shape: Shape) -> AnnotationOrigin:
    drawn = shape.origin is AnnotationOrigin.DRAWN
    return AnnotationOrigin.DRAWN if drawn else AnnotationOrigin.CORRECTED
