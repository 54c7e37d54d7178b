"""An engine's process that has imported what a job needs and waits for its request.

It has been asked for nothing yet, so that it may be ended at any time; when the window dies its
standard input ends, and it with it.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment

_WAIT_MS = 1000


class ReadyEngine(QObject):
    """At most one process that waits, for a request of one kind."""

    def __init__(self, command: Sequence[str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._command = tuple(command)
        self._process: QProcess | None = None
        self._kind, self._environment = "", QProcessEnvironment()

    @property
    def process_id(self) -> int:
        """Of the process that waits; 0 if there is none."""
        return 0 if self._process is None else int(self._process.processId())

    def prepare(self, kind: str, environment: QProcessEnvironment) -> None:
        """Have a process ready for a request of ``kind`` (its class's name)."""
        if self._serves(kind, environment):
            return
        self.drop()
        process = QProcess(self)
        process.setProcessEnvironment(environment)
        process.finished.connect(self._forget)
        process.errorOccurred.connect(self._forget)
        self._process, self._kind, self._environment = process, kind, environment
        process.start(self._command[0], [*self._command[1:], "--ready", kind])

    def take(self, kind: str, environment: QProcessEnvironment) -> QProcess | None:
        """The process that waits for such a request, which is the caller's from now on."""
        if not self._serves(kind, environment):
            return None
        process, self._process = self._process, None
        assert process is not None
        process.finished.disconnect(self._forget)
        process.errorOccurred.disconnect(self._forget)
        return process

    def drop(self) -> None:
        """End the process that waits, if there is one: a matter of milliseconds."""
        process, self._process = self._process, None
        if process is None:
            return
        process.finished.disconnect(self._forget)
        process.errorOccurred.disconnect(self._forget)
        process.kill()
        process.waitForFinished(_WAIT_MS)
        process.deleteLater()

    def _serves(self, kind: str, environment: QProcessEnvironment) -> bool:
        process = self._process
        if process is None or process.state() == QProcess.ProcessState.NotRunning:
            return False
        return self._kind == kind and self._environment == environment

    def _forget(self, *_: object) -> None:
        """It ended by itself, or could not start: the job will start one of its own."""
        process, self._process = self._process, None
        if process is not None:
            process.deleteLater()
