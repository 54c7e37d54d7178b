"""Runs beside each other on the same image, as in the paper's figures 1, 5 and 6."""

from __future__ import annotations

from PySide6.QtWidgets import QComboBox, QHBoxLayout

from app.i18n import mark, percent, tr
from app.panels.short_choice import ShortChoice
from app.why import answers
from app.why.compare_rows import RunPicture, compare_rows
from app.why.desk import WhyDesk, failure_text
from app.why.lens import Lens
from app.why.model import Marked, MarkKind, PointMaps
from app.why.panels import number
from app.why.runs import compared
from app.why.sheet_layout import Row
from app.why.tabs import Tab
from app.widgets import label
from engine.domain.geometry import Box
from engine.jobs.events import Failed
from engine.jobs.inspection import CompareRuns, RunsCompared, RunView, Seen
from engine.localization.boxes import LiveBoxes

MOST_RUNS = 3
ONE_RUN = mark(
    "Choose two runs to compare.\n\nTrain another network, say plain CAM, to have a second."
)
_NOBODY = "–"


class CompareTab(Tab):
    """Up to three runs by rows: their maps, how these differ from those of one of them, and what
    their modules do at one insertion point."""

    def __init__(self, desk: WhyDesk, lens: Lens) -> None:
        super().__init__(desk, lens)
        self.chosen = [ShortChoice(tr("Run {at}", at=at + 1), 10) for at in range(MOST_RUNS)]
        self.reference = ShortChoice(tr("Difference to"), 10)
        self.point = ShortChoice(tr("Insertion point"), 10)
        self._views: tuple[RunView, ...] = ()
        self._shown: tuple[object, ...] = ()
        self._points: dict[int, tuple[PointMaps, ...]] = {}
        self._live: dict[int, LiveBoxes] = {}
        self._marks: dict[int, list[Marked]] = {}
        self._failure = ""
        self._lay_out()
        desk.runs_changed.connect(self._show_choices)
        for combo in self.chosen:
            combo.activated.connect(lambda _at: self._choose_runs())
        for combo in (self.reference, self.point):
            combo.activated.connect(lambda _at: self.fill())
        self._show_choices()

    @property
    def run_ids(self) -> tuple[int, ...]:
        """The runs chosen, each once."""
        found = [combo.currentData() for combo in self.chosen]
        return tuple(dict.fromkeys(run for run in found if run is not None))

    def _choose_runs(self) -> None:
        self._show_references()
        self.fill()

    def fill(self) -> None:
        desk = self.desk
        if desk.problem or desk.image is None:
            self.place.show_message(desk.problem)
        elif len(self.run_ids) < 2:
            self.place.show_message(tr(ONE_RUN))
        elif self._shown == (desk.image.id, self.run_ids, desk.seed):
            self._show()
        else:
            self._ask(desk.image.id)

    def on_marks(self) -> None:
        self._place_marks()
        super().on_marks()

    def _ask(self, image_id: int) -> None:
        run_ids, seed = self.run_ids, self.desk.seed
        self._views, self._shown, self._failure = (), (image_id, run_ids, seed), ""
        self._live, self._marks, self._points = {}, {}, {}
        self.place.show_rows([Row([self.ground().input(tr("Input"))])] if self.desk.photo else ())
        self.place.wait(True)
        self.desk.inspector.ask(
            lambda id_: CompareRuns(id=id_, run_ids=run_ids, image_id=image_id, seed=seed),
            self._take,
            self._fail,
        )

    def _take(self, answer: RunsCompared) -> None:
        self._views = answer.views
        size, settings = self.desk.size, self.desk.settings
        for view in answer.views:
            if view.seen is not None:
                values = answers.floats(view.seen.map.values)
                probability = view.seen.map.of.probability
                self._live[view.run_id] = LiveBoxes(values, *size, settings, probability)
                self._marks[view.run_id] = []
            self._points[view.run_id] = tuple(map(answers.point_maps, view.points))
        self._show_points()
        self._place_marks()
        self._show()

    def _fail(self, failed: Failed) -> None:
        self._failure, self._shown = failure_text(failed), ()
        self.place.show_message(self._failure)

    def _show(self) -> None:
        if not self._views:
            return
        self.place.wait(False)
        pictures = [self._picture(view) for view in self._views]
        ids = [view.run_id for view in self._views]
        wanted = self.reference.currentData()
        reference = ids.index(wanted) if wanted in ids else 0
        point = self.point.currentData()
        self.place.show_rows(compare_rows(pictures, reference, point, self.ground()))

    def _picture(self, view: RunView) -> RunPicture:
        title = self.desk.run_title(view.run_id)
        if view.seen is None:
            said = "" if view.failure is None else failure_text(view.failure)
            return RunPicture(title, "", None, self.desk.marks, said)
        live = self._live[view.run_id]
        marks, points = self._marks[view.run_id], self._points[view.run_id]
        return RunPicture(title, self._note(view, view.seen), live.grid, marks, points=points)

    def _note(self, view: RunView, seen: Seen) -> str:
        of = seen.map.of
        name = of.class_name.replace("_", "_\u200b").replace(".", ".\u200b")  # may break there
        words = [f"{percent(of.probability)} {name}"]
        overlap = self.desk.iou_with_truth(self._box(view.run_id))
        if overlap is not None:
            words.append(tr("IoU {value} with the true box", value=number(overlap)))
        return "\n\n".join(words)

    def _box(self, run_id: int) -> Box:
        return self._live[run_id].at(self.desk.settings.threshold)[0].box

    def _place_marks(self) -> None:
        for run_id, marks in self._marks.items():
            known = self.desk.known_marks()
            marks[:] = [*known, Marked(self._box(run_id), MarkKind.PREDICTED)]

    def _show_choices(self) -> None:
        if not self.desk.choices:
            return
        first = [*compared(self.desk.choices), None, None, None]
        for at, combo in enumerate(self.chosen):
            kept = combo.currentData() if combo.count() else first[at]
            combo.clear()
            if at == MOST_RUNS - 1:
                combo.addItem(_NOBODY, None)
            _fill(combo, self.desk)
            combo.setCurrentIndex(max(combo.findData(kept), 0))
        self._show_references(first[0])
        self._if_seen()

    def _show_references(self, first: int | None = None) -> None:
        """The runs chosen: only what is shown can be compared with."""
        kept = self.reference.currentData()
        self.reference.clear()
        for choice in self.desk.choices:
            if choice.id in self.run_ids:
                self.reference.addItem(choice.text, choice.id)
        found = self.reference.findData(first if kept is None else kept)
        self.reference.setCurrentIndex(max(found, 0))

    def _show_points(self) -> None:
        """The insertion points of these networks; the last one, or that chosen before."""
        names = [p.name for points in self._points.values() for p in points]
        names = list(dict.fromkeys(names))
        if names == [self.point.itemData(at) for at in range(self.point.count())]:
            return
        kept = self.point.currentData()
        self.point.clear()
        for name in names:
            self.point.addItem(name, name)
        found = self.point.findData(kept)
        self.point.setCurrentIndex(found if found >= 0 else len(names) - 1)

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setContentsMargins(16, 10, 16, 0)
        row.setSpacing(8)
        row.addWidget(label(tr("Runs"), "muted"))
        for combo in self.chosen:
            row.addWidget(combo, 1)
        row.addSpacing(12)
        row.addWidget(label(tr("Difference to"), "muted"))
        row.addWidget(self.reference, 1)
        row.addSpacing(12)
        row.addWidget(label(tr("Masks at"), "muted"))
        row.addWidget(self.point)
        self.column.addLayout(row)
        self.column.addWidget(self.place, 1)


def _fill(combo: QComboBox, desk: WhyDesk) -> None:
    for choice in desk.choices:
        combo.addItem(choice.text, choice.id)
