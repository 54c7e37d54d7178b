"""A person's operations, and taking them back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from engine.domain.errors import InputError, ProjectError
from engine.domain.geometry import Box
from engine.domain.records import Annotation, AnnotationOrigin, LeftBox, ReviewState
from engine.store import annotations, images, review
from engine.store.project import Project
from engine.store.review import EditedBox, ShownBox

BOX = Box(10, 10, 50, 50)
OTHER = Box(20.25, 5.5, 60.125, 40)
Dump = Callable[[Project], dict[str, list[Any]]]


def state_of(conn: Connection, image_id: int) -> ReviewState:
    return annotations.review_states(conn)[image_id]


def boxes_of(conn: Connection, image_id: int) -> list[Annotation]:
    return annotations.annotations_of(conn, [image_id])[image_id]


def drawn(box: Box, class_id: int = 1) -> EditedBox:
    return EditedBox(None, class_id, box, AnnotationOrigin.DRAWN)


def edited(found: Annotation, **changes: Any) -> EditedBox:
    values = {
        "id": found.id,
        "class_id": found.class_id,
        "box": found.box,
        "origin": found.origin,
        "run_id": found.run_id,
        "score": found.score,
    }
    return EditedBox(**(values | changes))


def test_accept_makes_the_boxes_shown_annotations(filled):
    image_id = filled.image_ids[0]
    with filled.project.write() as conn:
        shown = [ShownBox(1, BOX, filled.run_id, 0.75), ShownBox(2, OTHER)]
        changes = review.accept(conn, image_id, shown, 1.5)
        assert (changes.image_ids, changes.operation) == ({image_id}, "Accept")
        first, second = boxes_of(conn, image_id)
        assert (first.class_id, first.box, first.origin) == (1, BOX, AnnotationOrigin.ACCEPTED)
        assert (first.run_id, first.score) == (filled.run_id, 0.75)
        assert (second.box, second.run_id, second.score) == (OTHER, None, None)
        assert state_of(conn, image_id) is ReviewState.ACCEPTED


def test_accepting_again_takes_the_boxes_now_shown(filled):
    image_id = filled.image_ids[0]
    with filled.project.write() as conn:
        review.accept(conn, image_id, [ShownBox(1, BOX)])
        review.accept(conn, image_id, [ShownBox(1, OTHER)])
        assert [found.box for found in boxes_of(conn, image_id)] == [OTHER]
        review.undo(conn)
        assert [found.box for found in boxes_of(conn, image_id)] == [BOX]


def test_accepting_the_same_again_is_no_operation(filled):
    image_id = filled.image_ids[0]
    with filled.project.write() as conn:
        shown = [ShownBox(1, BOX), ShownBox(1, BOX), ShownBox(2, OTHER)]
        review.accept(conn, image_id, shown, 2.0)
        before = boxes_of(conn, image_id)
        assert review.accept(conn, image_id, shown, 2.0).image_ids == frozenset()
        assert boxes_of(conn, image_id) == before
        assert len(review.history(conn)) == 1


@pytest.mark.parametrize("skipped", [False, True])
def test_accepting_a_corrected_image_keeps_it(skipped: bool, filled):
    image_id = filled.image_ids[0]
    with filled.project.write() as conn:
        review.replace_boxes(conn, image_id, [drawn(OTHER)], "Draw box")
        if skipped:
            review.skip(conn, image_id)
        review.accept(conn, image_id, [ShownBox(1, BOX)])
        assert [found.box for found in boxes_of(conn, image_id)] == [OTHER]
        assert state_of(conn, image_id) is ReviewState.CORRECTED


def test_accepting_an_image_corrected_to_no_box_keeps_it_empty(filled):
    image_id = filled.image_ids[0]
    with filled.project.write() as conn:
        review.replace_boxes(conn, image_id, [], "Delete box")
        review.accept(conn, image_id, [ShownBox(1, BOX)])
        assert boxes_of(conn, image_id) == []
        assert state_of(conn, image_id) is ReviewState.CORRECTED


@pytest.mark.parametrize(
    ("act", "state"),
    [(review.reject, ReviewState.REJECTED), (review.reset, ReviewState.UNREVIEWED)],
)
def test_reject_and_reset_take_the_annotations_away(
    act: Callable[..., review.Changes], state: ReviewState, filled
):
    image_id = filled.image_ids[0]
    with filled.project.write() as conn:
        review.replace_boxes(conn, image_id, [drawn(BOX), drawn(OTHER)], "Draw box")
        before = boxes_of(conn, image_id)
        assert act(conn, image_id).image_ids == {image_id}
        assert (boxes_of(conn, image_id), state_of(conn, image_id)) == ([], state)
        review.undo(conn)
        assert boxes_of(conn, image_id) == before
        assert state_of(conn, image_id) is ReviewState.CORRECTED


def test_skip_keeps_the_annotations(filled):
    image_id = filled.image_ids[0]
    with filled.project.write() as conn:
        review.accept(conn, image_id, [ShownBox(1, BOX)])
        review.skip(conn, image_id)
        assert [found.box for found in boxes_of(conn, image_id)] == [BOX]
        assert state_of(conn, image_id) is ReviewState.SKIPPED


def test_replace_boxes_moves_deletes_adds_and_keeps(filled):
    image_id = filled.image_ids[0]
    with filled.project.write() as conn:
        review.accept(conn, image_id, [ShownBox(1, BOX, filled.run_id, 0.5), ShownBox(2, OTHER)])
        moved, gone = boxes_of(conn, image_id)
        new = [
            edited(moved, box=BOX.moved(3, 4), origin=AnnotationOrigin.CORRECTED),
            drawn(Box(0, 0, 5, 5), class_id=2),
        ]
        review.replace_boxes(conn, image_id, new, "Move box")
        first, second = boxes_of(conn, image_id)
        assert (first.id, first.box) == (moved.id, BOX.moved(3, 4))
        assert (first.origin, first.score) == (AnnotationOrigin.CORRECTED, 0.5)
        assert (second.box, second.origin) == (Box(0, 0, 5, 5), AnnotationOrigin.DRAWN)
        assert gone.id not in (first.id,)
        assert state_of(conn, image_id) is ReviewState.CORRECTED
        assert review.undo_name(conn) == "Move box"
        review.undo(conn)
        assert boxes_of(conn, image_id) == [moved, gone]
        assert state_of(conn, image_id) is ReviewState.ACCEPTED


def test_boxes_are_clipped_to_the_image(filled):
    image_id = filled.image_ids[0]
    with filled.project.write() as conn:
        review.replace_boxes(conn, image_id, [drawn(Box(-5, 70.5, 130, 90))], "Draw box")
        assert boxes_of(conn, image_id)[0].box == Box(0, 70.5, 100, 80)


@pytest.mark.parametrize(
    "box", [Box(100, 0, 120, 10), Box(5, 5, 5, 9), Box(9, 9, 5, 5), Box(float("nan"), 0, 9, 9)]
)
def test_a_box_with_nothing_inside_the_image_is_refused(box: Box, filled, human_rows: Dump):
    before = human_rows(filled.project)
    with pytest.raises(InputError, match="nothing inside"), filled.project.write() as conn:
        review.replace_boxes(conn, filled.image_ids[0], [drawn(BOX), drawn(box)], "Draw box")
    assert human_rows(filled.project) == before


def test_a_box_that_is_gone_or_of_another_image_is_refused(filled, human_rows: Dump):
    first, second = filled.image_ids[:2]
    with filled.project.write() as conn:
        review.accept(conn, first, [ShownBox(1, BOX)])
        strange = boxes_of(conn, first)[0]
    before = human_rows(filled.project)
    with pytest.raises(InputError, match="deleted"), filled.project.write() as conn:
        review.replace_boxes(conn, second, [edited(strange)], "Paste box")
    assert human_rows(filled.project) == before


def test_an_image_that_is_not_there_is_refused(filled):
    acts: list[Callable[[Connection], object]] = [
        lambda conn: review.accept(conn, 999, []),
        lambda conn: review.reject(conn, 999),
        lambda conn: review.skip(conn, 999),
        lambda conn: review.reset(conn, 999),
        lambda conn: review.replace_boxes(conn, 999, [], "Delete box"),
    ]
    for act in acts:
        with pytest.raises(ProjectError, match="999"), filled.project.write() as conn:
            act(conn)


def test_undo_and_redo_survive_a_restart_and_name_the_operation(filled, human_rows: Dump):
    first, second = filled.image_ids[:2]
    folder = filled.project.folder
    stages = [human_rows(filled.project)]
    for act in (
        lambda conn: review.accept(conn, first, [ShownBox(1, BOX)], 1.0),
        lambda conn: review.replace_boxes(conn, first, [drawn(OTHER)], "Draw box", 9.0),
        lambda conn: review.reject(conn, second, 2.0),
    ):
        with filled.project.write() as conn:
            act(conn)
        stages.append(human_rows(filled.project))
    filled.project.close()
    expected = [("Reject", second, 2), ("Draw box", first, 1), ("Accept", first, 0)]
    for name, image_id, stage in expected:
        with Project.open(folder) as again:
            with again.write() as conn:
                assert review.undo_name(conn) == name
                changes = review.undo(conn)
                assert changes == review.Changes(frozenset({image_id}), name)
                assert review.redo_name(conn) == name
            assert human_rows(again) == stages[stage]
    for name, image_id, stage in reversed(expected):
        with Project.open(folder) as again:
            with again.write() as conn:
                assert review.redo(conn) == review.Changes(frozenset({image_id}), name)
            assert human_rows(again) == stages[stage + 1]


def test_nothing_to_undo_or_redo(project: Project):
    with project.write() as conn:
        assert (review.undo(conn), review.redo(conn)) == (None, None)
        assert (review.undo_name(conn), review.redo_name(conn)) == (None, None)
        assert review.history(conn) == []


def test_a_new_operation_drops_what_was_undone(filled):
    first, second, third = filled.image_ids[:3]
    with filled.project.write() as conn:
        for image_id in (first, second, third):
            review.reject(conn, image_id)
        review.undo(conn)
        review.undo(conn)
        review.skip(conn, third)
        assert review.redo_name(conn) is None
        assert review.redo(conn) is None
        assert [entry.name for entry in review.history(conn)] == ["Skip", "Reject"]


def test_an_operation_without_effect_keeps_what_can_be_redone(filled):
    first, second = filled.image_ids[:2]
    with filled.project.write() as conn:
        review.reject(conn, first)
        review.reject(conn, second)
        review.undo(conn)
        assert review.reject(conn, first, 1.0).image_ids == frozenset()
        assert review.redo_name(conn) == "Reject"


def test_history_tells_names_times_and_images(filled):
    first, second = filled.image_ids[:2]
    with filled.project.write() as conn:
        review.accept(conn, first, [ShownBox(1, BOX)], 1.25)
        review.skip(conn, second)
        review.undo(conn)
        newest, oldest = review.history(conn)
        assert (newest.name, newest.undone, newest.seconds) == ("Skip", True, None)
        assert (oldest.name, oldest.undone, oldest.seconds) == ("Accept", False, 1.25)
        assert oldest.image_ids == {first}
        assert oldest.created_at <= newest.created_at
        assert oldest.created_at.tzinfo is not None
        assert review.history(conn, limit=1) == [newest]


def test_the_pace_is_the_median_over_decided_images(filled):
    first, second, third, fourth, fifth = filled.image_ids[:5]
    with filled.project.write() as conn:
        assert review.pace(conn) == review.Pace(None, None)
        review.reject(conn, first, 1.0)  # no box: tells nothing of the seconds per box
        assert review.pace(conn) == review.Pace(1.0, None)
        review.skip(conn, second, 3.0)
        two = [ShownBox(1, BOX), ShownBox(1, Box(1, 1, 20, 20))]
        review.accept(conn, second, two, 4.0)  # 7 seconds in all for two boxes
        review.skip(conn, third, 100.0)  # not decided
        review.accept(conn, fourth, [ShownBox(1, BOX)])  # not measured
        assert review.pace(conn) == review.Pace(4.0, 3.5)
        review.accept(conn, fifth, [ShownBox(1, BOX)], 2.0)
        assert review.pace(conn) == review.Pace(2.0, 2.75)
        review.undo(conn)
        assert review.pace(conn) == review.Pace(4.0, 3.5)


def test_a_row_changed_behind_the_logs_back_stops_undo(filled, human_rows: Dump):
    from sqlalchemy import delete

    from engine.store import schema

    with filled.project.write() as conn:
        review.accept(conn, filled.image_ids[0], [ShownBox(1, BOX)])
        conn.execute(delete(schema.annotations))
    before = human_rows(filled.project)
    with pytest.raises(ProjectError, match="history"), filled.project.write() as conn:
        review.undo(conn)
    assert human_rows(filled.project) == before


def test_new_size_of_an_image_does_not_stand_in_the_way_of_undo(filled, make_image):
    image_id = filled.image_ids[0]
    with filled.project.write() as conn:
        review.replace_boxes(conn, image_id, [drawn(Box(50, 50, 100, 80))], "Draw box")
        path = images.get_image(conn, image_id).path
        images.add_images(conn, [make_image(path, width=10, height=10)])
        review.undo(conn)
        review.redo(conn)
        assert boxes_of(conn, image_id)[0].box == Box(50, 50, 100, 80)


_CORNER = st.integers(0, 60)
_BOX = st.builds(
    lambda x, y, w, h: Box(x / 2, y / 2, x / 2 + w, y / 2 + h),
    _CORNER,
    _CORNER,
    st.integers(1, 20),
    st.integers(1, 20),
)
_STEP = st.tuples(
    st.sampled_from(["accept", "reject", "skip", "reset", "edit", "part", "undo", "redo"]),
    st.integers(0, 1),
    st.lists(_BOX, max_size=3),
    st.integers(0, 3),
)


def _do(conn: Connection, filled: Any, step: tuple[str, int, list[Box], int]) -> None:
    kind, which, boxes, kept = step
    image_id = filled.image_ids[which]
    if kind == "accept":
        review.accept(conn, image_id, [ShownBox(1, box) for box in boxes], 1.0)
    elif kind == "edit":
        old = [edited(found, class_id=2) for found in boxes_of(conn, image_id)[:kept]]
        review.replace_boxes(conn, image_id, [*old, *map(drawn, boxes)], "Edit")
    elif kind == "part":
        left = [LeftBox(1, box, skipped=kept % 2 == 0) for box in boxes]
        review.accept(conn, image_id, [ShownBox(1, BOX)][: kept // 2], 1.0, left, "Accept box")
    elif kind in ("undo", "redo"):
        getattr(review, kind)(conn)
    else:
        getattr(review, kind)(conn, image_id)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(_STEP, max_size=12))
def test_any_acts_can_be_undone_to_the_start_and_redone_to_the_end(
    steps: list[tuple[str, int, list[Box], int]], filled, human_rows: Dump
):
    project = filled.project
    with project.write() as conn:
        while review.undo(conn):
            pass
    start = human_rows(project)
    assert not any(start.values())
    with project.write() as conn:
        for step in steps:
            _do(conn, filled, step)
        while review.redo(conn):
            pass
    end = human_rows(project)
    with project.write() as conn:
        undone = sum(1 for _ in iter(lambda: review.undo(conn), None))
    assert human_rows(project) == start
    with project.write() as conn:
        assert sum(1 for _ in iter(lambda: review.redo(conn), None)) == undone
    assert human_rows(project) == end


def test_an_operation_may_touch_one_row_several_times(filled, human_rows: Dump):
    """None of today's does; the recorder takes the steps back in reverse, so that one may."""
    from engine.store.schema import reviews
    from engine.store.undo_log import recording

    image_id = filled.image_ids[0]
    stages: list[dict[str, Any] | None] = [
        None,
        {"image_id": image_id, "state": "skipped", "seconds": None},
        {"image_id": image_id, "state": "accepted", "seconds": 1.0},
    ]
    with filled.project.write() as conn, recording(conn, "Twice") as recorder:
        recorder.put(reviews, stages[0], stages[1])
        recorder.put(reviews, stages[1], stages[2])
    with filled.project.write() as conn:
        review.undo(conn)
        assert state_of(conn, image_id) is ReviewState.UNREVIEWED
        review.redo(conn)
    assert human_rows(filled.project)["reviews"] == [(image_id, "accepted", 1.0)]
