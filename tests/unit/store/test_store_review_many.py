"""Bulk acts: one operation whatever the number of images, and nothing of a person's is replaced."""

from __future__ import annotations

import pytest

from engine.domain.errors import ProjectError
from engine.domain.geometry import Box
from engine.domain.records import AnnotationOrigin, ReviewState
from engine.store import annotations, images, proposals, review
from engine.store.project import Project
from engine.store.review import EditedBox

DRAWN = AnnotationOrigin.DRAWN


def states(project: Project, ids: list[int]) -> list[ReviewState]:
    with project.read() as conn:
        known = annotations.review_states(conn)
    return [known[image_id] for image_id in ids]


def boxes(project: Project, image_id: int) -> list[Box]:
    with project.read() as conn:
        return [a.box for a in annotations.annotations_of(conn, [image_id])[image_id]]


def test_many_are_accepted_in_one_step_of_undo(filled, human_rows):
    project, ids = filled.project, filled.image_ids
    before = human_rows(project)
    with project.write() as conn:
        changes = review.accept_many(conn, ids, seconds=12.0)
    assert changes == review.Changes(frozenset(ids), "Accept 6 images")
    assert set(states(project, ids)) == {ReviewState.ACCEPTED}
    assert boxes(project, ids[3]) == [Box(10, 10, 50, 50)]
    with project.read() as conn:
        assert annotations.count_decided(conn) == len(ids)
        assert review.pace(conn).per_image == pytest.approx(2.0)
        assert [r.name for r in review.history(conn)] == ["Accept 6 images"]
    after = human_rows(project)
    with project.write() as conn:
        assert review.undo(conn).image_ids == set(ids)
    assert human_rows(project) == before
    with project.write() as conn:
        review.redo(conn)
    assert human_rows(project) == after


def test_accepting_many_replaces_no_box_of_a_person(filled):
    project, (first, second, third, *_) = filled.project, filled.image_ids
    own = Box(1, 2, 30, 40)
    with project.write() as conn:
        review.replace_boxes(conn, first, [EditedBox(None, 1, own, DRAWN)], "Draw box")
        review.replace_boxes(conn, second, [EditedBox(None, 1, own, DRAWN)], "Draw box")
        review.skip(conn, second)
        changes = review.accept_many(conn, [first, second, third])
    assert boxes(project, first) == boxes(project, second) == [own]
    corrected = ReviewState.CORRECTED
    wanted = [corrected, corrected, ReviewState.ACCEPTED]
    assert states(project, [first, second, third]) == wanted
    assert changes.image_ids == {second, third}


def test_what_cannot_be_accepted_is_left(filled, make_image):
    project, (first, second, *_) = filled.project, filled.image_ids
    with project.write() as conn:
        proposals.replace_proposals(conn, filled.run_id, [first], [])
        broken = make_image("0/0002.jpg", problem="cut off")
        (gone,) = images.add_images(conn, [broken])
        changes = review.accept_many(conn, [first, second, gone, second])
        again = review.accept_many(conn, [second])
    assert changes.image_ids == {second}
    assert changes.operation == "Accept 3 images"
    assert not again.image_ids
    assert states(project, [first, gone]) == [ReviewState.UNREVIEWED] * 2


def test_reject_skip_and_reset_many(filled, human_rows):
    project, ids = filled.project, filled.image_ids
    before = human_rows(project)
    with project.write() as conn:
        review.accept_many(conn, ids)
        review.skip_many(conn, ids[:2])
        review.reject_many(conn, ids[1:4], seconds=3.0)
    skipped, rejected, accepted = ReviewState.SKIPPED, ReviewState.REJECTED, ReviewState.ACCEPTED
    assert states(project, ids) == [skipped, *[rejected] * 3, *[accepted] * 2]
    assert len(boxes(project, ids[0])) == 1
    assert boxes(project, ids[2]) == []
    with project.write() as conn:
        review.reset_many(conn, ids)
    assert set(states(project, ids)) == {ReviewState.UNREVIEWED}
    with project.write() as conn:
        for _ in range(4):
            review.undo(conn)
    assert human_rows(project) == before


def test_an_unknown_image_changes_nothing(filled, human_rows):
    before = human_rows(filled.project)
    with pytest.raises(ProjectError, match="no image with id 999"), filled.project.write() as conn:
        review.reject_many(conn, [*filled.image_ids, 999])
    assert human_rows(filled.project) == before


def test_thousands_are_one_operation(project, make_image):
    with project.write() as conn:
        (class_id,) = images.add_classes(conn, ["cat"]).values()
        ids = images.add_images(conn, [make_image(f"{i:05}.jpg", class_id) for i in range(5000)])
    with project.write() as conn:
        assert len(review.reject_many(conn, ids).image_ids) == 5000
    assert set(states(project, ids)) == {ReviewState.REJECTED}
    with project.write() as conn:
        assert len(review.undo(conn).image_ids) == 5000
    assert set(states(project, ids)) == {ReviewState.UNREVIEWED}
