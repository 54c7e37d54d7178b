"""What the window remembers, and that a damaged memory never stops it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray

from app.settings import MAX_RECENT, AppSettings


def test_recent_projects_newest_first_without_doubles(tmp_path: Path) -> None:
    path = tmp_path / "window.ini"
    settings = AppSettings(path)
    folders = [tmp_path / f"Vögel {n}" for n in range(MAX_RECENT + 3)]
    for folder in (*folders, folders[5]):
        settings.add_recent_project(folder)
    kept = AppSettings(path).recent_projects()
    assert len(kept) == MAX_RECENT
    assert kept[:2] == [folders[5], folders[-1]]
    settings.forget_project(folders[5])
    assert folders[5] not in AppSettings(path).recent_projects()


def test_one_recent_project_with_a_comma_in_its_name(tmp_path: Path) -> None:
    path = tmp_path / "window.ini"
    AppSettings(path).add_recent_project(tmp_path / "cats, dogs")
    assert AppSettings(path).recent_projects() == [tmp_path / "cats, dogs"]


@pytest.mark.parametrize("content", [b"\x00\xff\xfe not an ini", b"[recent\nprojects", b"\x00" * 9])
def test_a_damaged_file_is_set_aside(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "window.ini"
    path.write_bytes(content)
    settings = AppSettings(path)
    assert settings.recent_projects() == []
    settings.add_recent_project(tmp_path)
    assert AppSettings(path).recent_projects() == [tmp_path]
    aside = path.with_name("window.ini.damaged")
    assert not aside.exists() or aside.read_bytes() == content


def test_set_aside_keeps_the_damaged_file(tmp_path: Path) -> None:
    path = tmp_path / "window.ini"
    path.write_bytes(b"[recent\nprojects")
    AppSettings(path)
    assert path.with_name("window.ini.damaged").read_bytes() == b"[recent\nprojects"


def test_values_that_make_no_sense_read_as_if_they_were_not_there(tmp_path: Path) -> None:
    path = tmp_path / "window.ini"
    path.write_text("[appearance]\ntheme=neon\n[layout]\nwindow=7\n[flags]\nx=maybe\n")
    settings = AppSettings(path)
    assert settings.theme() == "system"
    assert settings.layout("window").isEmpty()
    assert settings.flag("x", True) is True


def test_theme_layout_and_flags_come_back(tmp_path: Path) -> None:
    path = tmp_path / "window.ini"
    settings = AppSettings(path)
    settings.set_theme("dark")
    settings.set_layout("window", QByteArray(b"\x01\x02"))
    settings.set_flag("x", False)
    settings.sync()
    again = AppSettings(path)
    assert (again.theme(), again.flag("x", True)) == ("dark", False)
    assert again.layout("window") == QByteArray(b"\x01\x02")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="permissions do not bind here")
def test_a_folder_that_cannot_be_written_is_no_reason_to_stop(tmp_path: Path) -> None:
    folder = tmp_path / "locked"
    folder.mkdir()
    (folder / "window.ini").write_bytes(b"[recent\nprojects")
    folder.chmod(0o500)
    try:
        settings = AppSettings(folder / "window.ini")
        settings.add_recent_project(tmp_path)
        assert settings.theme() == "system"
    finally:
        folder.chmod(0o700)
