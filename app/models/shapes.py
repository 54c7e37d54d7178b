"""Boxes as the window shows and edits them, whether of the machine or of a person."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from engine.domain.geometry import Box
from engine.domain.records import Annotation, AnnotationOrigin, LeftBox, Proposal
from engine.store.review import EditedBox, ShownBox


@dataclass(frozen=True, slots=True)
class Shape:
    """One box on the canvas. ``origin`` None: a proposal, which nobody has decided about;
    ``skipped``: a person has put that off; ``id``: the annotation's in the store."""

    class_id: int
    box: Box
    origin: AnnotationOrigin | None = None
    id: int | None = None
    run_id: int | None = None
    score: float | None = None
    skipped: bool = False

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


def of_left(left: LeftBox) -> Shape:
    return Shape(
        left.class_id, left.box, run_id=left.run_id, score=left.score, skipped=left.skipped
    )


def shown_boxes(shapes: Iterable[Shape]) -> list[ShownBox]:
    """For accepting them as they are."""
    return [ShownBox(s.class_id, s.box, s.run_id, s.score) for s in shapes]


def edited_boxes(shapes: Iterable[Shape]) -> list[EditedBox]:
    """What is decided, for saving it as the image's annotations."""
    return [
        EditedBox(s.id, s.class_id, s.box, s.origin, s.run_id, s.score)
        for s in shapes
        if s.origin is not None
    ]


def left_boxes(shapes: Iterable[Shape]) -> list[LeftBox]:
    """What is not decided: nobody has said anything of a proposal beside an edited box."""
    return [
        LeftBox(s.class_id, s.box, s.run_id, s.score, s.skipped) for s in shapes if s.is_proposal
    ]


def undecided(shapes: Sequence[Shape], skipped: bool = True) -> frozenset[int]:
    """Indices of the boxes that nobody has decided about; without ``skipped`` those only that
    were not put off either."""
    return frozenset(
        i for i, s in enumerate(shapes) if s.is_proposal and (skipped or not s.skipped)
    )


def as_accepted(shapes: Sequence[Shape], indices: Collection[int]) -> list[Shape]:
    """``shapes`` with the proposals at some indices taken as they are."""
    return [
        replace(s, origin=AnnotationOrigin.ACCEPTED, skipped=False)
        if i in indices and s.is_proposal
        else s
        for i, s in enumerate(shapes)
    ]


def as_skipped(shapes: Sequence[Shape], indices: Collection[int]) -> list[Shape]:
    """``shapes`` with the proposals at some indices put off; offered again if all were."""
    meant = undecided(shapes) & frozenset(indices)
    put_off = not all(shapes[i].skipped for i in meant)
    return [replace(s, skipped=put_off) if i in meant else s for i, s in enumerate(shapes)]


def with_boxes(shapes: Sequence[Shape], boxes: Mapping[int, Box]) -> list[Shape]:
    """``shapes`` with other boxes at some indices."""
    return [
        replace(s, box=boxes[i], origin=_touched(s), skipped=False) if i in boxes else s
        for i, s in enumerate(shapes)
    ]


def with_class(shapes: Sequence[Shape], indices: Collection[int], class_id: int) -> list[Shape]:
    return [
        replace(s, class_id=class_id, origin=_touched(s), skipped=False) if i in indices else s
        for i, s in enumerate(shapes)
    ]


def without(shapes: Sequence[Shape], indices: Collection[int]) -> list[Shape]:
    return [s for i, s in enumerate(shapes) if i not in indices]


def in_order_of(shapes: Sequence[Shape], before: Sequence[Shape]) -> list[Shape]:
    """``shapes`` as they stood before, as far as they did: what goes through them meets the same
    order, whatever has been decided since."""
    places = {(s.class_id, s.box): i for i, s in enumerate(before)}
    return sorted(shapes, key=lambda s: places.get((s.class_id, s.box), len(before)))


def with_copies(
    shapes: Sequence[Shape], copied: Iterable[Shape], width: float, height: float
) -> list[Shape]:
    """``shapes`` and those of another image as far as they lie in this one."""
    clipped = ((c.class_id, c.box.clipped(width, height)) for c in copied)
    return with_added(shapes, ((class_id, box) for class_id, box in clipped if box.has_extent))


def with_added(shapes: Sequence[Shape], added: Iterable[tuple[int, Box]]) -> list[Shape]:
    """``shapes`` and new ones of some classes at the end."""
    new = [Shape(class_id, box, AnnotationOrigin.DRAWN) for class_id, box in added]
    return [*shapes, *new]


def with_instead(
    shapes: Sequence[Shape], gone: Collection[int], class_id: int, box: Box
) -> list[Shape]:
    """A new box at the end in place of those at some indices."""
    return with_added([s for i, s in enumerate(shapes) if i not in gone], [(class_id, box)])


def _touched(shape: Shape) -> AnnotationOrigin:
    drawn = shape.origin is AnnotationOrigin.DRAWN
    return AnnotationOrigin.DRAWN if drawn else AnnotationOrigin.CORRECTED
