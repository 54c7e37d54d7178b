"""The virtual environment: made once, found again by its stamp, remade when it is half-made."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from bootstrap.console import SetupError, run_logged, say, step, tail
from bootstrap.machine import NEWEST_TESTED, check_space
from bootstrap.pip_trouble import explain
from bootstrap.stamp import (
    INSTALLING,
    LOCK,
    Layout,
    Plan,
    Stamp,
    plan,
    python_version,
    read_stamp,
    write_stamp,
)


def works(layout: Layout) -> bool:
    """True where the environment's Python starts, is this version and has pip."""
    code = (
        "import sys, importlib.util as u;"
        "print('%d.%d' % sys.version_info[:2], u.find_spec('pip') is not None)"
    )
    try:
        answer = subprocess.run(
            [layout.python, "-I", "-c", code], capture_output=True, text=True, check=False
        )
    except OSError:
        return False
    return answer.returncode == 0 and answer.stdout.split() == [python_version(), "True"]


def check_made_by_hand(layout: Layout, found: Stamp | None) -> None:
    """Never delete an environment that someone else filled: ask for it."""
    if found is None and _holds_packages(layout.venv):
        raise SetupError(
            f"{layout.venv} was not made by this program, and it has no pip, or its Python does not"
            f" start or is not {python_version()}. Rename or remove it, and start again."
        )


def _holds_packages(venv: Path) -> bool:
    own = ("pip-", "setuptools-", "wheel-")
    found = (*venv.glob("lib/python*/site-packages/*.dist-info"),)
    found += (*venv.glob("Lib/site-packages/*.dist-info"),)
    return any(not path.name.startswith(own) for path in found)


def clear(folder: Path, patience: float = 20.0) -> None:
    """Delete what is in the folder, except the lock that is being held.

    What a killed setup has started may still be writing there for a moment: hence the patience.
    """
    until = time.monotonic() + patience
    while True:
        try:
            _clear_once(folder)
            return
        except OSError as error:
            if time.monotonic() > until:
                raise SetupError(
                    f"Cannot remake {folder}: {error}. Close the programs that use it, and start"
                    " again."
                ) from error
            time.sleep(0.5)


def _clear_once(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.name != LOCK:
            path.unlink()


def provide(layout: Layout, test: bool, held: int) -> Plan:
    """Bring the environment to what is wanted; return what that took."""
    found, wanted = read_stamp(layout.stamp), Stamp.wanted(layout, test)
    todo = plan(found, wanted, works(layout))
    if todo is Plan.NOTHING:
        return todo
    if todo is Plan.MAKE:
        check_made_by_hand(layout, found)
        check_space(layout.root, sys.platform)
        _make(layout, wanted, found, held)
        found = None
    elif found is not None and found.test:  # a new version keeps the tests' packages up to date
        wanted = Stamp.wanted(layout, test=True)
    _install(layout, wanted, found, held)
    return todo


def _make(layout: Layout, wanted: Stamp, found: Stamp | None, held: int) -> None:
    again = "again " if (layout.venv / "pyvenv.cfg").exists() or found else ""
    with step(f"Making .venv {again}with Python {python_version()}"):
        clear(layout.venv)
        write_stamp(layout.stamp, replace(wanted, state=INSTALLING))
        base = getattr(sys, "_base_executable", None) or sys.executable
        command = [base, "-m", "venv", layout.venv]
        if run_logged(command, layout.log, env=environment(), held=[held]) != 0:
            raise SetupError(f"Python could not make .venv:\n{tail(layout.log, 0)}")


def _install(layout: Layout, wanted: Stamp, before: Stamp | None, held: int) -> None:
    write_stamp(layout.stamp, replace(wanted, state=INSTALLING))
    start = layout.log.stat().st_size if layout.log.exists() else 0
    if sys.version_info[:2] > NEWEST_TESTED:
        say(f"Python {python_version()} is newer than tested: taking the newest dependencies.")
    with step(_install_title(wanted.test, before is None, sys.platform)) as line:
        code = run_logged(
            pip_command(layout, wanted.test, tested=sys.version_info[:2] <= NEWEST_TESTED),
            layout.log,
            cwd=layout.root,
            env=environment(),
            on_line=progress(line.note),
            held=[held],
        )
        if code != 0:
            if before is not None:  # pip takes back what it could not finish
                write_stamp(layout.stamp, before)
            raise SetupError(explain(tail(layout.log, start, 200), layout.log))
    write_stamp(layout.stamp, wanted)


def _install_title(test: bool, first: bool, system: str) -> str:
    what = "Boxwright and its test tools" if test else "Boxwright"
    if not first:
        return f"Bringing {what} up to date"
    size = "3 GB to download, 6 GB on disk" if system.startswith("linux") else "1 GB"
    return f"Installing {what} (about {size}; takes minutes)"


def pip_command(layout: Layout, test: bool, tested: bool = True) -> list[str | Path]:
    """Install the checkout in place, its dependencies in the tested versions."""
    command: list[str | Path] = [layout.python, "-m", "pip", "install"]
    command += ["--no-input", "--disable-pip-version-check", "--prefer-binary"]
    if tested:
        command += ["--constraint", layout.constraints]
    return [*command, "--editable", ".[test]" if test else "."]


def environment() -> dict[str, str]:
    """This program's environment less what would lead pip or Python to another place."""
    kept = {key: value for key, value in os.environ.items() if key not in _MISLEADING}
    return {**kept, "PIP_USER": "0", "PYTHONUNBUFFERED": "1"}


_MISLEADING = {
    *("PYTHONHOME", "PYTHONPATH", "__PYVENV_LAUNCHER__", "VIRTUAL_ENV"),
    *("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_QUIET"),
}


def progress(note: Callable[[str], None]) -> Callable[[str], None]:
    """Pass on what a person waits for of pip's many lines."""

    def on_line(line: str) -> None:
        text = line.strip()
        if text.startswith(("Collecting ", "Downloading ", "Using cached ")):
            words = text.split()
            size = " ".join(words[2:4]) if words[0] == "Downloading" else ""
            note(f"{words[0].lower()} {words[1].rsplit('/', 1)[-1].split('-')[0]} {size}".strip())
        elif text.startswith("Installing collected packages"):
            note("unpacking")

    return on_line
