"""What hurts people most in other tools, as far as the canvas is concerned."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from importlib.metadata import distributions
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.action_table import ACTIONS, MENUS
from app.actions import ActionRegistry
from app.canvas.labels import LabelBoard
from app.canvas.pointer import Mode
from app.canvas.view import ImageCanvas
from app.commands import canvas as canvas_commands
from app.dialogs.shortcuts import ShortcutsDialog
from app.models.shapes import Shape
from engine.domain.geometry import Box
from engine.domain.records import AnnotationOrigin, ReviewState
from engine.store.images import NewImage
from tests.gui.review_bench import OFFSCREEN, SIZE, Bench, bench, make_project, open_bench

__all__ = ["bench"]  # a fixture
pytestmark = OFFSCREEN
KEY = Qt.Key
CTRL = Qt.KeyboardModifier.ControlModifier


def mouse(canvas: ImageCanvas, kind: QEvent.Type, at: QPointF, held: bool = True) -> None:
    """An event of the mouse at a place between pixels, as on screens of high density."""
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    moves = kind is QEvent.Type.MouseMove
    event = QMouseEvent(
        kind,
        at,
        QPointF(canvas.mapToGlobal(at)),
        none if moves else left,
        left if held else none,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(canvas, event)


@pytest.mark.parametrize("ratio", [1.0, 1.25, 1.5, 2.0])
def test_no_float_reaches_a_call_that_wants_whole_numbers(qtbot: QtBot, ratio: float) -> None:
    """Odd boxes, places and zooms through everything that is painted, at every density."""
    canvas = ImageCanvas()
    qtbot.addWidget(canvas)
    canvas.resize(437, 331)
    canvas.show()
    picture = QImage(311, 207, QImage.Format.Format_RGB32)
    picture.fill(QColor(90, 120, 40))
    canvas.show_image(picture, 622, 415)
    rng = random.Random(4)
    canvas.boxes.show([_odd_box(rng, n) for n in range(40)], frozenset({1, 2}))
    canvas.look.set_loupe(True)
    target = QImage(round(437 * ratio), round(331 * ratio), QImage.Format.Format_RGB32)
    target.setDevicePixelRatio(ratio)
    for mode in (Mode.SELECT, Mode.DRAW, Mode.POINTS):
        if mode is not Mode.SELECT:
            canvas.pointer.start(mode)
        for step in range(12):
            at = QPointF(20.37 + 31.113 * step, 300.71 - 23.017 * step)
            mouse(canvas, QEvent.Type.MouseButtonPress, at)
            mouse(canvas, QEvent.Type.MouseMove, at + QPointF(7.77, 3.33))
            canvas.render(target)
            mouse(canvas, QEvent.Type.MouseButtonRelease, at + QPointF(7.77, 3.33))
            canvas.zoom_by(1.173 if step % 2 else 0.7391)
        canvas.pointer.cancel()
    assert canvas.pointer.mode is Mode.SELECT


def _odd_box(rng: random.Random, number: int) -> Shape:
    x, y = rng.uniform(-3, 600), rng.uniform(-3, 400)
    box = Box(x, y, x + rng.uniform(0.2, 250), y + rng.uniform(0.2, 200))
    origin = None if number % 2 else AnnotationOrigin.DRAWN
    return Shape(number % 3, box, origin, score=rng.random())


def test_the_box_and_a_turned_image_agree_and_the_file_stays(qtbot: QtBot, tmp_path: Path) -> None:
    """EXIF orientation 6: stored lying, shown standing; the red square is where the box is."""
    pixels = np.full((120, 200, 3), 60, np.uint8)
    pixels[20:60, 130:170] = (220, 30, 30)  # standing (90 degrees clockwise): x 60..100, y 130..170
    new = NewImage("zz/turned.jpg", None, 120, 200, None, None, 1, 1)
    project = make_project(tmp_path, count=0, files=[new])
    path = tmp_path / "images" / "zz" / "turned.jpg"
    path.parent.mkdir()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(pixels).save(path, quality=95, exif=exif)
    before = path.read_bytes()
    with open_bench(qtbot, project) as opened:
        opened.wait_shown("zz/turned.jpg")
        opened.press(KEY.Key_W)
        opened.drag((60, 130), (100, 170))
        opened.wait_saved()
        (drawn,) = opened.stored(opened.image_id)
        opened.canvas.boxes.set_visible(False)
        shown = opened.canvas.grab().toImage()
        x, y = (drawn.box.xmin + drawn.box.xmax) / 2, (drawn.box.ymin + drawn.box.ymax) / 2
        assert shown.pixelColor(opened.canvas.to_viewport(x, y)).red() > 180
        assert shown.pixelColor(opened.canvas.to_viewport(30, 30)).red() < 100
    assert path.read_bytes() == before


def test_an_image_over_qts_limit_of_256_mb_is_shown(qtbot: QtBot, tmp_path: Path) -> None:
    side = 9000  # 324 MB at four bytes each
    new = NewImage("zz/large.jpg", None, side, side, None, None, 1, 1)
    project = make_project(tmp_path, count=0, files=[new])
    (tmp_path / "images" / "zz").mkdir()
    Image.new("L", (side, side), 130).save(tmp_path / "images" / "zz" / "large.jpg", quality=40)
    with open_bench(qtbot, project) as opened:
        opened.wait_shown("zz/large.jpg")
        assert opened.canvas.image_size == (side, side)
        at = opened.canvas.to_viewport(side / 2, side / 2)
        assert opened.canvas.grab().toImage().pixelColor(at).red() == pytest.approx(130, abs=3)


def test_names_beyond_ascii_are_shown_and_saved(qtbot: QtBot, tmp_path: Path) -> None:
    name = "zz/Möwe – 鳥 ñandú 🐦.jpg"
    new = NewImage(name, None, 64, 48, None, None, 1, 1)
    project = make_project(tmp_path, count=0, files=[new])
    (tmp_path / "images" / "zz").mkdir()
    Image.new("RGB", (64, 48), (10, 200, 30)).save(tmp_path / "images" / name)
    with open_bench(qtbot, project) as opened:
        opened.wait_shown(name)
        opened.press(KEY.Key_W)
        opened.drag((10, 10), (30, 30))
        opened.wait_saved()
        assert len(opened.stored(opened.image_id)) == 1


def test_an_edit_is_not_lost_when_the_image_changes_at_once(bench: Bench) -> None:
    first = bench.image_id
    bench.press(KEY.Key_W)
    bench.drag((10, 10), (50, 50))
    bench.press(KEY.Key_D)
    bench.press(KEY.Key_D)
    bench.wait_saved()
    bench.wait(lambda: bench.image_id != first and bench.page.flow.seen)
    assert len(bench.stored(first)) == 1
    assert bench.state(first) is ReviewState.PARTLY
    bench.page.focus_image(first)
    bench.wait(lambda: bench.image_id == first and len(bench.page.desk.shapes) == 2)


def test_the_zoom_survives_edits_and_finer_copies(bench: Bench) -> None:
    canvas = bench.canvas
    wheel = QWheelEvent(
        QPointF(200, 150),
        QPointF(canvas.mapToGlobal(QPointF(200, 150))),
        QPointF().toPoint(),
        QPointF(0, 360).toPoint(),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(canvas, wheel)
    zoom, place = canvas.zoom, canvas.to_viewport(100, 80)
    finer = QImage(SIZE[0] * 2, SIZE[1] * 2, QImage.Format.Format_RGB32)
    finer.fill(QColor(1, 2, 3))
    canvas.show_finer(finer)
    bench.press(KEY.Key_Right)
    bench.wait_saved()
    bench.session.undo()
    bench.wait_saved()
    assert (canvas.zoom, canvas.to_viewport(100, 80)) == (zoom, place)


def test_opencv_brings_no_qt_of_its_own() -> None:
    with_qt = {"opencv-python", "opencv-contrib-python"}
    installed = {d.metadata["Name"].lower() for d in distributions() if d.metadata["Name"]}
    assert not installed & with_qt
    code = "import os, cv2; print(sorted(k for k in os.environ if k.startswith('QT_')))"
    environment = {k: v for k, v in os.environ.items() if not k.startswith("QT_")}
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert result.stdout.strip() == "[]"  # its Qt would set where the plugins are


def test_labels_never_lie_over_each_other(qtbot: QtBot) -> None:
    rng = random.Random(1)
    room, board = QRectF(0, 0, 900, 600), LabelBoard()
    boxes = []
    for number in range(400):
        x, y = rng.uniform(0, 850), rng.uniform(0, 560)
        edges = (x, y, x + rng.uniform(26, 120), y + rng.uniform(10, 90))
        boxes.append((number, edges, ("a class with quite a long name", "  0.87")))
    placed = list(board.place_all(boxes, room, 1000).values())
    assert len(placed) > 60
    for label in placed:
        assert room.contains(label.place)
        assert label.text.text().endswith("0.87")  # a name is cut, a score never
    by_row = sorted((label.place for label in placed), key=lambda r: (r.top(), r.left()))
    assert not any(a.intersects(b) for a, b in pairwise(by_row))
    assert not any(a.intersects(b) for i, a in enumerate(by_row) for b in by_row[i + 1 :])


def test_all_commands_of_the_canvas_are_in_the_list_of_keys_and_work_in_a_menu(
    qtbot: QtBot,
) -> None:
    registry = ActionRegistry()
    dialog = ShortcutsDialog(registry)
    qtbot.addWidget(dialog)
    names = {spec.id for spec in (*canvas_commands.BOX, *canvas_commands.VIEW)}
    assert names <= set(dialog.shown_actions())
    in_menus = {
        name
        for items in MENUS.values()
        for item in items
        for name in (item[1:] if isinstance(item, tuple) else (item,))
    }
    alone = (
        "box.nudge",
        "box.class_",
        "box.right_edge",
        "box.bottom_edge",
        "box.cancel",
        "box.place",
    )
    by_key_alone = {name for name in names if name.startswith(alone)}
    assert names - by_key_alone <= in_menus
    assert all(spec.shortcuts for spec in ACTIONS if spec.id in by_key_alone)


def test_what_the_page_shows_has_a_name_for_those_who_cannot_see_it(bench: Bench) -> None:
    assert bench.canvas.accessibleName() == "Image"
    shown = bench.page.desk.shapes[0].class_id
    assert "heron" in bench.page.box_panel.legend.tick(shown).accessibleName()
