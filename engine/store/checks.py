"""What looks wrong in a project: a list of places to look at, found from rows alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

from sqlalchemy import Connection

from engine.domain.geometry import Box, iou
from engine.domain.records import (
    DECIDED_STATES,
    Annotation,
    AnnotationOrigin,
    ClassRecord,
    ImageRecord,
    Proposal,
    ReviewState,
)
from engine.store.annotations import all_annotations, review_states
from engine.store.classes import list_classes
from engine.store.images import list_images
from engine.store.proposals import all_proposals


class Fault(StrEnum):
    """What is the matter."""

    OUTSIDE = "outside"
    TINY = "tiny"
    DUPLICATE = "duplicate"
    FAR_FROM_PROPOSAL = "far_from_proposal"
    WITHOUT_BOX = "without_box"
    OTHER_CLASS = "other_class"
    UNUSABLE = "unusable"
    EMPTY_CLASS = "empty_class"


@dataclass(frozen=True, slots=True)
class Finding:
    """One place to look at; ``image_id`` None for a class, of which no image tells."""

    fault: Fault
    image_id: int | None
    text: str
    class_id: int | None = None  # of a finding about a class


@dataclass(frozen=True, slots=True)
class CheckRules:
    """``tiny``: shorter sides, in pixels; ``same``: IoU from which two boxes of a class are one.

    ``far``: IoU with the best proposal below which a person's own box is worth a second look.
    """

    tiny: float = 4.0
    same: float = 0.9
    far: float = 0.1


def check_project(conn: Connection, rules: CheckRules | None = None) -> list[Finding]:
    """All findings, image by image in the order of their paths, then classes."""
    annotations: dict[int, list[Annotation]] = defaultdict(list)
    for annotation in all_annotations(conn):
        annotations[annotation.image_id].append(annotation)
    best: dict[int, list[Proposal]] = defaultdict(list)
    for proposal in all_proposals(conn):
        if proposal.image_id in annotations:
            best[proposal.image_id].append(proposal)
    return find_faults(
        list_images(conn, usable_only=False),
        list_classes(conn),
        annotations,
        best,
        review_states(conn),
        rules or CheckRules(),
    )


def images_with_faults(conn: Connection) -> frozenset[int]:
    """Ids of the images that ``check_project`` finds something about."""
    return frozenset(f.image_id for f in check_project(conn) if f.image_id is not None)


def find_faults(
    images: Iterable[ImageRecord],
    classes: Sequence[ClassRecord],
    annotations: Mapping[int, Sequence[Annotation]],
    proposals: Mapping[int, Sequence[Proposal]],
    states: Mapping[int, ReviewState],
    rules: CheckRules,
) -> list[Finding]:
    """A pure function of the rows. Coordinates as everywhere: half-open pixels of the image."""
    names = {record.id: record.name for record in classes}
    found: list[Finding] = []
    for image in images:
        own = annotations.get(image.id, ())
        found += _image_findings(image, own, proposals.get(image.id, ()), names, rules)
        if not own and states.get(image.id) in DECIDED_STATES - {ReviewState.REJECTED}:
            found.append(Finding(Fault.WITHOUT_BOX, image.id, "Decided, but there is no box."))
    used = {annotation.class_id for rows in annotations.values() for annotation in rows}
    if used:
        found += [
            Finding(Fault.EMPTY_CLASS, None, f"The class {name} has no box yet.", class_id)
            for class_id, name in names.items()
            if class_id not in used
        ]
    return found


def _image_findings(
    image: ImageRecord,
    own: Sequence[Annotation],
    proposals: Sequence[Proposal],
    names: Mapping[int, str],
    rules: CheckRules,
) -> Iterator[Finding]:
    if not image.usable:
        if own:
            yield Finding(Fault.UNUSABLE, image.id, f"It has boxes, but: {image.problem}")
        return
    for annotation in own:
        name = names.get(annotation.class_id, "?")
        for fault, text in _box_faults(annotation, image, proposals, rules):
            yield Finding(fault, image.id, f"{name}: {text}")
        if image.labels and annotation.class_id not in image.labels:
            labels = ", ".join(names.get(label, "?") for label in image.labels)
            text = f"A box of {name} in an image of {labels}."
            yield Finding(Fault.OTHER_CLASS, image.id, text)
    for class_id in _doubled(own, rules):
        text = f"{names.get(class_id, '?')}: two boxes in the same place."
        yield Finding(Fault.DUPLICATE, image.id, text)


def _doubled(own: Sequence[Annotation], rules: CheckRules) -> Iterator[int]:
    """The class of each pair of boxes that are one."""
    for first, second in combinations(own, 2):
        if first.class_id == second.class_id and iou(first.box, second.box) >= rules.same:
            yield first.class_id


def _box_faults(
    annotation: Annotation, image: ImageRecord, proposals: Sequence[Proposal], rules: CheckRules
) -> Iterator[tuple[Fault, str]]:
    box = annotation.box
    if _is_outside(box, image):
        yield Fault.OUTSIDE, f"The box reaches out of the image of {image.width} × {image.height}."
    shorter = min(box.width, box.height)
    if shorter < rules.tiny:
        yield Fault.TINY, f"The box is only {box.width:.0f} × {box.height:.0f} pixels."
    if proposals and annotation.origin is not AnnotationOrigin.ACCEPTED:
        nearest = max(iou(box, proposal.box) for proposal in proposals)
        if nearest < rules.far:
            yield Fault.FAR_FROM_PROPOSAL, f"IoU with the proposal is only {nearest:.2f}."


def _is_outside(box: Box, image: ImageRecord) -> bool:
    """By more than a rounding; an image may have been exchanged for a smaller one."""
    return (
        box.xmin < -0.5
        or box.ymin < -0.5
        or box.xmax > image.width + 0.5
        or (box.ymax > image.height + 0.5)
    )
