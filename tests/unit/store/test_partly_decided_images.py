"""What an image decided in part tells others: nothing, until all of its boxes are decided.

What is left may hold objects, so that the image is no ground truth: whoever took its decided boxes
for all there are would learn, or hand on, that the rest is background.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.domain.geometry import Box
from engine.domain.records import AnnotationOrigin, LeftBox
from engine.inspection.truth import known_boxes
from engine.jobs.reporter import silent_reporter
from engine.jobs.requests import ExportRequest
from engine.store import annotations, draws, images, review, value_queue
from engine.store.checks import check_project
from engine.store.review import EditedBox, ShownBox
from engine.workflows.evidence import gather
from engine.workflows.export_contents import ProjectImages

BOX, OTHER = Box(10, 10, 50, 50), Box(20, 5, 60, 40)


@pytest.fixture
def begun(filled: Any) -> Any:
    """The first image is decided in part, the second whole."""
    first, second = filled.image_ids[:2]
    edited = EditedBox(None, 1, BOX, AnnotationOrigin.CORRECTED)
    with filled.project.write() as conn:
        review.replace_boxes(conn, first, [edited], "Move box", 1.0, [LeftBox(1, OTHER)])
        review.accept(conn, second, [ShownBox(1, BOX)], 1.0)
    return filled


def finish(begun: Any) -> None:
    with begun.project.write() as conn:
        review.accept(conn, begun.image_ids[0], [ShownBox(1, OTHER)], 1.0)


def test_it_teaches_nothing_until_it_is_decided(begun):
    def taught() -> list[tuple[int, int]]:
        found = gather(begun.project, silent_reporter())
        return [(known.image.id, len(known.boxes)) for known in found.accepted]

    first, second = begun.image_ids[:2]
    assert taught() == [(second, 1)]
    finish(begun)
    assert sorted(taught()) == [(first, 2), (second, 1)]


def test_a_drawn_image_judges_nothing_until_it_is_decided(begun):
    first = begun.image_ids[0]
    with begun.project.write() as conn:
        draws.add_draws(conn, [first])
        assert draws.waiting_draws(conn) == [first]
    assert gather(begun.project, silent_reporter()).drawn == []
    finish(begun)
    (judge,) = gather(begun.project, silent_reporter()).drawn
    assert (judge.image.id, len(judge.boxes)) == (first, 2)


def test_maps_are_not_held_against_it(begun):
    with begun.project.read() as conn:
        found = known_boxes(conn, images.list_images(conn))
    assert set(found) == {begun.image_ids[1]}


@pytest.mark.parametrize("proposals_too", [False, True])
def test_it_is_not_exported_as_decided_nor_as_proposed(begun, proposals_too: bool, tmp_path: Path):
    request = ExportRequest(
        str(begun.project.folder), "csv", str(tmp_path / "out"), include_unreviewed=proposals_too
    )

    def paths() -> set[str]:
        with begun.project.read() as conn:
            return {image.path for image in ProjectImages(conn, request)}

    with begun.project.read() as conn:
        path = images.get_image(conn, begun.image_ids[0]).path
    assert path not in paths()
    finish(begun)
    assert path in paths()


def test_whoever_asks_for_it_gets_its_decided_boxes_alone(begun, tmp_path: Path):
    request = ExportRequest(
        str(begun.project.folder), "csv", str(tmp_path / "out"), states=("partly",)
    )
    with begun.project.read() as conn:
        (image,) = ProjectImages(conn, request)
    assert [(box.xmin, box.ymin) for box in image.boxes] == [(10, 10)]


def test_it_counts_as_waiting(begun):
    first = begun.image_ids[0]
    with begun.project.write() as conn:
        assert annotations.count_decided(conn) == 1
        assert first in {turn.image_id for turn in value_queue.plan_queue(conn).turns}
        assert review.pace(conn).per_box == 1.0  # of the decided one


def test_the_checks_find_no_fault_with_what_is_left(begun):
    with begun.project.read() as conn:
        assert not [found for found in check_project(conn) if found.image_id == begun.image_ids[0]]
