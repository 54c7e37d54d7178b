"""When to learn: on demand, or in the background after every few decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from app.engine_words import engine_text
from app.i18n import tr
from app.job_desk import JobDesk
from app.job_runner import JobRunner
from app.learning.knowledge import (
    Knowledge,
    Offer,
    make_offer,
    plan_ids,
    read_knowledge,
    remember,
)
from app.preferences import LEARN_AS_I_GO, LEARN_EVERY, RANDOM_SHARE
from app.settings import AppSettings
from app.words import counted
from app.worker_pool import WorkerPool
from engine.jobs.events import Finished
from engine.jobs.requests import LearnRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.store_ops import Session
    from engine.localization.guarantee import Promise
    from engine.store.review import Changes

_TRY_AGAIN_MS = 2000
_NEXT = 200  # images that get their new proposals first


class LearningDesk(QObject):
    """Counts the decisions in one open project and starts the learning; knows what was learned."""

    known = Signal(object)  # Knowledge
    planned = Signal(object)  # tuple of image ids, most useful first
    said = Signal(str)
    troubled = Signal(object)  # BoxwrightError

    def __init__(
        self,
        session: Session,
        runner: JobRunner,
        jobs: JobDesk,
        settings: AppSettings,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._runner, self._jobs, self._settings = session, runner, jobs, settings
        self._since: set[int] = set()  # images decided since it learned last
        self._learning = False
        self._order: tuple[int, ...] = ()
        self.share: float | None = None  # of the planned order that chance chose
        self.knowledge = Knowledge()
        self._pool = WorkerPool("plan", 1, self)
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.setInterval(_TRY_AGAIN_MS)
        self._again.timeout.connect(self._follow)
        session.changed.connect(self._count)
        runner.finished.connect(self._on_finished)
        runner.failed.connect(self._on_stopped)
        runner.cancelled.connect(self._on_stopped)
        self.read()

    @property
    def runner(self) -> JobRunner:
        """What serves its requests."""
        return self._runner

    @property
    def follows(self) -> bool:
        """Whether it learns by itself as a person goes on."""
        return self._settings.switch(LEARN_AS_I_GO)

    def set_follows(self, on: bool) -> None:
        self._settings.set_preference(LEARN_AS_I_GO, on)
        if not on:
            self._runner.ready.drop()
        self._follow()

    def learn(self) -> None:
        """Learn now from everything decided so far."""
        self._session.flush()
        folder = str(self._session.project.folder)
        first = self._order[:_NEXT]
        if self._jobs.start(LearnRequest(folder, update=self.knowledge.has_learned, first=first)):
            self._learning = True
            self._since.clear()

    def read(self) -> None:
        """Read anew what is known; it comes with ``known``."""
        self._session.read(
            read_knowledge, self._note, self.troubled.emit, fresh=True, topic="knowledge"
        )

    def plan(self) -> None:
        """Work out which images are most useful to review; they come with ``planned``."""
        project = self._session.project
        share = self._settings.number(RANDOM_SHARE) / 100

        def work() -> tuple[tuple[int, ...], float]:
            with project.write() as connection:
                return plan_ids(connection, share)

        self._pool.submit(work, self._take_plan, self.troubled.emit)

    def ask(self, promise: Promise, answered: Callable[[Offer], None]) -> None:
        """Ask whether the rest may be accepted; its cost is on disk before the answer comes."""
        project, known = self._session.project, self.knowledge

        def work() -> Offer:
            offer = make_offer(known, promise)
            if offer.cost is not None:
                with project.write() as connection:
                    remember(connection, known, offer.cost)
            return offer

        def take(offer: Offer) -> None:
            self.knowledge = self.knowledge.after(offer)
            answered(offer)

        self._pool.submit(work, take, self.troubled.emit)

    def end(self) -> None:
        """The project is about to be closed."""
        self._again.stop()
        self._session.changed.disconnect(self._count)
        self._runner.finished.disconnect(self._on_finished)
        self._runner.failed.disconnect(self._on_stopped)
        self._runner.cancelled.disconnect(self._on_stopped)
        self._runner.ready.drop()
        self._pool.close(finish=True)

    def _count(self, changes: Changes) -> None:
        self._since |= changes.image_ids
        self._prepare()
        self._follow()

    def _prepare(self) -> None:
        """Halfway to the next learning have the engine ready for it: an update takes no longer
        than the importing would."""
        halfway = 2 * len(self._since) >= self._settings.number(LEARN_EVERY)
        if halfway and self.follows and self.knowledge.has_maps:
            self._runner.prepare(LearnRequest)

    def _follow(self) -> None:
        """Learn if enough was decided; while another job runs, look again later."""
        enough = self._settings.number(LEARN_EVERY)
        if len(self._since) < enough or not self.follows or not self.knowledge.has_maps:
            return
        if self._runner.running:
            self._again.start()
        else:
            self.learn()

    def _on_finished(self, word: Finished) -> None:
        if self._learning:
            self._learning = False
            self.said.emit(_said(word.result))
        self.read()  # a proposing may have made the first maps

    def _on_stopped(self, _word: object) -> None:
        self._learning = False

    def _note(self, known: Knowledge) -> None:
        self.knowledge = known
        self.known.emit(known)

    def _take_plan(self, plan: tuple[tuple[int, ...], float]) -> None:
        self._order, self.share = plan
        self.planned.emit(self._order)


def _said(result: dict[str, object]) -> str:
    accepted, images = result.get("accepted", 0), result.get("images", 0)
    if not accepted:
        return tr("There is nothing to learn from yet: accept or correct some boxes first.")
    assert isinstance(accepted, int)
    assert isinstance(images, int)
    return tr(
        "Learned from {accepted}; {images} with new proposals, from {used}.",
        accepted=counted(accepted, "image", "images"),
        images=counted(images, "image", "images"),
        used=engine_text(str(result.get("used"))),
    )
