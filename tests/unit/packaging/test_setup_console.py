"""The lines a person sees, and commands that leave nothing behind."""

from __future__ import annotations

import io
import sys
import time
from pathlib import Path

import psutil
import pytest
from bootstrap.console import duration, run_logged, step, tail


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.04, "0.0 s"), (59.94, "59.9 s"), (125, "2 min 05 s")]
)
def test_duration(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_a_step_is_one_line_with_its_time() -> None:
    out = io.StringIO()
    with step("Making .venv", out) as line:
        line.note("only for terminals")
    assert out.getvalue() == "Making .venv ... 0.0 s\n"


def test_on_a_terminal_the_line_tells_how_far_it_is() -> None:
    out = _Terminal()
    with step("Installing", out) as line:
        line.note("downloading torch")
        line.note("unpacking")
    parts = out.getvalue().split("\r")
    assert [part.rstrip() for part in parts] == [
        "Installing ...",
        "Installing ... 0.0 s, downloading torch",
        "Installing ... 0.0 s, unpacking",
        "Installing ... 0.0 s",
    ]


def test_a_step_that_fails_ends_its_line() -> None:
    out = io.StringIO()
    with pytest.raises(ValueError, match="no"), step("Making .venv", out):
        raise ValueError("no")
    assert out.getvalue() == "Making .venv ... stopped after 0.0 s\n"


def test_output_goes_to_the_log_and_the_code_comes_back(tmp_path: Path) -> None:
    log, lines = tmp_path / "log", []
    log.write_text("before\n")
    start = log.stat().st_size
    script = "import sys; print('out', flush=True); sys.exit('err')"
    assert run_logged([sys.executable, "-c", script], log, on_line=lines.append) == 1
    assert lines == ["out", "err"]
    assert tail(log, start).splitlines()[-2:] == ["out", "err"]
    assert tail(log, start, lines=1) == "err"
    assert log.read_text().startswith("before\n")


@pytest.mark.skipif(sys.platform == "win32", reason="process groups are POSIX's")
def test_an_interrupted_command_is_ended_with_what_it_started(tmp_path: Path) -> None:
    """As with pip, which starts a compiler or another pip."""
    script = (
        "import subprocess, sys, time;"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
        "print(child.pid, flush=True); time.sleep(60)"
    )
    children: list[psutil.Process] = []

    def interrupt(line: str) -> None:
        children.append(psutil.Process(int(line)))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_logged([sys.executable, "-c", script], tmp_path / "log", on_line=interrupt)
    psutil.wait_procs(children, timeout=5)
    assert len(children) == 1
    assert not children[0].is_running() or children[0].status() == psutil.STATUS_ZOMBIE


def test_an_interrupted_command_that_may_not_break_is_waited_for(tmp_path: Path) -> None:
    done = tmp_path / "done"
    script = (
        "import pathlib, time; print('at work', flush=True); time.sleep(0.5);"
        f"pathlib.Path({str(done)!r}).touch()"
    )

    def interrupt(line: str) -> None:
        raise KeyboardInterrupt

    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run_logged(
            [sys.executable, "-c", script], tmp_path / "log", on_line=interrupt, breakable=False
        )
    assert done.exists()
    assert time.monotonic() - start >= 0.5
