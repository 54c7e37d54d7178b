"""The fields above the queue: search, which images, in which order."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.i18n import tr
from app.models.queue_memory import QueueView
from app.models.queue_order import ORDER_WORDS, OrderBy, QueueOrder, why_not
from app.models.queue_rows import QueueFilter, QueueRows
from app.models.state_words import STATE_WORDS
from app.panels.reach import keep_keys
from app.panels.short_choice import ShortChoice
from app.panels.state_marks import PROBLEM_WORD
from app.widgets import label
from engine.domain.records import ClassRecord, ReviewState

_SEARCH_PAUSE_MS = 120
_PROBLEMS = "problems"
_ALL_SCORES = (0.0, 1.0)


class QueueFilters(QWidget):
    """Holds what a person wants listed; ``changed`` once it is another."""

    changed = Signal()
    finished = Signal()  # Return in the search field

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.classes: tuple[ClassRecord, ...] = ()
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("Search names"))
        self.search.setAccessibleName(tr("Search names"))
        self.search.setClearButtonEnabled(True)
        self.state = _state_choice()
        self.class_choice = ShortChoice(tr("Class"))
        self.class_choice.addItem(tr("All classes"), None)
        self.order = _order_choice()
        self.seed = QSpinBox()
        self.seed.setRange(0, 999_999)
        self.seed.setAccessibleName(tr("Seed of the random order"))
        self.seed.setToolTip(tr("The same seed gives the same order again"))
        self.more = QToolButton()
        self.more.setText(tr("More"))
        self.more.setCheckable(True)
        self.more.setToolTip(tr("Filter by score and notes"))
        self.notes = QCheckBox(tr("With a note"))
        self.least = _score_field(tr("Least score"))
        self.faults = QCheckBox(tr("Looks wrong"))
        self.faults.setToolTip(tr("Images that the checks find something about"))
        self.highest = _score_field(tr("Highest score"))
        keep_keys(self.state, self.class_choice, self.order, self.more, self.notes)
        self._extra = QWidget()
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._lay_out()
        self._clear()
        self._connect()

    def view(self) -> QueueView:
        """What the fields say."""
        state = self.state.currentData()
        problems = state == _PROBLEMS
        scores = (round(self.least.value(), 2), round(self.highest.value(), 2))
        wanted = QueueFilter(
            None if problems or state is None else ReviewState(state),
            self.class_choice.currentData(),
            self.search.text().strip(),
            problems,
            self.notes.isChecked(),
            None if scores == _ALL_SCORES else scores,
            self.faults.isChecked(),
        )
        return QueueView(wanted, QueueOrder(OrderBy(self.order.currentData()), self.seed.value()))

    def show_view(self, view: QueueView) -> None:
        """Let the fields say ``view``, without ``changed``; a class that is gone is all classes."""
        wanted, old = view.filter, self.blockSignals(True)
        state = _PROBLEMS if wanted.problems else wanted.state.value if wanted.state else None
        self.state.setCurrentIndex(max(self.state.findData(state), 0))
        self.class_choice.setCurrentIndex(max(self.class_choice.findData(wanted.class_id), 0))
        self.search.setText(wanted.text)
        self.notes.setChecked(wanted.notes)
        self.faults.setChecked(wanted.faults)
        self.least.setValue((wanted.scores or _ALL_SCORES)[0])
        self.highest.setValue((wanted.scores or _ALL_SCORES)[1])
        self.order.setCurrentIndex(self.order.findData(view.order.by))
        self.seed.setValue(view.order.seed)
        self._pause.stop()
        self.blockSignals(old)
        if wanted.notes or wanted.faults or wanted.scores is not None:
            self.more.setChecked(True)

    def set_classes(self, classes: Sequence[ClassRecord]) -> None:
        """The classes to choose from; the one chosen stays if it is still there."""
        self.classes = tuple(classes)
        chosen, old = self.class_choice.currentData(), self.class_choice.blockSignals(True)
        self.class_choice.clear()
        self.class_choice.addItem(tr("All classes"), None)
        for record in classes:
            self.class_choice.addItem(record.name, record.id)
        self.class_choice.addItem(tr("No class"), QueueFilter.NO_CLASS)
        self.class_choice.setCurrentIndex(max(self.class_choice.findData(chosen), 0))
        self.class_choice.blockSignals(old)

    def show_orders(self, rows: QueueRows) -> None:
        """Grey what these rows cannot be ordered by, and say why."""
        model = self.order.model()
        assert isinstance(model, QStandardItemModel)
        for at, by in enumerate(OrderBy):
            reason = why_not(rows, by)
            model.item(at).setEnabled(reason is None)
            model.item(at).setToolTip(reason or "")

    def clear(self) -> None:
        """Let all images through; the order stays."""
        old = self.blockSignals(True)
        self._clear()
        self.blockSignals(old)
        self._tell()

    def _clear(self) -> None:
        self.state.setCurrentIndex(0)
        self.class_choice.setCurrentIndex(0)
        self.search.clear()
        self.notes.setChecked(False)
        self.faults.setChecked(False)
        self.least.setValue(_ALL_SCORES[0])
        self.highest.setValue(_ALL_SCORES[1])

    def _connect(self) -> None:
        self._pause.timeout.connect(self._tell)
        self.search.textChanged.connect(lambda _text: self._pause.start(_SEARCH_PAUSE_MS))
        self.search.returnPressed.connect(self._finish)
        for choice in (self.state, self.class_choice, self.order):
            choice.currentIndexChanged.connect(self._tell)
        self.order.currentIndexChanged.connect(self._show_seed)
        for field in (self.seed, self.least, self.highest):
            field.valueChanged.connect(lambda _value: self._pause.start(_SEARCH_PAUSE_MS))
        self.notes.toggled.connect(self._tell)
        self.faults.toggled.connect(self._tell)
        self.more.toggled.connect(self._extra.setVisible)

    def _show_seed(self) -> None:
        self.seed.setVisible(self.order.currentData() == OrderBy.RANDOM)

    def _finish(self) -> None:
        self._tell()
        self.finished.emit()

    def _tell(self) -> None:
        self._pause.stop()
        self.changed.emit()

    def _lay_out(self) -> None:
        choices = _row(self.state, self.class_choice)
        order = _row(self.order, self.seed, self.more)
        order.setStretch(1, 0)
        self._show_seed()
        extra = QGridLayout(self._extra)
        extra.setContentsMargins(0, 0, 0, 0)
        extra.addWidget(label(tr("Score"), "muted"), 0, 0)
        extra.addLayout(_row(self.least, label(tr("to"), "muted"), self.highest), 0, 1)
        extra.addLayout(_row(self.notes, self.faults), 1, 0, 1, 2)
        extra.setColumnStretch(1, 1)
        self._extra.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.search)
        column.addLayout(choices)
        column.addLayout(order)
        column.addWidget(self._extra)


def _row(*fields: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(6)
    for field in fields:
        row.addWidget(field, 1 if isinstance(field, QComboBox) else 0)
    return row


def _state_choice() -> QComboBox:
    choice = ShortChoice(tr("Review state"))
    choice.addItem(tr("All states"), None)
    for state, word in STATE_WORDS.items():
        choice.addItem(tr(word), state.value)
    choice.addItem(tr(PROBLEM_WORD), _PROBLEMS)
    return choice


def _order_choice() -> QComboBox:
    choice = ShortChoice(tr("Order"))
    for by in OrderBy:
        choice.addItem(tr(ORDER_WORDS[by]), by)
        choice.setItemData(choice.count() - 1, tr(ORDER_WORDS[by]), Qt.ItemDataRole.ToolTipRole)
    return choice


def _score_field(name: str) -> QDoubleSpinBox:
    field = QDoubleSpinBox()
    field.setRange(*_ALL_SCORES)
    field.setSingleStep(0.05)
    field.setDecimals(2)
    field.setAccessibleName(name)
    return field
