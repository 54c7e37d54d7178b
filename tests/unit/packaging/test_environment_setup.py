"""Making environments for real, in a folder with a space in its name, without a network."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from bootstrap import environment
from bootstrap.console import SetupError
from bootstrap.stamp import INSTALLING, LOCK, Layout, Stamp, read_stamp, write_stamp


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Layout:
    """A project without dependencies, whose command prints what it gets."""
    root = tmp_path / "my checkout"
    (root / "packaging").mkdir(parents=True)
    (root / "packaging" / "constraints.txt").write_text("# nothing\n")
    (root / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
        '[project]\nname = "boxwright"\nversion = "0.1.0"\n'
    )
    (root / "backend.py").write_text(BACKEND)
    for variable in ("PIP_NO_INDEX", "PIP_NO_BUILD_ISOLATION"):
        monkeypatch.setenv(variable, "1")
    monkeypatch.setattr(environment, "check_space", lambda *_: None)
    return Layout(root)


BACKEND = """
import zipfile
WHEEL = "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
METADATA = "Metadata-Version: 2.1\\nName: boxwright\\nVersion: 0.1.0\\nProvides-Extra: test\\n"
def build_editable(folder, config_settings=None, metadata_directory=None):
    name, info = "boxwright-0.1.0-py3-none-any.whl", "boxwright-0.1.0.dist-info/"
    with zipfile.ZipFile(folder + "/" + name, "w") as wheel:
        wheel.writestr("hello.py", "def main(): print('hello')")
        wheel.writestr(info + "entry_points.txt", "[console_scripts]\\nboxwright = hello:main\\n")
        wheel.writestr(info + "WHEEL", WHEEL)
        wheel.writestr(info + "METADATA", METADATA)
        wheel.writestr(info + "RECORD", "")
    return name
"""


def _setup(layout: Layout, test: bool = False) -> str:
    layout.venv.mkdir(exist_ok=True)
    with layout.lock.open("ab") as lock:
        return environment.provide(layout, test, lock.fileno()).value


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="an open lock cannot be inherited there")
def test_made_once_kept_completed_and_remade(
    checkout: Layout, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _setup(checkout) == "make"
    assert "Making .venv with Python" in capsys.readouterr().out
    hello = subprocess.run([checkout.boxwright], capture_output=True, text=True, check=True)
    assert hello.stdout == "hello\n"

    assert _setup(checkout) == "nothing"
    assert capsys.readouterr().out == ""
    assert _setup(checkout, test=True) == "install"
    assert _setup(checkout) == "nothing"

    with (checkout.root / "pyproject.toml").open("a") as file:
        file.write('description = "another"\n')
    assert _setup(checkout) == "install"
    stamp = read_stamp(checkout.stamp)
    assert stamp is not None
    assert stamp.test, "an update of the program keeps the tests' tools up to date too"

    _check_that_a_failure_keeps_what_worked(checkout)

    write_stamp(checkout.stamp, Stamp.wanted(checkout, test=False, state=INSTALLING))
    left_over = checkout.venv / "half"
    left_over.mkdir()
    assert _setup(checkout) == "make"
    assert not left_over.exists()
    assert checkout.boxwright.exists()


def _check_that_a_failure_keeps_what_worked(checkout: Layout) -> None:
    before, backend = read_stamp(checkout.stamp), checkout.root / "backend.py"
    project = checkout.root / "pyproject.toml"
    sound = project.read_text()
    project.write_text(sound + 'dependencies = ["no-such-package-of-anyone"]\n')
    backend.write_text(
        BACKEND.replace("Provides-Extra: test", "Requires-Dist: no-such-package-of-anyone")
    )
    with pytest.raises(SetupError, match="no build for this system") as raised:
        _setup(checkout)
    assert "no-such-package-of-anyone" in str(raised.value)
    assert str(checkout.log) in str(raised.value)
    assert read_stamp(checkout.stamp) == before
    assert checkout.boxwright.exists()
    project.write_text(sound)
    backend.write_text(BACKEND)
    assert _setup(checkout) == "nothing"


def test_a_filled_environment_of_someone_else_is_not_deleted(checkout: Layout) -> None:
    theirs = checkout.venv / "lib" / "python3.9" / "site-packages" / "numpy-2.0.dist-info"
    theirs.mkdir(parents=True)
    with pytest.raises(SetupError, match="not made by this program"):
        _setup(checkout)
    assert theirs.exists()


def test_clear_leaves_the_lock(tmp_path: Path) -> None:
    (tmp_path / "lib" / "deep").mkdir(parents=True)
    (tmp_path / "pyvenv.cfg").touch()
    (tmp_path / LOCK).touch()
    environment.clear(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [LOCK]


@pytest.mark.skipif(sys.platform == "win32", reason="immutable parent folders are POSIX's")
def test_clear_waits_for_what_is_still_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lib").mkdir()
    clear_once = environment._clear_once
    free_at = time.monotonic() + 0.3

    def busy(folder: Path) -> None:
        if time.monotonic() < free_at:
            raise OSError(39, "Directory not empty")
        clear_once(folder)

    monkeypatch.setattr(environment, "_clear_once", busy)
    environment.clear(tmp_path, patience=5)
    assert not (tmp_path / "lib").exists()

    free_at = time.monotonic() + 60
    with pytest.raises(SetupError, match="Close the programs"):
        environment.clear(tmp_path, patience=0.1)


def test_pip_is_told_the_tested_versions(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    command = environment.pip_command(layout, test=True)
    assert command[-1] == ".[test]"
    assert command[command.index("--constraint") + 1] == layout.constraints
    assert "--constraint" not in environment.pip_command(layout, test=False, tested=False)


def test_what_leads_pip_elsewhere_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_TARGET", "/elsewhere")
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    monkeypatch.setenv("PIP_PROXY", "kept")
    found = environment.environment()
    assert "/elsewhere" not in found.values()
    assert found["PIP_PROXY"] == "kept"
    assert found["PIP_USER"] == "0"


def test_progress_picks_the_lines_that_a_person_waits_for() -> None:
    notes: list[str] = []
    on_line = environment.progress(notes.append)
    for line in (
        "Collecting torch==2.15.0 (from boxwright)",
        "  Downloading torch-2.15.0-cp311-cp311-manylinux_2_28_x86_64.whl (539.1 MB)",
        "Requirement already satisfied: numpy in ./lib",
        "Installing collected packages: torch, numpy",
    ):
        on_line(line)
    assert notes == ["collecting torch==2.15.0", "downloading torch (539.1 MB)", "unpacking"]


@pytest.mark.skipif(sys.platform == "win32", reason="the lock of POSIX is tested here")
def test_a_second_setup_waits_for_the_first(tmp_path: Path) -> None:
    from bootstrap.lock import locked

    path, events = tmp_path / ".venv" / LOCK, []

    def second() -> None:
        with locked(path, lambda: events.append("waits"), pause=0.01):
            events.append("second")

    with locked(path, lambda: events.append("never")):
        thread = threading.Thread(target=second)
        thread.start()
        while "waits" not in events:
            time.sleep(0.01)
        events.append("first done")
    thread.join(10)
    assert events == ["waits", "first done", "second"]
