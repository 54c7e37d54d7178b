"""Boxes go out of one project and into another: every format, every way of taking them in."""

from __future__ import annotations

import csv
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.domain.errors import InputError, ProjectError
from engine.domain.geometry import Box
from engine.domain.records import AnnotationOrigin, LeftBox, ReviewState, RunKind, RunState
from engine.jobs.events import Event, Progress
from engine.jobs.reporter import Reporter, silent_reporter
from engine.jobs.requests import ExportRequest, ImportRequest, IndexRequest
from engine.store import annotations, images, proposals, review, runs, score_maps, truth
from engine.store.project import Project
from engine.store.sqlite import BUSY_SECONDS
from engine.workflows.dispatch import run
from engine.workflows.evaluate import EvaluateRequest, evaluate_project
from tests.pictures import write_pictures

Rows = dict[str, list[tuple[str, tuple[float, ...]]]]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """18 images of three classes, 64 x 48 pixels."""
    return write_pictures(tmp_path / "images")


def make(folder: Path, root: Path) -> Project:
    run(IndexRequest(str(folder), str(root)), silent_reporter())
    return Project.open(folder)


@pytest.fixture
def source(tmp_path: Path, root: Path) -> Iterator[Project]:
    """Half of the images are corrected with one or two boxes, one has none, one is rejected."""
    with make(tmp_path / "source", root) as project:
        with project.write() as conn:
            for number, image in enumerate(images.list_images(conn)):
                assert image.class_id is not None
                boxes = [
                    review.EditedBox(
                        None,
                        image.class_id,
                        Box(number, 2.5 + k, number + 20.25, 40),
                        AnnotationOrigin.DRAWN,
                    )
                    for k in range(number % 3)
                ]
                if number % 2 == 0:
                    review.replace_boxes(conn, image.id, boxes, "Draw box")
            review.reject(conn, images.list_images(conn)[1].id)
        yield project


@pytest.fixture
def target(tmp_path: Path, root: Path) -> Iterator[Project]:
    with make(tmp_path / "target", root) as project:
        yield project


def export(project: Project, out: Path, format_name: str, **more: Any) -> dict[str, Any]:
    request = ExportRequest(str(project.folder), format_name, str(out), **more)
    return run(request, silent_reporter())


def take(project: Project, source: Path, **more: Any) -> dict[str, Any]:
    return run(ImportRequest(str(project.folder), str(source), **more), silent_reporter())


def rows(project: Project, table: str = "annotations") -> Rows:
    with project.read() as conn:
        names = {item.id: item.name for item in images.list_classes(conn)}
        listed = images.list_images(conn)
        ids = [image.id for image in listed]
        if table == "truth":
            true = truth.true_boxes_by_image(conn)
            found: dict[int, list[Any]] = {i: true.get(i, []) for i in ids}
        elif table == "proposals":
            found = {
                i: [(p.class_id, p.box) for p in own]
                for i, own in proposals.proposals_of(conn, ids).items()
            }
        else:
            found = {
                i: [(a.class_id, a.box) for a in own]
                for i, own in annotations.annotations_of(conn, ids).items()
            }
    return {
        image.path: sorted((names[c], box.as_tuple()) for c, box in found[image.id])
        for image in listed
        if found[image.id]
    }


def rounded_out(found: Rows) -> Rows:
    return {
        path: sorted(
            (n, (float(int(a)), float(int(b)), float(-int(-c // 1)), d)) for n, (a, b, c, d) in own
        )
        for path, own in found.items()
    }


def approximately(found: Rows, wanted: Rows) -> None:
    assert found.keys() == wanted.keys()
    for path, own in wanted.items():
        assert [name for name, _ in found[path]] == [name for name, _ in own]
        for (_, corners), (_, others) in zip(found[path], own, strict=True):
            assert corners == pytest.approx(others, abs=1e-6)


@pytest.mark.parametrize("become", ["annotations", "truth", "proposals"])
@pytest.mark.parametrize("format_name", ["coco", "voc", "yolo", "csv"])
def test_what_one_project_exports_another_takes_in(
    format_name: str, become: str, source: Project, target: Project, tmp_path: Path
) -> None:
    export(source, tmp_path / "out", format_name)
    before = take(target, tmp_path / "out", become=become, dry_run=True)
    assert rows(target, become) == {}
    result = take(target, tmp_path / "out", become=become)
    assert {**before, "dry_run": False} == result
    assert (result["format"], result["problem_count"]) == (format_name, 0)
    wanted = rows(source)
    assert result["boxes_added"] == sum(map(len, wanted.values())) == 9
    if format_name == "voc":
        wanted = rounded_out(wanted)
    approximately(rows(target, become), wanted)
    with target.write() as conn:
        assert review.undo_name(conn) == f"Import {become}"
        review.undo(conn)
    assert rows(target, become) == {}
    with target.write() as conn:
        review.redo(conn)
    approximately(rows(target, become), wanted)


def test_review_states_and_splits_come_along(
    source: Project, target: Project, tmp_path: Path
) -> None:
    options = {"split": "ratio", "ratios": (50.0, 25.0, 25.0), "seed": 3}
    export(source, tmp_path / "out", "csv", **options)
    take(target, tmp_path / "out")
    with target.read() as conn, source.read() as other:
        states = annotations.review_states(conn)
        decided = {i for i, s in annotations.review_states(other).items() if s == "corrected"}
        assert {i for i, s in states.items() if s is ReviewState.CORRECTED} == decided
        assert len(truth.splits_by_image(conn)) == len(decided) == 9
    export(target, tmp_path / "again", "csv", split="imported")
    table = "images.csv"
    assert (tmp_path / "again" / table).read_bytes() == (tmp_path / "out" / table).read_bytes()


def test_an_export_repeats_to_the_byte(source: Project, tmp_path: Path) -> None:
    for format_name in ("coco", "voc", "yolo", "csv"):
        options = {"split": "ratio", "include_unreviewed": True}
        export(source, tmp_path / "1" / format_name, format_name, **options)
        export(source, tmp_path / "2" / format_name, format_name, **options)
    first = {p.relative_to(tmp_path / "1"): p for p in (tmp_path / "1").rglob("*") if p.is_file()}
    assert len(first) > 30
    for relative, path in first.items():
        assert (tmp_path / "2" / relative).read_bytes() == path.read_bytes()


def test_dry_run_of_an_export_counts_and_writes_nothing(source: Project, tmp_path: Path) -> None:
    options = {"split": "ratio", "states": ("corrected", "rejected"), "classes": ("blue", "red")}
    found = export(source, tmp_path / "out", "yolo", dry_run=True, **options)
    assert not (tmp_path / "out").exists()
    written = export(source, tmp_path / "out", "yolo", **options)
    assert (found["images"], found["boxes"]) == (written["images"], written["boxes"]) == (7, 6)
    about = json.loads((tmp_path / "out/provenance.json").read_text())
    assert about["counts"]["boxes_per_class_and_split"] == found["boxes_per_class_and_split"]
    assert about["source"]["request"]["classes"] == ["blue", "red"]
    assert any("Rejected" in warning for warning in found["warnings"])
    assert any("Ultralytics" in warning for warning in found["warnings"])
    refused = export(source, tmp_path / "out", "yolo", dry_run=True, **options)
    assert any("there already" in warning for warning in refused["warnings"])


def test_proposals_go_out_from_a_score_on(source: Project, tmp_path: Path) -> None:
    with source.write() as conn:
        run_id = runs.start_run(conn, RunKind.PROPOSE, {}, {})
        ids = [image.id for image in images.list_images(conn)]
        new = [
            proposals.NewProposal(image_id, 1, Box(1, 1, 9, 9), number / 20, 0.2)
            for number, image_id in enumerate(ids)
        ]
        proposals.replace_proposals(conn, run_id, ids, new)
    reviewed = export(source, tmp_path / "a", "coco")
    every = export(source, tmp_path / "b", "coco", include_unreviewed=True)
    good = export(source, tmp_path / "c", "coco", include_unreviewed=True, min_score=0.5)
    assert [r["images"] for r in (reviewed, every, good)] == [9, 17, 13]
    results = json.loads((tmp_path / "c/proposals.json").read_text())
    assert sorted(row["score"] for row in results) == [0.55, 0.65, 0.75, 0.85]


def test_the_results_form_comes_back_as_proposals(
    source: Project, target: Project, tmp_path: Path
) -> None:
    test_proposals_go_out_from_a_score_on(source, tmp_path)
    take(target, tmp_path / "c/proposals.json", become="proposals")
    with target.read() as conn:
        scores = sorted(proposal.score for proposal in proposals.all_proposals(conn))
        (record,) = runs.list_runs(conn)
    assert scores == [0.55, 0.65, 0.75, 0.85]
    assert record.kind is RunKind.IMPORT


@pytest.mark.parametrize(
    ("existing", "removed", "boxes"), [("keep", 0, 9), ("replace", 9, 9), ("add", 0, 18)]
)
def test_what_is_there_already(
    existing: str, removed: int, boxes: int, source: Project, target: Project, tmp_path: Path
) -> None:
    export(source, tmp_path / "voc", "voc")
    export(source, tmp_path / "coco", "coco")
    take(target, tmp_path / "voc")
    before = rows(target)
    result = take(target, tmp_path / "coco", existing=existing)
    assert result["boxes_removed"] == removed
    assert sum(map(len, rows(target).values())) == boxes
    with target.write() as conn:
        review.undo(conn)
    assert rows(target) == (before if existing != "keep" else {})


def test_a_decided_image_is_kept_and_said(source: Project, target: Project, tmp_path: Path) -> None:
    export(source, tmp_path / "out", "coco")
    with target.write() as conn:
        review.reject(conn, images.list_images(conn)[2].id)
    result = take(target, tmp_path / "out")
    assert result["images_kept"] == 1
    assert images_with_state(target, ReviewState.REJECTED) == 1
    assert len(rows(target)) == 5


def images_with_state(project: Project, state: ReviewState) -> int:
    with project.read() as conn:
        return sum(s is state for s in annotations.review_states(conn).values())


def test_images_are_found_by_path_name_and_content(
    source: Project, target: Project, tmp_path: Path, root: Path
) -> None:
    export(source, tmp_path / "out", "coco", images="copy")
    table = tmp_path / "out/annotations.json"
    about = json.loads(table.read_text())
    for position, image in enumerate(about["images"]):
        old = tmp_path / "out/images" / image["file_name"]
        image["file_name"] = f"{position:04d}.png"
        old.rename(tmp_path / "out/images" / image["file_name"])
    table.write_text(json.dumps(about))
    with pytest.raises(InputError, match="None of its 9 images is in the project"):
        take(target, tmp_path / "out", match="path")
    assert take(target, tmp_path / "out", match="hash")["images_matched"] == 9
    approximately(rows(target), rows(source))


def test_a_name_that_several_images_have_is_said(target: Project, tmp_path: Path) -> None:
    boxes = [("0.png", "red", 64, 48, 1, 1, 9, 9), ("blue/1.png", "red", 64, 48, 1, 1, 9, 9)]
    write_table(tmp_path / "boxes.csv", boxes)
    result = take(target, tmp_path / "boxes.csv")
    assert result["unmatched_names"] == ["3 images of the project could be 0.png."]
    assert list(rows(target)) == ["blue/1.png"]


def write_table(path: Path, boxes: list[tuple[Any, ...]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["image", "class", "width", "height", "xmin", "ymin", "xmax", "ymax"])
        writer.writerows(boxes)


def test_unusable_lines_stop_it_or_are_left_out_and_all_are_reported(
    target: Project, tmp_path: Path
) -> None:
    good = ("blue/0.png", "new class", 64, 48, 1, 1, 9, 9)
    bad = [
        ("blue/1.png", "red", 64, 48, 9, 1, 9, 9),
        ("blue/1.png", "red", 64, 48, 1, 1, "nan", 9),
        ("blue/1.png", "red", 64, 48, 1, 1, 99, 9),
        ("blue/1.png", "", 64, 48, 1, 1, 9, 9),
        ("../blue/1.png", "red", 64, 48, 1, 1, 9, 9),
        ("blue/2.png", "red", 48, 64, 1, 1, 9, 9),
        good,
    ]
    table, report = tmp_path / "boxes.csv", tmp_path / "report.csv"
    write_table(table, [good, *bad, ("blue/99.png", "red", 64, 48, 1, 1, 9, 9)])
    with pytest.raises(InputError) as caught:
        take(target, table)
    assert caught.value.path == str(table)
    assert caught.value.place == "line 3"
    assert "6 more cannot be used. Nothing was changed." in caught.value.message
    assert rows(target) == {}
    result = take(target, table, skip_unusable=True, report=str(report))
    assert result["problem_count"] == 7
    assert result["new_classes"] == ["new class"]
    assert rows(target) == {"blue/0.png": [("new class", (1, 1, 9, 9))]}
    with report.open(encoding="utf-8", newline="") as file:
        lines = [row[1] for row in csv.reader(file)]
    assert lines == ["place", *(f"line {n}" for n in (3, 4, 5, 6, 7, 8, 9)), "line 10"] or sorted(
        lines[1:]
    ) == sorted(f"line {n}" for n in (3, 4, 5, 6, 7, 8, 9, 10))


def test_proposing_anew_after_an_import_does_not_block_undo(
    source: Project, target: Project, tmp_path: Path
) -> None:
    export(source, tmp_path / "out", "coco")
    with target.write() as conn:
        first = images.list_images(conn)[3]
        review.replace_boxes(conn, first.id, [], "Delete box")
    take(target, tmp_path / "out", become="proposals")
    with target.write() as conn:
        image_id = images.list_images(conn)[2].id
        run_id = runs.start_run(conn, RunKind.PROPOSE, {}, {})
        anew = proposals.NewProposal(image_id, 1, Box(5, 5, 9, 9), 0.5, 0.2)
        proposals.replace_proposals(conn, run_id, [image_id], [anew])
    with target.write() as conn:
        review.undo(conn)
        left = list(proposals.all_proposals(conn))
        assert [(p.image_id, p.run_id) for p in left] == [(image_id, run_id)]
        changes = review.undo(conn)
    assert changes is not None
    assert changes.operation == "Delete box"


def test_pixels_that_may_count_from_0_or_1_are_asked_about(
    source: Project, target: Project, tmp_path: Path
) -> None:
    export(source, tmp_path / "out", "voc")
    (tmp_path / "out/provenance.json").unlink()
    with pytest.raises(InputError, match="from 1 or from 0"):
        take(target, tmp_path / "out")
    take(target, tmp_path / "out", one_based=True)
    approximately(rows(target), rounded_out(rows(source)))


def test_unknown_choices_are_refused(target: Project, tmp_path: Path) -> None:
    write_table(tmp_path / "boxes.csv", [("blue/0.png", "red", 64, 48, 1, 1, 9, 9)])
    request = ImportRequest(str(target.folder), str(tmp_path / "boxes.csv"))
    for wrong in ({"become": "x"}, {"existing": "x"}, {"match": "x"}, {"format": "x"}):
        with pytest.raises(InputError, match="Unknown"):
            run(replace(request, **wrong), silent_reporter())
    with pytest.raises(InputError, match="Unknown class 'zebra'"):
        export(target, tmp_path / "out", "csv", classes=("zebra",))
    with pytest.raises(InputError, match="No import has brought splits"):
        export(target, tmp_path / "out", "csv", split="imported")


def test_a_large_import_is_undone_in_parts(target: Project, tmp_path: Path) -> None:
    """More rows than one part of an operation holds."""
    boxes = [
        ("blue/0.png", "red", 64, 48, i / 100, j / 10, 60 + i / 100, 40 + j / 10)
        for i in range(100)
        for j in range(60)
    ]
    boxes += [("green/0.png", "red", 64, 48, 1, 1, 9, 9)]
    write_table(tmp_path / "boxes.csv", boxes)
    assert take(target, tmp_path / "boxes.csv")["boxes_added"] == 6001
    with target.write() as conn:
        assert len(review.history(conn)) == 1
        changes = review.undo(conn)
        assert changes is not None
        assert len(changes.image_ids) == 2
    assert rows(target) == {}
    with target.write() as conn:
        review.redo(conn)
    assert sum(map(len, rows(target).values())) == 6001


def test_imported_truth_is_what_an_evaluation_uses(
    source: Project, target: Project, tmp_path: Path
) -> None:
    with target.write() as conn:
        run_id = runs.start_run(conn, RunKind.PROPOSE, {}, {}, parent_id=None)
        values = np.eye(4, dtype=np.float16)
        for image in images.list_images(conn):
            assert image.class_id is not None
            stored = score_maps.StoredMap(image.id, image.class_id, 1.0, values)
            score_maps.put_maps(conn, run_id, [stored])
            score_maps.put_predictions(conn, run_id, {image.id: image.class_id})
        runs.end_run(conn, run_id, RunState.FINISHED)
    request = EvaluateRequest(str(target.folder))
    with pytest.raises(ProjectError, match="no true boxes"):
        evaluate_project(request, silent_reporter())
    export(source, tmp_path / "out", "coco")
    take(target, tmp_path / "out", become="truth")
    found = evaluate_project(request, silent_reporter())
    assert (found.images, found.empty_images, found.false_boxes) == (6, 3, 3)
    assert rows(target) == {}


def test_classes_that_an_undone_import_brought_are_gone_until_redo(
    target: Project, tmp_path: Path
) -> None:
    write_table(tmp_path / "boxes.csv", [("blue/0.png", "owl", 64, 48, 1, 1, 9, 9)])
    for _ in range(2):  # a second import of the same finds the class that is not there any more
        assert take(target, tmp_path / "boxes.csv")["new_classes"] == ["owl"]
        assert class_list(target) == ["blue", "green", "red", "owl"]
        with target.write() as conn:
            review.undo(conn)
        assert class_list(target) == ["blue", "green", "red"]
    with pytest.raises(InputError, match="Unknown class 'owl'"):
        export(target, tmp_path / "out", "csv", classes=("owl",))
    with target.write() as conn:
        review.redo(conn)
    assert class_list(target) == ["blue", "green", "red", "owl"]
    assert rows(target) == {"blue/0.png": [("owl", (1, 1, 9, 9))]}


def test_a_class_that_images_have_got_since_stays_after_undo(
    target: Project, tmp_path: Path
) -> None:
    write_table(tmp_path / "boxes.csv", [("blue/0.png", "owl", 64, 48, 1, 1, 9, 9)])
    take(target, tmp_path / "boxes.csv")
    with target.write() as conn:
        (owl,) = (item.id for item in images.list_classes(conn) if item.name == "owl")
        found = images.NewImage("owl/0.png", owl, 64, 48, None, None, 1, 1)
        images.add_images(conn, [found])
        review.undo(conn)
    assert class_list(target) == ["blue", "green", "red", "owl"]


def class_list(project: Project) -> list[str]:
    with project.read() as conn:
        return [item.name for item in images.list_classes(conn)]


def test_a_persons_act_waits_for_an_import_and_is_not_refused(
    source: Project, target: Project, tmp_path: Path
) -> None:
    """The import holds the write lock for as long as it takes boxes in."""
    export(source, tmp_path / "out", "coco")
    inside, act = threading.Event(), threading.Event()

    def hear(event: Event) -> None:
        if isinstance(event, Progress) and event.message == "Taking boxes in":
            inside.set()
            act.wait(20)
            time.sleep(0.5)

    request = ImportRequest(str(target.folder), str(tmp_path / "out"))
    job = threading.Thread(target=run, args=(request, Reporter(hear)))
    job.start()
    assert inside.wait(20)
    with Project.open(target.folder) as window:
        act.set()
        start = time.monotonic()
        with window.write() as conn:
            last = images.list_images(conn)[-1]
            review.reject(conn, last.id)
        assert time.monotonic() - start > 0.3
    job.join()
    assert images_with_state(target, ReviewState.REJECTED) == 1
    assert len(rows(target)) == 6
    assert BUSY_SECONDS >= 300  # an import of a million boxes takes a minute or two
    with target.read() as conn:
        names = [operation.name for operation in review.history(conn)]
    assert names == ["Reject", "Import annotations"]


@pytest.mark.parametrize("format_name", ["coco", "voc", "yolo", "csv"])
def test_an_image_without_boxes_is_known_to_be_empty(
    format_name: str, source: Project, target: Project, tmp_path: Path
) -> None:
    export(source, tmp_path / "out", format_name)
    result = take(target, tmp_path / "out", become="truth")
    assert (result["images_matched"], result["images_known_empty"]) == (9, 3)
    assert result["images_without_truth"] == 0
    assert len(rows(target, "truth")) == 6
    empty = known_empty(target)
    assert len(empty) == 3
    assert empty.isdisjoint(rows(target, "truth"))
    with target.write() as conn:
        review.undo(conn)
    assert known_empty(target) == set()
    with target.write() as conn:
        review.redo(conn)
    assert known_empty(target) == empty


def test_an_image_decided_in_part_is_not_known_to_be_empty(
    source: Project, target: Project, tmp_path: Path
) -> None:
    with source.write() as conn:
        image = images.list_images(conn)[3]
        left = [LeftBox(1, Box(1, 1, 9, 9))]
        review.replace_boxes(conn, image.id, [], "Delete box", None, left)
    export(source, tmp_path / "out", "csv", states=("partly",))
    result = take(target, tmp_path / "out", become="truth")
    assert (result["images_matched"], result["images_known_empty"]) == (1, 0)
    assert known_empty(target) == set()


def known_empty(project: Project) -> set[str]:
    with project.read() as conn:
        found = truth.empty_images(conn)
        return {image.path for image in images.list_images(conn) if image.id in found}


def test_a_box_that_cannot_be_used_leaves_its_image_unknown(
    source: Project, target: Project, tmp_path: Path
) -> None:
    export(source, tmp_path / "out", "coco")
    table = tmp_path / "out/annotations.json"
    about = json.loads(table.read_text())
    first = about["annotations"][0]
    lost = next(i["file_name"] for i in about["images"] if i["id"] == first["image_id"])
    about["annotations"] = [
        a | {"bbox": [1, 1, 0, 5]}
        for a in about["annotations"]
        if a["image_id"] == first["image_id"]
    ]
    table.write_text(json.dumps(about))
    result = take(target, table, become="truth", skip_unusable=True)
    assert (result["images_known_empty"], result["images_without_truth"]) == (8, 1)
    assert lost not in known_empty(target)
    about["annotations"][0]["image_id"] = 99  # may be of any image
    table.write_text(json.dumps(about))
    result = take(target, table, become="truth", skip_unusable=True, existing="replace")
    assert (result["images_known_empty"], result["images_without_truth"]) == (0, 9)
    assert known_empty(target) == set()


def test_images_that_the_results_form_does_not_name_are_not_known_to_be_empty(
    source: Project, target: Project, tmp_path: Path
) -> None:
    test_proposals_go_out_from_a_score_on(source, tmp_path)
    result = take(target, tmp_path / "c/proposals.json", become="truth")
    assert (result["boxes_added"], result["images_known_empty"]) == (4, 0)
    assert known_empty(target) == set()


def test_empty_images_become_corrected_ones(
    source: Project, target: Project, tmp_path: Path
) -> None:
    export(source, tmp_path / "out", "csv")
    result = take(target, tmp_path / "out")
    assert (result["images_known_empty"], result["images_without_truth"]) == (0, 0)
    assert images_with_state(target, ReviewState.CORRECTED) == 9
    assert len(rows(target)) == 6
