"""Images, runs, score maps, proposals: what jobs write and read."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import update

from engine.domain.errors import ProjectError
from engine.domain.geometry import Box
from engine.domain.records import KnownFile, ReviewState, RunKind, RunState
from engine.store import annotations, images, proposals, review, runs, schema, score_maps
from engine.store.project import Project
from engine.store.summary import summary

NewImage = Callable[..., images.NewImage]


def test_classes_keep_their_ids_and_order(project: Project):
    with project.write() as conn:
        assert images.add_classes(conn, ["dog", "cat", "dog"]) == {"dog": 1, "cat": 2}
        assert images.add_classes(conn, ["ant", "cat"]) == {"dog": 1, "cat": 2, "ant": 3}
        assert images.add_classes(conn, []) == {"dog": 1, "cat": 2, "ant": 3}
        assert [record.name for record in images.list_classes(conn)] == ["dog", "cat", "ant"]


def test_images_are_upserted_by_path(project: Project, make_image: NewImage):
    with project.write() as conn:
        images.add_classes(conn, ["cat", "dog"])
        first = images.add_images(conn, [make_image("b", 1, digest="e"), make_image("a", 1)])
        changed = make_image("a", 2, width=7, digest="d", problem="truncated", bytes=5)
        again = images.add_images(conn, [make_image("c"), changed])
        assert again[1] == first[1]
        assert len({*first, *again}) == 3
        record = images.get_image(conn, first[1])
        assert (record.class_id, record.width, record.digest) == (2, 7, "d")
        assert not record.usable
        assert [image.path for image in images.list_images(conn)] == ["b", "c"]
        assert [i.path for i in images.list_images(conn, usable_only=False)] == ["a", "b", "c"]
        known = images.known_files(conn)
        other = images.get_image(conn, first[0])
        assert known == {  # not those of which no digest is known
            "a": KnownFile(5, 1, 7, record.height, "d", "truncated"),
            "b": KnownFile(1000, 1, other.width, other.height, "e"),
        }


def test_an_unknown_image_is_an_error(project: Project):
    with project.read() as conn, pytest.raises(ProjectError, match="77"):
        images.get_image(conn, 77)


def test_queue_tells_state_and_best_score(filled, make_image: NewImage):
    ids, run_id = filled.image_ids, filled.run_id
    with filled.project.write() as conn:
        images.add_images(conn, [make_image("0/bad.jpg", problem="truncated")])
        boxes = [
            proposals.NewProposal(ids[0], filled.class_ids[0], Box(0, 0, 9, 9), score, 0.2)
            for score in (0.3, 0.9, 0.6)
        ]
        proposals.replace_proposals(conn, run_id, ids[:2], boxes)
        review.skip(conn, ids[2])
    with filled.project.read() as conn:
        entries = images.queue(conn)
        by_id = {entry.image_id: entry for entry in entries}
        assert [entry.path for entry in entries] == sorted(entry.path for entry in entries)
        assert len(entries) == 7
        assert by_id[ids[0]].score == 0.9
        assert by_id[ids[1]].score is None
        assert by_id[ids[2]].state is ReviewState.SKIPPED
        assert by_id[ids[3]].state is ReviewState.UNREVIEWED
        assert [entry.problem for entry in entries].count("truncated") == 1
        some = images.queue_entries(conn, [ids[3], 999, ids[0]])
        assert some == [by_id[ids[3]], by_id[ids[0]]]


def test_undecided_are_the_usable_ones_that_are_not_settled(filled, make_image: NewImage):
    ids = filled.image_ids
    with filled.project.write() as conn:
        images.add_images(conn, [make_image("bad.jpg", problem="truncated")])
        review.accept(conn, ids[0], [])
        review.replace_boxes(conn, ids[1], [], "Delete box")
        review.reject(conn, ids[2])
        review.skip(conn, ids[3])
        review.reject(conn, ids[4])
        review.reset(conn, ids[4])
        assert images.undecided_ids(conn) == {ids[3], ids[4], ids[5]}


def test_a_run_is_recorded_with_all_that_repeats_it(project: Project):
    settings = {"epochs": 3, "options": {"gamma": 0.9, "on": True, "name": "ü"}}
    before = datetime.now(UTC) - timedelta(seconds=1)
    with project.write() as conn:
        train = runs.start_run(conn, RunKind.TRAIN, settings, {"torch": "2.6"}, folder="runs/1")
        propose = runs.start_run(conn, RunKind.PROPOSE, {}, {}, parent_id=train)
        runs.set_run_folder(conn, propose, "runs/2")
    with project.read() as conn:
        record = runs.get_run(conn, train)
        assert (record.settings, record.versions) == (settings, {"torch": "2.6"})
        assert (record.state, record.folder) == (RunState.RUNNING, "runs/1")
        assert before < record.created_at <= datetime.now(UTC)
        assert runs.get_run(conn, propose).parent_id == train
        assert [run.id for run in runs.list_runs(conn)] == [propose, train]
        assert [run.id for run in runs.list_runs(conn, RunKind.TRAIN)] == [train]


def test_a_run_ends_and_is_reopened(project: Project):
    with project.write() as conn:
        run_id = runs.start_run(conn, RunKind.TRAIN, {}, {})
        runs.end_run(conn, run_id, RunState.FAILED, "no memory")
        failed = runs.get_run(conn, run_id)
        assert (failed.state, failed.error) == (RunState.FAILED, "no memory")
        assert failed.finished_at is not None
        finished = [RunState.FINISHED]
        assert runs.latest_run(conn, RunKind.TRAIN, finished) is None
        found = runs.latest_run(conn, RunKind.TRAIN, {RunState.FAILED, RunState.CANCELLED})
        assert found == failed
        runs.reopen_run(conn, run_id)
        again = runs.get_run(conn, run_id)
        assert (again.state, again.error, again.finished_at) == (RunState.RUNNING, None, None)


@pytest.mark.parametrize("act", [runs.get_run, runs.reopen_run])
def test_an_unknown_run_is_an_error(act: Callable[..., object], project: Project):
    with pytest.raises(ProjectError, match="no run 5"), project.write() as conn:
        act(conn, 5)


def test_runs_of_dead_processes_are_interrupted(project: Project):
    with project.write() as conn:
        mine, dead, ended, reused = (runs.start_run(conn, RunKind.TRAIN, {}, {}) for _ in range(4))
        runs.end_run(conn, ended, RunState.FINISHED)
        _give_process(conn, dead, pid=2**22 + 1)
        _give_process(conn, reused, process_started=1.0)
        assert runs.mark_interrupted(conn) == [dead, reused]
        assert runs.get_run(conn, mine).state is RunState.RUNNING
        assert runs.get_run(conn, ended).state is RunState.FINISHED
        record = runs.get_run(conn, dead)
        assert record.state is RunState.INTERRUPTED
        assert record.error
        assert runs.mark_interrupted(conn, alive=lambda pid: pid != os.getpid()) == [mine]


def _give_process(conn, run_id: int, **values: float) -> None:
    conn.execute(update(schema.runs).where(schema.runs.c.id == run_id).values(**values))


def test_metrics_come_back_by_step(project: Project):
    with project.write() as conn:
        run_id = runs.start_run(conn, RunKind.TRAIN, {}, {})
        other = runs.start_run(conn, RunKind.TRAIN, {}, {})
        runs.add_metrics(conn, run_id, 1.5, {"loss": 0.25})
        runs.add_metrics(conn, run_id, 0.5, {"loss": math.inf, "accuracy": 0.1})
        runs.add_metrics(conn, run_id, 1.5, {"accuracy": math.nan})
        runs.add_metrics(conn, run_id, 1.5, {"loss": 0.125})
        runs.add_metrics(conn, other, 1.5, {"loss": 9.0})
        runs.add_metrics(conn, run_id, 2.0, {})
        (first, second) = runs.metrics(conn, run_id)
        assert first == (0.5, {"loss": math.inf, "accuracy": 0.1})
        assert (second[0], second[1]["loss"]) == (1.5, 0.125)
        assert math.isnan(second[1]["accuracy"])


def _map(image_id: int, class_id: int, probability: float, height: int = 3, width: int = 5):
    values = np.random.default_rng(image_id * 100 + class_id).normal(size=(height, width))
    return score_maps.StoredMap(image_id, class_id, probability, values.astype(np.float16), 2)


def test_score_maps_come_back_to_the_bit(filled):
    image_id, (cat, dog) = filled.image_ids[0], filled.class_ids
    kept = [_map(image_id, cat, 0.25), _map(image_id, dog, 0.75, height=14, width=14)]
    kept[0].values[0, 0] = np.inf
    with filled.project.write() as conn:
        score_maps.put_maps(conn, filled.run_id, kept)
        found = score_maps.maps_of_image(conn, filled.run_id, image_id)
        assert [item.class_id for item in found] == [dog, cat]
        for item, original in zip(found, reversed(kept), strict=True):
            np.testing.assert_array_equal(item.values, original.values)
            assert item.values.dtype == np.float16
            assert item.probability == original.probability
            assert item.rank == original.rank == 2
        one = score_maps.get_map(conn, filled.run_id, image_id, cat)
        assert one is not None
        np.testing.assert_array_equal(one.values, kept[0].values)
        assert score_maps.get_map(conn, filled.run_id, filled.image_ids[1], cat) is None
        assert score_maps.get_map(conn, 99, image_id, cat) is None


def test_a_map_is_replaced_and_need_not_be_contiguous(filled):
    image_id, cat = filled.image_ids[0], filled.class_ids[0]
    values = np.arange(24, dtype=np.float16).reshape(4, 6).T[::2]
    with filled.project.write() as conn:
        score_maps.put_maps(conn, filled.run_id, [_map(image_id, cat, 0.5)])
        again = score_maps.StoredMap(image_id, cat, 0.75, values)
        score_maps.put_maps(conn, filled.run_id, [again])
        (found,) = score_maps.maps_of_image(conn, filled.run_id, image_id)
        np.testing.assert_array_equal(found.values, values)
        assert found.probability == 0.75
        assert found.rank is None  # as of an older program's map


@pytest.mark.parametrize("batch", [1, 2, 3, 5, 100])
def test_iter_maps_yields_each_once_in_order(batch: int, filled):
    maps = [_map(id_, class_id, 0.5) for id_ in filled.image_ids for class_id in filled.class_ids]
    with filled.project.write() as conn:
        other = runs.start_run(conn, RunKind.PROPOSE, {}, {})
        score_maps.put_maps(conn, other, maps[:3])
        score_maps.put_maps(conn, filled.run_id, maps[::-1])
        keys = [(m.image_id, m.class_id) for m in score_maps.iter_maps(conn, filled.run_id, batch)]
        assert keys == [(m.image_id, m.class_id) for m in maps]
        assert score_maps.images_with_maps(conn, other) == set(filled.image_ids[:2])
        assert list(score_maps.iter_maps(conn, 99)) == []


def test_predictions_of_a_run(filled):
    first, second = filled.image_ids[:2]
    cat, dog = filled.class_ids
    with filled.project.write() as conn:
        score_maps.put_predictions(conn, filled.run_id, {first: cat, second: cat})
        score_maps.put_predictions(conn, filled.run_id, {second: dog})
        score_maps.put_predictions(conn, filled.run_id, {})
        assert score_maps.predictions(conn, filled.run_id) == {first: cat, second: dog}
        assert score_maps.predictions(conn, 99) == {}


def test_proposals_are_one_current_set_per_image(filled):
    first, second, third = filled.image_ids[:3]
    cat, dog = filled.class_ids
    with filled.project.write() as conn:
        newer = runs.start_run(conn, RunKind.PROPOSE, {}, {})
        new = [
            proposals.NewProposal(first, cat, Box(0, 1, 2, 3), 0.25, 0.5),
            proposals.NewProposal(first, dog, Box(0.5, 1.5, 2.5, 3.5), 0.75, 0.5, 0.9, 0.6),
        ]
        proposals.replace_proposals(conn, newer, [first, second], new)
        found = proposals.proposals_of(conn, [third, second, first, 999])
        assert [p.score for p in found[first]] == [0.75, 0.25]
        assert found[first][0].box == Box(0.5, 1.5, 2.5, 3.5)
        assert [(p.quality_50, p.quality_70) for p in found[first]] == [(0.9, 0.6), (None, None)]
        assert {p.run_id for p in found[first]} == {newer}
        assert (found[second], found[999]) == ([], [])
        assert [p.run_id for p in found[third]] == [filled.run_id]
        everything = list(proposals.all_proposals(conn))
        assert [p.image_id for p in everything] == [first, first, *filled.image_ids[2:]]


def test_proposals_for_other_images_are_refused(filled):
    new = proposals.NewProposal(filled.image_ids[1], 1, Box(0, 0, 1, 1), 0.5, 0.5)
    with pytest.raises(ValueError, match="not replaced"), filled.project.write() as conn:
        proposals.replace_proposals(conn, filled.run_id, [filled.image_ids[0]], [new])


@pytest.mark.parametrize("box", [Box(5, 0, 5, 9), Box(0, 9, 5, 0), Box(math.nan, 0, 1, 1)])
def test_a_box_without_extent_never_gets_in(box: Box, filled):
    from sqlalchemy.exc import IntegrityError

    image_id = filled.image_ids[0]
    new = proposals.NewProposal(image_id, filled.class_ids[0], box, 0.5, 0.5)
    with pytest.raises(IntegrityError), filled.project.write() as conn:
        proposals.replace_proposals(conn, filled.run_id, [image_id], [new])
    with filled.project.read() as conn:
        assert len(proposals.proposals_of(conn, [image_id])[image_id]) == 1


def test_summary_counts(filled, make_image: NewImage):
    ids = filled.image_ids
    with filled.project.write() as conn:
        images.add_images(conn, [make_image("bad.jpg", filled.class_ids[0], problem="empty")])
        images.add_classes(conn, ["unused"])
        box = review.ShownBox(filled.class_ids[0], Box(1, 1, 9, 9), filled.run_id, 0.5)
        review.accept(conn, ids[0], [box, box])
        review.reject(conn, ids[1])
        review.skip(conn, ids[2])
        review.reset(conn, ids[2])
    with filled.project.read() as conn:
        found = summary(conn)
    assert (found.images, found.problems, found.annotations) == (7, 1, 2)
    assert found.classes == {"cat": 3, "dog": 3, "unused": 0}
    assert found.states == {
        ReviewState.UNREVIEWED: 4,
        ReviewState.PARTLY: 0,
        ReviewState.ACCEPTED: 1,
        ReviewState.CORRECTED: 0,
        ReviewState.REJECTED: 1,
        ReviewState.SKIPPED: 0,
    }
    assert found.current_run_id == filled.run_id
    assert [run.id for run in found.runs] == [filled.run_id]
    assert found.image_root == str(filled.project.image_root)


def test_many_ids_in_one_question(project: Project, make_image: NewImage):
    with project.write() as conn:
        ids = images.add_images(conn, [make_image(f"{i:05d}") for i in range(2500)])
    with project.read() as conn:
        assert [e.image_id for e in images.queue_entries(conn, ids[::-1])] == ids[::-1]
        assert len(proposals.proposals_of(conn, ids)) == 2500
        assert len(annotations.annotations_of(conn, ids)) == 2500
