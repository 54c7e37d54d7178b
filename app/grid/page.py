"""The grid as a page: filters at the side, tiles, and the keys beneath."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QSlider, QVBoxLayout, QWidget

from app.actions import ActionRegistry
from app.grid.acts import GridActs
from app.grid.boxes import BoxSource
from app.grid.wall import SIDES, Wall
from app.i18n import mark, tr, whole
from app.models.class_colours import colours_by_class
from app.models.queue_memory import QueueView
from app.panels.queue_filters import QueueFilters
from app.panels.reach import reach_by_keyboard
from app.panels.review_page import ReviewPage
from app.store_ops import Session
from app.widgets import label
from app.words import counted

_STEP = 32
_KEYS = (
    ("grid.accept", mark("Accept")),
    ("grid.reject", mark("Reject")),
    ("grid.skip", mark("Skip")),
    ("grid.select_all", mark("All")),
    ("grid.open_one", mark("Open")),
    ("grid.back", mark("Back")),
)


class GridPage(QWidget):
    """Shows the review's queue; order and filter are the same in both."""

    def __init__(
        self,
        review: ReviewPage,
        session: Session,
        actions: ActionRegistry,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._review, self._model = review, review.model
        self.boxes = BoxSource(session, self)
        self.wall = Wall(self._model, review.loader, self.boxes)
        self.acts = GridActs(self.wall, self._model, session, self)
        self.filters = QueueFilters()
        self.tile_size = _slider(self.wall.side)
        self.crops = QCheckBox(tr("Boxes only"))
        reach_by_keyboard(self.crops)
        self._count = label("", "muted", wrap=True)
        self.said = label("", "muted")
        self._lay_out(actions)
        self._connect()
        self._refresh()
        self.setFocusProxy(self.wall)

    @property
    def parts(self) -> tuple[QWidget, ...]:
        """What F6 goes through."""
        return self.wall, self._side

    def end(self) -> None:
        """The page goes: stop what is under way."""
        self.boxes.end()
        self.acts.end()

    def step_size(self, direction: int) -> None:
        self.tile_size.setValue(self.tile_size.value() + direction * _STEP)

    def _connect(self) -> None:
        self.tile_size.valueChanged.connect(self.wall.set_side)
        self.crops.toggled.connect(self.wall.set_crops)
        self.filters.changed.connect(self._on_filtered)
        self.filters.finished.connect(self.wall.setFocus)
        self.acts.said.connect(self.said.setText)
        self.wall.selection_changed.connect(self._refresh_count)
        self._model.modelReset.connect(self._refresh)
        self._model.dataChanged.connect(self._refresh_count)

    def _on_filtered(self) -> None:
        """The fields here speak for those of the review."""
        self._take(self.filters.view())

    def _take(self, view: QueueView) -> None:
        self._review.queue.show_view(view)
        self._review.queue.filtered.emit()

    def _refresh(self) -> None:
        theirs = self._review.queue.filters
        if self.filters.classes != theirs.classes:
            self.filters.set_classes(theirs.classes)
            self.wall.set_class_colours(colours_by_class(theirs.classes))
        self.filters.show_orders(self._model.rows)
        if not self.filters.search.hasFocus():
            self.filters.show_view(theirs.view())
        self._refresh_count()

    def _refresh_count(self) -> None:
        selected = len(self.wall.selection.rows)
        parts = [
            counted(self._model.rowCount(), "image", "images"),
            tr("{waiting} to review", waiting=whole(self._model.waiting())),
        ]
        parts += [tr("{selected} selected", selected=whole(selected))] if selected else []
        self._count.setText(" · ".join(parts))

    def _lay_out(self, actions: ActionRegistry) -> None:
        column = QVBoxLayout()
        column.setSpacing(0)
        column.addWidget(self.wall, 1)
        column.addLayout(self._key_line(actions))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self._side = self._side_panel()
        row.addWidget(self._side)
        row.addLayout(column, 1)

    def _side_panel(self) -> QWidget:
        side = QVBoxLayout()
        side.setContentsMargins(10, 10, 10, 8)
        side.setSpacing(8)
        side.addWidget(self.filters)
        side.addWidget(self._count)
        side.addSpacing(8)
        side.addWidget(label(tr("Size"), "muted"))
        side.addWidget(self.tile_size)
        side.addWidget(self.crops)
        side.addStretch(1)
        panel = QWidget()
        panel.setLayout(side)
        panel.setFixedWidth(290)
        return panel

    def _key_line(self, actions: ActionRegistry) -> QHBoxLayout:
        keys = QHBoxLayout()
        keys.setContentsMargins(12, 6, 12, 6)
        keys.setSpacing(5)
        for name, words in _KEYS:
            if actions.key_text(name):
                keys.addWidget(label(actions.key_text(name), "key"))
                keys.addWidget(label(tr(words), "muted"))
                keys.addSpacing(8)
        keys.addStretch(1)
        keys.addWidget(self.said)
        return keys


def _slider(side: int) -> QSlider:
    slider = QSlider(Qt.Orientation.Horizontal)
    slider.setRange(*SIDES)
    slider.setValue(side)
    reach_by_keyboard(slider)
    slider.setAccessibleName(tr("Size of the pictures"))
    return slider
