"""Which boxes of a project an export holds, image by image."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.domain.errors import InputError
from engine.domain.records import ImageRecord, ReviewState
from engine.exchange.counts import SPLITS
from engine.exchange.model import ExportBox, ExportImage
from engine.exchange.splits import assign_splits
from engine.exchange.tables import read_splits
from engine.jobs.requests import ExportRequest
from engine.store import annotations as annotation_rows
from engine.store import images as image_rows
from engine.store import proposals as proposal_rows
from engine.store import truth as truth_rows
from engine.store.classes import class_names
from engine.store.project import Connection

#: Images whose boxes are in memory at once.
_BATCH = 1000


@dataclass(frozen=True)
class Choice:
    """What of the project goes out. ``min_score`` holds for proposals alone."""

    states: frozenset[ReviewState]
    proposals: bool
    classes: frozenset[str] | None
    min_score: float

    @classmethod
    def of(cls, request: ExportRequest, known_classes: list[str]) -> Choice:
        """Raises InputError for a state or class that there is not."""
        known_states = [state.value for state in ReviewState]
        _check_known("review state", request.states, known_states)
        _check_known("class", request.classes or (), known_classes)
        states = frozenset(map(ReviewState, request.states))
        return cls(
            states,
            request.include_unreviewed,
            None if request.classes is None else frozenset(request.classes),
            request.min_score,
        )


class ProjectImages:
    """The chosen images in order of their paths, read a batch at a time from one view.

    May be gone through several times; boxes are read again each time, so that memory does not
    grow with their number.
    """

    def __init__(self, connection: Connection, request: ExportRequest) -> None:
        self._connection = connection
        self._names = class_names(connection)
        self._classes = [record.name for record in image_rows.list_classes(connection)]
        self._choice = Choice.of(request, self._classes)
        self._states = annotation_rows.review_states(connection)
        self._images = [
            image for image in image_rows.list_images(connection) if self._may_go(image)
        ]
        self._splits = self._find_splits(request)

    @property
    def classes(self) -> list[str]:
        """In the project's order, which gives them their numbers."""
        chosen = self._choice.classes
        return [name for name in self._classes if chosen is None or name in chosen]

    def __iter__(self) -> Iterator[ExportImage]:
        for image, boxes in self._with_boxes():
            label = None if image.class_id is None else self._names[image.class_id]
            yield ExportImage(
                path=image.path,
                width=image.width,
                height=image.height,
                boxes=boxes,
                class_name=label,
                split=self._splits.get(image.path),
                state=self._states[image.id],
            )

    def _may_go(self, image: ImageRecord) -> bool:
        state = self._states[image.id]
        return state in self._choice.states or self._goes_as_proposed(state)

    def _goes_as_proposed(self, state: ReviewState) -> bool:
        return self._choice.proposals and state is ReviewState.UNREVIEWED

    def _with_boxes(self) -> Iterator[tuple[ImageRecord, list[ExportBox]]]:
        for start in range(0, len(self._images), _BATCH):
            batch = self._images[start : start + _BATCH]
            ids = [image.id for image in batch]
            reviewed = [i for i in ids if self._states[i] in self._choice.states]
            waiting = [i for i in ids if self._goes_as_proposed(self._states[i])]
            boxes = self._annotated(reviewed)
            for image_id, own in self._proposed(waiting).items():
                boxes[image_id] = boxes.get(image_id) or own
            for image in batch:
                if self._stays(image, boxes[image.id]):
                    yield image, boxes[image.id]

    def _stays(self, image: ImageRecord, boxes: list[ExportBox]) -> bool:
        """An image without boxes goes out if a person has said so, and its class is wanted."""
        if boxes:
            return True
        if self._states[image.id] not in self._choice.states:
            return False
        chosen = self._choice.classes
        return chosen is None or any(self._names[label] in chosen for label in image.labels)

    def _annotated(self, ids: list[int]) -> dict[int, list[ExportBox]]:
        found = annotation_rows.annotations_of(self._connection, ids)
        return {
            image_id: [
                ExportBox(self._names[a.class_id], a.box, a.score, a.origin, a.run_id)
                for a in rows
                if self._wanted(a.class_id)
            ]
            for image_id, rows in found.items()
        }

    def _proposed(self, ids: list[int]) -> dict[int, list[ExportBox]]:
        found = proposal_rows.proposals_of(self._connection, ids)
        return {
            image_id: [
                ExportBox(self._names[p.class_id], p.box, p.score, None, p.run_id)
                for p in rows
                if self._wanted(p.class_id) and p.score >= self._choice.min_score
            ]
            for image_id, rows in found.items()
        }

    def _wanted(self, class_id: int) -> bool:
        return self._choice.classes is None or self._names[class_id] in self._choice.classes

    def _find_splits(self, request: ExportRequest) -> dict[str, str]:
        _check_known("kind of split", (request.split,), ["none", "imported", "ratio"])
        if request.split == "none":
            return {}
        if request.split == "imported":
            return self._imported_splits(request.splits_csv)
        return assign_splits(self._strata(), request.ratios, request.seed, request.stratified)

    def _strata(self) -> dict[str, str | None]:
        """The image label of each image that goes out, or the class of its first box."""
        choice, images = self._choice, self._images
        labelled = all(image.class_id is not None for image in images)
        if labelled and choice.classes is None and not choice.proposals:
            return {i.path: self._names[i.class_id] for i in images if i.class_id is not None}
        strata: dict[str, str | None] = {}
        for image, boxes in self._with_boxes():
            label = None if image.class_id is None else self._names[image.class_id]
            strata[image.path] = label or (boxes[0].class_name if boxes else None)
        return strata

    def _imported_splits(self, table: str | None) -> dict[str, str]:
        if table is not None:
            path = Path(table).expanduser()
            splits = read_splits(path)
            for image, split in splits.items():
                if split not in SPLITS:
                    remedy = f"The splits are {', '.join(SPLITS)}."
                    message = f"The split {split!r} of {image} is unknown."
                    raise InputError(message, path=path, remedy=remedy)
            return splits
        by_id = truth_rows.splits_by_image(self._connection)
        splits = {image.path: by_id[image.id] for image in self._images if image.id in by_id}
        if not splits:
            raise InputError(
                "No import has brought splits into the project.",
                remedy="Choose ratios, or give a table with the columns image and split.",
            )
        return splits


def _check_known(what: str, given: tuple[str, ...], known: list[str]) -> None:
    for name in given:
        if name not in known:
            raise InputError(f"Unknown {what} {name!r}.", remedy=f"Known: {', '.join(known)}.")
