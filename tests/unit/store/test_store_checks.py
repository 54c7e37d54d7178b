"""Each fault is found, where it is, and nothing is found in what is right."""

from __future__ import annotations

import pytest

from engine.domain.geometry import Box
from engine.domain.records import (
    Annotation,
    AnnotationOrigin,
    ClassRecord,
    ImageRecord,
    Proposal,
    ReviewState,
)
from engine.store import images, review
from engine.store.checks import CheckRules, Fault, Finding, check_project, find_faults
from engine.store.review import EditedBox

GOOD = Box(10, 10, 50, 50)
DRAWN, ACCEPTED = AnnotationOrigin.DRAWN, AnnotationOrigin.ACCEPTED


def faults(
    *boxes: Box,
    image: ImageRecord | None = None,
    state: ReviewState = ReviewState.CORRECTED,
    proposal: Box = GOOD,
    origin: AnnotationOrigin = DRAWN,
    class_id: int = 1,
) -> list[Finding]:
    image = image or ImageRecord(7, "a/1.jpg", 100, 80, 1)
    own = [Annotation(i, 7, class_id, box, origin) for i, box in enumerate(boxes)]
    near = [Proposal(1, 1, 7, 1, proposal, 0.5, 0.2)]
    classes = [ClassRecord(1, "cat"), ClassRecord(2, "dog")]
    annotations = {7: own} if own else {}
    found = find_faults([image], classes, annotations, {7: near}, {7: state}, CheckRules())
    return [finding for finding in found if finding.fault is not Fault.EMPTY_CLASS]


@pytest.mark.parametrize(
    ("box", "fault", "words"),
    [
        (Box(60, 10, 101, 50), Fault.OUTSIDE, "100 × 80"),
        (Box(-1, 10, 40, 50), Fault.OUTSIDE, "out of the image"),
        (Box(10, 10, 50, 13), Fault.TINY, "40 × 3"),
        (Box(60, 60, 90, 79), Fault.FAR_FROM_PROPOSAL, "0.00"),
    ],
)
def test_a_box_that_looks_wrong(box: Box, fault: Fault, words: str) -> None:
    found = [finding for finding in faults(box) if finding.fault is fault]
    assert [f.image_id for f in found] == [7]
    assert words in found[0].text
    assert "cat" in found[0].text


def test_a_good_box_is_not_found() -> None:
    assert faults(GOOD) == []
    assert faults(Box(0, 0, 100, 80), proposal=Box(0, 0, 90, 80)) == []
    assert faults(Box(60, 60, 90, 79), origin=ACCEPTED, proposal=Box(60, 60, 90, 79)) == []


def test_two_boxes_in_one_place_are_told_once() -> None:
    found = faults(GOOD, Box(10, 10, 50, 51), Box(10, 10, 30, 30))
    assert [finding.fault for finding in found] == [Fault.DUPLICATE]


def test_decided_without_a_box_but_not_if_rejected() -> None:
    assert [f.fault for f in faults(state=ReviewState.ACCEPTED)] == [Fault.WITHOUT_BOX]
    assert faults(state=ReviewState.REJECTED) == []
    assert faults(state=ReviewState.UNREVIEWED) == []


def test_a_box_of_a_class_that_the_image_has_not() -> None:
    (found,) = faults(GOOD, class_id=2)
    assert found.fault is Fault.OTHER_CLASS
    assert found.text == "A box of dog in an image of cat."
    both = ImageRecord(7, "a/1.jpg", 100, 80, 1, more_labels=(2,))
    assert faults(GOOD, class_id=2, image=both) == []


def test_boxes_of_a_file_that_is_gone() -> None:
    gone = ImageRecord(7, "a/1.jpg", 100, 80, 1, problem="The file is gone.")
    (found,) = faults(GOOD, image=gone)
    assert (found.fault, found.image_id) == (Fault.UNUSABLE, 7)
    assert "gone" in found.text


def test_the_checks_of_a_project(filled, make_image):
    project, ids = filled.project, filled.image_ids
    with project.write() as conn:
        assert check_project(conn) == []
        far = EditedBox(None, filled.class_ids[0], Box(60, 60, 90, 79), DRAWN)
        review.replace_boxes(conn, ids[0], [far], "Draw box")
        review.accept(conn, ids[2], [])
        images.add_images(conn, [make_image("0/0000.jpg", 1, width=70, height=80)])
        found = check_project(conn)
    assert [(f.fault, f.image_id) for f in found] == [
        (Fault.OUTSIDE, ids[0]),
        (Fault.FAR_FROM_PROPOSAL, ids[0]),
        (Fault.WITHOUT_BOX, ids[2]),
        (Fault.EMPTY_CLASS, None),
    ]
    assert "dog" in found[3].text


def test_the_history_counts_the_images_of_an_act_on_many(filled, make_image):
    project, ids = filled.project, filled.image_ids
    with project.write() as conn:
        review.reject_many(conn, ids[:3])
        images.add_images(conn, [make_image(f"more/{n}.jpg", 1) for n in range(400)])
        review.reject_many(conn, [image.id for image in images.list_images(conn)])
        lines = review.past(conn)
    assert [(line.images, line.path) for line in lines] == [(None, None), (3, None)]


def test_travelling_through_the_history(filled, human_rows):
    project, ids = filled.project, filled.image_ids
    before = human_rows(project)
    with project.write() as conn:
        for image_id in ids[:4]:
            review.reject(conn, image_id)
        lines = review.past(conn)
    after = human_rows(project)
    assert [line.name for line in lines] == ["Reject"] * 4
    with project.read() as conn:
        wanted = [image.path for image in images.get_images(conn, ids[3::-1])]
    assert [(line.images, line.path) for line in lines] == [(1, path) for path in wanted]
    second = lines[2].id
    with project.write() as conn:
        changes = review.travel(conn, second)
    assert changes == review.Changes(frozenset(ids[2:4]), "Undo 2 operations")
    with project.read() as conn:
        assert [line.undone for line in review.past(conn)] == [True, True, False, False]
    with project.write() as conn:
        assert review.travel(conn, second) is None
        assert review.travel(conn, None) == review.Changes(frozenset(ids[:2]), "Undo 2 operations")
    assert human_rows(project) == before
    with project.write() as conn:
        assert review.travel(conn, 999) is None
        review.travel(conn, lines[0].id)
    assert human_rows(project) == after
