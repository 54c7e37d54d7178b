"""The real inspection process, as a test drives it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psutil

from engine.jobs import inspection as talk

TIMEOUT = 120


class Inspector:
    """A running ``python -m engine.inspector``; a context manager."""

    def __init__(self, project: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "engine.inspector", str(project)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def send(self, *questions: talk.Question | bytes) -> None:
        """All in one write, so that they arrive together."""
        assert self.process.stdin
        lines = [q if isinstance(q, bytes) else talk.encode(q) for q in questions]
        self.process.stdin.write(b"".join(lines))
        self.process.stdin.flush()

    def receive(self) -> talk.Answer:
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert line, "the process has ended"
        return talk.decode_answer(line)

    def ask(self, question: talk.Question | bytes) -> talk.Answer:
        self.send(question)
        return self.receive()

    def peak_memory(self) -> int:
        """The most memory in bytes that the process has had so far."""
        memory = psutil.Process(self.process.pid).memory_info()
        if (peak := getattr(memory, "peak_wset", None)) is not None:  # Windows
            return int(peak)
        status = Path(f"/proc/{self.process.pid}/status")
        if not status.exists():  # as now, where the system tells no peak
            return int(memory.rss)
        (line,) = [row for row in status.read_text().splitlines() if row.startswith("VmHWM")]
        return int(line.split()[1]) * 1024

    def end(self) -> int:
        """Close its input; its exit code."""
        assert self.process.stdin
        self.process.stdin.close()
        return self.process.wait(TIMEOUT)

    def __enter__(self) -> Inspector:
        return self

    def __exit__(self, *_error: object) -> None:
        self.process.kill()
        self.process.wait(TIMEOUT)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream and not stream.closed:
                stream.close()
