"""A file is replaced whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from engine.domain.errors import StorageError
from engine.imaging.decoding import read_rgb, write_jpeg, write_png

PICTURE = np.random.default_rng(1).integers(0, 255, (9, 14, 3), np.uint8)


def test_png_comes_back_to_the_byte(tmp_path: Path) -> None:
    write_png(tmp_path / "a.png", PICTURE)
    assert np.array_equal(read_rgb(tmp_path / "a.png"), PICTURE)
    assert [p.name for p in tmp_path.iterdir()] == ["a.png"]


def test_jpeg_comes_back_nearly(tmp_path: Path) -> None:
    smooth = np.full((32, 32, 3), (200, 100, 50), np.uint8)
    write_jpeg(tmp_path / "a.jpg", smooth)
    assert np.abs(read_rgb(tmp_path / "a.jpg").astype(int) - smooth).max() < 6


def test_failed_write_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_png(tmp_path / "a.png", PICTURE)
    before = (tmp_path / "a.png").read_bytes()

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match="No space left"):
        write_png(tmp_path / "a.png", 255 - PICTURE)
    assert (tmp_path / "a.png").read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["a.png"]


def test_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        write_png(tmp_path / "gone" / "a.png", PICTURE)


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_others_may_read_as_the_mask_says(tmp_path: Path) -> None:
    write_png(tmp_path / "a.png", PICTURE)
    (tmp_path / "plain").touch()
    modes = {p.stat().st_mode & 0o777 for p in tmp_path.iterdir()}
    assert len(modes) == 1


def test_wrong_arrays_are_bugs(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="8-bit"):
        write_png(tmp_path / "a.png", PICTURE.astype(np.float32))  # type: ignore[arg-type]
