"""What the canvas offers beside plain drawing: selections, points, snapping, tones, loupe."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.canvas.pointer import Mode
from app.models.shapes import Shape
from app.panels.review_edits import EMPTIED, NOTHING_BEFORE, NOTHING_COPIED
from engine.domain.geometry import Box, iou
from engine.domain.records import AnnotationOrigin, ReviewState
from engine.store.images import list_classes
from tests.gui.review_bench import OFFSCREEN, PLAIN, SIZE, Bench, bench

__all__ = ["bench"]  # a fixture
pytestmark = OFFSCREEN
KEY = Qt.Key
CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
LEFT = Qt.MouseButton.LeftButton


def draw(bench: Bench, start: tuple[float, float], end: tuple[float, float]) -> None:
    bench.press(KEY.Key_W)
    bench.drag(start, end)
    bench.wait_saved()


def three(bench: Bench) -> None:
    """Only these three boxes on the image, none of them selected."""
    bench.press(KEY.Key_Delete)
    for x in (20, 120, 220):
        draw(bench, (x, 60), (x + 40, 100))
    bench.press(KEY.Key_Escape)
    assert len(bench.page.desk.shapes) == 3
    assert not bench.canvas.boxes.selected


def click(bench: Bench, x: float, y: float, modifiers: Qt.KeyboardModifier = PLAIN) -> None:
    QTest.mouseClick(bench.canvas, LEFT, modifiers, bench.canvas.to_viewport(x, y))


def hover(bench: Bench, x: float, y: float) -> None:
    QTest.mouseMove(bench.canvas, bench.canvas.to_viewport(x, y))
    QApplication.processEvents()


def band(
    bench: Bench,
    start: tuple[float, float],
    end: tuple[float, float],
    modifiers: Qt.KeyboardModifier = PLAIN,
) -> None:
    a, b = bench.canvas.to_viewport(*start), bench.canvas.to_viewport(*end)
    QTest.mousePress(bench.canvas, LEFT, modifiers, a)
    for step in range(1, 6):
        QTest.mouseMove(bench.canvas, a + (b - a) * (step / 5))
    QTest.mouseRelease(bench.canvas, LEFT, modifiers, b)


# Selections


@pytest.mark.parametrize("modifier", [SHIFT, CTRL])
def test_a_click_with_shift_or_ctrl_adds_and_takes_away(
    bench: Bench, modifier: Qt.KeyboardModifier
) -> None:
    three(bench)
    click(bench, 40, 80)
    click(bench, 240, 80, modifier)
    assert bench.canvas.boxes.selected == {0, 2}
    click(bench, 40, 80, modifier)
    assert bench.canvas.boxes.selected == {2}


def test_a_rubber_band_on_empty_ground_selects_what_it_touches(bench: Bench) -> None:
    three(bench)
    band(bench, (5, 40), (130, 70))
    assert bench.canvas.boxes.selected == {0, 1}
    band(bench, (300, 40), (250, 70), SHIFT)
    assert bench.canvas.boxes.selected == {0, 1, 2}
    band(bench, (5, 5), (15, 15))
    assert not bench.canvas.boxes.selected
    assert bench.session.pending == 0  # selecting writes nothing


def test_a_band_may_begin_on_a_box_with_shift_and_escape_takes_it_back(bench: Bench) -> None:
    three(bench)
    click(bench, 140, 80)
    a, b = bench.canvas.to_viewport(40, 80), bench.canvas.to_viewport(290, 90)
    QTest.mousePress(bench.canvas, LEFT, SHIFT, a)
    QTest.mouseMove(bench.canvas, b)
    assert bench.canvas.boxes.selected == {0, 1, 2}
    bench.press(KEY.Key_Escape)
    assert bench.canvas.boxes.selected == {1}
    QTest.mouseRelease(bench.canvas, LEFT, SHIFT, b)
    assert bench.canvas.boxes.selected == {1}


def test_a_drag_moves_the_whole_selection_and_keeps_it_together(bench: Bench) -> None:
    three(bench)
    old = [s.box for s in bench.page.desk.shapes]
    bench.press(KEY.Key_A, CTRL)
    bench.drag((140, 80), (-200, 90))
    bench.wait_saved()
    new = [a.box for a in bench.stored(bench.image_id)]
    shifts = {(n.xmin - o.xmin, n.ymin - o.ymin) for n, o in zip(new, old, strict=True)}
    assert len(shifts) == 1  # the left one stops at the edge of the image, and all with it
    assert new[0].xmin == 0
    assert bench.session.history.undo == "Move 3 boxes"


def test_delete_takes_the_whole_selection_in_one_step(bench: Bench) -> None:
    three(bench)
    band(bench, (5, 40), (130, 70))
    bench.press(KEY.Key_Delete)
    bench.wait_saved()
    assert len(bench.stored(bench.image_id)) == 1
    assert bench.session.history.undo == "Delete 2 boxes"
    bench.session.undo()
    bench.wait(lambda: len(bench.page.desk.shapes) == 3)


def test_class_keys_change_the_whole_selection(bench: Bench) -> None:
    three(bench)
    bench.press(KEY.Key_A, CTRL)
    bench.press(KEY.Key_2)
    bench.wait_saved()
    with bench.project.read() as conn:
        second = list_classes(conn)[1].id
    assert {a.class_id for a in bench.stored(bench.image_id)} == {second}


def test_the_middle_of_a_tiny_box_is_grabbed_before_the_edges_of_its_neighbours(
    bench: Bench,
) -> None:
    tiny = [Shape(1, Box(x, 50, x + 4, 54), AnnotationOrigin.DRAWN) for x in (100, 106, 112)]
    bench.canvas.boxes.show(tiny, frozenset())
    bench.canvas.zoom_by(0.5)
    click(bench, 108, 52)
    assert bench.canvas.boxes.selected == {1}


# Drawing


def test_four_extreme_points_make_a_box_in_any_order(bench: Bench) -> None:
    bench.press(KEY.Key_E)
    for x, y in ((100, 20), (40, 70), (120, 150), (180, 90)):
        click(bench, x, y)
    bench.wait_saved()
    drawn = bench.stored(bench.image_id)[-1]
    assert drawn.origin is AnnotationOrigin.DRAWN
    assert iou(drawn.box, Box(40, 20, 180, 150)) > 0.95
    assert not bench.canvas.pointer.drawing


def test_backspace_takes_a_point_back_and_never_deletes_a_box(bench: Bench) -> None:
    bench.press(KEY.Key_E)
    click(bench, 100, 20)
    click(bench, 40, 70)
    bench.press(KEY.Key_Backspace)
    assert len(bench.canvas.pointer.points) == 1
    bench.press(KEY.Key_Backspace)
    bench.press(KEY.Key_Backspace)
    assert bench.canvas.pointer.points == []
    assert bench.canvas.pointer.mode is Mode.POINTS
    bench.press(KEY.Key_Escape)
    assert not bench.canvas.pointer.drawing
    bench.wait_saved()
    assert bench.state(bench.image_id) is ReviewState.UNREVIEWED


def test_escape_forgets_the_points_and_e_leaves_the_mode(bench: Bench) -> None:
    bench.press(KEY.Key_E)
    click(bench, 100, 20)
    bench.press(KEY.Key_Escape)
    assert bench.canvas.pointer.points == []
    bench.press(KEY.Key_E)
    assert bench.canvas.pointer.mode is Mode.POINTS
    bench.press(KEY.Key_E)
    assert bench.canvas.pointer.mode is Mode.SELECT


def test_points_are_shown_where_they_were_clicked(bench: Bench) -> None:
    bench.canvas.boxes.set_visible(False)
    before = bench.canvas.grab().toImage()
    bench.press(KEY.Key_E)
    click(bench, 100, 60)
    hover(bench, 300, 200)
    at = bench.canvas.to_viewport(100, 60)
    assert bench.canvas.grab().toImage().pixelColor(at) != before.pixelColor(at)


def test_boxes_are_drawn_one_after_the_other_on_wish(bench: Bench) -> None:
    bench.press(KEY.Key_W, SHIFT)
    bench.press(KEY.Key_W)
    bench.drag((10, 10), (40, 40))
    bench.drag((60, 10), (90, 40))
    bench.wait_saved()
    assert len(bench.stored(bench.image_id)) == 2
    assert bench.canvas.pointer.drawing
    bench.press(KEY.Key_Escape)
    bench.press(KEY.Key_W, SHIFT)


def test_edges_snap_to_the_image_unless_told_not_to(bench: Bench) -> None:
    near = 4 / bench.canvas.navigator.scale
    draw(bench, (near, near), (SIZE[0] - near, 60))
    assert bench.stored(bench.image_id)[-1].box.xmin == 0
    assert bench.stored(bench.image_id)[-1].box.ymin == 0
    assert bench.stored(bench.image_id)[-1].box.xmax == SIZE[0]
    bench.registry.action("box.snap").trigger()
    bench.canvas.zoom_by(4)
    near = 4 / bench.canvas.navigator.scale
    at = bench.canvas.navigator.to_image(QPointF(100, 100))
    bench.press(KEY.Key_W)
    bench.drag_screen(QPoint(100, 100), QPoint(160, 160))
    bench.wait_saved()
    assert bench.stored(bench.image_id)[-1].box.xmin == pytest.approx(at.x(), abs=1)
    assert bench.page.settings.flag("box.snap", True) is False


def test_a_redrawn_box_takes_the_place_of_the_proposal(bench: Bench) -> None:
    (proposal,) = bench.page.desk.shapes
    bench.press(KEY.Key_T)
    bench.drag((40, 40), (100, 90))
    bench.wait_saved()
    (drawn,) = bench.stored(bench.image_id)
    assert (drawn.class_id, drawn.origin) == (proposal.class_id, AnnotationOrigin.DRAWN)
    assert iou(drawn.box, Box(40, 40, 100, 90)) > 0.9
    assert bench.state(bench.image_id) is ReviewState.CORRECTED
    assert bench.session.history.undo == "Redraw box"
    bench.session.undo()
    bench.wait_saved()
    assert bench.page.desk.shapes == [proposal]


def test_redrawing_means_the_selected_box_and_nothing_after_a_change_of_mind(bench: Bench) -> None:
    three(bench)
    click(bench, 140, 80)
    bench.press(KEY.Key_T)
    bench.drag((100, 150), (160, 200))
    bench.wait_saved()
    kept = sorted(box.box.xmin for box in bench.stored(bench.image_id))
    assert kept == pytest.approx([20, 100, 220], abs=2)
    click(bench, 40, 80)
    bench.press(KEY.Key_T)
    bench.press(KEY.Key_Escape)
    draw(bench, (20, 150), (60, 200))
    assert len(bench.stored(bench.image_id)) == 4


def test_the_next_keys_are_those_of_drawing_while_it_goes_on(bench: Bench) -> None:
    before = list(bench.page.stage.keys)
    bench.press(KEY.Key_W)
    assert bench.page.stage.keys == [("Return", "In the middle"), ("Esc", "Stop drawing")]
    bench.press(KEY.Key_E)
    assert bench.page.stage.keys == [("Esc", "Stop drawing")]
    bench.press(KEY.Key_Escape)
    assert bench.page.stage.keys == before


def test_a_hint_that_has_no_room_beside_the_keys_stands_in_their_place(bench: Bench) -> None:
    stage = bench.page.stage
    height = stage.canvas.height()
    stage.show_hint("Short.")
    assert stage.shows_keys
    stage.show_hint("As long as the line beneath the picture is in a window of usual width. " * 2)
    assert not stage.shows_keys
    bench.qtbot.wait(50)
    assert stage.canvas.height() == height
    stage.show_hint("")
    assert stage.shows_keys


def test_a_long_hint_leaves_the_room_to_the_others(bench: Bench) -> None:
    widths = [part.width() for part in (bench.page.queue, bench.page.stage, bench.page.box_panel)]
    bench.page.stage.show_hint("What is to be said of it is much longer than the window. " * 9)
    bench.qtbot.wait(50)
    assert widths == [
        part.width() for part in (bench.page.queue, bench.page.stage, bench.page.box_panel)
    ]


def test_a_crosshair_shows_while_drawing_only(bench: Bench) -> None:
    canvas = bench.canvas
    canvas.boxes.set_visible(False)
    hover(bench, 100, 100)
    row = canvas.to_viewport(10, 100)
    plain = canvas.grab().toImage().pixelColor(row)
    bench.press(KEY.Key_W)
    hover(bench, 100, 100)
    crossed = canvas.grab().toImage()
    line = {crossed.pixelColor(row + QPoint(n, 0)).name() for n in range(-4, 5)}
    bench.press(KEY.Key_Escape)
    hover(bench, 100, 100)
    assert canvas.grab().toImage().pixelColor(row) == plain
    assert plain.name() not in line


# Duplicates and copies


def test_a_duplicate_lies_beside_its_box_and_is_selected(bench: Bench) -> None:
    old = bench.page.desk.shapes[0]
    bench.press(KEY.Key_J, CTRL)
    bench.wait_saved()
    (second,) = bench.stored(bench.image_id)
    assert bench.page.desk.shapes[0] == old
    assert (second.box.width, second.box.height) == pytest.approx((old.box.width, old.box.height))
    assert second.box != old.box
    assert second.origin is AnnotationOrigin.DRAWN
    assert bench.canvas.boxes.selected == {1}
    assert bench.session.history.undo == "Duplicate box"


def test_copied_boxes_are_pasted_into_another_image(bench: Bench) -> None:
    three(bench)
    band(bench, (5, 40), (130, 70))
    bench.press(KEY.Key_C, CTRL)
    copied = [bench.page.desk.shapes[i].box for i in (0, 1)]
    bench.press(KEY.Key_D)
    bench.wait_shown("heron/002.jpg")
    bench.press(KEY.Key_V, CTRL | SHIFT)
    bench.wait_saved()
    assert [a.box for a in bench.stored(bench.image_id)][-2:] == copied
    assert bench.session.history.undo == "Paste 2 boxes"


def test_nothing_is_pasted_where_nothing_was_copied(bench: Bench) -> None:
    bench.press(KEY.Key_V, CTRL | SHIFT)
    assert bench.page.stage.hint == NOTHING_COPIED
    bench.press(KEY.Key_V, CTRL)
    assert bench.page.stage.hint == NOTHING_BEFORE
    bench.wait_saved()
    assert bench.state(bench.image_id) is ReviewState.UNREVIEWED


def test_nothing_is_pasted_into_an_image_that_a_person_has_emptied(bench: Bench) -> None:
    """ "Keep previous" must not spoil images that are empty on purpose."""
    bench.press(KEY.Key_C, CTRL)
    bench.press(KEY.Key_D)
    bench.wait_shown("heron/002.jpg")
    second = bench.image_id
    bench.press(KEY.Key_Delete)
    bench.wait_saved()
    for keys in (CTRL, CTRL | SHIFT):
        bench.page.stage.show_hint("")
        bench.press(KEY.Key_V, keys)
        assert bench.page.stage.hint == EMPTIED
    bench.press(KEY.Key_X)  # rejected: has no box either
    bench.wait_shown("otter/001.jpg")
    bench.press(KEY.Key_A)
    bench.wait_shown("heron/002.jpg")
    bench.wait(lambda: bench.page.desk.decided)
    bench.press(KEY.Key_V, CTRL)
    bench.wait_saved()
    assert bench.stored(second) == []
    assert bench.state(second) is ReviewState.REJECTED


# How the image is seen


def gray(bench: Bench, x: float = 160, y: float = 120) -> float:
    image = bench.canvas.grab().toImage()
    at = bench.canvas.to_viewport(x, y)
    patch = [image.pixelColor(at + QPoint(dx, dy)) for dx in range(-9, 9) for dy in range(-9, 9)]
    return sum(c.lightness() for c in patch) / len(patch)


def test_brightness_and_contrast_change_the_screen_and_not_the_picture(bench: Bench) -> None:
    bench.canvas.boxes.set_visible(False)
    plain = gray(bench)
    before = (bench.project.image_root / bench.path).read_bytes()
    for _ in range(4):
        bench.press(KEY.Key_B)
    assert gray(bench) > plain + 20
    for _ in range(8):
        bench.press(KEY.Key_B, SHIFT)
    assert gray(bench) < plain - 20
    bench.press(KEY.Key_K)
    assert "contrast +10" in bench.page.stage.tones_text
    bench.press(KEY.Key_B, CTRL)
    assert gray(bench) == pytest.approx(plain)
    assert bench.page.stage.tones_text == ""
    assert (bench.project.image_root / bench.path).read_bytes() == before


def test_tones_last_for_the_next_image(bench: Bench) -> None:
    bench.press(KEY.Key_B)
    bench.press(KEY.Key_D)
    bench.wait_shown("heron/002.jpg")
    assert bench.canvas.look.tones.brightness == 10


def test_the_loupe_magnifies_what_is_under_the_mouse(bench: Bench) -> None:
    canvas = bench.canvas
    canvas.boxes.show((), frozenset())
    picture = QImage(*SIZE, QImage.Format.Format_RGB32)
    picture.fill(QColor(40, 40, 40))
    for x in range(150, 156):
        for y in range(100, 106):
            picture.setPixelColor(x, y, QColor(250, 0, 0))
    canvas.show_image(picture, *SIZE)
    hover(bench, 153, 103)

    def red() -> int:
        image = canvas.grab().toImage()
        columns, rows = range(0, image.width(), 2), range(0, image.height(), 2)
        return sum(image.pixelColor(x, y).red() > 200 > 60 + image.pixelColor(x, y).green()
                   for x in columns for y in rows)  # fmt: skip

    small = red()
    bench.press(KEY.Key_Q)
    assert red() > 4 * small
    bench.press(KEY.Key_Q)
    assert red() == small


def test_boxes_of_a_class_can_be_hidden_and_then_not_be_hit(bench: Bench) -> None:
    three(bench)
    click(bench, 40, 80)
    bench.press(KEY.Key_2)
    bench.wait_saved()
    legend = bench.page.box_panel.legend
    other = bench.page.desk.shapes[0].class_id
    assert "1" in legend.tick(other).text()
    QTest.mouseClick(legend.tick(other), LEFT, PLAIN, QPoint(8, legend.tick(other).height() // 2))
    assert bench.canvas.boxes.hidden_classes == {other}
    bench.canvas.setFocus()
    click(bench, 40, 80)
    assert not bench.canvas.boxes.selected
    bench.press(KEY.Key_A, CTRL)
    assert bench.canvas.boxes.selected == {1, 2}
    bench.press(KEY.Key_H, CTRL | SHIFT)
    assert legend.tick(other).isChecked()
    assert bench.canvas.boxes.visible == {0, 1, 2}
    bench.wait_saved()
    assert len(bench.stored(bench.image_id)) == 3  # hiding changes nothing


def test_the_class_of_the_box_is_hidden_by_key(bench: Bench) -> None:
    shown = bench.page.desk.shapes[0].class_id
    bench.press(KEY.Key_H, SHIFT)
    assert bench.canvas.boxes.hidden_classes == {shown}
    assert bench.canvas.boxes.meant == frozenset()
    bench.press(KEY.Key_Delete)
    bench.wait_saved()
    assert bench.state(bench.image_id) is ReviewState.UNREVIEWED


def test_the_zoom_is_kept_between_images_on_wish(bench: Bench) -> None:
    canvas = bench.canvas
    fitted = canvas.zoom
    canvas.zoom_by(2.5)
    bench.press(KEY.Key_D)
    bench.wait_shown("heron/002.jpg")
    assert canvas.zoom == pytest.approx(fitted)
    bench.press(KEY.Key_Z)
    assert bench.page.settings.flag("view.keep_zoom", False)
    canvas.zoom_by(2.5)
    canvas.navigator.pan(-60, -30)
    place = canvas.to_viewport(200, 150)
    bench.press(KEY.Key_A)
    bench.wait_shown("heron/000.jpg")
    assert canvas.zoom == pytest.approx(2.5 * fitted)
    assert canvas.to_viewport(200, 150) == place
    bench.press(KEY.Key_Z)
    assert not bench.page.settings.flag("view.keep_zoom", True)


def test_edges_are_moved_by_key(bench: Bench) -> None:
    old = bench.page.desk.shapes[0].box
    for key in (KEY.Key_Right, KEY.Key_Right, KEY.Key_Up):
        bench.press(key, CTRL)
    bench.wait_saved()
    box = bench.stored(bench.image_id)[0].box
    assert (box.xmin, box.ymin) == (old.xmin, old.ymin)
    assert box.xmax == pytest.approx(round(old.xmax) + 2, abs=1)
    assert box.ymax == pytest.approx(round(old.ymax) - 1, abs=1)
    assert bench.session.history.undo == "Resize box"


def test_one_of_several_boxes_is_accepted_and_the_others_rejected(bench: Bench) -> None:
    image_id, first = bench.image_id, bench.page.desk.shapes[0]
    more = replace(first, box=Box(5, 5, 40, 40), score=0.1)
    bench.page.desk._shapes.append(more)  # as the slider does for several boxes
    bench.page.desk.shapes_changed.emit(None)
    bench.press(KEY.Key_Space, SHIFT)
    assert "Choose a box" in bench.page.stage.hint
    assert ("Tab", "Next box") in bench.page.stage.keys
    bench.press(KEY.Key_Tab)
    assert ("Shift+Space", "Only this") in bench.page.stage.keys
    bench.press(KEY.Key_Space, SHIFT)
    bench.wait(lambda: bench.image_id != image_id and bench.page.flow.seen)
    bench.wait_saved()
    (kept,) = bench.stored(image_id)
    assert (kept.box, kept.origin) == (first.box, AnnotationOrigin.ACCEPTED)
    assert bench.state(image_id) is ReviewState.CORRECTED
    assert bench.session.history.undo == "Keep box"
    bench.session.undo()
    bench.wait_saved()
    assert bench.state(image_id) is ReviewState.UNREVIEWED


def test_the_only_box_accepted_is_the_image_accepted(bench: Bench) -> None:
    image_id = bench.image_id
    bench.press(KEY.Key_Space, SHIFT)
    bench.wait(lambda: bench.image_id != image_id and bench.page.flow.seen)
    bench.wait_saved()
    assert bench.state(image_id) is ReviewState.ACCEPTED


def test_a_box_is_drawn_by_keys_alone(bench: Bench) -> None:
    bench.press(KEY.Key_Return)  # nothing is being drawn
    assert len(bench.page.desk.shapes) == 1
    bench.press(KEY.Key_W)
    assert ("Return", "In the middle") in bench.page.stage.keys
    assert "middle" in bench.page.stage.hint
    bench.press(KEY.Key_Return)
    assert bench.page.stage.hint == ""
    bench.press(KEY.Key_Left, CTRL | SHIFT)
    bench.press(KEY.Key_Down, CTRL)
    bench.press(KEY.Key_Right, SHIFT)
    bench.wait_saved()
    drawn = bench.stored(bench.image_id)[-1]
    width, height = SIZE
    assert drawn.origin is AnnotationOrigin.DRAWN
    left, top = width // 4 + 10, height // 4
    assert drawn.box == Box(left, top, width - width // 4, height - height // 4 + 1)


def test_escape_takes_back_what_was_said_of_drawing(bench: Bench) -> None:
    for key in (KEY.Key_W, KEY.Key_E):
        bench.press(key)
        assert bench.page.stage.hint
        bench.press(KEY.Key_Escape)
        assert bench.page.stage.hint == ""
