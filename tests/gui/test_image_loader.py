"""The loader: threads, budget, stale requests, and files that are not what they should be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from app.image_loader import (
    DETAIL_SIDE,
    PREVIEW_SIDE,
    THUMBNAIL_SIDE,
    Copy,
    ImageFile,
    ImageLoader,
    PictureCache,
)
from engine.imaging.writing import write_jpeg
from engine.store.project import Project
from tests.gui.review_bench import StallWatch, picture

WaitFor = Callable[[Callable[[], bool]], None]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "images"
    folder.mkdir()
    return folder


@pytest.fixture
def loader(qtbot: QtBot, tmp_path: Path, root: Path) -> Iterator[ImageLoader]:
    with Project.create(tmp_path / "project", root) as project:
        made = ImageLoader(project)
        yield made
        made.close()


def file(root: Path, name: str, size: tuple[int, int] = (64, 48), image_id: int = 1) -> ImageFile:
    write_jpeg(root / name, picture(image_id, size), durable=False)
    return ImageFile(image_id, name)


def copies(root: Path, count: int) -> list[ImageFile]:
    """So many pictures of 1.5 megapixels."""
    first = file(root, "0.jpg", (1500, 1000), image_id=0)
    for number in range(1, count):
        (root / f"{number}.jpg").write_bytes((root / first.path).read_bytes())
    return [ImageFile(number, f"{number}.jpg") for number in range(count)]


def test_the_second_time_a_picture_is_there_at_once(
    qtbot: QtBot, loader: ImageLoader, root: Path
) -> None:
    wanted = file(root, "a.jpg")
    with qtbot.waitSignal(loader.loaded) as told:
        assert loader.show(wanted) is None
    assert told.args[:2] == [1, Copy.PREVIEW]
    found = loader.show(wanted)
    assert found is not None
    assert (found.width(), found.height()) == (64, 48)
    assert loader.bytes == 64 * 48 * 4


def test_pixels_are_those_of_the_file(qtbot: QtBot, loader: ImageLoader, root: Path) -> None:
    pixels = np.zeros((20, 31, 3), np.uint8)  # an odd width, where rows are padded
    pixels[:, :10], pixels[:, 10:] = (250, 10, 20), (30, 40, 240)
    Image.fromarray(pixels).save(root / "a.png")
    with qtbot.waitSignal(loader.loaded) as told:
        loader.show(ImageFile(1, "a.png"))
    shown: QImage = told.args[2]
    assert shown.pixelColor(3, 19) == QColor(250, 10, 20)
    assert shown.pixelColor(30, 19) == QColor(30, 40, 240)


def test_copies_are_of_bounded_size(qtbot: QtBot, loader: ImageLoader, root: Path) -> None:
    wanted = file(root, "large.jpg", (5000, 1000))
    sizes = {}
    loader.loaded.connect(lambda _id, copy, image: sizes.update({copy: image.width()}))
    loader.show(wanted)
    loader.show(wanted, Copy.DETAIL)
    loader.thumbnail(wanted)
    qtbot.waitUntil(lambda: len(sizes) == 4)
    assert sizes == {
        Copy.DRAFT: 1250,  # a quarter of the file, as its format gives it
        Copy.PREVIEW: PREVIEW_SIDE,
        Copy.DETAIL: DETAIL_SIDE,
        Copy.THUMBNAIL: THUMBNAIL_SIDE,
    }


def test_prefetched_pictures_are_there_when_asked_for(
    loader: ImageLoader, root: Path, wait_for: WaitFor
) -> None:
    files = [file(root, f"{i}.jpg", image_id=i) for i in (1, 2, 3)]
    loader.prefetch(files)
    wait_for(lambda: loader.bytes == 3 * 64 * 48 * 4)
    assert all(loader.show(f) is not None for f in files)


def test_stale_requests_are_not_decoded(loader: ImageLoader, root: Path, wait_for: WaitFor) -> None:
    """Going through forty pictures in one breath decodes the last one and a few that had begun."""
    files = copies(root, 40)
    loaded: list[int] = []
    loader.loaded.connect(lambda image_id, _copy, _image: loaded.append(image_id))
    for wanted in files:
        loader.show(wanted)
    wait_for(lambda: 39 in loaded)
    assert len(loaded) < 10


def test_the_cache_keeps_the_latest_within_its_budget() -> None:
    cache = PictureCache(3 * 400)
    pictures = [QImage(10, 10, QImage.Format.Format_RGB32) for _ in range(5)]
    for number, image in enumerate(pictures[:3]):
        cache.put(number, Copy.PREVIEW, image)
    assert cache.get(0, Copy.PREVIEW) is not None  # used last, so it stays
    cache.put(3, Copy.PREVIEW, pictures[3])
    assert cache.bytes == 1200
    assert cache.get(1, Copy.PREVIEW) is None
    assert cache.get(0, Copy.PREVIEW) is not None
    huge = QImage(100, 100, QImage.Format.Format_RGB32)
    cache.put(9, Copy.PREVIEW, huge)
    assert cache.get(9, Copy.PREVIEW) is huge
    assert cache.bytes == huge.sizeInBytes()


@pytest.mark.parametrize("content", [b"", b"no image at all", None])
def test_files_that_cannot_be_shown_say_why(
    qtbot: QtBot, loader: ImageLoader, root: Path, content: bytes | None
) -> None:
    if content is not None:
        (root / "bad.jpg").write_bytes(content)
    with qtbot.waitSignal(loader.unreadable) as told:
        loader.show(ImageFile(7, "bad.jpg"))
    assert told.args[:2] == [7, Copy.PREVIEW]
    assert "bad.jpg" in told.args[2]


def test_a_path_out_of_the_image_folder_is_refused(
    qtbot: QtBot, loader: ImageLoader, root: Path, tmp_path: Path
) -> None:
    write_jpeg(tmp_path / "secret.jpg", picture(0, (8, 8)), durable=False)
    with qtbot.waitSignal(loader.unreadable) as told:
        loader.show(ImageFile(1, "../secret.jpg"))
    assert "leaves the image folder" in told.args[2]


def test_a_bad_thumbnail_is_not_asked_for_again_and_again(
    qtbot: QtBot, loader: ImageLoader, root: Path
) -> None:
    (root / "bad.jpg").write_bytes(b"")
    wanted = ImageFile(1, "bad.jpg")
    with qtbot.waitSignal(loader.unreadable):
        loader.thumbnail(wanted)
    with qtbot.assertNotEmitted(loader.unreadable, wait=100):
        assert loader.thumbnail(wanted) is None
    file(root, "bad.jpg")
    loader.forget([1])
    with qtbot.waitSignal(loader.loaded):
        loader.thumbnail(wanted)


def test_a_picture_of_20000_pixels_does_not_hold_up_the_window(
    qtbot: QtBot, loader: ImageLoader, root: Path
) -> None:
    Image.new("L", (20_000, 20_000), 90).save(root / "huge.jpg", quality=30)
    with StallWatch() as watch, qtbot.waitSignal(loader.loaded, timeout=60_000) as told:
        loader.show(ImageFile(1, "huge.jpg"))
    assert max(told.args[2].width(), told.args[2].height()) == PREVIEW_SIDE
    watch.check()


def test_closing_drops_what_waits(qtbot: QtBot, loader: ImageLoader, root: Path) -> None:
    files = copies(root, 30)
    loader.prefetch(files)
    loader.close()
    with qtbot.assertNotEmitted(loader.loaded, wait=100):
        assert loader.show(files[-1]) is None
