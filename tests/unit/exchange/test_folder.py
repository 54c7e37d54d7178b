from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.domain.errors import InputError, JobCancelled, StorageError
from engine.domain.geometry import Box
from engine.exchange import folder as folder_module
from engine.exchange.coco import write_coco
from engine.exchange.model import ExportBox, ExportImage, ExportSet
from engine.exchange.target import check_writable
from engine.exchange.voc import write_voc
from engine.jobs.events import Event
from engine.jobs.reporter import Reporter, silent_reporter

WRITERS = [write_coco, write_voc]
BytesOf = Callable[[Path], dict[str, bytes]]


def one_image(xmax: float = 30) -> ExportSet:
    image = ExportImage("cats/same.jpg", 64, 48, [ExportBox.of("cat", Box(1, 2, xmax, 40))])
    return ExportSet([image], ["cat"])


def hidden(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("write", WRITERS)
def test_existing_folder_is_refused(
    write: Callable[..., list[Path]], image_root: Path, tmp_path: Path, bytes_of: BytesOf
) -> None:
    out = tmp_path / "out"
    write(one_image(), image_root, out, silent_reporter())
    before = bytes_of(out)
    with pytest.raises(InputError, match="there already"):
        write(one_image(50), image_root, out, silent_reporter())
    assert bytes_of(out) == before
    assert hidden(tmp_path) == []


@pytest.mark.parametrize("write", WRITERS)
def test_overwrite_replaces_the_whole_export(
    write: Callable[..., list[Path]], image_root: Path, tmp_path: Path, bytes_of: BytesOf
) -> None:
    out = tmp_path / "out"
    write(one_image(), image_root, out, silent_reporter(), images="copy")
    (out / "left over.txt").write_text("old")
    write(one_image(50), image_root, out, silent_reporter(), overwrite=True)
    write(one_image(50), image_root, tmp_path / "fresh", silent_reporter())
    assert bytes_of(out) == bytes_of(tmp_path / "fresh")
    assert hidden(tmp_path) == []


def test_empty_folder_is_taken(image_root: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (written, *_) = write_coco(one_image(), image_root, tmp_path / "out", silent_reporter())
    assert written.is_file()


def test_folder_that_is_no_export_is_never_replaced(image_root: Path, tmp_path: Path) -> None:
    precious = tmp_path / "home" / "thesis.txt"
    precious.parent.mkdir()
    precious.write_text("years of work")
    with pytest.raises(InputError, match="not an export"):
        write_coco(one_image(), image_root, precious.parent, silent_reporter(), overwrite=True)
    assert precious.read_text() == "years of work"


def test_folder_that_holds_the_images_is_never_replaced(image_root: Path, tmp_path: Path) -> None:
    (tmp_path / "provenance.json").write_text("{}")
    with pytest.raises(InputError, match="images themselves"):
        write_coco(one_image(), image_root, tmp_path, silent_reporter(), overwrite=True)
    assert (image_root / "cats/same.jpg").is_file()


def test_file_in_the_way(image_root: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(InputError, match="file of that name"):
        write_coco(one_image(), image_root, tmp_path / "out", silent_reporter(), overwrite=True)
    assert (tmp_path / "out").read_text() == "a file"


def test_a_name_that_no_folder_can_have(image_root: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No folder can have this name"):
        write_coco(one_image(), image_root, tmp_path / ("x" * 300), silent_reporter())


@pytest.mark.parametrize("place", ["/proc/x", "/proc/x/y", "{}/file/x", "{}/file/x/y"])
def test_a_place_where_nothing_can_be_written_is_told_before(place: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    if place.startswith("/proc") and not Path("/proc/self").exists():
        pytest.skip("only where there is a file system that cannot be written to")
    with pytest.raises(InputError, match=r"Nothing can be written here|This is a file"):
        check_writable(Path(place.format(tmp_path)))


def test_a_place_that_can_be_written_is_left_as_it_was(tmp_path: Path) -> None:
    check_writable(tmp_path / "a" / "b")
    assert list(tmp_path.iterdir()) == []


def test_folder_through_a_link_replaces_what_it_leads_to(image_root: Path, tmp_path: Path) -> None:
    write_coco(one_image(), image_root, tmp_path / "real", silent_reporter())
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write_coco(one_image(50), image_root, tmp_path / "link", silent_reporter(), overwrite=True)
    assert (tmp_path / "link").is_symlink()
    assert b"49.0" in (tmp_path / "real/annotations.json").read_bytes()


@pytest.mark.parametrize("write", WRITERS)
def test_cancelled_export_leaves_the_old_one(
    write: Callable[..., list[Path]], image_root: Path, tmp_path: Path, bytes_of: BytesOf
) -> None:
    out = tmp_path / "out"
    write(one_image(), image_root, out, silent_reporter())
    before = bytes_of(out)
    cancel = threading.Event()

    def send(_event: Event) -> None:
        cancel.set()

    with pytest.raises(JobCancelled):
        write(one_image(50), image_root, out, Reporter(send, cancel, 0), overwrite=True)
    assert bytes_of(out) == before
    assert hidden(tmp_path) == []


def test_full_disk_leaves_the_old_export(
    image_root: Path, tmp_path: Path, bytes_of: BytesOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    write_voc(one_image(), image_root, out, silent_reporter())
    before = bytes_of(out)

    def no_space(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(folder_module.os, "fsync", no_space)
    with pytest.raises(StorageError, match="No space left"):
        write_voc(one_image(50), image_root, out, silent_reporter(), overwrite=True)
    assert bytes_of(out) == before
    assert hidden(tmp_path) == []


def test_old_export_comes_back_if_the_new_cannot_take_its_place(
    image_root: Path, tmp_path: Path, bytes_of: BytesOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    write_coco(one_image(), image_root, out, silent_reporter())
    before = bytes_of(out)
    rename = Path.rename

    def failing(self: Path, target: Path) -> Path:
        if self.name.endswith(".partial"):
            raise PermissionError(13, "Permission denied")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(StorageError, match="Permission denied"):
        write_coco(one_image(50), image_root, out, silent_reporter(), overwrite=True)
    assert bytes_of(out) == before
    assert hidden(tmp_path) == []


@pytest.mark.skipif(os.name == "nt", reason="rights are other ones there")
def test_export_has_the_usual_rights(image_root: Path, tmp_path: Path) -> None:
    (tmp_path / "usual").mkdir()
    write_coco(one_image(), image_root, tmp_path / "deep" / "out", silent_reporter())
    usual = (tmp_path / "usual").stat().st_mode
    assert (tmp_path / "deep" / "out").stat().st_mode == usual
