"""The image on the desk, as it comes to the screen: draft, picture, heatmap, or its problem."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QImage

from app.canvas.heat import heat_image
from app.i18n import mark, tr
from app.image_loader import Copy, ImageFile, ImageLoader
from app.models.details import ImageDetails
from app.models.queue_model import QueueModel
from app.models.queue_place import QueuePlace
from app.models.review_desk import ReviewDesk
from app.panels.image_stage import ImageStage
from engine.domain.errors import BoxwrightError
from engine.domain.records import ImageRecord

NO_PROPOSAL = mark("No proposal here. Draw a box, or let the machine propose.")


class ImageShow(QObject):
    """Brings picture and boxes to the stage, and what is likely to come next into memory."""

    displayed = Signal(int)  # image id whose picture (or problem) and boxes are on the screen

    def __init__(
        self,
        model: QueueModel,
        desk: ReviewDesk,
        stage: ImageStage,
        loader: ImageLoader,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._desk = desk
        self._stage = stage
        self._loader = loader
        self._place = QueuePlace(model, desk)
        self._displayed: int | None = None
        self.unreadable = False  # whether a problem is shown in place of a picture
        self.drafted = False  # whether what is shown is the coarse copy
        self._heat = False
        desk.opened.connect(self._on_opened)
        desk.refreshed.connect(self._on_refreshed)
        desk.lost.connect(self._on_lost)
        loader.loaded.connect(self._on_loaded)
        loader.unreadable.connect(self._on_unreadable)
        stage.canvas.detail_wanted.connect(self._want_detail)
        stage.canvas.image_painted.connect(self._on_painted, Qt.ConnectionType.QueuedConnection)

    @property
    def seen(self) -> bool:
        """True if the image asked for is on the screen, boxes and all."""
        there = self._desk.ready and self._displayed == self._desk.image_id
        return there and (self.unreadable or self._stage.canvas.painted)

    def begin(self, image_id: int) -> None:
        """Decode an image that will be asked for in a moment."""
        entry = self._model.entry_of(image_id)
        if entry is not None and entry.problem is None and image_id != self._displayed:
            self._loader.show(ImageFile(image_id, entry.path))

    def show_nothing(self, why: str) -> None:
        """No image to show; ``why``, and what to do."""
        self._desk.clear()
        self._displayed = None
        self._stage.show_head(None, None)
        self._stage.canvas.boxes.show(())
        self._stage.show_message(why)
        self._stage.show_hint("")

    def show_heat(self, on: bool) -> None:
        self._heat = on
        self.refresh_heat()

    def refresh_heat(self) -> None:
        details = self._desk.details
        live = details.live if details is not None and self._heat else None
        self._stage.canvas.show_heat(None if live is None else heat_image(live.heat))

    def show_head(self) -> None:
        """The head line, from what the queue knows by now."""
        details = self._desk.details
        if details is not None:
            image = details.image
            self._stage.show_head(image, self._model.entry_of(image.id))

    def _on_opened(self, details: ImageDetails) -> None:
        self._displayed = None
        self.unreadable = False
        self._stage.show_hint("")
        if details.image.problem is not None:
            self._show_problem(details.image.problem)
            return
        if not self._display(details):
            self._stage.await_picture()

    def _on_refreshed(self, details: ImageDetails) -> None:
        if self._displayed == details.image.id:
            self._stage.show_hint(self._hint(details))
            self.refresh_heat()
            self.displayed.emit(details.image.id)
        else:
            self._on_opened(details)

    def _display(self, details: ImageDetails) -> bool:
        """Show the picture, or its draft until it is there; False if there is neither yet."""
        preview = self._loader.show(_file(details.image))
        picture = preview or self._loader.draft(details.image.id)
        if picture is None:
            return False
        self.drafted = preview is None
        self._displayed = details.image.id
        self._stage.show_picture(picture, details.image)
        self._stage.show_hint(self._hint(details))
        self.refresh_heat()
        self.displayed.emit(details.image.id)
        return True

    def _on_painted(self) -> None:
        """Now that the image is on the screen there is time for what may come after it."""
        self._desk.look_again()
        if not self.drafted:
            self._prefetch()

    def _replace_draft(self, preview: QImage) -> None:
        self.drafted = False
        self._stage.show_finer(preview)
        self._prefetch()

    def _hint(self, details: ImageDetails) -> str:
        return tr(NO_PROPOSAL) if details.shows_proposals and not details.proposals else ""

    def _show_problem(self, text: str) -> None:
        self.unreadable = True
        self._displayed = self._desk.image_id
        self._stage.show_message(tr("This image cannot be shown.\n\n{text}", text=text))
        if self._displayed is not None:
            self.displayed.emit(self._displayed)
        self._prefetch()

    def _prefetch(self) -> None:
        entries = self._place.likely_next()
        self._loader.prefetch([ImageFile(e.image_id, e.path) for e in entries if not e.problem])
        self._desk.ahead.prefetch([e.image_id for e in entries])

    def _want_detail(self) -> None:
        details = self._desk.details
        if details is not None and self._displayed == details.image.id and not self.drafted:
            finer = self._loader.show(_file(details.image), Copy.DETAIL)
            if finer is not None:
                self._stage.canvas.show_detail(finer)

    def _on_loaded(self, image_id: int, copy: Copy, picture: QImage) -> None:
        details = self._desk.details
        if details is None or image_id != details.image.id:
            return
        if copy is Copy.DETAIL:
            self._want_detail()
        elif copy is not Copy.THUMBNAIL and self._displayed != image_id:
            self._display(details)
        elif copy is Copy.PREVIEW and self.drafted:
            self._replace_draft(picture)

    def _on_unreadable(self, image_id: int, copy: Copy, text: str) -> None:
        if copy is Copy.PREVIEW and image_id == self._desk.image_id:
            self._show_problem(text)

    def _on_lost(self, image_id: int, error: BoxwrightError) -> None:
        if image_id == self._desk.wanted:
            self._displayed = None
            self._stage.show_message(str(error))


def _file(image: ImageRecord) -> ImageFile:
    return ImageFile(image.id, image.path)
