"""The two commands that work on a fresh machine: see the program and test it.

``python3 packaging/dev.py run`` makes ``.venv``, installs everything and opens the window on the
sample project; ``python3 packaging/dev.py test`` runs all tests. Both need Python only; a second
start finds everything done. This file is kept readable for older Pythons, so that it can say
that they are too old.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

OLDEST = (3, 11)
ROOT = Path(__file__).resolve().parent.parent
USAGE = """\
usage: python3 packaging/dev.py run  [-- ARGUMENTS OF boxwright]
       python3 packaging/dev.py test [-- ARGUMENTS OF pytest]

run   installs Boxwright into .venv and opens the window on a sample project; without a display it
      does the whole job without one. With arguments it runs `boxwright ARGUMENTS` instead.
test  installs the test tools too and runs all tests: those of the window first on Xvfb, a display
      without a screen (Linux only), then all of them offscreen. With arguments: one run of
      `pytest ARGUMENTS`, offscreen.

examples:
  python3 packaging/dev.py run
  python3 packaging/dev.py run -- status my-project --json
  python3 packaging/dev.py test
  python3 packaging/dev.py test -- tests/unit -k geometry
"""


class UsageError(Exception):
    """The command line asks for something that is not there."""


def parse(arguments: list[str]) -> tuple[str, list[str]]:
    """The command and what goes on to the program behind it."""
    if not arguments:
        raise UsageError("Say which of the two: run or test.")
    command, rest = arguments[0], arguments[1:]
    if command not in ("run", "test"):
        raise UsageError(f"There is no command {command!r}, only run and test.")
    if rest and rest[0] != "--":
        program = "boxwright" if command == "run" else "pytest"
        raise UsageError(f"Arguments for {program} go after --: {command} -- {' '.join(rest)}")
    return command, rest[1:]


def too_old(version: tuple[int, int], newer: str | None) -> str | None:
    """Why this Python will not do, and what would; None where it will."""
    if version >= OLDEST:
        return None
    if newer is not None:
        remedy = f"{newer} is on this machine: {newer} packaging/dev.py run"
    else:
        remedy = "Install a newer one (Debian and Ubuntu: python3.11 or newer; else python.org)."
    return "Boxwright needs Python {}.{} or newer; this is {}.{}. {}".format(
        *OLDEST, *version, remedy
    )


def newer_python() -> str | None:
    names = [f"python3.{minor}" for minor in range(14, OLDEST[1] - 1, -1)]
    return next((name for name in names if shutil.which(name) and _starts(name)), None)


def _starts(python: str) -> bool:
    return (
        subprocess.run([python, "-c", ""], stderr=subprocess.DEVNULL, check=False).returncode == 0
    )


def set_up(test: bool) -> None:
    """Bring the environment and the system to what the command needs."""
    from bootstrap import environment, machine, qt_libraries
    from bootstrap.console import SetupError, duration, say
    from bootstrap.lock import locked
    from bootstrap.stamp import Layout

    start = time.monotonic()
    hindrance = machine.obstacle(machine.Machine.here())
    if hindrance is not None:
        raise SetupError(hindrance)
    layout = Layout(ROOT)
    with locked(
        layout.lock, lambda: say("Another setup is at work in .venv: waiting for it")
    ) as held:
        _provide_venv_module(layout.log)
        environment.provide(layout, test, held)
        if sys.platform.startswith("linux"):
            optional = not test and not machine.has_display(sys.platform, os.environ)
            qt_libraries.provide(layout.venv, layout.log, os.environ, optional)
    say(f"Ready after {duration(time.monotonic() - start)}")


def _provide_venv_module(log: Path) -> None:
    from bootstrap import apt, machine

    try:
        machine.check_venv_module()
    except machine.MissingVenvError as missing:
        before = apt.privilege()
        if missing.package is None or before is None:
            raise
        apt.install([missing.package], log, before)


def run(arguments: list[str]) -> int:
    from bootstrap.stamp import Layout

    set_up(test=False)
    return hand_over([str(Layout(ROOT).boxwright), *(arguments or ["demo"])], dict(os.environ))


def test(arguments: list[str]) -> int:
    from bootstrap import qt_libraries
    from bootstrap.console import say
    from bootstrap.stamp import Layout

    set_up(test=True)
    layout = Layout(ROOT)
    pytest = [str(layout.python), "-m", "pytest"]
    if not arguments and sys.platform.startswith("linux") and qt_libraries.provide_xvfb(layout.log):
        say("Window tests on Xvfb")
        code = subprocess.call(
            ["xvfb-run", "-a", "-s", "-screen 0 1920x1080x24", *pytest, "tests/gui"],
            cwd=ROOT,
            env={**os.environ, "QT_QPA_PLATFORM": "xcb"},
        )
        if code != 0:
            return code
    say("All tests, the window's offscreen" if not arguments else "Tests, the window's offscreen")
    os.chdir(ROOT)
    # several at once: most of a test's time goes into starting processes and waiting for them
    together = [] if arguments else ["-n", "auto", "--maxprocesses", "4"]
    return hand_over(
        [*pytest, *together, *arguments], {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    )


def hand_over(command: list[str], environment: dict[str, str]) -> int:
    """Become the program (so that signals reach it); on Windows, which cannot, wait for it."""
    sys.stdout.flush()
    if sys.platform != "win32":
        os.execve(command[0], command, environment)
    return subprocess.call(command, env=environment)


def _end(number: int, _frame: object) -> None:
    raise SystemExit(128 + number)  # so that a pip that is at work is ended too


def main(arguments: list[str]) -> int:
    if any(word in ("-h", "--help") for word in arguments[:1]):
        print(USAGE)
        return 0
    version = sys.version_info[:2]
    complaint = too_old(version, newer_python() if version < OLDEST else None)
    if complaint is not None:
        print(complaint, file=sys.stderr)
        return 1
    from bootstrap.console import SetupError

    signal.signal(signal.SIGTERM, _end)
    try:
        command, rest = parse(arguments)
        return run(rest) if command == "run" else test(rest)
    except UsageError as error:
        print(f"{error}\n\n{USAGE}", file=sys.stderr)
        return 2
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted. The next start sees to what is half done.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
