"""The queue at the side: filters above, the list of images below."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from app.image_loader import Copy, ImageFile, ImageLoader
from app.models.queue_model import QueueModel
from app.models.queue_rows import QueueFilter
from app.panels.queue_delegate import ROW_HEIGHT, QueueDelegate
from app.panels.state_marks import PROBLEM_WORD, STATE_WORDS
from app.widgets import label
from engine.domain.records import ClassRecord, QueueEntry, ReviewState

_SEARCH_PAUSE_MS = 120
_PROBLEMS = "problems"
# A long class name must not widen the panel.
_SHORT = QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon


class QueuePanel(QWidget):
    """Shows a QueueModel; says which image a person chose and when the filter changed."""

    chosen = Signal(int)  # image id
    filtered = Signal()

    def __init__(
        self, model: QueueModel, loader: ImageLoader, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._loader = loader
        self._count = label("", "muted")
        self.search = _search_field()
        self.state_choice = _state_choice()
        self._class = QComboBox()
        self._class.setAccessibleName("Class")
        self._class.setSizeAdjustPolicy(_SHORT)
        self._class.addItem("All classes", None)
        self._delegate = QueueDelegate(self._thumbnail, self)
        self.view = _list_view(model, self._delegate)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._lay_out()
        self._connect()

    def set_classes(self, classes: Sequence[ClassRecord]) -> None:
        """The classes to choose from; the one chosen stays if it is still there."""
        chosen = self._class.currentData()
        self._delegate.set_names({c.id: c.name for c in classes})
        self._class.blockSignals(True)
        self._class.clear()
        self._class.addItem("All classes", None)
        for record in classes:
            self._class.addItem(record.name, record.id)
        self._class.addItem("No class", QueueFilter.NO_CLASS)
        self._class.setCurrentIndex(max(self._class.findData(chosen), 0))
        self._class.blockSignals(False)
        self.view.viewport().update()

    def show_current(self, row: int | None) -> None:
        """Mark the row of the image that is shown, without choosing it again."""
        selection = self.view.selectionModel()
        selection.blockSignals(True)
        index = QModelIndex() if row is None else self._model.index(row)
        self.view.setCurrentIndex(index)
        if row is None:
            selection.clearSelection()
        selection.blockSignals(False)
        if index.isValid():
            self.view.scrollTo(index)
        self.view.viewport().update()

    def refresh_count(self) -> None:
        listed, total = self._model.rowCount(), len(self._model.rows)
        all_of_them = f"{total:,} images" if total != 1 else "1 image"
        self._count.setText(all_of_them if listed == total else f"{listed:,} of {all_of_them}")

    def clear_filter(self) -> None:
        for field in (self.state_choice, self._class):
            field.setCurrentIndex(0)
        self.search.clear()
        self._apply_filter()

    def _lay_out(self) -> None:
        choices = QHBoxLayout()
        choices.setSpacing(6)
        choices.addWidget(self.state_choice, 1)
        choices.addWidget(self._class, 1)
        top = QVBoxLayout()
        top.setContentsMargins(10, 10, 10, 8)
        top.setSpacing(6)
        top.addWidget(self.search)
        top.addLayout(choices)
        top.addWidget(self._count)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(self.view, 1)
        self.setMinimumWidth(210)

    def _connect(self) -> None:
        self._pause.timeout.connect(self._apply_filter)
        self.search.textChanged.connect(lambda _text: self._pause.start(_SEARCH_PAUSE_MS))
        self.search.returnPressed.connect(self._finish_search)
        self.state_choice.currentIndexChanged.connect(self._apply_filter)
        self._class.currentIndexChanged.connect(self._apply_filter)
        self.view.selectionModel().currentChanged.connect(self._on_current)
        self._model.modelReset.connect(self.refresh_count)
        self._loader.loaded.connect(self._on_loaded)

    def _apply_filter(self) -> None:
        self._pause.stop()
        state = self.state_choice.currentData()
        problems = state == _PROBLEMS
        wanted = QueueFilter(
            None if problems or state is None else ReviewState(state),
            self._class.currentData(),
            self.search.text().strip(),
            problems,
        )
        self._model.set_filter(wanted)
        self.filtered.emit()

    def _finish_search(self) -> None:
        self._apply_filter()
        self.view.setFocus()

    def _on_current(self, index: QModelIndex) -> None:
        if index.isValid():
            self.chosen.emit(self._model.entry(index.row()).image_id)

    def _thumbnail(self, entry: QueueEntry) -> QImage | None:
        return self._loader.thumbnail(ImageFile(entry.image_id, entry.path))

    def _on_loaded(self, image_id: int, copy: Copy) -> None:
        row = self._model.row_of(image_id) if copy is Copy.THUMBNAIL else None
        if row is not None:
            self.view.update(self._model.index(row))


def _search_field() -> QLineEdit:
    field = QLineEdit()
    field.setPlaceholderText("Search names")
    field.setAccessibleName("Search names")
    field.setClearButtonEnabled(True)
    return field


def _state_choice() -> QComboBox:
    choice = QComboBox()
    choice.setAccessibleName("Review state")
    choice.setSizeAdjustPolicy(_SHORT)
    choice.addItem("All states", None)
    for state, word in STATE_WORDS.items():
        choice.addItem(word, state.value)
    choice.addItem(PROBLEM_WORD, _PROBLEMS)
    return choice


def _list_view(model: QueueModel, delegate: QueueDelegate) -> QTableView:
    """A table of one column: unlike a QListView it asks nothing of rows that are not in sight."""
    view = QTableView()
    view.setModel(model)
    view.setItemDelegate(delegate)
    view.horizontalHeader().hide()
    view.horizontalHeader().setStretchLastSection(True)
    view.verticalHeader().hide()
    view.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
    view.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
    view.setShowGrid(False)
    view.setStyleSheet("QTableView { selection-background-color: transparent; }")  # see delegate
    view.setTabKeyNavigation(False)
    view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    view.setFrameShape(QFrame.Shape.NoFrame)
    view.setAccessibleName("Images")
    return view
