"""The side panel: the box that is meant, how proposals are derived, and the heatmap."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QSlider, QVBoxLayout, QWidget

from app.i18n import decimal, mark, tr, whole
from app.models.class_colours import colours_by_class
from app.models.class_keys import keys_by_class
from app.models.shapes import Shape, undecided
from app.panels.class_legend import ClassLegend
from app.panels.proposal_controls import ProposalControls
from app.panels.reach import reach_by_keyboard
from app.panels.short_choice import ShortChoice
from app.widgets import label, line, swatch
from app.words import counted
from engine.domain.records import AnnotationOrigin, ClassRecord

_ORIGINS = {
    None: mark("Proposal, not yet decided"),
    AnnotationOrigin.ACCEPTED: mark("Accepted proposal"),
    AnnotationOrigin.CORRECTED: mark("Corrected proposal"),
    AnnotationOrigin.DRAWN: mark("Drawn"),
    AnnotationOrigin.IMPORTED: mark("Imported"),
}
_PUT_OFF = mark("Proposal, left for later")
_NOTHING = "–"
_FACTS = (mark("Score"), mark("Run"), mark("Place"), mark("Size"))


class BoxPanel(QWidget):
    """Tells of one box (or how many there are) and holds the controls of the proposals."""

    class_chosen = Signal(int)  # class id for the boxes that are meant
    heat_opacity_changed = Signal(float)  # in [0, 1]

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = label("", "section")
        self._origin = label("", "muted", wrap=True)
        self._class = ShortChoice(tr("Class of the box"), 10)
        reach_by_keyboard(self._class)
        self._class.activated.connect(lambda _i: self.class_chosen.emit(self._class.currentData()))
        self._facts = {name: label(_NOTHING) for name in _FACTS}
        self.legend = ClassLegend()
        self.proposals = ProposalControls()
        self._opacity = _opacity_slider()
        self._opacity.valueChanged.connect(lambda v: self.heat_opacity_changed.emit(v / 100.0))
        self._lay_out()
        self.setMinimumWidth(220)

    def set_classes(self, classes: Sequence[ClassRecord]) -> None:
        """Each with its key, if it has one."""
        chosen, keys = self._class.currentData(), keys_by_class(classes)
        colours = colours_by_class(classes)
        self._class.clear()
        for record in classes:
            key = f"{keys[record.id]}  " if record.id in keys else ""
            self._class.addItem(swatch(colours[record.id]), f"{key}{record.name}", record.id)
        self._class.setCurrentIndex(self._class.findData(chosen))
        self.legend.set_classes(classes)

    def show_boxes(
        self,
        shapes: Sequence[Shape],
        meant: frozenset[int],
        hidden: frozenset[int] = frozenset(),
    ) -> None:
        """The facts of the one box that is meant, or how many boxes there are.

        ``hidden``: ids of the classes whose boxes are not shown.
        """
        self.legend.show_counts(Counter(shape.class_id for shape in shapes), hidden)
        only = shapes[next(iter(meant))] if len(meant) == 1 else None
        self._title.setText(_title(shapes, len(meant)))
        self._class.setEnabled(bool(meant))
        classes = {shapes[i].class_id for i in meant}
        at = self._class.findData(classes.pop()) if len(classes) == 1 else -1
        self._class.setCurrentIndex(at)
        self._origin.setText(_decision(only) if only else _hint(len(shapes)))
        for value, text in zip(self._facts.values(), _facts(only), strict=True):
            value.setText(text)

    @property
    def heat_opacity(self) -> float:
        """In [0, 1]."""
        return self._opacity.value() / 100

    def set_heat_opacity(self, opacity: float) -> None:
        """``opacity`` in [0, 1]."""
        self._opacity.setValue(round(opacity * 100))

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 12, 14, 12)
        column.setSpacing(8)
        column.addWidget(self._title)
        column.addWidget(self._origin)
        column.addWidget(self._class)
        column.addLayout(self._fact_grid())
        column.addWidget(self.legend)
        column.addSpacing(6)
        column.addWidget(line())
        column.addWidget(self.proposals)
        column.addSpacing(6)
        column.addWidget(line())
        column.addWidget(label(tr("Heatmap"), "section"))
        row = QHBoxLayout()
        row.addWidget(label(tr("Opacity"), "muted"))
        row.addWidget(self._opacity, 1)
        column.addLayout(row)
        column.addStretch(1)

    def _fact_grid(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        for row, (name, value) in enumerate(self._facts.items()):
            grid.addWidget(label(tr(name), "muted"), row, 0)
            grid.addWidget(value, row, 1)
        return grid


def _decision(shape: Shape) -> str:
    return tr(_PUT_OFF) if shape.skipped else tr(_ORIGINS[shape.origin])


def _title(shapes: Sequence[Shape], meant: int) -> str:
    count, left = len(shapes), len(undecided(shapes))
    if meant == 1:
        return tr("Box")
    if meant > 1:
        return tr("{count} boxes selected", count=whole(meant))
    if 0 < left < count:
        return tr("{done} of {count} boxes decided", done=whole(count - left), count=whole(count))
    return counted(count, "box", "boxes") if count else tr("No box")


def _hint(count: int) -> str:
    return (
        tr("Draw one, or let the machine propose.") if count == 0 else tr("Tab goes through them.")
    )


def _facts(shape: Shape | None) -> Sequence[str]:
    """In the order of ``_FACTS``."""
    if shape is None:
        return [_NOTHING] * len(_FACTS)
    box = shape.box
    return (
        _NOTHING if shape.score is None else decimal(shape.score, 2),
        _NOTHING if shape.run_id is None else f"#{shape.run_id}",
        f"{box.xmin:.0f}, {box.ymin:.0f}",
        f"{box.width:.0f} × {box.height:.0f} px",
    )


def _opacity_slider() -> QSlider:
    slider = QSlider(Qt.Orientation.Horizontal)
    slider.setRange(0, 100)
    slider.setValue(60)
    reach_by_keyboard(slider)
    slider.setAccessibleName(tr("Opacity of the heatmap"))
    return slider
