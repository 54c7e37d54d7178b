"""Going through the queue by keyboard: accept, reject, skip, undo, and what is on disk after."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.models.progress import ReviewProgress
from app.models.queue_memory import QueueView
from app.models.queue_rows import QueueFilter
from app.models.stopwatch import IDLE_LIMIT_S
from app.panels.image_show import NO_PROPOSAL
from app.panels.review_flow import LAST_IMAGE, NOTHING_TO_ACCEPT
from engine.domain.records import AnnotationOrigin, ReviewState
from engine.domain.settings import Normalisation
from engine.store import images
from engine.store.images import NewImage
from tests.gui.review_bench import (
    OFFSCREEN,
    SIZE,
    Bench,
    StallWatch,
    bench,
    make_project,
    open_bench,
)

__all__ = ["bench"]  # a fixture
pytestmark = OFFSCREEN
KEY = Qt.Key
CTRL = Qt.KeyboardModifier.ControlModifier


def test_space_accepts_the_proposals_as_shown_and_goes_on(bench: Bench) -> None:
    first, shown = bench.image_id, [s.box for s in bench.page.desk.shapes]
    bench.press(KEY.Key_Space)
    bench.wait_shown("heron/002.jpg")
    bench.wait_saved()
    assert bench.state(first) is ReviewState.ACCEPTED
    stored = bench.stored(first)
    assert [a.box for a in stored] == shown
    assert {a.origin for a in stored} == {AnnotationOrigin.ACCEPTED}
    assert stored[0].run_id is not None


def test_reject_and_skip_decide_and_go_on(bench: Bench) -> None:
    first = bench.image_id
    bench.press(KEY.Key_X)
    bench.wait_shown("heron/002.jpg")
    second = bench.image_id
    bench.press(KEY.Key_S)
    bench.wait_shown("otter/001.jpg")
    bench.wait_saved()
    assert bench.state(first) is ReviewState.REJECTED
    assert bench.state(second) is ReviewState.SKIPPED
    assert bench.stored(first) == []


def test_next_and_previous_change_nothing(bench: Bench) -> None:
    first = bench.image_id
    bench.press(KEY.Key_D)
    bench.wait_shown("heron/002.jpg")
    bench.press(KEY.Key_A)
    bench.wait_shown("heron/000.jpg")
    bench.wait_saved()
    assert bench.state(first) is ReviewState.UNREVIEWED


def test_space_on_a_decided_image_only_goes_on(bench: Bench) -> None:
    first = bench.image_id
    bench.press(KEY.Key_X)
    bench.wait_shown("heron/002.jpg")
    bench.press(KEY.Key_A)
    bench.wait_shown("heron/000.jpg")
    bench.wait(lambda: bench.page.desk.decided)
    bench.press(KEY.Key_Space)
    bench.wait_shown("heron/002.jpg")
    bench.wait_saved()
    assert bench.state(first) is ReviewState.REJECTED


def test_space_before_the_next_image_is_seen_accepts_nothing(bench: Bench) -> None:
    bench.press(KEY.Key_D)  # the next image is on its way, not on the screen
    bench.press(KEY.Key_Space)
    bench.wait_shown("heron/002.jpg")
    bench.wait_saved()
    with bench.project.read() as conn:
        assert {e.state for e in images.queue(conn)} == {ReviewState.UNREVIEWED}


def test_the_end_of_the_list_is_said_and_the_act_is_kept(bench: Bench) -> None:
    for path in ("heron/002.jpg", "otter/001.jpg", "otter/003.jpg"):
        bench.press(KEY.Key_D)
        bench.wait_shown(path)
    last = bench.image_id
    bench.press(KEY.Key_Space)
    assert bench.page.stage.hint == LAST_IMAGE
    bench.wait_saved()
    assert bench.state(last) is ReviewState.ACCEPTED
    bench.wait(lambda: not any(s.is_proposal for s in bench.page.desk.shapes))


def test_undo_and_redo_show_the_image_they_changed(bench: Bench) -> None:
    first = bench.image_id
    bench.press(KEY.Key_X)
    bench.wait_shown("heron/002.jpg")
    bench.session.undo()
    bench.wait_shown("heron/000.jpg")
    bench.wait_saved()
    assert bench.state(first) is ReviewState.UNREVIEWED
    assert bench.session.history.redo == "Reject"
    bench.press(KEY.Key_D)
    bench.wait_shown("heron/002.jpg")
    bench.session.redo()
    bench.wait_shown("heron/000.jpg")
    bench.wait(lambda: bench.page.desk.state is ReviewState.REJECTED)
    assert bench.state(first) is ReviewState.REJECTED


def test_undecide_brings_the_proposals_back(bench: Bench) -> None:
    first = bench.image_id
    bench.press(KEY.Key_X)
    bench.wait_shown("heron/002.jpg")
    bench.press(KEY.Key_A)
    bench.wait_shown("heron/000.jpg")
    bench.wait(lambda: bench.page.desk.decided)
    assert len(bench.page.desk.shapes) == 0
    bench.press(KEY.Key_U)
    bench.wait(lambda: bench.page.desk.shows_proposals and len(bench.page.desk.shapes) == 1)
    assert bench.state(first) is ReviewState.UNREVIEWED


def test_next_unreviewed_passes_by_what_is_decided(bench: Bench) -> None:
    bench.press(KEY.Key_D)
    bench.wait_shown("heron/002.jpg")
    bench.press(KEY.Key_X)
    bench.wait_shown("otter/001.jpg")
    bench.press(KEY.Key_A)
    bench.wait_shown("heron/002.jpg")
    bench.press(KEY.Key_A)
    bench.wait_shown("heron/000.jpg")
    bench.wait_saved()
    bench.press(KEY.Key_D, CTRL)
    bench.wait_shown("otter/001.jpg")


def test_progress_and_seconds_are_told(bench: Bench) -> None:
    told: list[ReviewProgress] = []
    bench.page.progress_changed.connect(told.append)
    bench.qtbot.wait(120)
    bench.press(KEY.Key_Space)
    bench.wait(lambda: bool(told) and told[-1].seconds_per_box is not None)
    assert (told[-1].done, told[-1].total) == (1, 4)
    assert told[-1].seconds_per_box is not None
    assert 0.1 < told[-1].seconds_per_box <= IDLE_LIMIT_S


def test_the_threshold_slider_redraws_the_box_and_space_accepts_what_it_shows(
    bench: Bench,
) -> None:
    first, before = bench.image_id, bench.page.desk.shapes[0].box
    slider = bench.page.box_panel.proposals.threshold
    assert slider.isEnabled()
    slider.setValue(60)
    after = bench.page.desk.shapes[0].box
    assert after.area < before.area
    assert bench.page.stage.canvas.boxes.shapes[0].box == after
    bench.press(KEY.Key_Space)
    bench.wait_shown("heron/002.jpg")
    bench.wait_saved()
    assert [a.box for a in bench.stored(first)] == [after]
    assert slider.value() == 20  # the next image shows how its own boxes came about


def test_threshold_keys_and_normalisation_act_live(bench: Bench) -> None:
    controls = bench.page.box_panel.proposals
    before = bench.page.desk.shapes[0].box
    bench.press(KEY.Key_BracketRight)
    assert controls.settings.threshold == pytest.approx(0.22)
    assert bench.page.desk.shapes[0].box.area <= before.area
    controls.normalisation.setCurrentIndex(
        controls.normalisation.findData(Normalisation.MIN_MAX.value)
    )
    assert bench.page.desk.shapes[0].box.area > before.area  # IVR had lifted the background


def test_use_for_all_asks_for_the_settings_shown(bench: Bench) -> None:
    controls = bench.page.box_panel.proposals
    controls.threshold.setValue(35)
    with bench.qtbot.waitSignal(bench.page.repropose_requested) as asked:
        controls.all_button.click()
    assert asked.args[0].threshold == pytest.approx(0.35)
    assert asked.args[1] is None


def test_use_for_this_class_asks_for_the_images_of_its_label(bench: Bench) -> None:
    controls = bench.page.box_panel.proposals
    controls.threshold.setValue(35)
    with bench.qtbot.waitSignal(bench.page.repropose_requested) as asked:
        controls.class_button.click()
    assert asked.args[0].threshold == pytest.approx(0.35)
    assert asked.args[1] == "heron"


def test_the_slider_rests_on_a_decided_image(bench: Bench) -> None:
    bench.press(KEY.Key_X)
    bench.wait_shown("heron/002.jpg")
    bench.press(KEY.Key_A)
    bench.wait_shown("heron/000.jpg")
    bench.wait(lambda: bench.page.desk.decided)
    assert not bench.page.box_panel.proposals.threshold.isEnabled()


def test_a_jobs_new_proposals_appear_but_not_over_a_persons_edit(bench: Bench) -> None:
    bench.press(KEY.Key_Left)
    bench.wait_saved()
    edited = [a.box for a in bench.stored(bench.image_id)]
    bench.page.images_changed([bench.image_id])
    bench.qtbot.wait(150)
    assert [s.box for s in bench.page.desk.shapes] == edited


def test_an_image_without_proposals_says_what_to_do(qtbot: QtBot, tmp_path: Path) -> None:
    with open_bench(qtbot, make_project(tmp_path, proposed=False)) as opened:
        opened.wait_shown("heron/000.jpg")
        assert opened.page.stage.hint == NO_PROPOSAL
        opened.press(KEY.Key_Space)
        assert opened.page.stage.hint == NOTHING_TO_ACCEPT
        opened.wait_saved()
        assert opened.path == "heron/000.jpg"
        assert opened.state(opened.image_id) is ReviewState.UNREVIEWED


def test_an_empty_project_says_what_to_do(qtbot: QtBot, tmp_path: Path) -> None:
    with open_bench(qtbot, make_project(tmp_path, count=0)) as opened:
        opened.wait(lambda: "no images" in opened.page.stage.message)
        opened.press(KEY.Key_Space)  # and no key does harm
        opened.press(KEY.Key_D)
        assert opened.page.desk.wanted is None


BAD_FILES = (
    NewImage("zz/gone.jpg", None, 100, 80, None, None, 1, 1),
    NewImage("zz/known bad.jpg", None, 0, 0, None, "The file is empty.", 0, 1),
    NewImage("zz/torn.jpg", None, 320, 240, None, None, 1, 1),
)


def test_unreadable_images_show_their_problem_and_are_passed_by(
    qtbot: QtBot, tmp_path: Path
) -> None:
    project = make_project(tmp_path, count=2, files=BAD_FILES)
    torn = tmp_path / "images" / "zz" / "torn.jpg"
    torn.parent.mkdir()
    whole = (tmp_path / "images" / "heron" / "000.jpg").read_bytes()
    torn.write_bytes(whole[: len(whole) // 3])
    with open_bench(qtbot, project) as opened:
        opened.wait_shown("heron/000.jpg")
        opened.press(KEY.Key_D)
        opened.wait_shown("otter/001.jpg")
        for path, words in (
            ("zz/gone.jpg", "not there"),
            ("zz/known bad.jpg", "empty"),
            ("zz/torn.jpg", "damaged or cut short"),
        ):
            opened.press(KEY.Key_D if path == "zz/gone.jpg" else KEY.Key_Space)
            opened.wait_shown(path)
            assert words in opened.page.stage.message
            assert opened.state(opened.image_id) is ReviewState.UNREVIEWED
        opened.wait(lambda: opened.entry(opened.image_id).problem is not None)  # as by indexing
        opened.wait(lambda: opened.session.pending == 0)
        assert "cut short" in (opened.entry(opened.image_id).problem or "")
        assert opened.session.history.undo is None
        filters = opened.page.queue.filters
        filters.show_view(QueueView(QueueFilter(problems=True)))
        opened.page.queue._on_filtered()
        model = opened.page.model
        listed = [model.entry(row).path for row in range(model.rowCount())]
        assert listed == ["zz/known bad.jpg", "zz/torn.jpg"]  # what is gone may come back


def test_stepping_through_images_never_holds_up_the_window(qtbot: QtBot, tmp_path: Path) -> None:
    project = make_project(tmp_path, count=24)
    with open_bench(qtbot, project) as opened:
        opened.wait_shown("heron/000.jpg")
        opened.qtbot.wait(300)
        with StallWatch() as watch:
            for _ in range(20):
                before = opened.image_id
                opened.press(KEY.Key_Space)
                opened.wait(
                    lambda before=before: opened.page.flow.seen and opened.image_id != before
                )
        opened.wait_saved()
        with project.read() as conn:
            accepted = [e for e in images.queue(conn) if e.state is ReviewState.ACCEPTED]
        assert len(accepted) == 20
        watch.check(unusual=2)


def test_closing_right_after_the_last_key_loses_nothing(
    qtbot: QtBot, tmp_path: Path, wait_for: Callable[[Callable[[], bool]], None]
) -> None:
    project = make_project(tmp_path)
    with open_bench(qtbot, project) as opened:
        opened.wait_shown("heron/000.jpg")
        first = opened.image_id
        opened.press(KEY.Key_Right)
        opened.press(KEY.Key_Right)
        opened.session.close()
        assert opened.state(first) is ReviewState.CORRECTED
        assert len(opened.stored(first)) == 1
        assert SIZE[0] > opened.stored(first)[0].box.xmin


def test_what_is_held_does_not_grow_with_the_images_seen(qtbot: QtBot, tmp_path: Path) -> None:
    """Pictures within their budget and a few images read ahead, however many were looked at."""
    with open_bench(qtbot, make_project(tmp_path, count=40)) as opened:
        opened.wait_shown("heron/000.jpg")
        held, few = [], 4 * 4 * SIZE[0] * SIZE[1]  # bytes of four pictures
        opened.page.loader._pictures.set_budget(few)
        for _ in range(2):
            for _ in range(39):
                before = opened.image_id
                opened.press(KEY.Key_D)
                opened.wait(lambda before=before: opened.image_id != before)
                opened.wait(lambda: opened.page.flow.seen)
            held.append(len(opened.page.desk.ahead._ready))
            opened.page.focus_image(1)
            opened.wait_shown("heron/000.jpg")
        assert max(held) <= 6
        assert 0 < opened.page.loader._pictures.bytes <= few
