"""The one owner of the resident inspection process: questions go in, answers come back as calls."""

from __future__ import annotations

import logging
import sys
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QTimer, Signal

from app.engine_death import inspector_died, not_started
from engine.domain.errors import InputError
from engine.jobs import inspection
from engine.jobs.events import Failed
from engine.jobs.inspection import Cancelled, Question, Ready, Refused

log = logging.getLogger(__name__)

# -P: a folder named "engine" where the window was started must not be taken for the engine
INSPECTOR_COMMAND = (sys.executable, "-P", "-m", "engine.inspector")
GRACE_MS = 2500
ABOUT_NO_QUESTION = 0
_LINES_KEPT = 40

Make = Callable[[int], Question]
Done = Callable[[Any], object]
Refusal = Callable[[Failed], object]


@dataclass(frozen=True)
class _Asked:
    id: int
    kind: type
    done: Done
    failed: Refusal


class Inspector(QObject):
    """Keeps one process for one project, started by the first question.

    Of each kind of question only the newest counts: the answer to an older one is dropped. When
    the process dies, what was asked fails with the kind ``died``, ``ended`` tells of it, and the
    next question starts another one.
    """

    ended = Signal(object)  # Failed: the process died by itself
    running_changed = Signal(bool)

    def __init__(
        self, parent: QObject | None = None, command: Sequence[str] = INSPECTOR_COMMAND
    ) -> None:
        super().__init__(parent)
        self._command = tuple(command)
        self._project: Path | None = None
        self._process: QProcess | None = None
        self._asked: dict[type, _Asked] = {}
        self._next_id = 0
        self._said: deque[str] = deque(maxlen=_LINES_KEPT)
        self._ready = False
        self._last_word: Failed | None = None  # about no question: why the process ends

    @property
    def running(self) -> bool:
        return self._process is not None

    @property
    def ready(self) -> bool:
        """True once the process has said that it has loaded what it needs."""
        return self._ready

    @property
    def waiting(self) -> bool:
        """True while an answer that still counts is to come."""
        return bool(self._asked)

    @property
    def process_id(self) -> int:
        """0 if there is none."""
        return 0 if self._process is None else int(self._process.processId())

    def serve(self, project: Path | None) -> None:
        """Inspect this project from now on; None for none."""
        if project != self._project:
            self.end()
            self._project = project

    def warm_up(self) -> None:
        """Start the process, so that it is ready when the first question comes."""
        if self._process is None and self._project is not None:
            self._start(self._project)

    def ask(self, make: Make, done: Done, failed: Refusal) -> None:
        """Ask what ``make`` makes of an id; ``done`` gets the answer, ``failed`` a Failed.

        Neither is called if a newer question of the same kind or ``forget`` comes before.
        """
        self.warm_up()
        self._next_id += 1
        question = make(self._next_id)
        self._asked[type(question)] = _Asked(question.id, type(question), done, failed)
        if self._process is not None:
            self._process.write(inspection.encode(question))

    def forget(self, *kinds: type) -> None:
        """Drop the answers still to come, of these kinds or of all."""
        for kind in kinds or tuple(self._asked):
            self._asked.pop(kind, None)

    def end(self) -> None:
        """Let the process end by itself, and kill it if it does not; waits for nothing."""
        process, self._process = self._process, None
        self._asked.clear()
        if process is None:
            return
        self._ready = False
        for signal in (
            process.readyReadStandardOutput,
            process.readyReadStandardError,
            process.errorOccurred,
            process.finished,
        ):
            signal.disconnect()
        process.finished.connect(process.deleteLater)
        process.closeWriteChannel()
        patience = QTimer(process, singleShot=True)
        patience.timeout.connect(process.kill)
        patience.start(GRACE_MS)
        self.running_changed.emit(False)

    def shut_down(self, wait_ms: int = GRACE_MS) -> None:
        """End the process and wait until it is gone. For the end of the window."""
        self.end()
        for process in self.findChildren(QProcess):
            if process.state() != QProcess.ProcessState.NotRunning and not process.waitForFinished(
                wait_ms
            ):
                process.kill()
                process.waitForFinished(1000)

    def _start(self, project: Path) -> None:
        self._said.clear()
        self._ready, self._last_word = False, None
        process = QProcess(self)
        process.setProcessEnvironment(_environment())
        process.readyReadStandardOutput.connect(partial(self._read_answers, process))
        process.readyReadStandardError.connect(partial(self._read_words, process))
        process.finished.connect(partial(self._on_exit, process))
        process.errorOccurred.connect(partial(self._on_error, process))
        self._process = process
        process.start(self._command[0], [*self._command[1:], str(project)])
        self.running_changed.emit(True)

    def _read_answers(self, process: QProcess) -> None:
        while process is self._process and process.canReadLine():
            self._take_line(bytes(process.readLine().data()))

    def _take_line(self, line: bytes) -> None:
        try:
            answer = inspection.decode_answer(line)
        except InputError as error:
            log.warning("The inspector said what is no answer (%s): %r", error, line[:200])
            return
        if isinstance(answer, Ready):
            self._ready = True
            return
        if isinstance(answer, Refused) and answer.id == ABOUT_NO_QUESTION:
            self._last_word = answer.failure
            return
        asked = next((a for a in self._asked.values() if a.id == answer.id), None)
        if asked is None or isinstance(answer, Cancelled):
            return
        del self._asked[asked.kind]
        if isinstance(answer, Refused):
            asked.failed(answer.failure)
        else:
            asked.done(answer)

    def _read_words(self, process: QProcess) -> None:
        words = bytes(process.readAllStandardError().data()).decode("utf-8", "replace")
        for line in words.splitlines():
            self._said.append(line)
            log.info("inspector: %s", line)

    def _on_error(self, process: QProcess, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart and process is self._process:
            self._said.append(process.errorString())
            self._fail(not_started(self._command[0], list(self._said)))
            process.deleteLater()

    def _on_exit(self, process: QProcess, code: int, status: QProcess.ExitStatus) -> None:
        if process is not self._process:
            return
        self._read_answers(process)
        self._read_words(process)
        crashed = status == QProcess.ExitStatus.CrashExit
        process.deleteLater()
        self._fail(self._last_word or inspector_died(code, crashed, list(self._said)))

    def _fail(self, failed: Failed) -> None:
        asked, self._asked = list(self._asked.values()), {}
        self._process, self._ready = None, False
        self.running_changed.emit(False)
        self.ended.emit(failed)
        for each in asked:
            each.failed(failed)


def _environment() -> QProcessEnvironment:
    environment = QProcessEnvironment.systemEnvironment()
    environment.insert("PYTHONUTF8", "1")
    environment.insert("PYTHONUNBUFFERED", "1")
    return environment
