"""Which libraries the window lacks, and what a person or apt-get does about it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from bootstrap import apt, qt_libraries
from bootstrap.console import SetupError
from bootstrap.qt_libraries import Need

LDD = """\
/venv/PySide6/QtGui.abi3.so:
\tlinux-vdso.so.1 (0x00007ffd)
\tlibEGL.so.1 => not found
\tlibQt6Pdf.so.6 => not found
\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f)
/venv/PySide6/Qt/plugins/platforms/libqxcb.so:
\tlibxcb-cursor.so.0 => not found
\tlibEGL.so.1 => not found
\tlibnew.so.9 => not found
"""


def test_missing_libraries_are_read_from_ldd() -> None:
    assert qt_libraries.missing_sonames(LDD) == {"libEGL.so.1", "libxcb-cursor.so.0", "libnew.so.9"}


def test_packages_of_what_is_missing() -> None:
    need = Need(qt_libraries.missing_sonames(LDD), fonts=True)
    assert need.packages() == ["fonts-dejavu-core", "libegl1", "libxcb-cursor0"]
    assert need.unknown() == ["libnew.so.9"]
    assert not Need()


def test_the_remedy_is_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apt, "_is_root", lambda: False)
    need = Need(frozenset({"libEGL.so.1", "libnew.so.9"}))
    debian = qt_libraries.remedy(need, has_apt=True, has_dnf=False)
    assert "sudo apt-get update && sudo apt-get install -y libegl1\n" in debian
    assert "libnew.so.9" in debian
    fedora = qt_libraries.remedy(need, has_apt=False, has_dnf=True)
    assert "sudo dnf install 'libEGL.so.1()(64bit)' 'libnew.so.9()(64bit)'" in fedora
    assert "package manager" in qt_libraries.remedy(need, has_apt=False, has_dnf=False)


def test_fonts_are_found_at_any_depth(tmp_path: Path) -> None:
    assert not qt_libraries.has_fonts([tmp_path, tmp_path / "missing"])
    (tmp_path / "truetype" / "dejavu").mkdir(parents=True)
    (tmp_path / "truetype" / "dejavu" / "DejaVuSans.TTF").touch()
    assert qt_libraries.has_fonts([tmp_path])


def test_wayland_is_looked_at_where_it_is_used(tmp_path: Path) -> None:
    platforms = tmp_path / "Qt" / "plugins" / "platforms"
    platforms.mkdir(parents=True)
    for name in ("libqxcb.so", "libqwayland.so"):
        (platforms / name).touch()
    assert qt_libraries.linked_files(tmp_path, {}) == [platforms / "libqxcb.so"]
    on_wayland = qt_libraries.linked_files(tmp_path, {"WAYLAND_DISPLAY": "wayland-0"})
    assert platforms / "libqwayland.so" in on_wayland


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="ldd is Linux's")
def test_the_libraries_of_this_machine_are_there() -> None:
    """The real ldd on the real PySide6 that these tests run with."""
    need = qt_libraries.look(Path(sys.prefix), {})
    assert need.sonames == frozenset()


def test_without_permission_it_stops_or_goes_on_without_a_window(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(qt_libraries, "look", lambda *_: Need(frozenset({"libEGL.so.1"})))
    monkeypatch.setattr(apt, "privilege", lambda: None)
    log = tmp_path / "log"
    with pytest.raises(SetupError, match=r"libEGL\.so\.1"):
        qt_libraries.provide(tmp_path, log, {}, optional=False)
    qt_libraries.provide(tmp_path, log, {}, optional=True)
    assert "libEGL.so.1" in capsys.readouterr().out


def test_with_permission_the_packages_are_installed_and_looked_at_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    needs = iter([Need(frozenset({"libEGL.so.1"}), fonts=True), Need()])
    installed: list[str] = []
    monkeypatch.setattr(qt_libraries, "look", lambda *_: next(needs))
    monkeypatch.setattr(apt, "privilege", list)
    monkeypatch.setattr(apt, "install", lambda packages, *_: installed.extend(packages))
    qt_libraries.provide(tmp_path, tmp_path / "log", {}, optional=False)
    assert installed == ["fonts-dejavu-core", "libegl1"]
    assert next(needs, None) is None
