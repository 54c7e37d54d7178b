"""The way into the why view and back: made when first asked for, ended with the project."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from app.actions import ActionRegistry
from app.commands.spec import Scope
from app.dialogs.error_dialog import show_trouble
from app.i18n import mark, tr
from app.panels.project_page import ProjectPage
from app.panels.review_page import ReviewPage
from app.project_desk import ProjectDesk
from app.project_state import ProjectState
from app.store_ops import Session
from app.trouble import from_error
from app.why.inspector import Inspector
from app.worker_pool import WorkerPool
from engine.domain.geometry import Box, iou
from engine.jobs.events import Failed

if TYPE_CHECKING:  # the page takes a moment to import, which opening a project should not
    from app.why.desk import WhyDesk
    from app.why.page import WhyPage

TAKE = mark("Take another box")
_FILTER = mark("PNG picture, 300 dpi (*.png);;SVG drawing (*.svg)")


class WhyRoom(QObject):
    """Belongs to one review page; shows the why page in its place."""

    saved = Signal(object)  # Path of a view that is on disk now

    def __init__(
        self,
        desk: ProjectDesk,
        session: Session,
        review: ReviewPage,
        place: ProjectPage,
        actions: ActionRegistry,
        inspector: Inspector | None = None,
    ) -> None:
        super().__init__(place)
        self._projects, self._session, self._review = desk, session, review
        self._place, self._actions = place, actions
        self.inspector = inspector or Inspector(place)
        self._pool = WorkerPool("saving", 1, self)
        self.page: WhyPage | None = None
        self._own: WhyDesk | None = None
        self._died_after = -1  # answers there had been when the process died last
        self.inspector.serve(session.project.folder)
        self.inspector.ended.connect(self._on_ended)
        desk.refreshed.connect(self._note_state)
        actions.bind("why.open", self.show)

    @property
    def shown(self) -> bool:
        return self.page is not None and self._own is not None and self._own.active

    def show(self) -> None:
        """Look into the image under review."""
        page = self.page or self._make()
        self._place.show_instead(page)
        if self._own is not None:
            self._own.activate()
        page.tab.setFocus()

    def back(self) -> None:
        """To the review, at the image that was looked into."""
        if self._own is not None:
            self._own.deactivate()
        self._place.show_instead(None)
        self._review.setFocus()

    def end(self) -> None:
        """The project is closed: end the process, answer to no key any more."""
        if self._own is not None:
            self._own.deactivate()
        self._pool.close(finish=True)
        self.inspector.ended.disconnect(self._on_ended)
        self._projects.refreshed.disconnect(self._note_state)
        self.inspector.serve(None)
        self._actions.unbind("why.open")
        page, self.page = self.page, None
        if page is not None:
            for action_id in self._slots(page):
                self._actions.unbind(action_id)
            self._place.show_instead(None)
            page.deleteLater()
        self.deleteLater()

    def shut_down(self) -> None:
        """End the process and wait until it is gone. For the end of the window."""
        self.inspector.shut_down()

    def save(self, path: Path) -> None:
        """Save what is shown now; ``saved`` or a message tells how that went."""
        from app.why.saving import save_drawing

        if self.page is None:
            return
        image = self.page.desk.image
        title = "" if image is None else image.path
        drawing = self.page.tab.place.sheet.drawing_now()
        self._pool.submit(
            lambda: save_drawing(drawing, path, title),
            lambda _none: self._on_saved(path),
            lambda error: show_trouble(from_error(error), self._window()),
        )

    def _make(self) -> WhyPage:
        from app.why.desk import WhyDesk
        from app.why.page import WhyPage

        self._own = WhyDesk(self.inspector, self._session, self._review, self)
        page = WhyPage(self._own, self._actions)
        page.back_wanted.connect(self.back)
        page.drop_tab.box_wanted.connect(self._take)
        self._actions.add_scope_to(page, Scope.WHY)
        for action_id, slot in self._slots(page).items():
            self._actions.bind(action_id, slot)
        self.page = page
        if self._projects.state is not None:
            self._note_state(self._projects.state)
        return page

    def _slots(self, page: WhyPage) -> dict[str, Callable[..., Any]]:
        from app.why.page import COMPARE, DROP, MAPS

        flow = self._review.flow
        return {
            "why.back": self.back,
            "why.next": flow.next,
            "why.previous": flow.previous,
            "why.next_unreviewed": flow.next_unreviewed,
            "why.maps": partial(page.show_tab, MAPS),
            "why.compare": partial(page.show_tab, COMPARE),
            "why.drop": partial(page.show_tab, DROP),
            "why.over": page.over.setChecked,
            "why.fit": page.lens.fit,
            "why.redraw": page.desk.redraw,
            "why.next_box": page.drop_tab.others.step,
            "why.take_box": page.drop_tab.take_box,
            "why.lower": partial(page.side.step, -1),
            "why.raise": partial(page.side.step, 1),
            "why.save": self._save,
        }

    def _note_state(self, state: ProjectState) -> None:
        if self._own is not None:
            self._own.set_runs(state.summary.runs, state.summary.current_run_id)

    def _on_ended(self, failed: Failed) -> None:
        """Say so and start it again, but not twice without an answer between."""
        if self.page is None or self._own is None or not self._own.active:
            return  # the next question starts it
        again = self._own.answered != self._died_after
        self._died_after = self._own.answered
        self.page.show_engine_death(failed, again)
        if again:  # once those who asked have been told
            QTimer.singleShot(0, self._own, self._own.ask)

    def _take(self, box: Box) -> None:
        """Make ``box`` the image's, as one act that undo takes back."""
        desk, own = self._review.desk, self._own
        if own is None or own.image is None or desk.image_id != own.image.id or not desk.ready:
            return
        boxes = [shape.box for shape in desk.shapes]
        if boxes:
            nearest = max(range(len(boxes)), key=lambda at: iou(boxes[at], box))
            desk.boxes.put_boxes({nearest: box}, TAKE)
        elif own.image.class_id is not None:
            desk.boxes.draw(own.image.class_id, box)

    def _save(self) -> None:
        if self.page is None:
            return
        start = str(Path.home() / f"{self.page.suggested_name()}.png")
        window = self._window()
        chosen, kind = QFileDialog.getSaveFileName(window, tr("Save the view"), start, tr(_FILTER))
        if not chosen:
            return
        path = Path(chosen)
        if not path.suffix:
            path = path.with_suffix(".svg" if "svg" in kind else ".png")
        self.save(path)

    def _on_saved(self, path: Path) -> None:
        if self.page is not None:
            self.page.say(tr("Saved as {path}", path=path))
        self.saved.emit(path)

    def _window(self) -> QWidget:
        return self._review.window()
