"""A job's events on the terminal: a progress bar, warnings, and Ctrl+C as the wish to cancel."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from engine.jobs import events
from engine.jobs.reporter import Reporter

#: Progress and warnings; standard output is kept for results.
console = Console(stderr=True)
WARNINGS_SHOWN = 20


class TerminalAudience:
    """Shows events as they come; counts the warnings beyond the first ones."""

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._task: TaskID | None = None
        self._step = ""
        self._warnings = 0

    def __call__(self, event: events.Event) -> None:
        if isinstance(event, events.Progress):
            self._show_progress(event)
        elif isinstance(event, events.Metric):
            values = "  ".join(f"{name} {value:.3g}" for name, value in event.values.items())
            if self._task is not None:
                self._bar.update(self._task, metrics=values)
        elif isinstance(event, events.Warned):
            self._warn(event.message)

    def warnings_only(self, event: events.Event) -> None:
        """For a rank that does not lead: the leader shows the rest."""
        if isinstance(event, events.Warned):
            self._warn(event.message)

    def close(self) -> None:
        if self._warnings > WARNINGS_SHOWN:
            console.print(
                f"... and {self._warnings - WARNINGS_SHOWN} more warnings", style="yellow"
            )

    def _show_progress(self, event: events.Progress) -> None:
        step = event.message or "Working"
        total = event.total or None
        if self._task is None or step != self._step:
            self._step = step
            self._task = self._bar.add_task(step, total=total, unit=event.unit, metrics="")
            if not console.is_terminal:  # a log shows no bar before its end
                console.print(f"{step} ...", markup=False, highlight=False)
        self._bar.update(self._task, completed=event.done, total=total)

    def _warn(self, message: str) -> None:
        self._warnings += 1
        if self._warnings <= WARNINGS_SHOWN:
            console.print(
                f"warning: {message}", style="yellow", markup=False, highlight=False, soft_wrap=True
            )


@contextmanager
def terminal_reporter(quiet: bool = False, leads: bool = True) -> Iterator[Reporter]:
    """A reporter whose audience is the terminal. A second Ctrl+C stops at once."""
    cancel = threading.Event()
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[unit]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[metrics]}", style="dim"),
        console=console,
        disable=quiet or not leads,
    )
    audience = TerminalAudience(bar)
    with _interrupts_set(cancel), bar:
        yield Reporter(audience if leads else audience.warnings_only, cancel)
    audience.close()


@contextmanager
def _interrupts_set(cancel: threading.Event) -> Iterator[None]:
    def on_interrupt(_signal: int, _frame: FrameType | None) -> None:
        if cancel.is_set():
            raise KeyboardInterrupt
        cancel.set()

    before = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
