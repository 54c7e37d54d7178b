"""The right side of the why view: classes, the threshold, and the measures in plain words."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QSlider, QVBoxLayout, QWidget

from app.i18n import decimal, mark, percent, tr
from app.panels.reach import reach_by_keyboard
from app.why.bars import BarsPanel
from app.why.desk import WhyDesk
from app.why.lens import Framing
from app.why.model import foremost
from app.why.panels import FOOT, HEAD, number
from app.why.style import window_style
from app.widgets import label, line
from engine.jobs.events import Failed
from engine.jobs.inspection import MeasuresFound, MeasuresQuestion
from engine.localization.measures import MEASURES

WIDTH = 292
MEASURING = mark("Measuring…")
DESCRIBES = mark("Not shown to tell which boxes fit")
_STEP = 2  # of a hundred, for the keys
_ROW = 34
_CLASSES = 4


class ClassBars(QWidget):
    """The most probable classes and the label, as bars."""

    def __init__(self) -> None:
        super().__init__()
        self._panel: BarsPanel | None = None

    def show_classes(self, panel: BarsPanel | None) -> None:
        self._panel = panel
        self.updateGeometry()
        said = (
            ""
            if panel is None
            else "; ".join(f"{c.name} {percent(c.probability, 1)}" for c in panel.classes)
        )
        self.setAccessibleName(tr("Classes: {names}", names=said))
        self.update()

    def sizeHint(self) -> QSize:
        rows = 0 if self._panel is None else len(self._panel.classes)
        return QSize(WIDTH - 28, round(HEAD) + rows * _ROW)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        if self._panel is not None:
            painter = QPainter(self)
            rect = QRectF(self.rect()).adjusted(0, 0, 0, FOOT)
            self._panel.paint(painter, rect, Framing(), window_style())
            painter.end()


class SidePanel(QScrollArea):
    """Follows the desk. The measures are asked for once the image is there."""

    def __init__(self, desk: WhyDesk) -> None:
        super().__init__()
        self._desk = desk
        self._asked: tuple[int, int] | None = None
        self.bars = ClassBars()
        self.threshold = _threshold_slider()
        self._value = label("")
        self.box_line = label("", "muted", wrap=True)
        self.measures = QVBoxLayout()
        self.measures.setSpacing(9)
        self._lay_out()
        self.threshold.valueChanged.connect(self._on_slider)
        desk.view_changed.connect(self._on_view)
        desk.marks_changed.connect(self._on_marks)

    def step(self, steps: int) -> None:
        """Move the threshold by key."""
        if self.threshold.isEnabled():
            self.threshold.setValue(self.threshold.value() + steps * _STEP)

    @property
    def measured(self) -> dict[str, str]:
        """Title of each measure shown, and its value as text."""
        items = (self.measures.itemAt(i) for i in range(self.measures.count()))
        rows = [item.widget() for item in items if item is not None]
        return {r.title: r.value for r in rows if isinstance(r, MeasureRow)}

    def _on_view(self) -> None:
        view = self._desk.view
        self.threshold.setEnabled(self._desk.grid is not None)
        if view is None:
            self.bars.show_classes(None)
            self._asked = None
            self._clear()
            return
        self.bars.show_classes(BarsPanel(tr("Classes"), foremost(view.classes, _CLASSES)))
        self._ask(view.run_id, view.image_id)

    def _ask(self, run_id: int, image_id: int) -> None:
        if self._asked == (run_id, image_id):
            return
        self._asked = (run_id, image_id)
        self._say(tr(MEASURING))
        self._desk.inspector.ask(
            lambda id_: MeasuresQuestion(id=id_, run_id=run_id, image_id=image_id),
            self._take,
            self._fail,
        )

    def _take(self, answer: MeasuresFound) -> None:
        self._clear()
        self.show_values(answer.values)

    def show_values(self, values: Mapping[str, float | None]) -> None:
        """The measures that have a value (without boxes some have none), those that rank first."""
        known = [(m, value) for m in MEASURES if (value := values.get(m.name)) is not None]
        for ranks in (True, False):
            shown = [(m, value) for m, value in known if m.ranks is ranks]
            if shown and not ranks:
                self.measures.addWidget(label(tr(DESCRIBES), "section", wrap=True))
            for measure, value in shown:
                row = MeasureRow(tr(measure.title), number(value), tr(measure.meaning))
                self.measures.addWidget(row)

    def _fail(self, failed: Failed) -> None:
        self._asked = None  # the next view may ask again
        self._say(failed.message)

    def _say(self, text: str) -> None:
        self._clear()
        self.measures.addWidget(label(text, "muted", wrap=True))

    def _clear(self) -> None:
        while (item := self.measures.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()

    def _on_slider(self, value: int) -> None:
        self._desk.set_threshold(value / 100.0)

    def _on_marks(self) -> None:
        self.threshold.blockSignals(True)
        self.threshold.setValue(round(self._desk.settings.threshold * 100))
        self.threshold.blockSignals(False)
        self._value.setText(decimal(self._desk.settings.threshold, 2))
        box = self._desk.box
        if box is None:
            self.box_line.setText("")
            return
        words = tr(
            "{width} × {height} px, score {score}",
            width=decimal(box.box.width, 0),
            height=decimal(box.box.height, 0),
            score=decimal(box.score, 2),
        )
        overlap = self._desk.iou_with_truth(box.box)
        if overlap is not None:
            words = f"{words}, IoU {decimal(overlap, 2)}"
        self.box_line.setText(words)

    def _lay_out(self) -> None:
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(14, 12, 14, 12)
        column.setSpacing(8)
        column.addWidget(self.bars)
        column.addSpacing(4)
        column.addWidget(line())
        top = QHBoxLayout()
        top.addWidget(label(tr("Box at the threshold"), "section"), 1)
        top.addWidget(self._value)
        column.addLayout(top)
        column.addWidget(self.threshold)
        column.addWidget(self.box_line)
        column.addSpacing(4)
        column.addWidget(line())
        column.addWidget(label(tr("Measures of this image"), "section"))
        column.addLayout(self.measures)
        column.addStretch(1)
        self.setWidget(inner)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFixedWidth(WIDTH)


class MeasureRow(QWidget):
    """A measure: its name, its value, and a sentence."""

    def __init__(self, title: str, value: str, says: str) -> None:
        super().__init__()
        self.title, self.value = title, value
        top = QHBoxLayout()
        top.addWidget(label(title), 1)
        top.addWidget(label(value, "section"))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(1)
        column.addLayout(top)
        column.addWidget(label(says, "muted", wrap=True))


def _threshold_slider() -> QSlider:
    slider = QSlider(Qt.Orientation.Horizontal)
    slider.setRange(1, 95)
    slider.setPageStep(5)
    reach_by_keyboard(slider)
    slider.setAccessibleName(tr("Threshold of the score map"))
    return slider
