"""Whether this machine and this Python can carry Boxwright, said before anything is downloaded."""

from __future__ import annotations

import importlib.util
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bootstrap import apt
from bootstrap.console import SetupError

NEWEST_TESTED = (3, 14)
GIGABYTE = 10**9


@dataclass(frozen=True)
class Machine:
    """What decides whether PyTorch and Qt have builds for this interpreter."""

    system: str  # sys.platform
    processor: str  # platform.machine(), lower case
    bits: int
    libc: str = ""  # "glibc", or empty where it is another
    macos: tuple[int, ...] = ()
    translated: bool = False  # an Intel Python on an Apple processor

    @classmethod
    def here(cls) -> Machine:
        return cls(
            system=sys.platform,
            processor=platform.machine().lower(),
            bits=64 if sys.maxsize > 2**32 else 32,
            libc=platform.libc_ver()[0],
            macos=_version(platform.mac_ver()[0]),
            translated=sys.platform == "darwin" and _is_translated(),
        )


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".") if part.isdigit())


def _is_translated() -> bool:
    answer = subprocess.run(
        ["sysctl", "-n", "sysctl.proc_translated"], capture_output=True, text=True, check=False
    )
    return answer.stdout.strip() == "1"


def obstacle(machine: Machine) -> str | None:
    """Why Boxwright cannot be installed here and what to do, or None."""
    if machine.bits != 64:
        return "PyTorch has 64-bit builds only, and this is a 32-bit Python. Install a 64-bit one."
    if machine.system == "darwin":
        return _macos_obstacle(machine)
    if machine.system == "win32" and machine.processor == "arm64":
        return (
            "OpenCV has no build for an ARM Python on Windows. Install the x86-64 Python"
            " (it runs on ARM too) and start again with it."
        )
    if machine.system.startswith("linux") and machine.libc != "glibc":
        return (
            "PyTorch and Qt are built for Linux with glibc (Debian, Ubuntu, Fedora, ...);"
            " this system has another C library. Use one of those, or a container of one."
        )
    return None


def _macos_obstacle(machine: Machine) -> str | None:
    if machine.translated:
        return (
            "This Python is an Intel build on an Apple processor, and PyTorch has no Intel builds"
            " any more. Install the arm64 (or universal) Python and start again with it."
        )
    if machine.processor == "x86_64":
        return (
            "PyTorch has no builds for Macs with an Intel processor since version 2.2, and"
            " Boxwright needs 2.6. It runs on Macs with an Apple processor, Linux and Windows."
        )
    if machine.macos < (14,):
        return "Qt needs macOS 14 or newer."
    return None


class MissingVenvError(SetupError):
    """This Python cannot make virtual environments; ``package`` is Debian's that can."""

    def __init__(self, package: str | None) -> None:
        self.package = package
        remedy = (
            f"Install it and start again:\n  {apt.command_for([package])}"
            if package is not None
            else "Install a complete Python (python.org has one) and start again with it."
        )
        super().__init__(
            f"This Python cannot make virtual environments (no venv or ensurepip). {remedy}"
        )


def check_venv_module() -> None:
    """Debian and Ubuntu ship Python without ensurepip; the error says which package brings it."""
    if importlib.util.find_spec("ensurepip") and importlib.util.find_spec("venv"):
        return
    package = "python{}.{}-venv".format(*sys.version_info[:2])
    raise MissingVenvError(package if shutil.which("apt-get") else None)


def space_needed(system: str) -> int:
    """Free bytes that a first installation takes, downloads included."""
    return (10 if system.startswith("linux") else 3) * GIGABYTE


def check_space(folder: Path, system: str) -> None:
    needed, free = space_needed(system), shutil.disk_usage(folder).free
    if free < needed:
        raise SetupError(
            f"Installing takes about {needed / GIGABYTE:.0f} GB, and {folder} has"
            f" {free / GIGABYTE:.1f} GB free. Make room and start again."
        )


def has_display(system: str, environment: Mapping[str, str]) -> bool:
    """True where a window can be shown, as ``boxwright demo`` decides it."""
    if system in ("darwin", "win32"):
        return True
    return bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))
