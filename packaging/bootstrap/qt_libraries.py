"""The libraries of the Linux system that Qt is linked with: which are missing, what brings them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bootstrap import apt
from bootstrap.console import SetupError, say, step

MODULES = ("QtCore", "QtGui", "QtWidgets", "QtSvg", "QtTest", "QtOpenGLWidgets")

DEBIAN_PACKAGES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libGLX.so.0": "libglx0",
    "libOpenGL.so.0": "libopengl0",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libX11.so.6": "libx11-6",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libstdc++.so.6": "libstdc++6",
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
    "libwayland-egl.so.1": "libwayland-egl1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-glx.so.0": "libxcb-glx0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xinerama.so.0": "libxcb-xinerama0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxcb.so.1": "libxcb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libz.so.1": "zlib1g",
    "libzstd.so.1": "libzstd1",
}
FONT_PACKAGE = "fonts-dejavu-core"  # a system without any font shows a window without any text
FONT_SUFFIXES = (".ttf", ".otf", ".ttc", ".pfb")
FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.fonts", "~/.local/share/fonts")
XVFB_PACKAGES = ("xvfb", "xauth")


@dataclass(frozen=True)
class Need:
    """What the window lacks: libraries by the names the linker knows, and whether fonts too."""

    sonames: frozenset[str] = frozenset()
    fonts: bool = False

    def __bool__(self) -> bool:
        return bool(self.sonames) or self.fonts

    def packages(self) -> list[str]:
        """Debian's packages that bring it, as far as known."""
        named = {DEBIAN_PACKAGES[name] for name in self.sonames if name in DEBIAN_PACKAGES}
        return sorted(named | ({FONT_PACKAGE} if self.fonts else set()))

    def unknown(self) -> list[str]:
        return sorted(self.sonames - DEBIAN_PACKAGES.keys())


def linked_files(pyside: Path, environment: Mapping[str, str]) -> list[Path]:
    """The files of PySide6 whose libraries have to be there, those of Wayland where it is used."""
    plugins = ["libqxcb.so", "libqoffscreen.so"]
    if environment.get("WAYLAND_DISPLAY"):
        plugins.append("libqwayland.so")
    files = [pyside / f"{module}.abi3.so" for module in MODULES]
    files += [pyside / "Qt" / "plugins" / "platforms" / name for name in plugins]
    return [file for file in files if file.exists()]


def missing_sonames(report: str, own: Iterable[str] = ()) -> frozenset[str]:
    """The libraries that ``ldd`` did not find, less those that PySide6 itself would bring."""
    missing = {line.split()[0] for line in report.splitlines() if line.endswith("=> not found")}
    return frozenset(name for name in missing - set(own) if not name.startswith("libQt6"))


def has_fonts(folders: Iterable[Path]) -> bool:
    return any(
        name.lower().endswith(FONT_SUFFIXES)
        for folder in folders
        for _, _, names in os.walk(folder)
        for name in names
    )


def pyside_folder(venv: Path) -> Path | None:
    return next(_sites(venv, "PySide6"), None)


def _sites(venv: Path, package: str) -> Iterator[Path]:
    return (path for path in sorted(venv.glob(f"lib*/python*/site-packages/{package}")))


def look(venv: Path, environment: Mapping[str, str]) -> Need:
    """What the window of this environment lacks on this system."""
    pyside, ldd = pyside_folder(venv), shutil.which("ldd")
    if pyside is None or ldd is None:
        raise SetupError(
            f"Cannot look for Qt's libraries: {'PySide6' if ldd else 'ldd'} is not there."
        )
    files = [str(file) for file in linked_files(pyside, environment)]
    report = subprocess.run([ldd, *files], capture_output=True, text=True, check=False).stdout
    fonts = has_fonts(Path(folder).expanduser() for folder in FONT_FOLDERS)
    return Need(missing_sonames(report), fonts=not fonts)


def remedy(need: Need, has_apt: bool, has_dnf: bool) -> str:
    """What a person does about it, as a command where there is one."""
    if has_apt and need.packages():
        text = f"Install them and start again:\n  {apt.command_for(need.packages())}"
    elif has_dnf and need.sonames:
        wanted = " ".join(f"'{name}()(64bit)'" for name in sorted(need.sonames))
        text = f"Install them and start again:\n  sudo dnf install {wanted}"
    else:
        text = "Install them with this system's package manager and start again."
    if has_apt and need.unknown():
        text += f"\nand what brings {', '.join(need.unknown())}"
    return text


def describe(need: Need) -> str:
    parts = [", ".join(sorted(need.sonames))] if need.sonames else []
    return "; ".join(parts + (["no fonts"] if need.fonts else []))


def provide(venv: Path, log: Path, environment: Mapping[str, str], optional: bool) -> None:
    """See to Qt's libraries. Where they cannot be installed: stop, or (``optional``) say so."""
    need = look(venv, environment)
    before = apt.privilege() if need else None
    if need and before is not None and need.packages():
        apt.install(need.packages(), log, before)
        with step("Looking again for the libraries of the window"):
            need = look(venv, environment)
    if not need:
        return
    has_apt, has_dnf = (shutil.which(name) is not None for name in ("apt-get", "dnf"))
    message = (
        f"The window needs libraries that this system lacks ({describe(need)}). "
        f"{remedy(need, has_apt, has_dnf)}"
    )
    if not optional and need.sonames:
        raise SetupError(message)
    say(message)


def provide_xvfb(log: Path) -> bool:
    """See to Xvfb, the display without a screen, where that is allowed; True where it is there."""
    if shutil.which("xvfb-run") is None:
        before = apt.privilege()
        if before is None:
            say("Without Xvfb (xvfb-run) the window tests run offscreen only.")
            return False
        apt.install(XVFB_PACKAGES, log, before)
    return shutil.which("xvfb-run") is not None
