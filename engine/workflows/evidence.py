"""What a person has decided, made ready to learn from; what cannot be learned from, and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from engine.domain.geometry import Box, iou
from engine.domain.records import Annotation, ImageRecord, ReviewState
from engine.jobs.reporter import Reporter
from engine.store import images as image_rows
from engine.store.annotations import annotations_of, review_states
from engine.store.draws import list_draws
from engine.store.project import Connection, Project
from engine.store.proposals import proposals_of

#: Two boxes of one class that overlap so much are one box given twice.
_TWICE = 0.9
#: Boxes of two files with the same content that overlap less than this contradict each other.
_CONTRADICTS = 0.5


@dataclass(frozen=True, slots=True)
class Known:
    """An image and what a person said of it: ``boxes``, none where nothing is to be boxed;
    ``label``: the class of its boxes, else its image label. ``rejected``: proposals refused."""

    image: ImageRecord
    boxes: tuple[Box, ...]
    label: int | None
    rejected: tuple[Box, ...] = ()


@dataclass(frozen=True)
class Evidence:
    """``accepted`` may be learned from, ``rejected`` too. ``drawn`` are the reviewed images that
    chance chose: they judge what was learned and so must not teach it."""

    accepted: list[Known] = field(default_factory=list)
    rejected: list[Known] = field(default_factory=list)
    drawn: list[Known] = field(default_factory=list)

    @property
    def classes(self) -> set[int]:
        return {known.label for known in self.accepted if known.label is not None}


def gather(project: Project, reporter: Reporter) -> Evidence:
    """What was decided so far. Contradictions and images that are gone are left out and said."""
    with project.read() as connection:
        states = review_states(connection)
        images = {i.id: i for i in image_rows.list_images(connection, usable_only=False)}
        draws = set(list_draws(connection))
        decided = [image_id for image_id, state in states.items() if state in _LEARNED]
        gone = [image_id for image_id in decided if not images[image_id].usable]
        decided = [image_id for image_id in decided if images[image_id].usable]
        known = [_known(connection, images, part) for part in image_rows.chunks(decided)]
    if gone:
        reporter.warn(f"{len(gone)} reviewed images are gone or unreadable; they teach nothing.")
    found = Evidence()
    for item in (item for part in known for item in part):
        state = states[item.image.id]
        if item.image.id in draws:
            found.drawn.append(item)
        elif state is ReviewState.REJECTED:
            found.rejected.append(item)
        elif item.boxes:
            found.accepted.append(item)
    return replace(found, accepted=without_contradictions(found.accepted, reporter))


_LEARNED = frozenset({ReviewState.ACCEPTED, ReviewState.CORRECTED, ReviewState.REJECTED})


def _known(
    connection: Connection, images: Mapping[int, ImageRecord], ids: Sequence[int]
) -> list[Known]:
    annotations = annotations_of(connection, ids)
    proposed = proposals_of(connection, ids)
    found = []
    for image_id in ids:
        image, own = images[image_id], annotations[image_id]
        boxes = _inside(image, own)
        label = own[0].class_id if own else image.class_id
        refused = () if own else tuple(proposal.box for proposal in proposed[image_id])
        found.append(Known(image, boxes, label, refused))
    return found


def _inside(image: ImageRecord, annotations: Sequence[Annotation]) -> tuple[Box, ...]:
    """Each box once, cut at the image's edge."""
    found: list[Box] = []
    for annotation in annotations:
        box = annotation.box.clipped(image.width, image.height)
        if box.has_extent and all(iou(box, other) < _TWICE for other in found):
            found.append(box)
    return tuple(found)


def without_contradictions(known: Sequence[Known], reporter: Reporter) -> list[Known]:
    """Without the images that have the same content as another but other boxes."""
    same: dict[str, list[Known]] = defaultdict(list)
    for item in known:
        same[item.image.digest or item.image.path].append(item)
    bad = {item.image.id for group in same.values() if _contradict(group) for item in group}
    if bad:
        paths = sorted(item.image.path for item in known if item.image.id in bad)
        reporter.warn(
            f"{len(paths)} images are copies of one another but their boxes differ, for example"
            f" {paths[0]} and {paths[1]}: they teach nothing."
        )
    return [item for item in known if item.image.id not in bad]


def _contradict(group: Sequence[Known]) -> bool:
    first = group[0]
    return any(
        max((iou(a.scaled(*_unit(first)), b.scaled(*_unit(other))) for b in other.boxes), default=0)
        < _CONTRADICTS
        for other in group[1:]
        for a in first.boxes
    )


def _unit(known: Known) -> tuple[float, float]:
    return 1 / known.image.width, 1 / known.image.height
