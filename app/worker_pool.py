"""Threads for the window: results come back to it as calls; what is stale can be cancelled."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Qt, Signal

from engine.domain.errors import BoxwrightError

T = TypeVar("T")
Refusal = Callable[[BoxwrightError], object]


class Ticket:
    """Stands for one piece of work; a cancelled one reports nothing, and is not begun if it can."""

    def __init__(self, done: Callable[[Any], object], failed: Refusal | None) -> None:
        self._done = done
        self._failed = failed
        self._cancelled = False
        self._future: Future[Any] | None = None

    def cancel(self) -> None:
        self._cancelled = True
        if self._future is not None:
            self._future.cancel()

    def withdraw(self) -> bool:
        """Cancel it if it has not begun; True if so."""
        if self._future is not None and self._future.cancel():
            self._cancelled = True
        return self._cancelled

    @property
    def cancelled(self) -> bool:
        return self._cancelled

    def start(self, future: Future[Any]) -> None:
        self._future = future

    def deliver(self, future: Future[Any]) -> None:
        """Call back in the window's thread. Errors that nobody can act on are raised there."""
        if self._cancelled or future.cancelled():
            return
        error = future.exception()
        if error is None:
            self._done(future.result())
        elif isinstance(error, BoxwrightError) and self._failed is not None:
            self._failed(error)
        else:
            raise error


class WorkerPool(QObject):
    """``workers`` threads that answer in the thread they were made in."""

    _finished = Signal(object, object)  # Ticket, Future

    def __init__(self, name: str, workers: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix=name)
        self._accepts = True
        self._answers = True
        self._finished.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        # Threads must not wait for work that can no longer come.
        self.destroyed.connect(partial(self._pool.shutdown, wait=False, cancel_futures=True))

    def submit(
        self,
        work: Callable[[], T],
        done: Callable[[T], object],
        failed: Refusal | None = None,
    ) -> Ticket:
        """Run ``work`` in a thread, then ``done`` or (for a BoxwrightError) ``failed`` here.

        After ``close`` nothing is begun any more: the ticket comes back cancelled.
        """
        ticket = Ticket(done, failed)
        if not self._accepts:
            ticket.cancel()
            return ticket
        future = self._pool.submit(work)
        ticket.start(future)
        future.add_done_callback(lambda finished: self._announce(ticket, finished))
        return ticket

    def close(self, finish: bool = False) -> None:
        """Begin nothing more. What waits is dropped; with ``finish`` it is done and answered.

        What is running is waited for either way, so that no thread outlives its window.
        """
        self._accepts = False
        self._answers = finish
        self._pool.shutdown(wait=True, cancel_futures=not finish)

    def _announce(self, ticket: Ticket, future: Future[Any]) -> None:
        if ticket.cancelled or future.cancelled():
            return
        with suppress(RuntimeError):  # the window has gone meanwhile, and this object with it
            self._finished.emit(ticket, future)

    def _deliver(self, ticket: Ticket, future: Future[Any]) -> None:
        if self._answers:
            ticket.deliver(future)
