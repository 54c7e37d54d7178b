"""The one owner of the engine's process: a request goes in, its events come out as signals."""

from __future__ import annotations

import logging
import sys
from collections import deque
from collections.abc import Callable, Sequence

from PySide6.QtCore import QEventLoop, QObject, QProcess, QProcessEnvironment, QTimer, Signal

from app.engine_death import died, not_started
from app.ready_engine import ReadyEngine
from engine.domain.errors import InputError
from engine.jobs import wire
from engine.jobs.events import (
    LAST_WORDS,
    Artifact,
    Cancelled,
    Event,
    Failed,
    Finished,
    Metric,
    Progress,
    Started,
    Warned,
)
from engine.jobs.requests import Request

log = logging.getLogger(__name__)

# -P: a folder named "engine" where the window was started must not be taken for the engine
ENGINE_COMMAND = (sys.executable, "-P", "-m", "engine.worker")
_LINES_KEPT = 60


class JobRunner(QObject):
    """Runs one job at a time in a process of its own.

    A job ends with exactly one of ``finished``, ``failed`` and ``cancelled``, sent when the
    process is gone, so that the next job may start at once. ``cancel`` closes the process's
    standard input; after ``grace_ms`` it is terminated, after as long again killed. A process
    that dies by itself ends in ``failed`` with the kind ``died`` and what is known about it.
    """

    started = Signal(object)  # Started
    progress = Signal(object)  # Progress
    metric = Signal(object)  # Metric
    artifact = Signal(object)  # Artifact
    warned = Signal(object)  # Warned
    finished = Signal(object)  # Finished
    failed = Signal(object)  # Failed
    cancelled = Signal(object)  # Cancelled
    running_changed = Signal(bool)

    def __init__(
        self,
        parent: QObject | None = None,
        command: Sequence[str] = ENGINE_COMMAND,
        grace_ms: int = 8000,
    ) -> None:
        super().__init__(parent)
        self._command = tuple(command)
        self._grace_ms = grace_ms
        self.threads = 0  # that a job may compute with; 0: as many as there are
        self._ready = ReadyEngine(command, self)
        self._process: QProcess | None = None
        self._request: Request | None = None
        self._last_word: Event | None = None
        self._cancelling = False
        self._said: deque[str] = deque(maxlen=_LINES_KEPT)
        self._patience = QTimer(self, singleShot=True)
        self._patience.timeout.connect(self._lose_patience)
        self._signals: dict[type, Callable[[Event], None]] = {
            Started: self.started.emit,
            Progress: self.progress.emit,
            Metric: self.metric.emit,
            Artifact: self.artifact.emit,
            Warned: self.warned.emit,
            Finished: self.finished.emit,
            Failed: self.failed.emit,
            Cancelled: self.cancelled.emit,
        }

    @property
    def running(self) -> bool:
        return self._process is not None

    @property
    def cancelling(self) -> bool:
        return self._cancelling

    @property
    def request(self) -> Request | None:
        """The request being served; after the end, None."""
        return self._request

    @property
    def process_id(self) -> int:
        """Of the engine's process; 0 if there is none."""
        return 0 if self._process is None else int(self._process.processId())

    def start(self, request: Request) -> None:
        """Serve ``request``. Raises RuntimeError while another job runs."""
        if self._process is not None:
            raise RuntimeError("another job is running")
        self._request, self._last_word, self._cancelling = request, None, False
        self._said.clear()
        environment = _environment(self.threads)
        process = self._ready.take(type(request).__name__, environment)
        waited = process is not None
        if process is None:
            process = QProcess(self)
            process.setProcessEnvironment(environment)
        process.readyReadStandardOutput.connect(self._read_events)
        process.readyReadStandardError.connect(self._read_words)
        process.finished.connect(self._on_exit)
        process.errorOccurred.connect(self._on_error)
        self._process = process
        if not waited:
            process.start(self._command[0], list(self._command[1:]))
        process.write(wire.encode(request))
        self.running_changed.emit(True)

    @property
    def ready(self) -> ReadyEngine:
        """The process that may wait for the next job."""
        return self._ready

    def prepare(self, kind: type[Request]) -> None:
        """Have a process ready, so that a request of ``kind`` is served seconds sooner."""
        if self._process is None:
            self._ready.prepare(kind.__name__, _environment(self.threads))

    def cancel(self) -> None:
        """Ask the job to stop; it answers with ``cancelled`` (or ``finished``, if it just was)."""
        if self._process is None or self._cancelling:
            return
        self._cancelling = True
        self._process.closeWriteChannel()
        self._patience.start(self._grace_ms)

    def shut_down(self, wait_ms: int = 3000) -> None:
        """Cancel and wait until the process is gone; killed after ``wait_ms``. For the end."""
        self._ready.drop()
        process = self._process
        if process is None:
            return
        self.cancel()
        loop = QEventLoop()
        process.finished.connect(loop.quit)
        limit = QTimer(singleShot=True)
        limit.timeout.connect(loop.quit)
        limit.start(wait_ms)
        loop.exec()
        limit.stop()
        if self._process is not None:
            process.kill()
            process.waitForFinished(1000)

    def _read_events(self) -> None:
        process = self._process
        while process is not None and process.canReadLine():
            self._take_line(bytes(process.readLine().data()))

    def _take_line(self, line: bytes) -> None:
        try:
            event = wire.decode_event(line)
        except InputError as error:
            log.warning("The engine said something that is no event (%s): %r", error, line[:200])
            return
        if isinstance(event, LAST_WORDS):
            self._last_word = event
            self._patience.start(self._grace_ms)  # a process that will not end is ended
        else:
            self._signals[type(event)](event)

    def _read_words(self) -> None:
        if self._process is None:
            return
        words = bytes(self._process.readAllStandardError().data()).decode("utf-8", "replace")
        for line in words.splitlines():
            self._said.append(line)
            log.info("engine: %s", line)

    def _lose_patience(self) -> None:
        if self._process is None:
            return
        if self._process.property("terminated"):
            self._process.kill()
            return
        self._process.setProperty("terminated", True)
        self._process.terminate()
        self._patience.start(self._grace_ms)

    def _on_error(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart and self._process is not None:
            self._said.append(self._process.errorString())
            self._end(not_started(self._command[0], list(self._said)))

    def _on_exit(self, code: int, status: QProcess.ExitStatus) -> None:
        self._read_events()
        self._read_words()
        word = self._last_word
        if word is None:
            crashed = status == QProcess.ExitStatus.CrashExit
            word = Cancelled() if self._cancelling else died(code, crashed, list(self._said))
        self._end(word)

    def _end(self, word: Event) -> None:
        self._patience.stop()
        process, self._process, self._request = self._process, None, None
        self._cancelling = False
        if process is not None:
            process.deleteLater()
        self.running_changed.emit(False)
        self._signals[type(word)](word)


def _environment(threads: int) -> QProcessEnvironment:
    environment = QProcessEnvironment.systemEnvironment()
    environment.insert("PYTHONUTF8", "1")
    environment.insert("PYTHONUNBUFFERED", "1")
    if threads:
        environment.insert("OMP_NUM_THREADS", str(threads))
    return environment
