"""The image that the why view looks into: what the run sees in it, and the box that follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from app.i18n import mark, tr
from app.image_loader import Copy, ImageFile
from app.models.details import ImageDetails
from app.panels.review_page import ReviewPage
from app.store_ops import Session
from app.why import answers, colouring
from app.why.inspector import Inspector
from app.why.model import Marked, MarkKind, View
from app.why.runs import RunChoice, first_choice, run_choices
from engine.domain.errors import BoxwrightError
from engine.domain.geometry import Box, iou
from engine.domain.records import ImageRecord, RunRecord
from engine.domain.settings import BoxSettings
from engine.jobs.events import Failed
from engine.jobs.inspection import ImageInspected, InspectImage
from engine.localization.boxes import LiveBoxes, ScoredBox
from engine.store.project import Connection
from engine.store.truth import true_boxes_of

NO_RUN = mark("No network has been trained yet.\n\nTrain one, and this shows where it looks.")
NO_IMAGE = mark("There is no image to look into.")


@dataclass(frozen=True)
class _Read:
    """What is read of the project for an image."""

    image_id: int
    truth: tuple[Box, ...]
    settings: BoxSettings


class WhyDesk(QObject):
    """Follows the review's image while ``active``; asks the inspector about it."""

    image_changed = Signal()  # another image, its photograph, or what the project knows of it
    view_changed = Signal()  # ``view`` or ``problem``
    marks_changed = Signal()  # boxes
    runs_changed = Signal()

    def __init__(
        self, inspector: Inspector, session: Session, review: ReviewPage, parent: QObject
    ) -> None:
        super().__init__(parent)
        self.inspector = inspector
        self._session, self._review = session, review
        self.active = False
        self.choices: list[RunChoice] = []
        self.run_id: int | None = None
        self.image: ImageRecord | None = None
        self.photo: QImage | None = None
        self.view: View | None = None
        self.problem = ""
        self.answered = 0  # how often the inspector has told what it sees
        self.truth: tuple[Box, ...] = ()
        self.settings = session.project.settings().boxes
        self.seed = 0
        self.marks: list[Marked] = []
        self._live: LiveBoxes | None = None
        review.desk.opened.connect(self._follow)
        review.desk.refreshed.connect(self._on_refreshed)
        review.desk.shapes_changed.connect(lambda _selection: self._note_marks())
        review.loader.loaded.connect(self._on_loaded)
        review.loader.unreadable.connect(self._on_unreadable)

    # What is asked

    def activate(self) -> None:
        """Look into the review's image."""
        self.active = True
        self.inspector.warm_up()
        # what colours are looked up with takes half a second to load
        self._session.read(lambda _connection: colouring.load(), lambda _none: None)
        details = self._review.desk.details
        if details is not None and self._review.desk.ready:
            self._follow(details)
        elif details is None:
            self._tell(tr(NO_IMAGE))

    def deactivate(self) -> None:
        """Follow no more; forget what has been asked."""
        self.active = False
        self.inspector.forget()

    def set_runs(self, runs: Sequence[RunRecord], current: int | None) -> None:
        """The project's runs; the one chosen stays while it is there."""
        self.choices = run_choices(runs)
        if self.run_id not in {choice.id for choice in self.choices}:
            self.run_id = first_choice(self.choices, current)
        self.runs_changed.emit()

    def choose_run(self, run_id: int) -> None:
        if run_id != self.run_id:
            self.run_id = run_id
            self.ask()

    def redraw(self) -> None:
        """Draw the masks with another seed."""
        self.seed += 1
        self.ask()

    def ask(self) -> None:
        """Ask what the run sees in the image."""
        if not self.active or self.image is None or self.image.problem is not None:
            return
        if self.run_id is None:
            self._tell(tr(NO_RUN))
            return
        run_id, image_id, seed = self.run_id, self.image.id, self.seed
        self.problem = ""
        self.inspector.ask(
            lambda id_: InspectImage(id=id_, run_id=run_id, image_id=image_id, seed=seed),
            self._take,
            self.fail,
        )
        self.view_changed.emit()

    # What is known

    @property
    def size(self) -> tuple[int, int]:
        """Of the image in pixels; (1, 1) without one."""
        return (self.image.width, self.image.height) if self.image is not None else (1, 1)

    @property
    def label(self) -> int | None:
        return None if self.image is None else self.image.class_id

    @property
    def grid(self) -> LiveBoxes | None:
        """The map of the label (or the most probable class), ready for any threshold."""
        return self._live

    @property
    def box(self) -> ScoredBox | None:
        """The best box at the present threshold."""
        return None if self._live is None else self._live.at(self.settings.threshold)[0]

    def iou_with_truth(self, box: Box) -> float | None:
        """The best overlap with a true box; None where there is none."""
        return max((iou(box, true) for true in self.truth), default=None)

    def set_threshold(self, threshold: float) -> None:
        """Derive the box anew; costs a fraction of a millisecond."""
        self.settings = replace(self.settings, threshold=threshold)
        self._note_marks()

    def run_title(self, run_id: int) -> str:
        found = next((c for c in self.choices if c.id == run_id), None)
        return tr("run {id}", id=run_id) if found is None else found.title

    def persons_boxes(self) -> list[Box]:
        """Boxes that a person has accepted or made."""
        if self.image is None or self._review.desk.image_id != self.image.id:
            return []
        return [shape.box for shape in self._review.desk.shapes if not shape.is_proposal]

    def known_marks(self) -> list[Marked]:
        """The true boxes, and those of a person."""
        true = [Marked(box, MarkKind.TRUE) for box in self.truth]
        return true + [Marked(box, MarkKind.PERSON) for box in self.persons_boxes()]

    def fail(self, failed: Failed) -> None:
        self.view, self._live = None, None
        self._tell(failure_text(failed))

    # What comes

    def _follow(self, details: ImageDetails) -> None:
        if not self.active:
            return
        self.inspector.forget()
        another = self.image is None or self.image.id != details.image.id
        self.image, self.view, self._live, self.problem = details.image, None, None, ""
        if another:
            self.truth = ()
        self.photo = None
        if details.image.problem is not None:
            self._tell(tr("This image cannot be used.\n\n{problem}", problem=details.image.problem))
        else:
            self.photo = self._review.loader.show(_file(details.image))
        self._read(details.image.id)
        self._note_marks()
        self.image_changed.emit()
        self.ask()

    def _on_refreshed(self, details: ImageDetails) -> None:
        if self.image is None or details.image.id != self.image.id:
            self._follow(details)
        elif self.active:
            self._note_marks()

    def _read(self, image_id: int) -> None:
        project = self._session.project

        def query(connection: Connection) -> _Read:
            truth = tuple(true_boxes_of(connection, image_id))
            return _Read(image_id, truth, project.settings().boxes)

        self._session.read(query, self._note_read, self._fail_reading)

    def _note_read(self, found: _Read) -> None:
        if self.image is not None and self.image.id == found.image_id:
            self.truth = found.truth
            self._note_marks()

    def _fail_reading(self, error: BoxwrightError) -> None:
        self._tell(str(error))

    def _on_loaded(self, image_id: int, copy: Copy, picture: QImage) -> None:
        if self.active and copy is Copy.PREVIEW and self.image and self.image.id == image_id:
            self.photo = picture
            self.image_changed.emit()

    def _on_unreadable(self, image_id: int, copy: Copy, text: str) -> None:
        if self.active and copy is Copy.PREVIEW and self.image and self.image.id == image_id:
            self.inspector.forget(InspectImage)
            self.view, self._live = None, None
            self._tell(tr("This image cannot be shown.\n\n{text}", text=text))

    def _take(self, answer: ImageInspected) -> None:
        self.answered += 1
        self.view = answers.view_of(answer)
        main = self.view.main
        self._live = None
        if main is not None and main.values is not None:
            self._live = LiveBoxes(main.values, *self.size, self.settings, main.probability)
        self._note_marks()
        self.view_changed.emit()

    def _note_marks(self) -> None:
        marks = self.known_marks()
        if (best := self.box) is not None:
            marks.append(Marked(best.box, MarkKind.PREDICTED))
        self.marks[:] = marks  # the panels hold this very list
        self.marks_changed.emit()

    def _tell(self, text: str) -> None:
        self.problem = text
        self.view_changed.emit()


def failure_text(failed: Failed) -> str:
    """What a refusal says in place of a map."""
    parts = [failed.message, failed.path, failed.remedy]
    return "\n\n".join(part for part in parts if part)


def _file(image: ImageRecord) -> ImageFile:
    return ImageFile(image.id, image.path)
