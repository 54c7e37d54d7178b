"""An image decided box by box: what is decided, what is left, and what becomes of both."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection

from engine.domain.geometry import Box
from engine.domain.records import AnnotationOrigin, LeftBox, ReviewState
from engine.store import annotations, images, learned, proposals, review
from engine.store.left_boxes import left_boxes_of
from engine.store.queue import queue_around
from engine.store.review import EditedBox, ShownBox

FIRST, SECOND, THIRD = Box(10, 10, 50, 50), Box(20, 5, 60, 40), Box(0, 0, 8, 8)
MOVED = Box(12, 12, 52, 52)
CORRECTED = EditedBox(None, 1, MOVED, AnnotationOrigin.CORRECTED, None, 0.9)


def left(box: Box, skipped: bool = False) -> LeftBox:
    return LeftBox(1, box, None, 0.5, skipped)


def shown(box: Box) -> ShownBox:
    return ShownBox(1, box, None, 0.5)


def state_of(conn: Connection, image_id: int) -> ReviewState:
    return annotations.review_states(conn)[image_id]


def boxes_of(conn: Connection, image_id: int) -> list[Box]:
    return [found.box for found in annotations.annotations_of(conn, [image_id])[image_id]]


def left_of(conn: Connection, image_id: int) -> list[LeftBox]:
    return left_boxes_of(conn, [image_id])[image_id]


@pytest.fixture
def image_id(filled: Any) -> int:
    return int(filled.image_ids[0])


def begin(conn: Connection, image_id: int, *others: LeftBox) -> None:
    """Correct one box of several."""
    review.replace_boxes(conn, image_id, [CORRECTED], "Move box", 1.0, others)


def test_an_edit_leaves_the_other_boxes_undecided(filled, image_id):
    with filled.project.write() as conn:
        begin(conn, image_id, left(SECOND), left(THIRD))
        assert boxes_of(conn, image_id) == [MOVED]
        assert left_of(conn, image_id) == [left(SECOND), left(THIRD)]
        assert state_of(conn, image_id) is ReviewState.PARTLY
        assert image_id in images.undecided_ids(conn)


def test_accepting_takes_what_was_left_beside_what_was_decided(filled, image_id):
    with filled.project.write() as conn:
        begin(conn, image_id, left(SECOND), left(THIRD))
        review.accept(conn, image_id, [shown(SECOND), shown(THIRD)], 1.0)
        assert boxes_of(conn, image_id) == [MOVED, SECOND, THIRD]
        assert left_of(conn, image_id) == []
        assert state_of(conn, image_id) is ReviewState.CORRECTED


def test_boxes_are_accepted_one_by_one(filled, image_id):
    with filled.project.write() as conn:
        proposals.replace_proposals(
            conn,
            filled.run_id,
            [image_id],
            [proposals.NewProposal(image_id, 1, box, 0.5, 0.2) for box in (FIRST, SECOND)],
        )
        changes = review.accept(conn, image_id, [shown(SECOND)], 1.0, [left(FIRST)], "Accept box")
        assert changes.operation == "Accept box"
        assert (boxes_of(conn, image_id), left_of(conn, image_id)) == ([SECOND], [left(FIRST)])
        assert state_of(conn, image_id) is ReviewState.PARTLY
        review.accept(conn, image_id, [shown(FIRST)], 1.0, [], "Accept box")
        assert boxes_of(conn, image_id) == [SECOND, FIRST]
        assert state_of(conn, image_id) is ReviewState.ACCEPTED  # all as proposed, none missing


def test_an_image_some_boxes_of_which_were_deleted_is_corrected_in_the_end(filled, image_id):
    with filled.project.write() as conn:
        review.replace_boxes(conn, image_id, [], "Delete box", None, [left(FIRST), left(SECOND)])
        assert state_of(conn, image_id) is ReviewState.PARTLY
        review.accept(conn, image_id, [shown(FIRST), shown(SECOND)])
        assert state_of(conn, image_id) is ReviewState.CORRECTED  # one was proposed, two are there


def test_an_image_is_skipped_when_all_that_is_left_is_skipped(filled, image_id):
    with filled.project.write() as conn:
        review.replace_boxes(
            conn, image_id, [], "Skip box", None, [left(FIRST), left(SECOND, skipped=True)]
        )
        assert state_of(conn, image_id) is ReviewState.PARTLY
        review.accept(conn, image_id, [shown(FIRST)], 1.0, [left(SECOND, skipped=True)])
        assert (boxes_of(conn, image_id), state_of(conn, image_id)) == (
            [FIRST],
            ReviewState.SKIPPED,
        )
        assert left_of(conn, image_id) == [left(SECOND, skipped=True)]


def test_skipping_the_image_keeps_both_and_reset_and_reject_take_both(filled, image_id):
    with filled.project.write() as conn:
        begin(conn, image_id, left(SECOND))
        review.skip(conn, image_id)
        assert (boxes_of(conn, image_id), left_of(conn, image_id)) == ([MOVED], [left(SECOND)])
        for clear in (review.reject, review.reset):
            clear(conn, image_id)
            assert (boxes_of(conn, image_id), left_of(conn, image_id)) == ([], [])
            review.undo(conn)
            assert (boxes_of(conn, image_id), left_of(conn, image_id)) == ([MOVED], [left(SECOND)])


def test_every_step_can_be_undone_and_done_again(filled, image_id, human_rows):
    project, seen = filled.project, []

    def note() -> None:
        seen.append(human_rows(project))

    note()
    with project.write() as conn:
        begin(conn, image_id, left(SECOND), left(THIRD))
    note()
    with project.write() as conn:
        review.replace_boxes(
            conn,
            image_id,
            [EditedBox(1, 1, MOVED, AnnotationOrigin.CORRECTED, None, 0.9)],
            "Skip box",
            None,
            [left(SECOND, skipped=True), left(THIRD)],
        )
    note()
    with project.write() as conn:
        review.accept(conn, image_id, [shown(THIRD)], None, [left(SECOND, skipped=True)])
    note()
    for expected in reversed(seen[:-1]):
        with project.write() as conn:
            assert review.undo(conn)
        assert human_rows(project) == expected
    for expected in seen[1:]:
        with project.write() as conn:
            assert review.redo(conn)
        assert human_rows(project) == expected


def test_what_is_equal_stays_the_same_row(filled, image_id):
    with filled.project.write() as conn:
        begin(conn, image_id, left(SECOND), left(THIRD))
        again = EditedBox(1, 1, MOVED, AnnotationOrigin.CORRECTED, None, 0.9)
        changes = review.replace_boxes(
            conn, image_id, [again], "Move box", None, [left(SECOND), left(THIRD)]
        )
        assert not changes


def test_many_are_accepted_with_what_was_left_and_without_what_was_skipped(filled):
    one, other, third = filled.image_ids[:3]
    with filled.project.write() as conn:
        begin(conn, one, left(SECOND), left(THIRD, skipped=True))
        begin(conn, other, left(SECOND))
        begin(conn, third, left(SECOND, skipped=True))
        review.accept_many(conn, [one, other, third])
        assert boxes_of(conn, one) == boxes_of(conn, other) == [MOVED, SECOND]
        assert (state_of(conn, one), state_of(conn, other)) == (
            ReviewState.SKIPPED,
            ReviewState.CORRECTED,
        )
        assert left_of(conn, one) == [left(THIRD, skipped=True)]
        assert (boxes_of(conn, third), state_of(conn, third)) == ([MOVED], ReviewState.SKIPPED)
        review.undo(conn)
        assert left_of(conn, one) == [left(SECOND), left(THIRD, skipped=True)]
        review.reject_many(conn, [one, other])
        assert left_of(conn, one) == left_of(conn, other) == []


def test_a_begun_image_is_offered_again_and_not_among_the_rest_to_accept(filled, image_id):
    with filled.project.write() as conn:
        estimated = [
            proposals.NewProposal(i, 1, FIRST, 0.5, 0.2, 0.9, 0.8) for i in filled.image_ids
        ]
        proposals.replace_proposals(conn, filled.run_id, filled.image_ids, estimated)
        begin(conn, image_id, left(SECOND))
        assert queue_around(conn, 0, 1)[0].image_id == image_id
        offered = {item.image_id for item in learned.acceptable(conn)}
        assert offered == set(filled.image_ids) - {image_id}


def test_a_job_changes_nothing_of_what_was_left(filled, image_id):
    with filled.project.write() as conn:
        begin(conn, image_id, left(SECOND))
        anew = [proposals.NewProposal(image_id, 2, THIRD, 0.7, 0.2)]
        proposals.replace_proposals(conn, filled.run_id, [image_id], anew)
        assert left_of(conn, image_id) == [left(SECOND)]


def test_a_class_of_a_left_box_alone_is_in_use_and_follows_a_merge(filled, image_id):
    from engine.store import class_acts

    with filled.project.write() as conn:
        begin(conn, image_id, LeftBox(2, SECOND))
        class_acts.merge_class(conn, 2, 1)
        assert [found.class_id for found in left_of(conn, image_id)] == [1]
