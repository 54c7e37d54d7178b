"""What is said where PyTorch or Qt have no builds, and where room or venv are missing."""

from __future__ import annotations

import importlib.util
import shutil
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest
from bootstrap import apt, machine
from bootstrap.console import SetupError
from bootstrap.machine import Machine, MissingVenvError, obstacle

DEBIAN = Machine("linux", "x86_64", 64, libc="glibc")
MAC = Machine("darwin", "arm64", 64, macos=(15, 2))
WINDOWS = Machine("win32", "amd64", 64)


@pytest.mark.parametrize("good", [DEBIAN, replace(DEBIAN, processor="aarch64"), MAC, WINDOWS])
def test_machines_that_will_do(good: Machine) -> None:
    assert obstacle(good) is None


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (replace(DEBIAN, bits=32), "64-bit"),
        (replace(DEBIAN, libc=""), "glibc"),
        (replace(MAC, processor="x86_64"), "Intel processor"),
        (replace(MAC, processor="x86_64", translated=True), "Install the arm64"),
        (replace(MAC, macos=(13, 6)), "macOS 14"),
        (replace(WINDOWS, processor="arm64"), "x86-64 Python"),
    ],
)
def test_machines_that_will_not_do_and_why(bad: Machine, words: str) -> None:
    message = obstacle(bad)
    assert message is not None
    assert words in message


def test_this_machine_runs_the_tests_so_it_will_do() -> None:
    assert obstacle(Machine.here()) is None


def test_debian_without_venv_reads_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    machine.check_venv_module()  # it is there where the tests run
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(apt, "_is_root", lambda: False)
    with pytest.raises(MissingVenvError, match=r"sudo apt-get install -y python3\.\d+-venv$"):
        machine.check_venv_module()
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    with pytest.raises(MissingVenvError, match=r"python\.org") as raised:
        machine.check_venv_module()
    assert raised.value.package is None


class _Usage(NamedTuple):
    total: int
    used: int
    free: int


def test_too_little_room_is_said_before_the_download(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: _Usage(20, 10, 4 * 10**9))
    with pytest.raises(SetupError, match=r"about 10 GB.*4\.0 GB free"):
        machine.check_space(tmp_path, "linux")
    machine.check_space(tmp_path, "win32")


@pytest.mark.parametrize(
    ("system", "environment", "expected"),
    [
        ("linux", {}, False),
        ("linux", {"DISPLAY": ""}, False),
        ("linux", {"DISPLAY": ":0"}, True),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, True),
        ("darwin", {}, True),
        ("win32", {}, True),
    ],
)
def test_display(system: str, environment: dict[str, str], expected: bool) -> None:
    assert machine.has_display(system, environment) is expected
