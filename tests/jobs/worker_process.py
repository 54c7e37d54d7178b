"""The engine's real process, as a test drives it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator

from engine.jobs import wire
from engine.jobs.events import Event
from engine.jobs.requests import Request

TIMEOUT = 120


class Worker:
    """A running ``python -m engine.worker``."""

    def __init__(self, request: Request | bytes, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "engine.worker", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert self.process.stdin
        line = request if isinstance(request, bytes) else wire.encode(request)
        self.process.stdin.write(line)
        self.process.stdin.flush()

    def events(self) -> Iterator[Event]:
        """Events as they come, to the end of the process's output."""
        assert self.process.stdout
        for line in self.process.stdout:
            yield wire.decode_event(line)

    def wait_for(self, wanted: Callable[[Event], bool]) -> Event:
        for event in self.events():
            if wanted(event):
                return event
        raise AssertionError("the worker ended without the event")

    def close_input(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()

    def finish(self) -> tuple[list[Event], int]:
        """All further events and the exit code."""
        events = list(self.events())
        return events, self.process.wait(TIMEOUT)

    def end(self) -> None:
        self.process.kill()
        self.process.wait(TIMEOUT)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream and not stream.closed:
                stream.close()
