"""Boxes decided one by one: what is not looked at stays undecided, and nothing of it is lost."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from app.canvas.lines import Line, line_of
from app.models.queue_rows import QueueFilter
from engine.domain.geometry import Box
from engine.domain.records import AnnotationOrigin, LeftBox, ReviewState
from engine.store import proposals
from engine.store.left_boxes import left_boxes_of
from engine.store.proposals import NewProposal
from tests.gui.review_bench import OFFSCREEN, PLAIN, Bench, bench

__all__ = ["bench"]  # a fixture
pytestmark = OFFSCREEN

KEY = Qt.Key
SHIFT = Qt.KeyboardModifier.ShiftModifier
A, B, C = Box(20, 60, 80, 120), Box(120, 60, 180, 120), Box(220, 60, 280, 120)


@pytest.fixture
def several(bench: Bench) -> Bench:
    """Three proposals A, B, C on the image that is shown, as a job finds them."""
    desk = bench.page.desk
    run_id = desk.shapes[0].run_id
    assert run_id is not None
    with bench.project.write() as conn:
        found = [
            NewProposal(bench.image_id, 1, box, score, 0.2)
            for box, score in ((A, 0.9), (B, 0.8), (C, 0.7))
        ]
        proposals.replace_proposals(conn, run_id, [bench.image_id], found)
    bench.page.images_changed([bench.image_id])
    bench.wait(lambda: [shape.box for shape in desk.shapes] == [A, B, C])
    return bench


def left(bench: Bench, image_id: int) -> list[LeftBox]:
    with bench.project.read() as conn:
        return left_boxes_of(conn, [image_id])[image_id]


def lines(bench: Bench) -> dict[Box, Line]:
    return {shape.box: line_of(shape) for shape in bench.canvas.boxes.shapes}


def selected(bench: Bench) -> list[Box]:
    return [bench.page.desk.shapes[i].box for i in bench.canvas.boxes.selected]


def test_an_edit_says_nothing_of_the_boxes_beside_it(several: Bench) -> None:
    bench, image_id = several, several.image_id
    bench.drag((150, 90), (150, 110))
    bench.wait_saved()
    (moved,) = bench.stored(image_id)
    assert (moved.origin, moved.box.ymin) == (AnnotationOrigin.CORRECTED, pytest.approx(80, abs=1))
    assert [found.box for found in left(bench, image_id)] == [A, C]
    assert bench.state(image_id) is ReviewState.PARTLY
    assert lines(bench) == {moved.box: Line.SOLID, A: Line.DASHED, C: Line.DASHED}
    assert bench.page.stage._state.text() == "Partly decided"
    assert ("Space", "The rest") in bench.page.stage.keys
    bench.press(KEY.Key_Escape)
    assert bench.page.box_panel._title.text() == "1 of 3 boxes decided"


def test_space_accepts_the_rest_and_goes_on(several: Bench) -> None:
    bench, image_id = several, several.image_id
    bench.drag((150, 90), (150, 110))
    bench.press(KEY.Key_Space)
    bench.wait(lambda: bench.image_id != image_id and bench.page.flow.seen)
    bench.wait_saved()
    origins = [found.origin for found in bench.stored(image_id)]
    assert origins == [AnnotationOrigin.CORRECTED, *[AnnotationOrigin.ACCEPTED] * 2]
    assert bench.state(image_id) is ReviewState.CORRECTED
    assert left(bench, image_id) == []


def test_drawing_and_deleting_leave_the_others_undecided(several: Bench) -> None:
    bench, image_id = several, several.image_id
    bench.press(KEY.Key_Tab)
    bench.press(KEY.Key_Delete)
    bench.press(KEY.Key_W)
    bench.drag((10, 150), (60, 200))
    bench.wait_saved()
    (drawn,) = bench.stored(image_id)
    assert drawn.origin is AnnotationOrigin.DRAWN
    assert [found.box for found in left(bench, image_id)] == [B, C]
    assert bench.state(image_id) is ReviewState.PARTLY


def test_boxes_are_accepted_one_after_the_other_by_one_key(several: Bench) -> None:
    bench, image_id = several, several.image_id
    bench.press(KEY.Key_Y)
    assert "Choose a box" in bench.page.stage.hint
    bench.press(KEY.Key_Tab)
    assert ("Y", "This box") in bench.page.stage.keys
    bench.press(KEY.Key_Y)
    assert selected(bench) == [B]
    bench.wait_saved()
    assert (bench.session.history.undo, bench.state(image_id)) == ("Accept box", ReviewState.PARTLY)
    assert lines(bench) == {A: Line.SOLID, B: Line.DASHED, C: Line.DASHED}
    assert selected(bench) == [B]
    bench.press(KEY.Key_Y)
    bench.press(KEY.Key_Y)
    bench.wait_saved()
    assert bench.image_id == image_id
    assert bench.state(image_id) is ReviewState.ACCEPTED
    assert {found.box for found in bench.stored(image_id)} == {A, B, C}


def test_a_box_is_skipped_and_the_image_waits_for_it(several: Bench) -> None:
    bench, image_id = several, several.image_id
    bench.press(KEY.Key_Tab)
    bench.press(KEY.Key_S, SHIFT)
    assert selected(bench) == [B]
    bench.wait_saved()
    assert (bench.session.history.undo, bench.state(image_id)) == ("Skip box", ReviewState.PARTLY)
    assert lines(bench)[A] is Line.DOTTED
    bench.press(KEY.Key_Space)
    bench.wait(lambda: bench.image_id != image_id and bench.page.flow.seen)
    bench.wait_saved()
    assert [found.box for found in bench.stored(image_id)] == [B, C]
    assert [(found.box, found.skipped) for found in left(bench, image_id)] == [(A, True)]
    assert bench.state(image_id) is ReviewState.SKIPPED
    entry_of = bench.page.model.entry_of
    bench.wait(lambda: (e := entry_of(image_id)) is not None and e.state is ReviewState.SKIPPED)


def test_what_was_skipped_is_offered_first_when_the_image_is_opened_again(several: Bench) -> None:
    bench, image_id = several, several.image_id
    bench.press(KEY.Key_Tab)
    bench.press(KEY.Key_S, SHIFT)
    bench.press(KEY.Key_Space)
    bench.wait(lambda: bench.image_id != image_id and bench.page.flow.seen)
    bench.press(KEY.Key_A)
    bench.wait(lambda: bench.image_id == image_id and bench.page.flow.seen)
    bench.wait_saved()
    assert selected(bench) == [A]
    assert bench.page.box_panel._origin.text() == "Proposal, left for later"
    assert ("Space", "Go on") in bench.page.stage.keys
    bench.press(KEY.Key_Space)  # takes no box that was put off
    bench.wait(lambda: bench.image_id != image_id and bench.page.flow.seen)
    bench.wait_saved()
    assert bench.state(image_id) is ReviewState.SKIPPED
    bench.press(KEY.Key_A)
    bench.wait(lambda: bench.image_id == image_id and bench.page.flow.seen)
    bench.press(KEY.Key_Y)
    bench.wait_saved()
    assert {found.box for found in bench.stored(image_id)} == {A, B, C}
    assert bench.state(image_id) is ReviewState.ACCEPTED


def test_skipping_again_takes_it_back_and_the_only_box_is_the_image(several: Bench) -> None:
    bench, image_id = several, several.image_id
    bench.press(KEY.Key_Tab)
    bench.press(KEY.Key_S, SHIFT)
    bench.press(KEY.Key_Tab, SHIFT)
    bench.press(KEY.Key_S, SHIFT)
    bench.wait_saved()
    assert not any(found.skipped for found in left(bench, image_id))
    bench.press(KEY.Key_D)
    bench.wait(lambda: bench.image_id != image_id and bench.page.flow.seen)
    only = bench.image_id
    bench.press(KEY.Key_S, SHIFT)
    bench.wait(lambda: bench.image_id != only and bench.page.flow.seen)
    bench.wait_saved()
    assert (bench.state(only), left(bench, only)) == (ReviewState.SKIPPED, [])


def test_box_by_box_is_undone_and_redone_step_by_step(several: Bench) -> None:
    bench, image_id = several, several.image_id
    bench.press(KEY.Key_Tab)
    bench.press(KEY.Key_Y)
    bench.press(KEY.Key_S, SHIFT)
    bench.wait_saved()
    end = bench.stored(image_id), left(bench, image_id)
    bench.session.undo()
    bench.wait_saved()
    assert [found.skipped for found in left(bench, image_id)] == [False, False]
    bench.session.undo()
    bench.wait_saved()
    assert bench.page.desk.shows_proposals
    assert bench.state(image_id) is ReviewState.UNREVIEWED
    bench.session.redo()
    bench.session.redo()
    bench.wait_saved()
    assert (bench.stored(image_id), left(bench, image_id)) == end


def test_what_is_begun_is_found_again_(
    several: Bench,
) -> None:
    bench, image_id = several, several.image_id
    bench.press(KEY.Key_Tab)
    bench.press(KEY.Key_Y)
    bench.wait_saved()
    bench.press(KEY.Key_D)
    bench.wait(lambda: bench.image_id != image_id and bench.page.flow.seen)
    rows, at = bench.page.model.rows, bench.page.model.rows.position(image_id)
    assert rows.matching(QueueFilter(ReviewState.PARTLY)).tolist().index(True) == at
    assert rows.matching(QueueFilter(ReviewState.UNREVIEWED))[at]
    assert rows.progress()[0] == 0
    bench.press(KEY.Key_A)
    bench.wait(lambda: bench.image_id == image_id and bench.page.flow.seen)
    bench.press(KEY.Key_U)
    bench.wait_saved()
    assert bench.page.desk.shows_proposals
    assert left(bench, image_id) == bench.stored(image_id) == []


def test_a_job_that_proposes_anew_changes_nothing_of_what_is_begun(several: Bench) -> None:
    bench, image_id = several, several.image_id
    bench.press(KEY.Key_Tab)
    bench.press(KEY.Key_Y)
    bench.wait_saved()
    run_id = bench.page.desk.shapes[0].run_id
    assert run_id is not None
    with bench.project.write() as conn:
        anew = [NewProposal(image_id, 1, Box(1, 1, 9, 9), 0.99, 0.2)]
        proposals.replace_proposals(conn, run_id, [image_id], anew)
    bench.page.images_changed([image_id])
    bench.wait_saved()
    assert set(lines(bench)) == {A, B, C}


def test_a_selection_is_accepted_or_skipped_at_once(several: Bench) -> None:
    bench, image_id = several, several.image_id
    bench.canvas.boxes.select(frozenset({0, 2}))
    bench.press(KEY.Key_S, SHIFT)
    bench.wait_saved()
    assert bench.session.history.undo == "Skip 2 boxes"
    assert [found.skipped for found in left(bench, image_id)] == [True, False, True]
    bench.press(KEY.Key_Escape, PLAIN)
    assert bench.page.box_panel._title.text() == "3 boxes"


def test_a_second_window_that_reads_only_shows_the_same(several: Bench) -> None:
    from app.models.details import load_details
    from engine.store.project import Project

    bench, image_id = several, several.image_id
    bench.press(KEY.Key_Tab)
    bench.press(KEY.Key_Y)
    bench.wait_saved()
    with Project.open(bench.project.folder) as other, other.read() as conn:
        details = load_details(conn, image_id, other.settings().boxes)
    assert [shape.box for shape in details.shapes] == [A, B, C]
    assert [shape.is_proposal for shape in details.shapes] == [False, True, True]
