"""What a file holds, brought to the project's images: matched, checked, and staged on the disk."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from engine.domain.geometry import Box
from engine.domain.imports import MatchBy
from engine.domain.records import DECIDED_STATES, ImageRecord, ReviewState
from engine.exchange.reading import File, ReadBox, ReadImage, Reading, Unread, fitted
from engine.jobs.reporter import Reporter
from engine.store import images as image_rows
from engine.store.classes import known_class_ids, list_classes
from engine.store.project import Project
from engine.store.staging import Problem, StagedImage, Staging
from engine.workflows.matching import Matcher

#: Nobody has decided about the image, so that no box says nothing.
_OPEN = frozenset(ReviewState) - DECIDED_STATES


@dataclass
class Sorted:
    """``images``: id -> (state, split) of each image matched. Boxes are in ``staging``."""

    staging: Staging
    images: dict[int, tuple[ReviewState | None, str | None]] = field(default_factory=dict)
    class_names: list[str] = field(default_factory=list)
    new_classes: list[str] = field(default_factory=list)
    images_in_file: int = 0
    unmatched: int = 0
    empty: int = 0  # images that the file knows to hold no box
    without_boxes: int = 0  # those and others


def sort_boxes(
    project: Project, reading: Reading, match: MatchBy, staging: Staging, reporter: Reporter
) -> Sorted:
    """Go through ``reading`` once; what cannot be used is a problem in ``staging``."""
    with project.read() as connection:
        records = image_rows.list_images(connection)
        listed = {record.id for record in list_classes(connection)}
        known = {n for n, class_id in known_class_ids(connection).items() if class_id in listed}
    sorting = _Sorting(Matcher(records, match), staging)
    sorting.add_all(_told(reading, reporter))
    reporter.check()
    sorting.close()
    found = sorting.found
    found.class_names = list(sorting.class_numbers)
    found.new_classes = [name for name in found.class_names if name not in known]
    return found


def _told(reading: Reading, reporter: Reporter) -> Reading:
    for done, item in enumerate(reading, start=1):
        yield item
        if done % 1000 == 0:
            reporter.progress(done, 0, "entries", "Reading")


class _Sorting:
    def __init__(self, matcher: Matcher, staging: Staging) -> None:
        self.found = Sorted(staging)
        self.class_numbers: defaultdict[str, int] = defaultdict(self._next_number)
        self._matcher, self._staging = matcher, staging
        self._by_key: dict[int, ImageRecord | None] = {}
        self._not_empty: set[int] = set()
        self._any_may_have_more = False
        self._source: File | None = None
        self._file = 0

    def add_all(self, reading: Reading) -> None:
        for item in reading:
            if type(item) is ReadBox:
                self._add_box(item)
            elif type(item) is ReadImage:
                self._add_image(item)
            elif type(item) is Unread:
                self._add_unread(item)

    def _add_unread(self, item: Unread) -> None:
        if item.key is None:
            self._any_may_have_more = True
        elif (record := self._by_key.get(item.key)) is not None:
            self._not_empty.add(record.id)

    def _next_number(self) -> int:
        return len(self.class_numbers)

    def close(self) -> None:
        """Everything has been added."""
        self._staging.drop_repeated()
        empty = self._empty()
        self.found.empty = len(empty)
        self.found.without_boxes = len(self.found.images.keys() - self._staging.with_boxes)
        self._staging.set_images(
            StagedImage(image_id, state and state.value, split, image_id in empty)
            for image_id, (state, split) in self.found.images.items()
        )

    def _empty(self) -> set[int]:
        """Images that the file names without a box, and all of whose boxes could be read."""
        if self._any_may_have_more:
            return set()
        images = self.found.images
        said = {image_id for image_id, (state, _) in images.items() if state not in _OPEN}
        return said - self._staging.with_boxes - self._not_empty

    def _add_image(self, image: ReadImage) -> None:
        found = self.found
        found.images_in_file += 1
        record, why = self._matcher.find(image)
        wrong = None
        if record is None:
            found.unmatched += 1
            self._staging.add_problem(Problem(str(image.source or ""), image.place, why, False))
        elif record.id in found.images:
            wrong = f"Another image of the file is {record.path} too."
        elif (image.width or record.width, image.height or record.height) != (
            record.width,
            record.height,
        ):
            wrong = (
                f"{image.name} is {record.width} x {record.height} pixels with its EXIF "
                f"orientation applied, not {image.width} x {image.height}."
            )
        if wrong is not None:
            self._trouble(image.source, image.place, wrong)
            record = None
        self._by_key[image.key] = record
        if record is not None:
            state = None if image.state is None else ReviewState(image.state)
            found.images[record.id] = (state, image.split)
            if not image.is_whole:
                self._not_empty.add(record.id)

    def _add_box(self, read: ReadBox) -> None:
        record = self._by_key[read.key]
        if record is None:
            return
        xmin, ymin, xmax, ymax = read.xmin, read.ymin, read.xmax, read.ymax
        width, height = record.width, record.height
        if read.is_relative:
            xmin, ymin, xmax, ymax = xmin * width, ymin * height, xmax * width, ymax * height
        if not (0 <= xmin < xmax <= width and 0 <= ymin < ymax <= height):
            box, wrong = fitted(Box(xmin, ymin, xmax, ymax), width, height)
            if box is None:
                self._trouble(read.source, read.place, wrong or "")
                self._not_empty.add(record.id)
                return
            xmin, ymin, xmax, ymax = box.as_tuple()
        number = self.class_numbers[read.class_name]
        if read.source is not self._source:
            self._source, self._file = read.source, self._staging.file(str(read.source))
        said = (record.id, number, xmin, ymin, xmax, ymax)
        self._staging.add((*said, read.score, read.number, self._file, read.place))

    def _trouble(self, source: File | None, place: str, message: str) -> None:
        self._staging.add_problem(Problem(str(source or ""), place, message))
