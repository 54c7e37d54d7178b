"""What a file holds, brought to the project's images: matched, checked, and staged on the disk."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from engine.domain.imports import MatchBy
from engine.domain.records import ImageRecord, ReviewState
from engine.exchange.reading import ReadBox, ReadImage, Reading, fitted
from engine.jobs.reporter import Reporter
from engine.store import images as image_rows
from engine.store.classes import known_class_ids, list_classes
from engine.store.project import Project
from engine.store.staging import Problem, StagedBox, Staging
from engine.workflows.matching import Matcher


@dataclass
class Sorted:
    """``images``: id -> (state, split) of each image matched. Boxes are in ``staging``."""

    staging: Staging
    images: dict[int, tuple[ReviewState | None, str | None]] = field(default_factory=dict)
    class_names: list[str] = field(default_factory=list)
    new_classes: list[str] = field(default_factory=list)
    images_in_file: int = 0
    unmatched: int = 0


def sort_boxes(
    project: Project, reading: Reading, match: MatchBy, staging: Staging, reporter: Reporter
) -> Sorted:
    """Go through ``reading`` once; what cannot be used is a problem in ``staging``."""
    with project.read() as connection:
        records = image_rows.list_images(connection)
        listed = {record.id for record in list_classes(connection)}
        known = {n for n, class_id in known_class_ids(connection).items() if class_id in listed}
    sorting = _Sorting(Matcher(records, match), staging)
    for done, item in enumerate(reading, start=1):
        if isinstance(item, ReadImage):
            sorting.add_image(item)
        else:
            sorting.add_box(item)
        if done % 1000 == 0:
            reporter.progress(done, 0, "entries", "Reading")
    reporter.check()
    staging.drop_repeated()
    found = sorting.found
    found.class_names = list(sorting.class_numbers)
    found.new_classes = [name for name in found.class_names if name not in known]
    return found


class _Sorting:
    def __init__(self, matcher: Matcher, staging: Staging) -> None:
        self.found = Sorted(staging)
        self.class_numbers: dict[str, int] = {}
        self._matcher, self._staging = matcher, staging
        self._by_key: dict[int, ImageRecord | None] = {}

    def add_image(self, image: ReadImage) -> None:
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

    def add_box(self, read: ReadBox) -> None:
        record = self._by_key[read.key]
        if record is None:
            return
        whole = read.box
        if read.is_relative:
            whole = whole.scaled(record.width, record.height)
        box, wrong = fitted(whole, record.width, record.height)
        if box is None:
            self._trouble(read.source, read.place, wrong or "")
            return
        number = self.class_numbers.setdefault(read.class_name, len(self.class_numbers))
        self._staging.add(
            StagedBox(record.id, number, box, read.score, read.number, str(read.source), read.place)
        )

    def _trouble(self, source: Path | None, place: str, message: str) -> None:
        self._staging.add_problem(Problem(str(source or ""), place, message))
