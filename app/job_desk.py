"""Starting jobs and what follows when they end: the flow from images to boxes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app.dialogs.error_dialog import show_trouble
from app.engine_death import DIED
from app.i18n import tr
from app.job_dialogs import JobDialogs
from app.job_runner import JobRunner
from app.project_desk import ProjectDesk
from app.settings import AppSettings
from app.trouble import from_failed
from app.words import counted
from engine.domain.settings import BoxSettings, MapSettings, TrainSettings
from engine.jobs.events import Artifact, Failed, Finished
from engine.jobs.requests import (
    ExportRequest,
    ImportRequest,
    IndexRequest,
    MeasureRequest,
    ProposeRequest,
    QuickStartRequest,
    Request,
    SampleRequest,
    TrainRequest,
)

if TYPE_CHECKING:
    from engine.store.project import Connection


class JobDesk(QObject):
    """Knows which job comes after which. Talks to the person through JobDialogs."""

    project_made = Signal(object)  # Path
    images_changed = Signal()  # other rows are in the project than before
    proposals_arrived = Signal(list)  # image ids
    said = Signal(str)  # a line for the status bar

    def __init__(
        self, desk: ProjectDesk, runner: JobRunner, settings: AppSettings, window: QWidget
    ) -> None:
        super().__init__(window)
        self._desk, self._runner, self._window = desk, runner, window
        self._dialogs = JobDialogs(runner, settings, window)
        self._request: Request | None = None
        self._dialogs.train_wanted.connect(self._train)
        self._dialogs.propose_wanted.connect(self._start)
        self._dialogs.project_made.connect(self.project_made)
        runner.running_changed.connect(self._on_running)
        runner.artifact.connect(self._on_artifact)
        runner.finished.connect(self._on_finished)
        runner.failed.connect(self._on_failed)
        runner.cancelled.connect(self._on_cancelled)
        desk.closed.connect(self._dialogs.forget_training)

    # What a person asks for

    def new_project(self) -> None:
        self._dialogs.new_project()

    def make_sample(self) -> None:
        """Generate the sample, or open it if it is there."""
        folder = self._dialogs.sample_folder()
        if self._start(SampleRequest(str(folder))):
            self._dialogs.wait(
                tr("Making the sample project"),
                tr("Pictures with known boxes are drawn, so that there is something to try."),
            )

    def rescan(self) -> None:
        state = self._desk.state
        if state is None:
            return
        if self._start(IndexRequest(str(state.folder), str(state.image_root))):
            self._dialogs.wait(
                tr("Looking for new images"), tr("In {folder}", folder=state.image_root)
            )

    def train(self) -> None:
        if self._desk.state is not None:
            self._dialogs.train(self._desk.state)

    def quick_start(self) -> None:
        """Train CAM and DGDM, and keep the boxes that look better: nobody knows which before."""
        from engine.jobs.catalogue import recipe

        state = self._desk.state
        if state is None:
            return
        usual = self._dialogs.initial(state)
        trainings = tuple(
            replace(
                recipe(usual.backbone, method),
                weights=usual.weights,
                seed=usual.seed,
                device=usual.device,
            )
            for method in ("cam", "dgdm")
        )
        boxes = state.settings.boxes
        self._start(QuickStartRequest(str(state.folder), trainings, boxes=boxes))

    def resume(self) -> None:
        """Go on with the training that was stopped."""
        state = self._desk.state
        if state is None or not self._start(TrainRequest(str(state.folder), resume=True)):
            return
        record = state.resumable
        dialog = self._dialogs.training(state)
        if record is None:  # it died under this window; the state has not been read again yet
            dialog.follow()
            return
        dialog.follow(int(record.settings.get("train", {}).get("epochs", 0)))
        run_id = record.id
        self._desk.read(lambda conn: _metrics(conn, run_id), dialog.show_history)

    def show_training(self) -> None:
        """Bring the curves of the running training to the front."""
        if self._desk.state is not None:
            self._dialogs.show_training(self._desk.state)

    def propose(self) -> None:
        if self._desk.state is not None:
            self._dialogs.propose(self._desk.state)

    def propose_again(self, boxes: BoxSettings, class_name: str | None) -> None:
        """Derive the unreviewed boxes anew with other settings, from the stored maps: all, or
        those of images of one class."""
        if self._desk.state is not None:
            folder = str(self._desk.state.folder)
            self._start(ProposeRequest(folder, boxes=boxes, boxes_only=True, class_name=class_name))

    def export(self) -> None:
        """Show the export dialog once the counts have been read anew."""
        self._desk.refresh_then(self._dialogs.export)

    def measure(self) -> None:
        """Measure where the attention of the newest proposing goes, for the queue's order."""
        if self._desk.state is not None:
            self._start(MeasureRequest(str(self._desk.state.folder)))

    def report(self) -> None:
        """Show the dialog of the misdirection report."""
        if self._desk.state is not None:
            self._dialogs.report(self._desk.state)

    def import_boxes(self) -> None:
        if self._desk.state is not None:
            self._dialogs.import_boxes(self._desk.state)

    # How jobs begin and end

    def start(self, request: Request) -> bool:
        """Start a job of another room; False, and said, while another one runs."""
        return self._start(request)

    def _start(self, request: Request) -> bool:
        if self._runner.running:
            self.said.emit(tr("Another job is running; it has to end or be cancelled first."))
            return False
        self._runner.start(request)
        return True

    def _train(self, settings: TrainSettings) -> None:
        state = self._desk.state
        if state is not None and self._start(TrainRequest(str(state.folder), settings)):
            self._dialogs.training(state).follow(settings.epochs)

    def _on_running(self, running: bool) -> None:
        if running:
            self._request = self._runner.request

    def _on_artifact(self, artifact: Artifact) -> None:
        if artifact.kind == "proposals":
            self.proposals_arrived.emit(artifact.ids)

    def _on_finished(self, finished: Finished) -> None:
        request, result = self._request, finished.result
        if isinstance(request, SampleRequest):
            self.project_made.emit(Path(result["project"]))
            return
        self._desk.refresh()
        if isinstance(request, TrainRequest):
            self._after_training(result.get("run"))
        elif isinstance(request, ProposeRequest | QuickStartRequest):
            images, boxes = result.get("images", 0), result.get("boxes", 0)
            what = tr(
                "{boxes} proposed for {images}.",
                boxes=counted(boxes, "box", "boxes"),
                images=counted(images, "image", "images"),
            )
            self.said.emit(what)
        elif isinstance(request, MeasureRequest):
            self.images_changed.emit()
            self.said.emit(tr("Measured. The queue can be ordered by misdirection now."))
        elif isinstance(request, IndexRequest):
            self.images_changed.emit()
            self.said.emit(
                tr(
                    "The project has {images} now.",
                    images=counted(result.get("images", 0), "image", "images"),
                )
            )
        elif isinstance(request, ImportRequest):
            self._after_import(request)
        elif isinstance(request, ExportRequest) and not request.dry_run:
            self.said.emit(tr("Exported to {folder}", folder=request.out))

    def _after_import(self, request: ImportRequest) -> None:
        if not request.dry_run and self._desk.session is not None:
            self._desk.session.reread_history()
            self.images_changed.emit()
            self.said.emit(tr("Imported from {source}", source=request.source))

    def _after_training(self, run_id: int | None) -> None:
        state = self._desk.state
        if state is None or run_id is None:
            return
        self.said.emit(tr("The training is done."))
        if self._dialogs.proposes_after_training:
            self._dialogs.close_training()
            maps = MapSettings(device=self._dialogs.training_device)
            boxes = replace(state.settings.boxes)
            self._start(ProposeRequest(str(state.folder), run=run_id, maps=maps, boxes=boxes))

    def _on_failed(self, failed: Failed) -> None:
        self._desk.refresh()
        died_training = failed.kind == DIED and isinstance(self._request, TrainRequest)
        if isinstance(self._request, IndexRequest):
            self.images_changed.emit()
        show_trouble(
            from_failed(failed),
            self._dialogs.front(),
            tr("Resume training") if died_training else None,
            self.resume,
        )

    def _on_cancelled(self, _word: object) -> None:
        self._desk.refresh()
        if isinstance(self._request, IndexRequest):
            self.images_changed.emit()
        self.said.emit(tr("Cancelled. What was done before is kept."))


def _metrics(connection: Connection, run_id: int) -> list[tuple[float, dict[str, float]]]:
    from engine.store.runs import metrics

    return metrics(connection, run_id)
