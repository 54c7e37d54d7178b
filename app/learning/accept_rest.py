"""Accepting the rest: what is promised, how sure it is, and for which images."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QComboBox, QDialog, QHBoxLayout, QSpinBox, QVBoxLayout, QWidget

from app.engine_words import engine_text
from app.i18n import mark, percent, tr, whole
from app.learning.knowledge import Knowledge, Offer, look_ahead
from app.store_ops import Session
from app.widgets import add_field, at_least, button, form_layout, label, number_field
from app.words import counted
from engine.localization.asking import Look
from engine.localization.guarantee import Promise

#: Asks about a promise; the offer comes later.
Put = Callable[[Promise, Callable[[Offer], None]], None]

NOTHING_LEARNED = mark(
    "Nothing was learned yet. Review some images, a few of each class, and learn from them; "
    "then the program can say how sure it is of the rest."
)
_PAUSE_MS = 150


class AcceptRestDialog(QDialog):
    """Says what could be accepted unseen; ``wanted`` when the person takes it."""

    wanted = Signal(object)  # tuple of image ids
    shown = Signal(object)  # tuple of image ids to look at first
    draws_wanted = Signal()

    def __init__(
        self, session: Session, known: Knowledge, put: Put, parent: QWidget | None = None
    ) -> None:
        """``put`` asks the question about a promise, and remembers that it was asked."""
        super().__init__(parent)
        self._session, self._known, self._put = session, known, put
        self._offer: Offer | None = None
        self.setWindowTitle(tr("Accept the rest"))
        self.level = _choice((tr("IoU of at least 0.5"), 0.5), (tr("IoU of at least 0.7"), 0.7))
        self.share = _percent(95)
        self.confidence = _percent(95)
        self.sentence = label("", wrap=True, selectable=True)
        # the longest one has four lines: the dialog need not change its size with each
        self.sentence.setMinimumHeight(4 * self.sentence.fontMetrics().lineSpacing())
        self.sentence.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.basis = label("", "muted", wrap=True)
        self.ask_button = button(tr("Ask"), self._question, "primary")
        self.accept_button = button(tr("Accept"), self._take, "primary")
        self.show_button = button(tr("Look at them first"), self._show)
        self.draw_button = button(tr("Review random images"), self._draw)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.timeout.connect(self._compute)
        self._lay_out()
        at_least(self, 560)
        self.ask_button.hide()
        self.level.currentIndexChanged.connect(self._ask)
        self.share.valueChanged.connect(self._ask)
        self.confidence.valueChanged.connect(self._ask)
        self._ask()

    def promise(self) -> Promise:
        return Promise(
            self.share.value() / 100, self.confidence.value() / 100, self.level.currentData()
        )

    def show_known(self, known: Knowledge) -> None:
        """Another learning has ended, or more was reviewed."""
        self._known = known
        self._ask()

    def _ask(self, *_: object) -> None:
        for widget in (self.ask_button, self.accept_button, self.show_button):
            widget.setEnabled(False)
        self._pause.start(_PAUSE_MS)

    def _compute(self) -> None:
        if not self._known.has_learned:
            self.sentence.setText(tr(NOTHING_LEARNED))
            return
        known, promise = self._known, self.promise()
        self._basis()
        self.sentence.setText("…")
        self._session.read(
            lambda _conn: look_ahead(known, promise),
            lambda at: self._show_look(promise, at),
        )

    def _show_look(self, promise: Promise, at: Look) -> None:
        if promise != self.promise():
            return
        if at.known or not at.checkpoint or not self._known.acceptable:  # costs nothing
            self._question()
            return
        self.sentence.setText(
            tr(
                "It would be judged by the first {reviewed} images that chance chose, with {own} "
                "confidence in this answer, so that all your questions together keep {confidence}. "
                "Each further question is judged more strictly.",
                reviewed=whole(at.reviewed),
                own=percent(at.confidence, 1),
                confidence=percent(promise.confidence),
            )
        )
        self.ask_button.setVisible(True)
        self.ask_button.setEnabled(True)

    def _question(self) -> None:
        self.ask_button.setEnabled(False)
        promise = self.promise()
        self._put(promise, lambda offer: self._show_offer(promise, offer))

    def _show_offer(self, promise: Promise, offer: Offer) -> None:
        if promise != self.promise():  # asked for something else meanwhile
            return
        self._offer, self._known = offer, self._known.after(offer)
        self.ask_button.setVisible(False)
        self.sentence.setText(engine_text(offer.guarantee.sentence))
        count = len(offer.image_ids)
        able = count > 0
        self.accept_button.setText(
            tr("Accept {images}", images=counted(count, "image", "images"))
            if able
            else tr("Accept")
        )
        self.accept_button.setEnabled(able)
        self.show_button.setEnabled(able)

    def _take(self) -> None:
        if self._offer is not None and self._offer.image_ids:
            self.wanted.emit(self._offer.image_ids)
            self.accept()

    def _show(self) -> None:
        if self._offer is not None:
            self.shown.emit(self._offer.image_ids)
            self.accept()

    def _draw(self) -> None:
        self.draws_wanted.emit()
        self.accept()

    def _basis(self) -> None:
        known = self._known
        self.basis.setText(
            tr(
                "{images} that chance chose are reviewed, {waiting} wait. "
                "They are never learned from, so that they can judge.",
                images=counted(len(known.judged), "image", "images"),
                waiting=whole(known.waiting),
            )
        )

    def _lay_out(self) -> None:
        self._basis()
        form = form_layout()
        add_field(form, tr("A box is right with an"), self.level)
        add_field(
            form,
            tr("Share of right boxes"),
            number_field(self.share, tr("Share of right boxes"), " %"),
        )
        add_field(form, tr("Confidence"), number_field(self.confidence, tr("Confidence"), " %"))
        buttons = QHBoxLayout()
        buttons.addWidget(self.draw_button)
        buttons.addStretch(1)
        cancel = button(tr("Cancel"), self.reject)
        for widget in (cancel, self.show_button, self.ask_button, self.accept_button):
            buttons.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 22, 24, 18)
        column.setSpacing(10)
        column.addWidget(label(tr("What is good enough?"), "heading"))
        column.addLayout(form)
        column.addWidget(label(tr("What can be promised"), "section"))
        column.addWidget(self.sentence)
        column.addWidget(self.basis)
        column.addWidget(label(tr("Accepting them is one step, which undo takes back."), "muted"))
        column.addStretch(1)
        column.addLayout(buttons)


def _choice(*items: tuple[str, float]) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(tr("When a box is right"))
    for text, value in items:
        box.addItem(text, value)
    return box


def _percent(value: int) -> QSpinBox:
    box = QSpinBox()
    box.setRange(50, 99)
    box.setValue(value)
    return box
