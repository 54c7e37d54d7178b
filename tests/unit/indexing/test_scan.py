"""What is found in a folder, in which order, and what is said of the rest."""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
from pathlib import Path

import pytest
from PIL import Image

from engine.domain.errors import InputError, JobCancelled
from engine.domain.records import KnownFile
from engine.imaging.decoding import probe
from engine.indexing import readers
from engine.indexing.scan import FoundImage, file_digest, scan
from engine.jobs.events import Event, Progress, Warned
from engine.jobs.reporter import Reporter, silent_reporter
from tests.pictures import spoil_codes

LINKS = pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")


def picture(path: Path, width: int = 12, height: int = 8, orientation: int = 1) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.new("RGB", (width, height), (len(path.name), 80, 90)).save(path, exif=exif)
    return path


def found(root: Path, labels: dict[str, str] | None = None) -> list[FoundImage]:
    return list(scan(root, labels, silent_reporter()))


def found_with_warnings(root: Path) -> tuple[list[str], list[str]]:
    events: list[Event] = []
    paths = [f.path for f in scan(root, None, Reporter(events.append))]
    return paths, [e.message for e in events if isinstance(e, Warned)]


def test_class_is_the_first_folder(tmp_path: Path) -> None:
    for name in ("gull/a.jpg", "gull/deep/er/b.png", "crow/c.webp", "loose.jpg"):
        picture(tmp_path / name)
    assert [(f.path, f.class_name) for f in found(tmp_path)] == [
        ("crow/c.webp", "crow"),
        ("gull/a.jpg", "gull"),
        ("gull/deep/er/b.png", "gull"),
        ("loose.jpg", None),
    ]


def test_what_is_recorded(tmp_path: Path) -> None:
    file = picture(tmp_path / "gull/a.jpg", 30, 20, orientation=6)
    (image,) = found(tmp_path)
    assert (image.width, image.height) == (20, 30)
    assert image.bytes == file.stat().st_size
    assert image.modified_ns == file.stat().st_mtime_ns
    assert image.digest == file_digest(file)
    assert len(image.digest) == 40
    assert image.problem is None


def test_same_bytes_same_digest_other_bytes_another(tmp_path: Path) -> None:
    picture(tmp_path / "a/1.png", 5, 5)
    (tmp_path / "b").mkdir()
    (tmp_path / "b/2.png").write_bytes((tmp_path / "a/1.png").read_bytes())
    picture(tmp_path / "b/3.png", 5, 6)
    first, second, third = (f.digest for f in found(tmp_path))
    assert first == second != third


def test_unusable_files_are_kept_with_their_reason(tmp_path: Path) -> None:
    whole = picture(tmp_path / "a/whole.jpg", 300, 300).read_bytes()
    (tmp_path / "a/cut.jpg").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "a/empty.png").touch()
    (tmp_path / "a/phone.heic").write_bytes(b"\0\0\0\x18ftypheic" + b"\0" * 40)
    (tmp_path / "a/really a text.jpg").write_text("hello")
    problems = {f.path: f.problem for f in found(tmp_path)}
    assert problems["a/whole.jpg"] is None
    assert "cut short" in (problems["a/cut.jpg"] or "")
    assert "empty" in (problems["a/empty.png"] or "")
    assert "not an image" in (problems["a/phone.heic"] or "")
    assert "not an image" in (problems["a/really a text.jpg"] or "")
    assert all(f.width == 0 and f.digest is None for f in found(tmp_path) if f.problem)


def test_a_name_that_lies_about_the_format_is_fine(tmp_path: Path) -> None:
    picture(tmp_path / "a/x.png").rename(tmp_path / "a/x.jpg")
    assert found(tmp_path)[0].problem is None


def test_other_files_and_hidden_ones_are_passed_over(tmp_path: Path) -> None:
    picture(tmp_path / "a/x.JPG")
    for name in ("a/notes.txt", "a/.hidden.jpg", ".thumbs/x.jpg", "__MACOSX/a/x.jpg", "a/._x.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("no image")
    assert found_with_warnings(tmp_path) == (["a/x.JPG"], [])


def test_order_does_not_depend_on_the_disk(tmp_path: Path) -> None:
    names = ["b/2.png", "a-b/1.png", "a/z.png", "a/sub/1.png", "Å/ö.png", "0.png", "a/10.png"]
    for root, order in ((tmp_path / "x", names), (tmp_path / "y", names[::-1])):
        for name in order:
            picture(root / name)
    first, second = ([f.path for f in found(tmp_path / n)] for n in "xy")
    assert first == second == sorted(names, key=lambda n: n.split("/"))


def test_labels_name_the_class_and_further_files(tmp_path: Path) -> None:
    for name in ("a/1.jpg", "a/2.jpg"):
        picture(tmp_path / name)
    picture(tmp_path / "a/3.png").rename(tmp_path / "a/3")
    labels = {"a/1.jpg": "gull", "a/3": "crow"}
    assert [(f.path, f.class_name) for f in found(tmp_path, labels)] == [
        ("a/1.jpg", "gull"),
        ("a/2.jpg", None),
        ("a/3", "crow"),
    ]


def test_one_class_and_one_image_per_class_are_enough(tmp_path: Path) -> None:
    picture(tmp_path / "a/1.jpg")
    assert len(found(tmp_path)) == 1
    picture(tmp_path / "b/1.jpg")
    assert [f.class_name for f in found(tmp_path)] == ["a", "b"]


def test_no_images_no_folder_no_rights(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    for root, words in (
        (tmp_path, "no images"),
        (tmp_path / "gone", "cannot be read"),
        (tmp_path / "notes.txt", "not a folder"),
    ):
        with pytest.raises(InputError, match=words) as caught:
            scan(root, None, silent_reporter())
        assert caught.value.path == str(root)


@LINKS
def test_links_never_loop_nor_lead_out(tmp_path: Path) -> None:
    root = tmp_path / "images"
    picture(root / "a/1.jpg")
    outside = picture(tmp_path / "outside/secret.jpg")
    (root / "a/loop").symlink_to(root)
    (root / "a/self").symlink_to(root / "a/self")
    (root / "a/circle.jpg").symlink_to(root / "a/circle.jpg")
    (root / "b").symlink_to(tmp_path / "outside")
    (root / "a/inside.jpg").symlink_to(root / "a/1.jpg")
    (root / "a/leak.jpg").symlink_to(outside)
    (root / "a/broken.jpg").symlink_to(root / "a/nowhere.jpg")
    paths, warnings = found_with_warnings(root)
    assert paths == ["a/1.jpg", "a/broken.jpg", "a/circle.jpg", "a/inside.jpg"]
    assert sorted(w.split(":")[0].removeprefix(str(root)) for w in warnings) == [
        "/a/leak.jpg",
        "a/loop",
        "b",
    ]
    problems = {f.path: f.problem for f in found(root)}
    assert "cannot be read" in (problems["a/broken.jpg"] or "")


@LINKS
def test_the_root_itself_may_be_a_link(tmp_path: Path) -> None:
    picture(tmp_path / "real/a/1.jpg")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert [f.path for f in found(tmp_path / "link")] == ["a/1.jpg"]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_names_that_are_no_text_are_warned_about(tmp_path: Path) -> None:
    picture(tmp_path / "a/1.jpg")
    (tmp_path / "a" / os.fsdecode(b"bad\xff.jpg")).write_bytes(b"x")
    paths, warnings = found_with_warnings(tmp_path)
    assert paths == ["a/1.jpg"]
    assert len(warnings) == 1
    assert "bad\\xff.jpg" in warnings[0]


def test_folder_without_permission_is_warned_about(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture(tmp_path / "a/1.jpg")
    picture(tmp_path / "b/1.jpg")
    real = os.scandir

    def guarded(folder: Path) -> object:
        if Path(folder).name == "b":
            raise PermissionError(13, "Permission denied")
        return real(folder)

    monkeypatch.setattr(os, "scandir", guarded)
    paths, warnings = found_with_warnings(tmp_path)
    assert paths == ["a/1.jpg"]
    assert "b/: the folder was left out" in warnings[0]


def test_progress_and_cancel(tmp_path: Path) -> None:
    for number in range(200):
        picture(tmp_path / f"a/{number:03}.png")
    events: list[Event] = []
    cancel = threading.Event()
    images = scan(tmp_path, None, Reporter(events.append, cancel, interval=0.0))
    assert [next(images).path for _ in range(50)][-1] == "a/049.png"
    cancel.set()
    with pytest.raises(JobCancelled):
        list(images)
    counts = [e.done for e in events if isinstance(e, Progress) and e.total == 200]
    assert counts == list(range(50))
    assert not [t for t in threading.enumerate() if t.name.startswith("index")]


def test_giving_up_early_leaves_no_thread(tmp_path: Path) -> None:
    for number in range(40):
        picture(tmp_path / f"a/{number:03}.png")
    images = scan(tmp_path, None, silent_reporter())
    next(images)
    images.close()  # type: ignore[attr-defined]
    assert not [t for t in threading.enumerate() if t.name.startswith("index")]


def test_processes_find_what_threads_find(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(120):
        picture(tmp_path / f"gull/{number:03}.{'jpg' if number % 2 else 'webp'}", 20 + number, 9)
    (tmp_path / "gull/torn.png").write_bytes(b"no image")
    by_threads = found(tmp_path)
    monkeypatch.setattr(readers, "PROCESSES_FROM", 10)
    assert found(tmp_path) == by_threads
    images = scan(tmp_path, None, silent_reporter())
    next(images)
    assert len(multiprocessing.active_children()) == min(8, os.cpu_count() or 1)
    images.close()  # type: ignore[attr-defined]
    assert not multiprocessing.active_children()


def test_what_turned_out_unusable_is_decoded_to_see(tmp_path: Path) -> None:
    file = picture(tmp_path / "gull/a.jpg", 300, 200)
    spoil_codes(file)
    (first,) = found(tmp_path)
    assert first.problem is None
    assert first.digest is not None
    facts = first.bytes, first.modified_ns, first.width, first.height, first.digest
    known = {first.path: KnownFile(*facts, problem="The image is damaged.")}
    (again,) = scan(tmp_path, None, silent_reporter(), known=known)
    with pytest.raises(InputError) as caught:
        probe(file)
    assert again.problem == caught.value.message
    picture(file, 300, 201)
    (mended,) = scan(tmp_path, None, silent_reporter(), known=known)
    assert mended.problem is None


def test_only_what_has_changed_is_read_again(tmp_path: Path) -> None:
    same, other = picture(tmp_path / "gull/a.jpg"), picture(tmp_path / "gull/b.jpg")
    (tmp_path / "gull/c.jpg").write_bytes(b"no image")
    known = {
        image.path: KnownFile(
            image.bytes, image.modified_ns, image.width, image.height, image.digest
        )
        for image in found(tmp_path)
        if image.digest is not None
    }
    picture(other, 40, 30)
    status = same.stat()
    same.write_bytes(b"x" * status.st_size)  # read, it would be a problem
    os.utime(same, ns=(status.st_atime_ns, status.st_mtime_ns))
    again = {image.path: image for image in scan(tmp_path, None, silent_reporter(), known=known)}
    assert (again["gull/a.jpg"].width, again["gull/a.jpg"].problem) == (12, None)
    assert again["gull/a.jpg"].digest == known["gull/a.jpg"].digest
    assert (again["gull/b.jpg"].width, again["gull/b.jpg"].height) == (40, 30)
    assert again["gull/c.jpg"].problem is not None
