"""The parts of the why view by themselves: maps to colours, lens, layout, sheet, saving."""

from __future__ import annotations

import base64
import xml.etree.ElementTree as ElementTree
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.why import colouring, model
from app.why.lens import Lens
from app.why.model import BACKGROUND, BOTH, KEPT, PART, Channels, Look, Marked, MarkKind, PointMaps
from app.why.panels import MapPanel
from app.why.plots import ChannelPanel
from app.why.rows import Ground, point_row, resampled
from app.why.runs import compared, first_choice, run_choices
from app.why.saving import save_drawing
from app.why.sheet import Sheet
from app.why.sheet_layout import Row, height_of, place
from engine.domain.errors import InputError, StorageError
from engine.domain.geometry import Box
from engine.domain.records import RunKind, RunRecord, RunState

SIZE = (200, 100)
SVG = "{http://www.w3.org/2000/svg}"


def values(rows: int = 4, columns: int = 8) -> model.FloatMap:
    return np.arange(rows * columns, dtype=np.float32).reshape(rows, columns)


def point() -> PointMaps:
    part = np.zeros((2, 2), np.float32)
    background = np.zeros((2, 2), np.float32)
    part[0, 0] = part[0, 1] = 1
    background[0, 1] = background[1, 0] = 1
    drop = (1 - part) * (1 - background)
    channels = Channels(np.array([3, 1, 2], np.float32), np.array([1, 0, 1], np.float32), 1.5)
    attention = np.array([[4, 3], [1, 2]], np.float32)
    return PointMaps("stage", attention, attention, part, background, drop, channels)


def make_sheet(qtbot: QtBot, panels: list[MapPanel], width: int = 640) -> tuple[Sheet, Lens]:
    lens = Lens()
    lens.set_image(*SIZE)
    sheet = Sheet(lens)
    sheet.resize(width, 300)
    sheet.show_rows([Row(panels)])
    sheet.set_room(QSizeF(width, 300))
    qtbot.addWidget(sheet)
    sheet.show()
    return sheet, lens


def test_a_drop_mask_says_which_mask_erased_each_cell() -> None:
    layer = model.drop_layer(point())
    assert layer.codes is not None
    assert layer.codes.tolist() == [[PART, BOTH], [BACKGROUND, KEPT]]
    assert layer.values.tolist() == [[0, 0], [0, 1]]


def test_cells_keep_their_true_resolution_and_the_ends_of_the_colour_map() -> None:
    layer = model.score_layer(values())
    image = colouring.picture(layer)
    assert (image.width(), image.height()) == (8, 4)
    table = colouring.table(Look.SCORE)
    assert image.pixelColor(0, 0) == QColor(*map(int, table[0]))
    assert image.pixelColor(7, 3) == QColor(*map(int, table[255]))


@pytest.mark.parametrize("look", [Look.SCORE, Look.ATTENTION])
def test_colour_maps_of_one_direction_grow_steadily_lighter(look: Look) -> None:
    red, green, blue = (colouring.table(look).astype(float) / 255).T
    lightness = 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2
    steps = np.diff(lightness ** (1 / 3))
    assert (steps > -0.01).all()
    assert lightness[-1] - lightness[0] > 0.5


def test_the_label_is_among_the_classes_shown_however_improbable_it_is() -> None:
    scores = [model.ClassScore(i, f"c{i}", 0.5 - i / 10, is_label=i == 4) for i in range(5)]
    assert [c.name for c in model.foremost(scores, 3)] == ["c0", "c1", "c4"]
    assert [c.name for c in model.foremost(scores[:4], 3)] == ["c0", "c1", "c2"]


def test_a_difference_has_zero_in_the_middle_of_its_scale() -> None:
    layer = model.difference_layer(values(), values() * 0.5)
    assert layer.low == -layer.high
    assert colouring.levels(layer)[0, 0] == pytest.approx(0.5)


def test_another_grid_takes_the_value_at_each_cells_centre() -> None:
    assert resampled(values(2, 2), (4, 4)).tolist() == [
        [0, 0, 1, 1], [0, 0, 1, 1], [2, 2, 3, 3], [2, 2, 3, 3],
    ]  # fmt: skip
    assert resampled(values(4, 4), (2, 2)).shape == (2, 2)


def test_the_lens_zooms_around_a_place_and_stays_on_the_image() -> None:
    lens = Lens()
    lens.set_image(*SIZE)
    area = QRectF(0, 0, 400, 200)
    before = lens.place(area, QPointF(100, 50))
    assert before is not None
    lens.zoom_by(4, before)
    after = lens.place(area, QPointF(100, 50))
    assert after is not None
    assert (after - before).manhattanLength() < 1e-9
    lens.pan(10, 10)
    assert lens.visible(area) == area
    lens.zoom_by(1e-9)
    assert lens.zoom == 1
    assert lens.place(area, QPointF(401, 50)) is None


def test_rows_share_the_height_until_they_would_be_illegible() -> None:
    row = Row([MapPanel("a", SIZE)] * 3, "stage")
    fitting = place([row] * 3, QSizeF(900, 600), 1.0)
    assert height_of(fitting) <= 600
    crowded = place([row] * 9, QSizeF(900, 600), 1.0)
    assert height_of(crowded) > 600
    assert min(p.rect.height() for p in crowded) > 90
    assert max(p.rect.right() for p in crowded) <= 900


def test_the_mouse_on_one_map_marks_its_place_in_every_map(qtbot: QtBot) -> None:
    fine, coarse = model.score_layer(values()), model.score_layer(values(2, 2))
    panels = [MapPanel("fine", SIZE, None, fine), MapPanel("coarse", SIZE, None, coarse)]
    sheet, lens = make_sheet(qtbot, panels)
    frame = lens.frame(panels[0].body(sheet.rect_of(panels[0])))
    at = QPoint(round(frame.left() + 0.81 * frame.width()), round(frame.center().y() + 5))
    before = sheet.grab().toImage()
    with qtbot.waitSignal(sheet.hovered) as hovered:
        QTest.mouseMove(sheet, at)
    assert hovered.args == [panels[0]]
    assert lens.cursor is not None
    assert panels[0].value_at(lens.cursor) == "22.00"
    assert panels[1].value_at(lens.cursor) == "3.00"
    after = sheet.grab().toImage()
    other = sheet.rect_of(panels[1]).toRect()
    assert before.copy(other) != after.copy(other)


def test_a_drag_draws_a_region_only_where_asked(qtbot: QtBot) -> None:
    panel = MapPanel("map", SIZE, None, model.score_layer(values()))
    sheet, lens = make_sheet(qtbot, [panel])
    frame = lens.frame(panel.body(sheet.rect_of(panel)))
    start = QPoint(round(frame.left() + 10), round(frame.top() + 10))
    end = QPoint(round(frame.left() + 10 + frame.width() / 2), round(frame.bottom() + 300))
    drawn: list[QRectF] = []
    sheet.region_drawn.connect(drawn.append)
    for drawing in (False, True):
        sheet.set_drawing(drawing)
        QTest.mousePress(sheet, Qt.MouseButton.LeftButton, pos=start)
        QTest.mouseMove(sheet, start + QPoint(5, 5))
        QTest.mouseMove(sheet, end)
        QTest.mouseRelease(sheet, Qt.MouseButton.LeftButton, pos=end)
    assert len(drawn) == 1
    assert drawn[0].width() == pytest.approx(0.5, abs=0.01)
    assert drawn[0].bottom() == pytest.approx(1.0)


def test_a_click_is_a_block_under_the_mouse(qtbot: QtBot) -> None:
    panel = MapPanel("map", SIZE, None, model.score_layer(values()))
    sheet, lens = make_sheet(qtbot, [panel])
    frame = lens.frame(panel.body(sheet.rect_of(panel)))
    drawn: list[QRectF] = []
    sheet.region_drawn.connect(drawn.append)
    places = (frame.center().toPoint(), (frame.bottomRight() - QPointF(2, 2)).toPoint())
    for drawing in (False, True):
        sheet.set_drawing(drawing)
        for place_clicked in places:
            QTest.mouseClick(sheet, Qt.MouseButton.LeftButton, pos=place_clicked)
    middle, corner = drawn  # nothing where no region was asked for
    assert (middle.width(), middle.height()) == (0.125, 0.25)  # a square on 200 x 100
    assert (middle.center() - QPointF(0.5, 0.5)).manhattanLength() < 0.02
    assert corner.size() == middle.size()
    assert (corner.right(), corner.bottom()) == (1, 1)
    QTest.mousePress(sheet, Qt.MouseButton.LeftButton, pos=places[0])
    QTest.mouseMove(sheet, places[0] + QPoint(5, 5))
    QTest.mouseMove(sheet, places[1])
    QTest.mouseRelease(sheet, Qt.MouseButton.LeftButton, pos=places[1])
    QTest.mouseClick(sheet, Qt.MouseButton.LeftButton, pos=places[0])
    assert drawn[-1].size() == drawn[-2].size()  # as large as the one dragged before


def test_a_double_click_shows_one_map_alone_and_all_again(qtbot: QtBot) -> None:
    panels = [MapPanel(t, SIZE, None, model.score_layer(values())) for t in ("a", "b")]
    sheet, _lens = make_sheet(qtbot, panels)
    centre = panels[1].body(sheet.rect_of(panels[1])).center().toPoint()
    QTest.mouseDClick(sheet, Qt.MouseButton.LeftButton, pos=centre)
    assert sheet.panels == [panels[1]]
    QTest.mouseDClick(sheet, Qt.MouseButton.LeftButton, pos=sheet.rect().center())
    assert sheet.panels == panels


def test_channels_are_sorted_and_those_dropped_are_counted() -> None:
    channels = point().channels
    assert channels is not None
    panel = ChannelPanel(channels)
    assert panel.sorted.tolist() == [3, 2, 1]
    assert panel.dropped.tolist() == [2]
    assert panel.summary == "1 of 3 dropped"


def test_the_scale_of_the_channels_is_logarithmic_and_holds_silent_ones() -> None:
    attention = np.array([100, 0, 10, 1], np.float32)
    panel = ChannelPanel(Channels(attention, np.ones(4, np.float32), 10.0))
    heights = [panel.height_of(float(value)) for value in panel.sorted]
    assert heights[0] == 1.0
    assert heights[0] - heights[1] == pytest.approx(heights[1] - heights[2])
    assert heights[2] > heights[3] == 0.0
    silent = ChannelPanel(Channels(attention * 0, np.ones(4, np.float32), 0.0))
    assert silent.height_of(0.0) == 0.0


def test_a_method_without_a_mask_says_so_instead_of_an_empty_map() -> None:
    bare = PointMaps("stage", values(), values(), None, None, values() * 0)
    titles = {p.title: type(p).__name__ for p in point_row(bare, Ground(SIZE, None)).panels}
    assert titles["Background"] == titles["Discriminative part"] == "NotePanel"
    assert titles["Channel attention"] == "NotePanel"
    assert titles["Drop mask"] == "MapPanel"


def test_a_view_is_saved_for_print(qtbot: QtBot, tmp_path: Path) -> None:
    photo = QImage(20, 10, QImage.Format.Format_RGB32)
    photo.fill(QColor("navy"))
    marks = [Marked(Box(20, 20, 120, 80), MarkKind.TRUE)]
    layer = model.score_layer(values())
    panels = [MapPanel("photo", SIZE, photo, marks=marks), MapPanel("map", SIZE, None, layer)]
    sheet, _lens = make_sheet(qtbot, panels)
    png, svg = tmp_path / "view.png", tmp_path / "view.svg"
    save_drawing(sheet.drawing_now(), png, "a/b.jpg")
    saved = QImage(str(png))
    assert saved.width() == round(sheet.width() * 300 / 96)
    assert round(saved.dotsPerMeterX() * 0.0254) == 300
    assert saved.pixelColor(1, 1) == QColor("white")
    save_drawing(sheet.drawing_now(), svg, "a/b.jpg")
    root = ElementTree.fromstring(svg.read_bytes())
    assert root.findtext(f"{SVG}title") == "a/b.jpg"
    inside = [i.get("{http://www.w3.org/1999/xlink}href") for i in root.iter(f"{SVG}image")]
    pictures = [QImage.fromData(base64.b64decode(str(i).partition(",")[2])) for i in inside]
    assert max(picture.width() for picture in pictures) >= 800  # a viewer would blur single pixels


def test_what_cannot_be_saved_leaves_the_old_file(qtbot: QtBot, tmp_path: Path) -> None:
    sheet, _lens = make_sheet(qtbot, [MapPanel("map", SIZE, None, model.score_layer(values()))])
    with pytest.raises(InputError, match="PNG or SVG"):
        save_drawing(sheet.drawing_now(), tmp_path / "view.bmp", "")
    with pytest.raises(StorageError):
        save_drawing(sheet.drawing_now(), tmp_path / "nowhere" / "view.png", "")
    taken = tmp_path / "view.png"
    taken.mkdir()
    with pytest.raises(StorageError):
        save_drawing(sheet.drawing_now(), taken, "")
    assert [p.name for p in tmp_path.iterdir()] == ["view.png"]


def record(run_id: int, kind: RunKind, method: str = "", parent: int | None = None) -> RunRecord:
    settings = {"train": {"method": method, "backbone": "compact", "epochs": 2}}
    if kind is RunKind.PROPOSE:
        settings = {"maps": {"kind": "cam"}}
    when = datetime.now(UTC)
    return RunRecord(run_id, kind, RunState.FINISHED, parent, settings, {}, None, when)


def test_runs_are_offered_by_names_that_tell_them_apart() -> None:
    runs = [
        record(1, RunKind.TRAIN, "dgdm"),
        record(2, RunKind.PROPOSE, parent=1),
        record(3, RunKind.TRAIN, "cam"),
        record(4, RunKind.IMPORT),
    ]
    choices = run_choices(runs)
    assert [c.title for c in choices] == ["CAM, run 3", "DGDM, run 2", "DGDM, run 1"]
    assert choices[1].details == "proposals of run 1, class maps"
    assert first_choice(choices, 2) == 2
    assert first_choice(choices, 4) == 3
    assert first_choice([], None) is None
    assert compared(choices) == [1, 3]
