"""The review workbench: queue, image, side panel; composed and wired here, nothing more."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QWidget

from app.actions import ActionRegistry
from app.garbage import look_at_all
from app.i18n import tr
from app.image_loader import ImageLoader
from app.models.progress import ReviewProgress
from app.models.queue_memory import QueueMemory
from app.models.queue_model import QueueModel
from app.models.review_desk import ReviewDesk
from app.operation_text import operation_text
from app.panels.box_decisions import BoxDecisions
from app.panels.box_panel import BoxPanel
from app.panels.class_lane import ClassLane
from app.panels.image_show import ImageShow
from app.panels.image_stage import ImageStage
from app.panels.progress_teller import ProgressTeller
from app.panels.queue_feed import QueueFeed
from app.panels.queue_panel import QueuePanel
from app.panels.review_edits import ReviewEdits
from app.panels.review_flow import ReviewFlow
from app.panels.review_keys import bind_keys, next_keys, unbind_keys
from app.panels.review_list import ReviewList
from app.preference_effects import apply_to_review
from app.preferences import AFTER_ACCEPT, HEAT_OPACITY, PICTURE_THREADS
from app.settings import AppSettings
from app.store_ops import Session, WriteFailure
from engine.domain.records import ClassRecord
from engine.store.review import Changes

__all__ = ["ReviewPage", "ReviewProgress"]


class ReviewPage(QWidget):
    """Everything a person does with one project's boxes; empty until ``reload`` is called.

    Undo, redo and what could not be saved are the window's to show; the page follows.
    """

    progress_changed = Signal(object)  # ReviewProgress
    repropose_requested = Signal(object, object)  # BoxSettings, name of a class or None for all
    left = Signal()  # the key that ends things, with nothing left to end

    def __init__(
        self,
        session: Session,
        actions: ActionRegistry,
        parent: QWidget | None = None,
        settings: AppSettings | None = None,
    ) -> None:
        super().__init__(parent)
        self.settings = settings or AppSettings()
        self._session = session
        self._actions = actions
        threads = self.settings.number(PICTURE_THREADS)
        self.loader = ImageLoader(session.project, self, threads)
        self.model = QueueModel(self)
        self.desk = ReviewDesk(session, self)
        self.feed = QueueFeed(session, self.model, self.desk, self)
        self.progress = ProgressTeller(session, self.model, self.feed, self)
        self.stage = ImageStage()
        self.queue = QueuePanel(self.model, self.loader)
        self.box_panel = BoxPanel()
        self.shown = ImageShow(self.model, self.desk, self.stage, self.loader, self)
        self.flow = ReviewFlow(self.model, self.desk, self.stage, self.shown, self)
        self.flow.prefers_unreviewed = lambda: self.settings.choice(AFTER_ACCEPT) == "unreviewed"
        self.edits = ReviewEdits(self.flow, self.desk, self.stage, self.box_panel, self)
        self.decisions = BoxDecisions(self.flow, self.desk, self.stage)
        memory = QueueMemory(settings, session.project.folder)
        self.list = ReviewList(
            self.model, self.desk, self.feed, self.queue, self.shown, self.flow, memory, self
        )
        self.lane = ClassLane(self.model, self.queue, self.flow, self.feed.settle, self)
        self._lay_out()
        self._connect()
        bind_keys(self, actions)
        apply_to_review(self)

    @property
    def whole(self) -> bool:
        """True once the whole queue is there, and not its beginning alone."""
        return self.feed.whole

    @property
    def parts(self) -> tuple[QWidget, ...]:
        """What F6 goes through."""
        return self.stage.canvas, self.queue, self.box_panel

    def reload(self) -> None:
        """Read the whole queue again; the image that is shown stays."""
        self.list.reload()

    def images_changed(self, image_ids: list[int]) -> None:
        """Show what a job or an operation has made of some images."""
        self.feed.images_changed(image_ids)

    def focus_image(self, image_id: int) -> None:
        """Go to an image, listed or not."""
        self.flow.open(image_id)

    def escape(self) -> None:
        """Stop drawing, else select nothing, else go back to where the person came from."""
        canvas = self.stage.canvas
        idle = not canvas.pointer.busy and not canvas.pointer.drawing and not canvas.boxes.selected
        canvas.pointer.cancel()
        if idle:
            self.left.emit()

    def end(self) -> None:
        """Stop what is under way, and answer to no key any more."""
        self.progress.stop()
        self.feed.stop()
        look_at_all()
        if not self.lane.on:
            self.list.keep()
        unbind_keys(self, self._actions)
        self.loader.close()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange:
            self.shown.show_head()
        super().changeEvent(event)

    def _lay_out(self) -> None:
        splitter = QSplitter()
        for part in (self.queue, self.stage, self.box_panel):
            splitter.addWidget(part)
        splitter.setStretchFactor(1, 1)
        splitter.setChildrenCollapsible(False)
        splitter.setSizes([290, 900, 244])
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(splitter)
        self.setFocusProxy(self.stage.canvas)

    def _connect(self) -> None:
        self.feed.classes_read.connect(self._show_classes)
        self.feed.completed.connect(self.progress.tell)
        self.feed.updated.connect(lambda _entries: self.progress.tell())
        self.list.remembered.connect(self.progress.read_pace)
        self.progress.changed.connect(self.progress_changed)
        self._session.changed.connect(self._on_changed)
        self._session.history_moved.connect(self.list.go_with)
        self._session.failed.connect(self._on_failed)
        self._session.refused.connect(lambda _name: self.desk.refresh())
        self._session.closing.connect(self.end)
        self.loader.unusable.connect(self._session.note_unusable)
        self.shown.displayed.connect(self._show_state)
        self.desk.shapes_changed.connect(self._show_state)
        self.stage.canvas.boxes.selection_changed.connect(self._show_keys)
        self.stage.canvas.pointer.drawing_changed.connect(self._show_keys)
        self.lane.changed.connect(self._on_lane)
        self.lane.opened.connect(self.stage.show_hint)
        self.box_panel.heat_opacity_changed.connect(
            lambda opacity: self.settings.set_preference(HEAT_OPACITY, round(opacity * 100))
        )
        self.box_panel.proposals.use_for_all.connect(
            lambda boxes: self.repropose_requested.emit(boxes, None)
        )
        self.edits.wanted_for_class.connect(self.repropose_requested)
        self.edits.heat_changed.connect(self.shown.refresh_heat)

    def _show_classes(self, classes: Sequence[ClassRecord]) -> None:
        self.edits.set_classes(classes)
        self.lane.set_classes(classes)
        self.list.set_classes(classes)

    def _on_changed(self, changes: Changes) -> None:
        self.feed.follow(changes)
        self.progress.act_done()

    def _on_lane(self, on: bool) -> None:
        self._actions.action("review.lane").setChecked(on)

    def _on_failed(self, failure: WriteFailure) -> None:
        """Show what is on disk; trying again brings the act back."""
        if failure.write.image_id == self.desk.wanted:
            self.desk.refresh()
        self.stage.show_hint(tr("“{name}” is not saved.", name=operation_text(failure.write.name)))

    def _show_state(self) -> None:
        self.feed.first_is_shown()
        self.shown.show_head()
        self._show_keys()

    def _show_keys(self) -> None:
        chosen = len(self.stage.canvas.boxes.selected)
        mode = self.stage.canvas.pointer.mode
        self.stage.show_keys(next_keys(self._actions, self.desk, chosen, mode))
