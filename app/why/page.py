"""The why view: one image, what a run sees in it, runs beside each other, what a drop changes."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.actions import ActionRegistry
from app.i18n import mark, tr
from app.panels.elided_label import ElidedLabel
from app.panels.short_choice import ShortChoice
from app.why.compare_tab import CompareTab
from app.why.desk import WhyDesk
from app.why.drop_tab import DropTab
from app.why.lens import Lens
from app.why.maps_tab import MapsTab
from app.why.model import View
from app.why.panels import MapPanel, Panel
from app.why.side_panel import SidePanel
from app.why.tabs import Tab
from app.why.trouble_line import TroubleLine
from app.widgets import button, label, line
from engine.jobs.events import Failed

MAPS, COMPARE, DROP = range(3)
_TITLES = (mark("Maps"), mark("Compare runs"), mark("Drop it"))
_KEYS = {
    MAPS: {
        "why.over": mark("Over the image"),
        "why.next": mark("Next image"),
        "why.back": mark("Review"),
    },
    COMPARE: {"why.next": mark("Next image"), "why.back": mark("Review")},
    DROP: {
        "why.next_box": mark("Next box"),
        "why.take_box": mark("Take it"),
        "why.redraw": mark("Draw again"),
        "why.back": mark("Review"),
    },
}


class WhyPage(QWidget):
    """Composes and wires; the desk knows, the tabs show."""

    back_wanted = Signal()

    def __init__(self, desk: WhyDesk, actions: ActionRegistry) -> None:
        super().__init__()
        self.desk = desk
        self._actions = actions
        self.lens = Lens(self)
        self.tabs: tuple[Tab, ...] = (
            MapsTab(desk, self.lens),
            CompareTab(desk, self.lens),
            DropTab(desk, self.lens),
        )
        self.side = SidePanel(desk)
        self.trouble = TroubleLine()
        self.run = ShortChoice(tr("Run"), 32)
        self.over = QCheckBox(tr("Over the image"))
        self._name = ElidedLabel("section")
        self._size = label("", "muted")
        self._readout = label("", "muted")
        self._keys = QHBoxLayout()
        self._stack = QStackedWidget()
        self._choice = QButtonGroup(self)
        self._choice.setExclusive(True)
        self._shown: int | None = None
        self._last_seen: View | None = None
        self._lay_out()
        self._connect()
        self.show_tab(MAPS)

    @property
    def drop_tab(self) -> DropTab:
        found = self.tabs[DROP]
        assert isinstance(found, DropTab)
        return found

    @property
    def tab(self) -> Tab:
        """The one in front."""
        return self.tabs[self._stack.currentIndex()]

    @property
    def parts(self) -> tuple[QWidget, ...]:
        """What F6 goes through."""
        return self.tab, self.side, self._head_bar

    def show_tab(self, at: int) -> None:
        self._stack.setCurrentIndex(at)
        self._choice.button(at).setChecked(True)
        self.over.setVisible(at == MAPS)
        self.run.setEnabled(at != COMPARE)
        self._show_keys()
        self.setFocusProxy(self.tab)
        self.tab.setFocus()

    def show_engine_death(self, failed: Failed, restarting: bool) -> None:
        """Say above the maps that the inspector is gone, and has it back or how to."""
        self._last_seen = self.desk.view
        self.trouble.show_failed(failed, restarting)

    def say(self, text: str) -> None:
        """One line beneath the maps, until the mouse says something else."""
        self._readout.setText(text)

    def suggested_name(self) -> str:
        """What a saved view may be called."""
        image = self.desk.image
        stem = Path(image.path).stem if image is not None else "image"
        return f"{stem} {tr(_TITLES[self._stack.currentIndex()]).lower()}".replace(" ", "-")

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange:
            self.update()
        super().changeEvent(event)

    def _connect(self) -> None:
        self.desk.image_changed.connect(self._on_image)
        self.desk.view_changed.connect(self._on_view)
        self.desk.runs_changed.connect(self._show_runs)
        self.run.activated.connect(lambda _at: self.desk.choose_run(self.run.currentData()))
        self.over.toggled.connect(self._on_over)
        self._choice.idClicked.connect(self.show_tab)
        self.trouble.retry_wanted.connect(self.desk.ask)
        for tab in self.tabs:
            tab.place.sheet.hovered.connect(self._on_hovered)
            tab.set_over(False)

    def _on_image(self) -> None:
        image = self.desk.image
        if image is None:
            return
        if image.id != self._shown:
            self._shown = image.id
            self.lens.set_image(image.width, image.height)
        self._name.setText(image.path)
        self._size.setText(f"{image.width} × {image.height}")

    def _on_view(self) -> None:
        if self.desk.view is not None and self.desk.view is not self._last_seen:
            self._last_seen = self.desk.view
            self.trouble.note_answer()

    def _on_over(self, on: bool) -> None:
        for tab in self.tabs:
            tab.set_over(on)

    def _on_hovered(self, panel: Panel | None) -> None:
        cursor = self.lens.cursor
        if cursor is None or not isinstance(panel, MapPanel):
            self._readout.setText("")
            return
        width, height = self.desk.size
        words = f"{cursor.x() * width:.0f}, {cursor.y() * height:.0f} px"
        if panel.layer is not None:
            column, row = panel.layer.cell_at(cursor.x(), cursor.y())
            symbol = f"{panel.layer.symbol} = " if panel.layer.symbol == "A" else ""
            value = panel.value_at(cursor)
            words = tr(
                "{title}: {value} in cell {column}, {row}  ·  {place}",
                title=panel.title,
                value=f"{symbol}{value}",
                column=column,
                row=row,
                place=words,
            )
        self._readout.setText(words)

    def _show_runs(self) -> None:
        self.run.blockSignals(True)
        self.run.clear()
        for choice in self.desk.choices:
            self.run.addItem(choice.text, choice.id)
        self.run.setCurrentIndex(self.run.findData(self.desk.run_id))
        self.run.blockSignals(False)

    def _show_keys(self) -> None:
        while (item := self._keys.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for name, words in _KEYS[self._stack.currentIndex()].items():
            key = self._actions.key_text(name)
            if key:
                self._keys.addWidget(label(key, "key"))
                self._keys.addWidget(label(tr(words), "muted"))
                self._keys.addSpacing(8)

    def _lay_out(self) -> None:
        for tab in self.tabs:
            self._stack.addWidget(tab)
        left = QVBoxLayout()
        left.setContentsMargins(0, 0, 0, 0)
        left.setSpacing(0)
        left.addWidget(self.trouble)
        left.addWidget(self._stack, 1)
        left.addLayout(self._foot())
        middle = QHBoxLayout()
        middle.setContentsMargins(0, 0, 0, 0)
        middle.setSpacing(0)
        middle.addLayout(left, 1)
        middle.addWidget(_upright())
        middle.addWidget(self.side)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self._head_bar = QWidget()
        self._head_bar.setLayout(self._head())
        column.addWidget(self._head_bar)
        column.addWidget(line())
        column.addLayout(middle, 1)

    def _head(self) -> QHBoxLayout:
        head = QHBoxLayout()
        head.setContentsMargins(10, 6, 12, 6)
        head.setSpacing(6)
        head.addWidget(button(tr("‹ Review"), self.back_wanted.emit, "flat"))
        for at, title in enumerate(_TITLES):
            chooser = _tab_button(tr(title))
            self._choice.addButton(chooser, at)
            head.addWidget(chooser)
        head.addSpacing(10)
        head.addWidget(self._name, 1)
        head.addWidget(self._size)
        head.addSpacing(10)
        head.addWidget(self.over)
        head.addWidget(self.run)
        save = self._actions.action("why.save")
        head.addWidget(button(tr("Save…"), partial(save.trigger)))
        return head

    def _foot(self) -> QHBoxLayout:
        foot = QHBoxLayout()
        foot.setContentsMargins(16, 5, 12, 6)
        foot.setSpacing(5)
        foot.addLayout(self._keys)
        foot.addStretch(1)
        foot.addWidget(self._readout)
        return foot


def _tab_button(title: str) -> QPushButton:
    chooser = QPushButton(title)
    chooser.setCheckable(True)
    chooser.setAutoDefault(False)
    chooser.setProperty("role", "tab")
    return chooser


def _upright() -> QWidget:
    """A thin line between two columns."""
    result = QFrame()
    result.setProperty("role", "upright")
    result.setFixedWidth(1)
    return result
