"""Drop it, what now? Hide what the network relies on, and see map, box and classes change."""

from __future__ import annotations

from enum import Enum

import numpy as np
from PySide6.QtCore import QRectF, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout

from app.i18n import mark, tr
from app.why import answers
from app.why.alternatives import Alternatives
from app.why.desk import WhyDesk, failure_text
from app.why.lens import Lens
from app.why.model import FloatMap, Marked, MarkKind, View
from app.why.rows import Side, drop_rows
from app.why.sheet_layout import Row
from app.why.tabs import Tab
from app.widgets import button, label
from engine.domain.geometry import Box
from engine.jobs.events import Failed
from engine.jobs.inspection import (
    BlurInside,
    BlurOutside,
    Drop,
    DropMasks,
    DropQuestion,
    DropShown,
    HideBlock,
    Seen,
    decode_array,
)
from engine.localization.boxes import LiveBoxes

DRAG = mark(
    "Click for a block under the mouse, or drag one: it is filled, and the network looks again."
)
_EVERYWHERE = mark("All insertion points")


class What(Enum):
    """What is taken away from the network."""

    MASKS = mark("The drop masks of DGDM")
    BLOCK = mark("A block under the mouse")
    INSIDE = mark("The box itself, blurred")
    OUTSIDE = mark("All but the box, blurred")


class DropTab(Tab):
    """The present view above, that without what was dropped beneath."""

    box_wanted = Signal(object)  # Box: a person takes it for the image's

    def __init__(self, desk: WhyDesk, lens: Lens) -> None:
        super().__init__(desk, lens)
        self.what = _combo(tr("What is dropped"))
        for each in What:
            self.what.addItem(tr(each.value), each)
        self.point = _combo(tr("Insertion point"))
        self.again = button(tr("Draw again"), desk.redraw)
        self.hint = label("", "muted")
        self.others = Alternatives(desk, self)
        self.take_button = button(tr("Take this box"), self.take_box)
        self.next_button = button(tr("Next box"), self.others.step)
        self._block: Box | None = None
        self._answer: DropShown | None = None
        self._asked: tuple[object, ...] = ()
        self._lives: list[LiveBoxes] = []
        self._marks: tuple[list[Marked], list[Marked]] = ([], [])
        self._lay_out()
        self.what.activated.connect(lambda _at: self._start_anew())
        self.point.activated.connect(lambda _at: self._start_anew())
        self.place.sheet.region_drawn.connect(self._on_region)
        self.others.changed.connect(self._on_others)

    def choose(self, what: What) -> None:
        """Drop something else."""
        self.what.setCurrentIndex(self.what.findData(what))
        self._start_anew()

    @property
    def kind(self) -> What:
        found: What = self.what.currentData()
        return found

    @property
    def answer(self) -> DropShown | None:
        """Before and after, as the inspector answered last."""
        return self._answer

    def take_box(self) -> None:
        """Take the box that is marked for the image's own."""
        box = self.others.box
        if box is None and self._lives:
            box = self._best(-1)
        if box is not None:
            self.box_wanted.emit(box)

    def fill(self) -> None:
        desk = self.desk
        self._show_points(desk.view)
        self.place.sheet.set_drawing(self.kind is What.BLOCK)
        self.point.setVisible(self.kind is What.MASKS)
        self.again.setVisible(self.kind is What.MASKS)
        if desk.problem or desk.image is None:
            self.place.show_message(desk.problem)
        elif desk.view is None:
            self._forget()
            self.place.show_rows([Row([self.ground().input(tr("Image"))])] if desk.photo else ())
            self.place.wait(True)
        else:
            self.others.ask_once(desk.view)
            self._ask_once(desk.view)
            self._show()

    def on_marks(self) -> None:
        self._place_marks()
        self.others.place_marks()
        super().on_marks()

    def _how(self) -> Drop | None:
        """None while it is not known what to drop."""
        box = self.desk.box
        if self.kind is What.MASKS:
            point = self.point.currentData()
            return DropMasks(points=() if point is None else (point,), seed=self.desk.seed)
        if self.kind is What.BLOCK:
            return None if self._block is None else HideBlock(box=self._block)
        if box is None:
            return None
        return BlurInside(box=box.box) if self.kind is What.INSIDE else BlurOutside(box=box.box)

    def _ask_once(self, view: View) -> None:
        how = self._how()
        asked = (view.image_id, view.run_id, how)
        if how is None or asked == self._asked:
            return
        self._asked, self._answer = asked, None
        self._lives = self._lives[:1]
        self.place.wait(True)
        self.desk.inspector.ask(
            lambda id_: DropQuestion(id=id_, run_id=view.run_id, image_id=view.image_id, how=how),
            self._take,
            self._fail,
        )

    def _take(self, answer: DropShown) -> None:
        self._answer = answer
        self._lives = [self._live(answer.before), self._live(answer.after)]
        self.place.wait(False)
        self._place_marks()
        self._show()

    def _fail(self, failed: Failed) -> None:
        self._asked = ()
        self.place.show_message(failure_text(failed))

    def _forget(self) -> None:
        self._asked, self._answer, self._block = (), None, None
        self._lives = []
        self.others.clear()

    def _start_anew(self) -> None:
        self._block = None
        self._if_seen()

    def _show(self) -> None:
        desk = self.desk
        if desk.grid is None or desk.view is None:
            return
        before = Side(desk.grid.grid, desk.marks, desk.view.classes)
        after: Side | None = None
        hidden: FloatMap | None = None
        if self._answer is not None and len(self._lives) == 2:
            heats = [live.grid for live in self._lives]
            seen = (self._answer.before, self._answer.after)
            sides = [
                Side(heat, marks, answers.classes_seen(each, desk.label))
                for heat, marks, each in zip(heats, self._marks, seen, strict=True)
            ]
            before, after = sides
            hidden = np.asarray(decode_array(self._answer.hidden), np.float32)
        self.place.show_rows(
            drop_rows(before, after, hidden, self.ground(), self.others.panel(self.ground()))
        )
        self._show_hint()

    def _show_hint(self) -> None:
        waits_for_block = self.kind is What.BLOCK and self._block is None
        self.hint.setText(tr(DRAG) if waits_for_block else self.others.words)

    def _place_marks(self) -> None:
        if len(self._lives) < 2:
            return
        known = self.desk.known_marks()
        old, new = Marked(self._best(0), MarkKind.PREDICTED), self._best(1)
        hidden = [Marked(self._block, MarkKind.HIDDEN)] if self._block is not None else []
        self._marks[0][:] = [*known, *hidden, old]
        before = Marked(old.box, MarkKind.BEFORE)
        self._marks[1][:] = [*known, *hidden, before, Marked(new, MarkKind.PREDICTED)]

    def _live(self, seen: Seen) -> LiveBoxes:
        values, of = answers.floats(seen.map.values), seen.map.of
        return LiveBoxes(values, *self.desk.size, self.desk.settings, of.probability)

    def _best(self, side: int) -> Box:
        return self._lives[side].at(self.desk.settings.threshold)[0].box

    def _on_region(self, region: QRectF) -> None:
        width, height = self.desk.size
        box = Box(region.left(), region.top(), region.right(), region.bottom())
        box = box.scaled(width, height).clipped(width, height)
        if box.has_extent and self.kind is What.BLOCK:
            self._block = box
            self._if_seen()

    def _on_others(self) -> None:
        if self.seen and self.desk.view is not None and not self.desk.problem:
            self._show()
        self.next_button.setEnabled(self.others.count > 0)

    def _show_points(self, view: View | None) -> None:
        names = [] if view is None else [point.name for point in view.points]
        if names == [self.point.itemData(i) for i in range(1, self.point.count())]:
            return
        self.point.clear()
        self.point.addItem(tr(_EVERYWHERE), None)
        for name in names:
            self.point.addItem(name, name)

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setContentsMargins(16, 10, 16, 0)
        row.setSpacing(8)
        row.addWidget(label(tr("Drop"), "muted"))
        row.addWidget(self.what)
        row.addWidget(self.point)
        row.addWidget(self.again)
        row.addStretch(1)
        row.addWidget(self.hint)
        row.addWidget(self.next_button)
        row.addWidget(self.take_button)
        self.column.addLayout(row)
        self.column.addWidget(self.place, 1)


def _combo(name: str) -> QComboBox:
    combo = QComboBox()
    combo.setAccessibleName(name)
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
    return combo
