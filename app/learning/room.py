"""Learning in the window: its commands, its dialogs, the order of the queue that it brings."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QWidget

from app.actions import ActionRegistry
from app.i18n import mark, tr
from app.learning.desk import LearningDesk
from app.learning.knowledge import Knowledge
from app.models.queue_order import OrderBy, QueueOrder
from app.words import counted
from engine.store import review

if TYPE_CHECKING:
    from app.learning.accept_rest import AcceptRestDialog
    from app.panels.review_page import ReviewPage
    from app.store_ops import Session

ACCEPT_REST = mark("Accept the rest")


class LearningRoom(QObject):
    """Belongs to one review page; ``end`` before the project is closed."""

    said = Signal(str)
    grid_wanted = Signal()  # show the queue as a grid

    def __init__(
        self,
        desk: LearningDesk,
        session: Session,
        page: ReviewPage,
        actions: ActionRegistry,
        window: QWidget,
    ) -> None:
        super().__init__(page)
        self.desk = desk
        self._session, self._page, self._actions, self._window = session, page, actions, window
        self._rest: AcceptRestDialog | None = None
        self._slots: dict[str, Callable[..., object]] = {
            "learn.now": desk.learn,
            "learn.follow": desk.set_follows,
            "learn.accept_rest": self.accept_rest,
            "learn.findings": self.show_findings,
        }
        actions.action("learn.follow").setChecked(desk.follows)
        for name, slot in self._slots.items():
            actions.bind(name, slot)
        desk.known.connect(self._on_known)
        desk.planned.connect(page.model.set_plan)
        desk.planned.connect(self._show_chance)
        desk.said.connect(self.said)
        page.queue.filtered.connect(self._on_filtered)
        self._planned = False
        self._on_filtered()

    def end(self) -> None:
        """The project is closed: answer to no key any more."""
        for name in self._slots:
            self._actions.unbind(name)
        if self._rest is not None:
            self._rest.close()
        self.desk.end()

    def accept_rest(self) -> None:
        """Ask what is good enough, and say what can be promised."""
        from app.learning.accept_rest import AcceptRestDialog

        dialog = AcceptRestDialog(self._session, self.desk.knowledge, self.desk.ask, self._window)
        dialog.wanted.connect(self._accept)
        dialog.shown.connect(self._show_first)
        dialog.draws_wanted.connect(self._order_by_use)
        dialog.finished.connect(self._forget_rest)
        self._rest = dialog
        dialog.open()
        self.desk.read()

    def show_findings(self) -> None:
        from app.learning.findings import FindingsDialog

        dialog = FindingsDialog(self.desk.knowledge, self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def _forget_rest(self) -> None:
        if self._rest is not None:
            self._rest.deleteLater()
        self._rest = None

    def _accept(self, image_ids: tuple[int, ...]) -> None:
        self._session.write(
            ACCEPT_REST, lambda c: review.accept_many(c, image_ids, operation=ACCEPT_REST)
        )
        self.said.emit(
            tr(
                "{images} accepted. One undo takes it back.",
                images=counted(len(image_ids), "image", "images"),
            )
        )

    def _show_first(self, image_ids: tuple[int, ...]) -> None:
        """Bring these to the front of the queue, as a grid."""
        self._order_by_use()
        self._page.model.set_plan(image_ids)
        self.grid_wanted.emit()

    def _order_by_use(self) -> None:
        filters = self._page.queue.filters
        view = filters.view()
        if view.order.by is not OrderBy.USEFUL:
            filters.order.setCurrentIndex(filters.order.findData(OrderBy.USEFUL))

    def _on_filtered(self) -> None:
        """The order may have become the one that has to be worked out."""
        useful = self._order().by is OrderBy.USEFUL
        if useful and not self._planned:
            self.desk.plan()
        self._planned = useful
        self._show_chance()

    def _show_chance(self, *_: object) -> None:
        useful = self._order().by is OrderBy.USEFUL
        self._page.queue.show_chance(self.desk.share if useful else None)

    def _on_known(self, known: Knowledge) -> None:
        actions = self._actions
        actions.action("learn.now").setEnabled(known.has_maps and known.decided > 0)
        actions.action("learn.findings").setEnabled(known.has_learned)
        if self._rest is not None:
            self._rest.show_known(known)
        if self._order().by is OrderBy.USEFUL:
            self.desk.plan()

    def _order(self) -> QueueOrder:
        return self._page.queue.filters.view().order
