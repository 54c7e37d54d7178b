"""The review workbench: queue, image, side panel; composed and wired here, nothing more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import QEvent, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QWidget

from app.actions import ActionRegistry
from app.garbage import look_at_all, spare_what_lives
from app.i18n import mark, tr
from app.image_loader import ImageLoader
from app.models.progress import ReviewProgress
from app.models.queue_memory import QueueMemory, QueueView
from app.models.queue_model import QueueModel
from app.models.queue_rows import QueueFilter, QueueRows
from app.models.review_desk import ReviewDesk
from app.operation_text import operation_text
from app.panels.box_panel import BoxPanel
from app.panels.class_lane import ClassLane
from app.panels.image_stage import ImageStage
from app.panels.queue_panel import QueuePanel
from app.panels.review_edits import ReviewEdits
from app.panels.review_flow import ReviewFlow
from app.panels.review_keys import bind_keys, next_keys, unbind_keys
from app.preference_effects import apply_to_review
from app.preferences import AFTER_ACCEPT, HEAT_OPACITY, PICTURE_THREADS
from app.settings import AppSettings
from app.store_ops import Session, WriteFailure
from engine.domain.records import ClassRecord, QueueEntry
from engine.store import checks, images, review
from engine.store.project import Connection
from engine.store.review import Changes

__all__ = ["ReviewPage", "ReviewProgress"]

NO_IMAGES = mark(
    "There are no images yet.\n\nPut some into the image folder and look for new images."
)
NO_MATCH = mark(
    "No image matches the filter.\n\nChoose other states or classes, or clear the search."
)
_PACE_EVERY_MS = 1000
#: More decisions than this are never on their way to the disk at once.
_SETTLED = 500
#: So many entries are read anew in a thread; to exchange them one by one holds up the window.
_RELOAD_FROM = 2000
#: Entries that are shown before all the others are there.
_START = 500
#: The others are read at latest then, even if the first image is not on the screen.
_REST_AFTER_MS = 3000


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
        self._memory = QueueMemory(settings, session.project.folder)
        self._remembered = False
        self._whole = False  # whether the queue is there, and not its beginning alone
        self._changed_since: set[int] = set()
        self._session = session
        self._actions = actions
        threads = self.settings.number(PICTURE_THREADS)
        self.loader = ImageLoader(session.project, self, threads)
        self.model = QueueModel(self)
        self.desk = ReviewDesk(session, self)
        self.stage = ImageStage()
        self.queue = QueuePanel(self.model, self.loader)
        self.box_panel = BoxPanel()
        self.flow = ReviewFlow(self.model, self.desk, self.stage, self.loader, self)
        self.flow.prefers_unreviewed = lambda: self.settings.choice(AFTER_ACCEPT) == "unreviewed"
        self.edits = ReviewEdits(self.flow, self.desk, self.stage, self.box_panel, self)
        self.lane = ClassLane(self.model, self.queue, self.flow, self._settle, self)
        self._seconds = review.Pace(None, None)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.timeout.connect(self._read_whole)
        self._pace = QTimer(self)
        self._pace.setSingleShot(True)
        self._pace.timeout.connect(self._read_pace)
        self._lay_out()
        self._connect()
        bind_keys(self, actions)
        apply_to_review(self)

    @property
    def whole(self) -> bool:
        """True once the whole queue is there, and not its beginning alone."""
        return self._whole

    @property
    def parts(self) -> tuple[QWidget, ...]:
        """What F6 goes through."""
        return self.stage.canvas, self.queue, self.box_panel

    def reload(self) -> None:
        """Read the whole queue again; the image that is shown stays."""
        self.desk.ahead.drop()
        self._changed_since.clear()
        if not self._remembered and self._memory.load() == QueueView():
            self._session.read(_read_start, lambda found: self._show_start(*found))
        else:
            self._read_whole()

    def _read_whole(self) -> None:
        self._rest.stop()
        self._session.read(_read_queue, lambda found: self._show_whole(*found), fresh=True)

    def images_changed(self, image_ids: list[int]) -> None:
        """Show what a job or an operation has made of some images."""
        if len(image_ids) > _RELOAD_FROM:
            self.reload()
            return
        wanted = list(image_ids)
        self.desk.ahead.drop(wanted)
        self._session.read(lambda c: images.queue_entries(c, wanted), self._show_entries)

    def _settle(self, done: Callable[[], object]) -> None:
        """Call ``done`` once the queue knows of everything asked for so far."""
        ids = [self.model.entry(row).image_id for row in self.model.waiting_rows(_SETTLED)]

        def show(entries: list[QueueEntry]) -> None:
            self._show_entries(entries)
            done()

        self._session.read(lambda c: images.queue_entries(c, ids), show, fresh=True)

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
        self._pace.stop()
        self._rest.stop()
        look_at_all()
        self._keep_view()
        unbind_keys(self, self._actions)
        self.loader.close()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange:
            self.flow.show_head()
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
        self._session.changed.connect(self._on_changed)
        self._session.history_moved.connect(self._on_history_moved)
        self._session.failed.connect(self._on_failed)
        self._session.refused.connect(lambda _name: self.desk.refresh())
        self._session.closing.connect(self.end)
        self.loader.unusable.connect(self._session.note_unusable)
        self.queue.chosen.connect(self._on_chosen)
        self.queue.filtered.connect(self._on_filtered)
        self.flow.moved.connect(
            lambda image_id: self.queue.show_current(self.model.row_of(image_id))
        )
        self.flow.displayed.connect(self._show_state)
        self.desk.shapes_changed.connect(self._show_state)
        self.stage.canvas.boxes.selection_changed.connect(self._show_keys)
        self.lane.changed.connect(self._on_lane)
        self.lane.opened.connect(self.stage.show_hint)
        self.box_panel.heat_opacity_changed.connect(
            lambda opacity: self.settings.set_preference(HEAT_OPACITY, round(opacity * 100))
        )
        self.box_panel.proposals.use_for_all.connect(
            lambda boxes: self.repropose_requested.emit(boxes, None)
        )
        self.edits.wanted_for_class.connect(self.repropose_requested)

    def _show_start(self, rows: QueueRows, classes: Sequence[ClassRecord]) -> None:
        """What is seen first; the whole queue is read once it is on the screen."""
        if self._whole or not len(rows):
            self._read_whole()
            return
        self._rest.start(_REST_AFTER_MS)
        self._show_queue(rows, classes)

    def _show_whole(self, rows: QueueRows, classes: Sequence[ClassRecord]) -> None:
        self._whole = True
        self._show_queue(rows, classes)
        spare_what_lives()
        self._look_for_faults()
        self._note_progress()
        if self._changed_since:  # since the reading began
            self.images_changed(sorted(self._changed_since))
            self._changed_since.clear()

    def _show_queue(self, rows: QueueRows, classes: Sequence[ClassRecord]) -> None:
        self.queue.set_classes(classes)
        self.edits.set_classes(classes)
        self.lane.set_classes(classes)
        if not self._remembered:
            self._remembered = True
            self.queue.show_view(self._memory.load())
            self._read_pace()
        self.model.set_rows(rows)
        if self.desk.wanted is None or rows.position(self.desk.wanted) is None:
            self._open_first()
        else:
            self.queue.show_current(self.model.row_of(self.desk.wanted))
            self.desk.refresh()

    def _open_first(self) -> None:
        """The first image that waits for a person, else the first."""
        if self.model.rowCount() == 0:
            self.flow.show_nothing(tr(NO_MATCH) if len(self.model.rows) else tr(NO_IMAGES))
            self.queue.show_current(None)
            return
        row = self.model.next_unreviewed(-1)
        self.flow.open(self.model.entry(row or 0).image_id)

    def _show_entries(self, entries: list[QueueEntry]) -> None:
        if not self.model.update_entries(entries):
            if self._whole:
                self.reload()
            return
        self._note_progress()
        self.queue.refresh_count()
        if any(entry.image_id == self.desk.wanted for entry in entries):
            self.flow.show_head()
            self.desk.refresh()

    def _on_changed(self, changes: Changes) -> None:
        self._changed_since |= changes.image_ids
        if changes.class_ids:
            self.reload()
        else:
            self.images_changed(sorted(changes.image_ids))
        if not self._pace.isActive():
            self._pace.start(_PACE_EVERY_MS)

    def _on_history_moved(self, changes: Changes) -> None:
        if changes.image_ids and self.desk.wanted not in changes.image_ids:
            self.flow.open(min(changes.image_ids))

    def _on_chosen(self, image_id: int) -> None:
        if image_id != self.desk.wanted:
            self.flow.open(image_id)

    def _on_filtered(self) -> None:
        wanted = self.desk.wanted
        row = None if wanted is None else self.model.row_of(wanted)
        if row is None:
            self._open_first()
        else:
            self.queue.show_current(row)
        self._look_for_faults()

    def _look_for_faults(self) -> None:
        """Find what looks wrong, if that is what is to be listed."""
        if self.model.filter.faults:
            self._session.read(checks.images_with_faults, self._list_faults, fresh=True)

    def _list_faults(self, image_ids: frozenset[int]) -> None:
        if image_ids != self.model.faults:
            self.model.set_faults(image_ids)
            self._on_filtered()

    def list_class(self, class_id: int) -> None:
        """List the images of one class, whatever their state."""
        view = self.queue.filters.view()
        self.queue.show_view(replace(view, filter=QueueFilter(class_id=class_id)))
        self._on_filtered()

    def _on_lane(self, on: bool) -> None:
        self._actions.action("review.lane").setChecked(on)

    def _keep_view(self) -> None:
        """Remember order and filter, but neither a search nor the lane, for the next time."""
        if self._remembered and not self.lane.on:
            view = self.queue.filters.view()
            self._memory.save(replace(view, filter=replace(view.filter, text="")))

    def _on_failed(self, failure: WriteFailure) -> None:
        """Show what is on disk; trying again brings the act back."""
        if failure.write.image_id == self.desk.wanted:
            self.desk.refresh()
        self.stage.show_hint(tr("“{name}” is not saved.", name=operation_text(failure.write.name)))

    def _show_state(self) -> None:
        if self._rest.isActive():
            self._rest.start(0)
        self.flow.show_head()
        self._show_keys()

    def _show_keys(self) -> None:
        chosen = len(self.stage.canvas.boxes.selected)
        self.stage.show_keys(next_keys(self._actions, self.desk, chosen))

    def _note_progress(self) -> None:
        if not self._whole:  # what is known of is not all
            return
        done, total = self.model.rows.progress()
        seconds = self._seconds
        progress = ReviewProgress(done, total, seconds.per_box, seconds.per_image)
        self.progress_changed.emit(progress)

    def _read_pace(self) -> None:
        self._session.read(review.pace, self._note_pace)

    def _note_pace(self, pace: review.Pace) -> None:
        self._seconds = pace
        self._note_progress()


def _read_start(connection: Connection) -> tuple[QueueRows, list[ClassRecord]]:
    """Nothing of a queue that is short, since that is there at once as a whole."""
    entries = images.queue_around(connection, _START // 10, _START)
    rows = QueueRows(entries if len(entries) > _START else ())
    return rows, images.list_classes(connection)


def _read_queue(connection: Connection) -> tuple[QueueRows, list[ClassRecord]]:
    return QueueRows(images.queue(connection)), images.list_classes(connection)
