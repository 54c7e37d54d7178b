"""The way into the grid and back: made when first asked for, ended with the project."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from app.actions import ActionRegistry
from app.commands.spec import Scope
from app.panels.project_page import ProjectPage
from app.panels.review_page import ReviewPage
from app.store_ops import Session

if TYPE_CHECKING:
    from app.grid.page import GridPage


class GridRoom(QObject):
    """Belongs to one review page; shows the grid in its place."""

    label_wanted = Signal(object)  # image ids

    def __init__(
        self, session: Session, review: ReviewPage, place: ProjectPage, actions: ActionRegistry
    ) -> None:
        super().__init__(place)
        self._session, self._review = session, review
        self._place, self._actions = place, actions
        self._went_in = False  # from the grid into the review
        self.page: GridPage | None = None
        actions.bind("grid.open", self.show)
        review.left.connect(self._on_left)

    def show(self) -> None:
        """The grid as it was left; at the image under review when it is shown for the first time.

        One that was left by the back key follows the review too.
        """
        page = self.page or self._make()
        self._place.show_instead(page)
        if not self._went_in:
            row = self._row_under_review()
            if row is not None:
                page.wall.go_to(row)
        self._went_in = False
        page.acts.begin()
        page.wall.setFocus()

    def back(self) -> None:
        """To the review, at the image that was there."""
        self._place.show_instead(None)
        self._review.setFocus()

    def open_row(self, row: int) -> None:
        """Look at one image in the review; its back key leads here again."""
        self._went_in = True
        self.back()
        self._review.focus_image(self._review.model.entry(row).image_id)

    def end(self) -> None:
        """The project is closed: answer to no key any more."""
        self._actions.unbind("grid.open")
        page, self.page = self.page, None
        if page is not None:
            page.end()
            for action_id in self._slots(page):
                self._actions.unbind(action_id)
            self._place.show_instead(None)
            page.deleteLater()
        self.deleteLater()

    def _make(self) -> GridPage:
        from app.grid.page import GridPage

        page = GridPage(self._review, self._session, self._actions)
        self._actions.add_scope_to(page, Scope.GRID)
        for action_id, slot in self._slots(page).items():
            self._actions.bind(action_id, slot)
        page.wall.opened.connect(self.open_row)
        page.crops.toggled.connect(self._actions.action("grid.crops").setChecked)
        self.page = page
        return page

    def _slots(self, page: GridPage) -> dict[str, Callable[..., Any]]:
        acts, wall = page.acts, page.wall
        return {
            "grid.accept": acts.accept,
            "grid.reject": acts.reject,
            "grid.skip": acts.skip,
            "grid.reset": acts.reset,
            "grid.label": lambda: self.label_wanted.emit(acts.meant_ids()),
            "grid.open_one": self._open_current,
            "grid.back": self.back,
            "grid.select_all": wall.select_all,
            "grid.next_unreviewed": acts.next_unreviewed,
            "grid.crops": page.crops.setChecked,
            "grid.larger": partial(page.step_size, 1),
            "grid.smaller": partial(page.step_size, -1),
        }

    def _open_current(self) -> None:
        if self.page is not None and self.page.wall.selection.count:
            self.open_row(self.page.wall.selection.current)

    def _on_left(self) -> None:
        if self._went_in:
            self.show()

    def _row_under_review(self) -> int | None:
        wanted = self._review.desk.wanted
        return None if wanted is None else self._review.model.row_of(wanted)
