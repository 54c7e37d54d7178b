"""The queue at the side: filters above, the list of images below."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from app.i18n import percent, tr, whole
from app.image_loader import Copy, ImageFile, ImageLoader
from app.models.queue_memory import QueueView
from app.models.queue_model import QueueModel
from app.panels.queue_delegate import ROW_HEIGHT, QueueDelegate
from app.panels.queue_filters import QueueFilters
from app.widgets import label
from app.words import counted
from engine.domain.records import ClassRecord, QueueEntry


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
        self.chance = label("", "muted", wrap=True)
        self.chance.hide()
        self.filters = QueueFilters()
        self.search = self.filters.search
        self.state_choice = self.filters.state
        self._delegate = QueueDelegate(self._thumbnail, self)
        self.view = _list_view(model, self._delegate)
        self._lay_out()
        self._connect()

    def set_classes(self, classes: Sequence[ClassRecord]) -> None:
        """The classes to choose from; the one chosen stays if it is still there."""
        self._delegate.set_names({c.id: c.name for c in classes})
        self.filters.set_classes(classes)
        self.view.viewport().update()

    def show_view(self, view: QueueView) -> None:
        """List what ``view`` says, and let the fields say so."""
        self.filters.show_view(view)
        self._apply()

    def show_current(self, row: int | None) -> None:
        """Mark the row of the image that is shown, without choosing it again."""
        selection = self.view.selectionModel()
        selection.blockSignals(True)
        before = [self.view.currentIndex(), *selection.selectedIndexes()]
        index = QModelIndex() if row is None else self._model.index(row)
        self.view.setCurrentIndex(index)
        if row is None:
            selection.clearSelection()
        selection.blockSignals(False)
        if index.isValid():
            self.view.scrollTo(index)
        for changed in (*before, index):  # the others look as they did, and there are many
            self.view.update(changed)

    def refresh_count(self) -> None:
        """How many are listed, and how many of them wait for a person."""
        listed, total = self._model.rowCount(), len(self._model.rows)
        of_all = counted(total, "image", "images")
        parts = [of_all]
        if listed != total:
            parts = [tr("{listed} of {images}", listed=whole(listed), images=of_all)]
        if listed:
            parts.append(tr("{waiting} to review", waiting=whole(self._model.waiting())))
        self._count.setText(" · ".join(parts))

    def show_chance(self, share: float | None) -> None:
        """Which share of the order chance has chosen; None where it is another order."""
        self.chance.setVisible(share is not None)
        if share is not None:
            text = tr("{share} of these by chance, to judge the rest by", share=percent(share))
            self.chance.setText(text)

    def clear_filter(self) -> None:
        self.filters.clear()

    def _lay_out(self) -> None:
        top = QVBoxLayout()
        top.setContentsMargins(10, 10, 10, 8)
        top.setSpacing(6)
        top.addWidget(self.filters)
        top.addWidget(self._count)
        top.addWidget(self.chance)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(self.view, 1)
        self.setMinimumWidth(210)

    def _connect(self) -> None:
        self.filters.changed.connect(self._on_filtered)
        self.filters.finished.connect(self.view.setFocus)
        self.view.selectionModel().currentChanged.connect(self._on_current)
        self._model.modelReset.connect(self._on_reset)
        self._loader.loaded.connect(self._on_loaded)

    def _on_filtered(self) -> None:
        self._apply()
        self.filtered.emit()

    def _apply(self) -> None:
        view = self.filters.view()
        self._model.set_view(view.filter, view.order)

    def _on_reset(self) -> None:
        self.filters.show_orders(self._model.rows)
        self.refresh_count()

    def _on_current(self, index: QModelIndex) -> None:
        if index.isValid():
            self.chosen.emit(self._model.entry(index.row()).image_id)

    def _thumbnail(self, entry: QueueEntry) -> QImage | None:
        return self._loader.thumbnail(ImageFile(entry.image_id, entry.path))

    def _on_loaded(self, image_id: int, copy: Copy) -> None:
        row = self._model.row_of(image_id) if copy is Copy.THUMBNAIL else None
        if row is not None:
            self.view.update(self._model.index(row))


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
    view.setAccessibleName(tr("Images"))
    return view
