"""The classes on the image: how many boxes each has, and a tick to hide them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QScrollArea,
    QStyle,
    QStyleOptionButton,
    QVBoxLayout,
    QWidget,
)

from app.i18n import mark, tr, whole
from app.models.class_colours import colours_by_class
from app.panels.reach import reach_by_keyboard
from app.widgets import label, swatch
from engine.domain.records import ClassRecord

_MOST_HEIGHT = 132
#: Pixels beside the text: the swatch and what the style leaves around it.
_BESIDE = 26
_HINT = mark("Untick a class to hide its boxes. They stay what they are.")


class ClassTick(QCheckBox):
    """How many boxes of a class there are; a long name is cut in its middle, the count is not."""

    def __init__(self) -> None:
        super().__init__()
        self._name, self._count = "", 0

    def show_class(self, name: str, count: int) -> None:
        self._name, self._count = name, count
        self.setToolTip(f"{name}\n{tr(_HINT)}")
        self._fit()

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        option = QStyleOptionButton()
        self.initStyleOption(option)
        contents = QStyle.SubElement.SE_CheckBoxContents
        room = self.style().subElementRect(contents, option, self).width() - _BESIDE
        words = f"{whole(self._count)} × {self._name}"
        elided = self.fontMetrics().elidedText(words, Qt.TextElideMode.ElideMiddle, max(room, 0))
        self.setText(elided.replace("&", "&&"))


class ClassLegend(QWidget):
    """Lists the classes that have boxes here, and those that are hidden. Empty: not shown."""

    hidden_changed = Signal(object)  # frozenset[int], the ids of the classes to hide

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names: Mapping[int, str] = {}
        self._colours: Mapping[int, str] = {}
        self._ticks: dict[int, ClassTick] = {}
        self._hidden: frozenset[int] = frozenset()
        self._rows = QVBoxLayout()
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(2)
        self._list = QWidget()
        self._list.setLayout(self._rows)
        self._area = QScrollArea()
        self._area.setWidget(self._list)
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QScrollArea.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(4)
        column.addWidget(label(tr("Classes here"), "muted"))
        column.addWidget(self._area)
        self.hide()

    def set_classes(self, classes: Sequence[ClassRecord]) -> None:
        self._names = {record.id: record.name for record in classes}
        self._colours = colours_by_class(classes)

    def show_counts(self, counts: Mapping[int, int], hidden: frozenset[int]) -> None:
        """``counts``: boxes by class id; ``hidden``: classes whose boxes are not shown."""
        self._hidden = hidden
        wanted = [i for i in self._names if counts.get(i) or i in hidden]
        if list(self._ticks) != wanted:
            self._make_ticks(wanted)
        for class_id, tick in self._ticks.items():
            tick.setIcon(swatch(self._colours[class_id]))
            tick.show_class(self._names[class_id], counts.get(class_id, 0))
            tick.blockSignals(True)
            tick.setChecked(class_id not in hidden)
            tick.blockSignals(False)
        self._fit()
        self.setVisible(bool(wanted))

    def _fit(self) -> None:
        """As high as the ticks; the list's own hint leaves out those that have just been made."""
        heights = [tick.sizeHint().height() + self._rows.spacing() for tick in self._ticks.values()]
        self._area.setFixedHeight(min(sum(heights) + 2, _MOST_HEIGHT))

    def tick(self, class_id: int) -> ClassTick:
        """The tick of a class that is listed. Raises KeyError for others."""
        return self._ticks[class_id]

    def _make_ticks(self, class_ids: Sequence[int]) -> None:
        while (item := self._rows.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        self._ticks = {class_id: self._make_tick(class_id) for class_id in class_ids}

    def _make_tick(self, class_id: int) -> ClassTick:
        tick = ClassTick()
        reach_by_keyboard(tick)
        tick.setAccessibleName(tr("Show the boxes of {name}", name=self._names[class_id]))
        tick.toggled.connect(lambda on: self._on_tick(class_id, on))
        self._rows.addWidget(tick)
        return tick

    def _on_tick(self, class_id: int, on: bool) -> None:
        self._hidden = self._hidden - {class_id} if on else self._hidden | {class_id}
        self.hidden_changed.emit(self._hidden)
