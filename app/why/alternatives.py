"""The other boxes that drops bring: asked for once an image, cycled with one key."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.i18n import mark, tr
from app.why.desk import WhyDesk
from app.why.model import Marked, MarkKind, View
from app.why.panels import MapPanel, number
from app.why.rows import Ground
from engine.domain.geometry import Box
from engine.jobs.events import Failed
from engine.jobs.inspection import Alternative, AlternativesFound, AlternativesQuestion

LOOKING = mark("Looking for other boxes…")
NONE_FOUND = mark("No drop brings another box.")


class Alternatives(QObject):
    """The boxes found for the image and run, and which of them is marked."""

    changed = Signal()

    def __init__(self, desk: WhyDesk, parent: QObject) -> None:
        super().__init__(parent)
        self._desk = desk
        self._boxes: tuple[Alternative, ...] | None = None
        self._asked: tuple[int, ...] = ()
        self._at: int | None = None
        self._problem = ""
        self._marks: list[Marked] = []

    @property
    def count(self) -> int:
        return len(self._boxes or ())

    @property
    def box(self) -> Box | None:
        """The one marked; None before any is."""
        return None if self._marked is None else self._marked.box

    @property
    def words(self) -> str:
        """About the box marked, or why there is none."""
        if self._problem or self._boxes is None:
            return self._problem or tr(LOOKING)
        if self._marked is None:
            told = tr("{count} other boxes: B goes through them.", count=self.count)
            return told if self.count else tr(NONE_FOUND)
        place = self._marked.point or tr("all points")
        overlap = number(self._marked.overlap)
        at = 0 if self._at is None else self._at
        return tr(
            "Box {at} of {count}: drop at {place}, overlap {overlap}. Enter takes it.",
            at=at + 1,
            count=self.count,
            place=place,
            overlap=overlap,
        )

    @property
    def _marked(self) -> Alternative | None:
        return None if self._at is None or not self._boxes else self._boxes[self._at]

    def clear(self) -> None:
        self._boxes, self._asked, self._at, self._problem = None, (), None, ""

    def step(self) -> None:
        """Mark the next one, the first after the last."""
        if self._boxes:
            self._at = 0 if self._at is None else (self._at + 1) % len(self._boxes)
            self.changed.emit()

    def ask_once(self, view: View) -> None:
        asked = (view.image_id, view.run_id, self._desk.seed)
        if asked == self._asked:
            return
        self.clear()
        self._asked = asked
        seed = self._desk.seed
        self._desk.inspector.ask(
            lambda id_: AlternativesQuestion(
                id=id_, run_id=view.run_id, image_id=view.image_id, seed=seed
            ),
            self._take,
            self._fail,
        )

    def panel(self, ground: Ground) -> MapPanel:
        """All of them on the image, the marked one in the colour of a prediction."""
        self.place_marks()
        panel = ground.input(tr("Other boxes"), self._marks)
        panel.note = self._note()
        return panel

    def place_marks(self) -> None:
        """Boxes have changed: the panel holds this very list."""
        marks = self._desk.known_marks()
        for other in self._boxes or ():
            if other is not self._marked:
                marks.append(Marked(other.box, MarkKind.BEFORE))
        if self._marked is not None:
            marks.append(Marked(self._marked.box, MarkKind.PREDICTED))
        self._marks[:] = marks

    def _note(self) -> str:
        if self._problem or self._boxes is None:
            return self._problem or tr(LOOKING)
        if self._at is None:
            return tr("{count} found", count=self.count) if self.count else tr(NONE_FOUND)
        return tr("{at} of {count}", at=self._at + 1, count=self.count)

    def _take(self, answer: AlternativesFound) -> None:
        self._boxes = answer.boxes
        self.changed.emit()

    def _fail(self, failed: Failed) -> None:
        self._asked = ()  # the next view may ask again
        self._problem = failed.message
        self.changed.emit()
