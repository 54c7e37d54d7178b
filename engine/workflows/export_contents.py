"""Which boxes of a project an export holds, image by image."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.domain.errors import InputError
from engine.domain.records import AnnotationOrigin, ImageRecord, ReviewState
from engine.exchange.counts import SPLITS
from engine.exchange.model import ExportBox, ExportImage
from engine.exchange.splits import assign_splits
from engine.exchange.tables import read_splits
from engine.jobs.requests import ExportRequest
from engine.store import annotations as annotation_rows
from engine.store import exports as box_rows
from engine.store import images as image_rows
from engine.store import truth as truth_rows
from engine.store.classes import class_names
from engine.store.project import Connection

#: Images whose boxes are in memory at once.
_BATCH = 1000
# Looked up, not called: an enumeration's call takes as long as all the rest of a row.
_ORIGINS = {origin.value: origin for origin in AnnotationOrigin}


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
    grow with their number. Which images go out is known before, without reading the boxes.
    """

    def __init__(self, connection: Connection, request: ExportRequest) -> None:
        self._connection = connection
        self._names = class_names(connection)
        self._classes = [record.name for record in image_rows.list_classes(connection)]
        self._choice = Choice.of(request, self._classes)
        self._states = annotation_rows.review_states(connection)
        self._wanted = self._wanted_classes()
        self._images = self._find_images()
        self._splits = self._find_splits(request)

    @property
    def classes(self) -> list[str]:
        """In the project's order, which gives them their numbers."""
        chosen = self._choice.classes
        return [name for name in self._classes if chosen is None or name in chosen]

    @property
    def paths(self) -> list[str]:
        return [image.path for image in self._images]

    def __iter__(self) -> Iterator[ExportImage]:
        for image, boxes in self._with_boxes(self._images):
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

    def _wanted_classes(self) -> frozenset[int] | None:
        """By id, merged ones included; None if all are wanted."""
        chosen = self._choice.classes
        if chosen is None:
            return None
        return frozenset(class_id for class_id, name in self._names.items() if name in chosen)

    def _find_images(self) -> list[ImageRecord]:
        """An image without boxes goes out if a person has said so, and its class is wanted."""
        conn, choice, wanted = self._connection, self._choice, self._wanted
        annotated = box_rows.images_with_annotations(conn, wanted)
        proposed: set[int] = set()
        if choice.proposals:
            proposed = box_rows.images_with_proposals(conn, wanted, choice.min_score)
        return [
            image
            for image in image_rows.list_images(conn)
            if (self._is_reviewed(image) and (image.id in annotated or self._may_be_empty(image)))
            or (self._goes_as_proposed(image) and image.id in proposed)
        ]

    def _is_reviewed(self, image: ImageRecord) -> bool:
        return self._states[image.id] in self._choice.states

    def _goes_as_proposed(self, image: ImageRecord) -> bool:
        return self._choice.proposals and self._states[image.id] is ReviewState.UNREVIEWED

    def _may_be_empty(self, image: ImageRecord) -> bool:
        return self._wanted is None or any(label in self._wanted for label in image.labels)

    def _with_boxes(
        self, images: Sequence[ImageRecord]
    ) -> Iterator[tuple[ImageRecord, list[ExportBox]]]:
        for start in range(0, len(images), _BATCH):
            batch = images[start : start + _BATCH]
            reviewed = [image.id for image in batch if self._is_reviewed(image)]
            boxes = self._annotated(reviewed)
            waiting = [image.id for image in batch if self._goes_as_proposed(image)]
            if waiting:
                boxes = self._proposed(waiting) | boxes
            for image in batch:
                yield image, boxes.get(image.id, [])

    def _annotated(self, ids: list[int]) -> dict[int, list[ExportBox]]:
        """Only images that have any."""
        found: dict[int, list[ExportBox]] = defaultdict(list)
        names, wanted = self._names, self._wanted
        for row in box_rows.annotation_rows(self._connection, ids):
            image_id, class_id, xmin, ymin, xmax, ymax, score, run_id, origin = row
            if wanted is None or class_id in wanted:
                name, how = names[class_id], _ORIGINS[origin]
                found[image_id].append(ExportBox(name, xmin, ymin, xmax, ymax, score, how, run_id))
        return found

    def _proposed(self, ids: list[int]) -> dict[int, list[ExportBox]]:
        found: dict[int, list[ExportBox]] = defaultdict(list)
        names, wanted, least = self._names, self._wanted, self._choice.min_score
        for row in box_rows.proposal_rows(self._connection, ids):
            image_id, class_id, xmin, ymin, xmax, ymax, score, run_id = row
            if score >= least and (wanted is None or class_id in wanted):
                name = names[class_id]
                found[image_id].append(ExportBox(name, xmin, ymin, xmax, ymax, score, None, run_id))
        return found

    def _find_splits(self, request: ExportRequest) -> dict[str, str]:
        _check_known("kind of split", (request.split,), ["none", "imported", "ratio"])
        if request.split == "none":
            return {}
        if request.split == "imported":
            return self._imported_splits(request.splits_csv)
        return assign_splits(self._strata(), request.ratios, request.seed, request.stratified)

    def _strata(self) -> dict[str, str | None]:
        """The image label of each image that goes out, or the class of its first box."""
        strata = {
            i.path: None if i.class_id is None else self._names[i.class_id] for i in self._images
        }
        unlabelled = [image for image in self._images if image.class_id is None]
        for image, boxes in self._with_boxes(unlabelled):
            strata[image.path] = boxes[0].class_name if boxes else None
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
