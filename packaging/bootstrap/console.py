"""What a person sees of the steps: one line each, with its time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

WIDTH = 100


class SetupError(Exception):
    """Something a person has to see to; the message says what and how."""


def say(text: str, out: TextIO | None = None) -> None:
    stream = out or sys.stdout
    stream.write(text + "\n")
    stream.flush()


def duration(seconds: float) -> str:
    """Seconds as a person reads them: ``0.4 s``, ``2 min 05 s``."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s"


class Step:
    """One line: what is done, on a terminal also how far it is, and at last how long it took."""

    def __init__(self, title: str, out: TextIO | None = None) -> None:
        self.title = title
        self._out = out or sys.stdout
        self._start = time.monotonic()
        self._live = self._out.isatty()
        self._write(f"{title} ... ")

    def note(self, text: str) -> None:
        """Say what is being done just now, on a terminal only: it is written over."""
        if self._live:
            elapsed = duration(time.monotonic() - self._start)
            self._write(f"\r{f'{self.title} ... {elapsed}, {text}'[:WIDTH]:{WIDTH}}")

    def end(self, word: str = "") -> None:
        elapsed = duration(time.monotonic() - self._start)
        text = f"{word} {elapsed}".strip()
        self._write(f"\r{f'{self.title} ... {text}':{WIDTH}}\n" if self._live else f"{text}\n")

    def _write(self, text: str) -> None:
        self._out.write(text)
        self._out.flush()


@contextmanager
def step(title: str, out: TextIO | None = None) -> Iterator[Step]:
    line = Step(title, out)
    try:
        yield line
    except BaseException:
        line.end("stopped after")
        raise
    line.end()


def run_logged(
    command: Sequence[str | Path],
    log: Path,
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    on_line: Callable[[str], None] | None = None,
    held: Sequence[int] = (),
    breakable: bool = True,
) -> int:
    """Run a command to its end, its output appended to ``log``; return its exit code.

    ``held`` are file descriptors of locks that the command goes on holding should this program
    be killed. When this program is interrupted, a ``breakable`` command is ended with all that it
    started; another one is waited for.
    """
    with log.open("a", encoding="utf-8") as file:
        file.write(f"\n$ {' '.join(str(part) for part in command)}\n")
        file.flush()
        with subprocess.Popen(
            [str(part) for part in command],
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            process_group=None if sys.platform == "win32" else 0,
            pass_fds=() if sys.platform == "win32" else tuple(held),
        ) as process:
            try:
                _follow(process, file, on_line)
            except BaseException:
                if breakable:
                    _end(process)
                else:
                    process.communicate()
                raise
        return process.returncode


def _follow(
    process: subprocess.Popen[str], log: TextIO, on_line: Callable[[str], None] | None
) -> None:
    for line in process.stdout or ():
        log.write(line)
        log.flush()
        if on_line is not None:
            on_line(line.rstrip())


def _end(process: subprocess.Popen[str]) -> None:
    """End the command, and on systems with process groups what it started."""
    if sys.platform == "win32":
        process.kill()
        process.wait()
        return
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=5)


def tail(log: Path, start: int, lines: int = 25) -> str:
    """The last lines that were written to ``log`` after byte ``start``."""
    written = log.read_bytes()[start:].decode("utf-8", "replace")
    return "\n".join(written.splitlines()[-lines:])
