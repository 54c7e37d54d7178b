"""The learn job on a real small project: what it changes, what it leaves, what it says."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.domain.errors import JobCancelled, ProjectError
from engine.domain.geometry import Box, iou
from engine.domain.records import RunKind, RunState
from engine.jobs.events import Event
from engine.jobs.reporter import Reporter
from engine.jobs.requests import LearnRequest
from engine.jobs.wire import decode_request, encode
from engine.learning.box_model.files import load_box_model, save_box_model
from engine.store import runs
from engine.store.annotations import annotations_of, review_states
from engine.store.draws import add_draws
from engine.store.images import list_images
from engine.store.learned import acceptable, judged_draws, latest_learning
from engine.store.project import Project
from engine.store.proposals import proposals_of
from engine.store.review import reject
from engine.store.score_maps import StoredMap, iter_maps, put_maps
from engine.workflows import dispatch
from engine.workflows.map_sources import map_sources
from tests.unit.box_learning.conftest import HEIGHT, MODEL, WIDTH, Taught, heard


def _learn(taught: Taught, **changes: Any) -> tuple[dict[str, Any], str]:
    events: list[Event] = []
    request = LearnRequest(str(taught.project), model=MODEL, **changes)
    result = dispatch.run(request, Reporter(events.append))
    return result, heard(list(events))


def _proposals(taught: Taught) -> dict[str, Any]:
    with Project.open(taught.project) as opened, opened.read() as connection:
        ids = taught.ids(opened)
        found = proposals_of(connection, list(ids.values()))
        return {path: found[image_id] for path, image_id in ids.items()}


def _mean_overlap(taught: Taught, paths: Sequence[str]) -> float:
    proposed = _proposals(taught)
    return sum(iou(proposed[path][0].box, taught.truth[path]) for path in paths) / len(paths)


def test_accepted_boxes_make_the_unreviewed_ones_better(taught: Taught) -> None:
    paths = sorted(taught.truth)
    accepted, rest = paths[::2], paths[1::2]
    before = _proposals(taught)
    before_overlap = _mean_overlap(taught, rest)
    taught.accept(accepted)
    result, _ = _learn(taught)
    assert result["accepted"] == len(accepted)
    assert result["images"] == len(rest)
    assert {item["name"] for item in result["judged"]} >= {"box model"}
    after = _mean_overlap(taught, rest)
    assert after > before_overlap + 0.1
    assert after > 0.5
    now = _proposals(taught)
    assert [p.box for path in accepted for p in now[path]] == [
        p.box for path in accepted for p in before[path]
    ]
    for path in rest:
        assert 0 < now[path][0].quality_50 < 1
        assert now[path][0].quality_70 <= now[path][0].quality_50 + 0.2
        assert now[path][0].run_id == result["run"] or result["used"] != "box model"


def test_what_a_person_decided_stays(taught: Taught) -> None:
    paths = sorted(taught.truth)
    taught.accept(paths[:8])
    with Project.open(taught.project) as opened, opened.read() as connection:
        ids = list(taught.ids(opened).values())
        before = annotations_of(connection, ids), review_states(connection)
    _learn(taught)
    with Project.open(taught.project) as opened, opened.read() as connection:
        assert (annotations_of(connection, ids), review_states(connection)) == before


def test_nothing_accepted_changes_nothing_and_says_so(taught: Taught) -> None:
    before = _proposals(taught)
    result, said = _learn(taught)
    assert result["run"] is None
    assert "nothing to learn from" in said
    assert _proposals(taught) == before


def test_all_rejected_is_nothing_to_learn_from(taught: Taught) -> None:
    with Project.open(taught.project) as opened:
        for image_id in list(taught.ids(opened).values())[:6]:
            with opened.write() as connection:
                reject(connection, image_id)
    result, said = _learn(taught)
    assert (result["run"], result["rejected"]) == (None, 6)
    assert "All 6 decided images were rejected, so that there is nothing to learn from" in said


def test_one_class_only_is_said_and_serves_the_others(taught: Taught) -> None:
    blue = [path for path in sorted(taught.truth) if path.startswith("blue")]
    taught.accept(blue[:8])
    result, said = _learn(taught)
    assert result["classes_without"] == ["red"]
    assert "No box is accepted yet of red" in said
    red = [path for path in taught.truth if path.startswith("red")]
    assert all(_proposals(taught)[path] for path in red)


def test_a_single_accepted_box_keeps_the_maps(taught: Taught) -> None:
    taught.accept(sorted(taught.truth)[:1])
    result, _ = _learn(taught)
    assert result["used"] != "box model"
    assert result["accepted"] == 1


def test_a_run_that_was_stopped_early_is_not_compared(taught: Taught) -> None:
    with Project.open(taught.project) as opened:
        with opened.read() as connection:
            images = {image.id: image for image in list_images(connection)}
            (whole,) = runs.list_runs(connection, RunKind.PROPOSE)
            few = list(iter_maps(connection, whole.id))[:5]
        with opened.write() as connection:
            part = runs.start_run(connection, RunKind.PROPOSE, whole.settings, {}, whole.parent_id)
            put_maps(connection, part, few)
        assert [source.run_ids for source in map_sources(opened, images)] == [(whole.id,)]


def _propose_with_layer(taught: Taught, layer: str, shift: int) -> int:
    """A proposing run with LayerCAM at ``layer``, whose maps are the true boxes, moved."""
    with Project.open(taught.project) as opened:
        with opened.read() as connection:
            images = list_images(connection)
            (*_, first) = runs.list_runs(connection, RunKind.PROPOSE)
        settings = {**first.settings, "maps": {"kind": "layercam", "layer": layer}}
        maps = []
        for image in images:
            values = np.zeros((HEIGHT // 4, WIDTH // 4), np.float16)
            box = taught.truth[image.path].moved(shift, shift).scaled(0.25, 0.25)
            ymin, ymax, xmin, xmax = map(round, (box.ymin, box.ymax, box.xmin, box.xmax))
            values[max(ymin, 0) : ymax, max(xmin, 0) : xmax] = 1
            maps.append(StoredMap(image.id, image.class_id or 1, 1.0, values))
        with opened.write() as connection:
            run = runs.start_run(connection, RunKind.PROPOSE, settings, {}, first.parent_id)
            put_maps(connection, run, maps)
            runs.end_run(connection, run, RunState.FINISHED)
    return run


def test_the_layer_is_chosen_from_the_accepted_boxes(taught: Taught) -> None:
    """Maps of several layers are compared like those of several methods."""
    deep = _propose_with_layer(taught, "features.12", shift=12)
    early = _propose_with_layer(taught, "features.7", shift=0)
    taught.accept(sorted(taught.truth)[::3])
    result, _ = _learn(taught)
    names = {item["name"]: item["score"] for item in result["judged"]}
    assert result["source"] == f"run {early} (cam, layercam features.7)"
    assert names[result["source"]] > names[f"run {deep} (cam, layercam features.12)"]


def test_copies_with_other_boxes_teach_nothing(taught: Taught) -> None:
    paths = sorted(taught.truth)
    taught.accept(paths[:8])
    taught.accept(paths[8:9], Box(0, 0, 10, 10))
    taught.accept(paths[9:10], Box(40, 30, 60, 46))
    with sqlite3.connect(taught.project / "project.sqlite") as raw:
        raw.execute("UPDATE images SET digest = 'same' WHERE path IN (?, ?)", paths[8:10])
    result, said = _learn(taught)
    assert result["accepted"] == 8
    assert "copies of one another" in said


def test_images_that_are_gone_are_left_out(taught: Taught, tmp_path: Path) -> None:
    paths = sorted(taught.truth)
    taught.accept(paths[:10])
    with sqlite3.connect(taught.project / "project.sqlite") as raw:
        raw.execute("UPDATE images SET problem = 'The file is gone.' WHERE path = ?", paths[:1])
        # this one went after the last indexing
        raw.execute("UPDATE images SET path = 'blue/gone.png' WHERE path = ?", paths[1:2])
    result, said = _learn(taught)
    assert result["accepted"] == 9
    assert "1 reviewed images are gone" in said
    assert "gone.png" in said


def test_drawn_images_judge_and_do_not_teach(taught: Taught) -> None:
    paths = sorted(taught.truth)
    taught.accept(paths[:12])
    with Project.open(taught.project) as opened:
        ids = taught.ids(opened)
        drawn = [ids[path] for path in paths[:3]]
        with opened.write() as connection:
            assert add_draws(connection, [*drawn, drawn[0]]) == drawn
    result, _ = _learn(taught)
    assert (result["accepted"], result["drawn"]) == (9, 3)
    with Project.open(taught.project) as opened, opened.read() as connection:
        judged = judged_draws(connection, result["run"])
        open_boxes = acceptable(connection)
    assert [item.image_id for item in judged] == sorted(drawn)
    assert all(0 <= item.iou <= 1 and 0 < item.quality_50 < 1 for item in judged)
    assert {item.image_id for item in open_boxes} == set(ids.values()) - {
        ids[path] for path in paths[:12]
    }


def test_an_update_goes_on_in_the_same_run(taught: Taught) -> None:
    paths = sorted(taught.truth)
    taught.accept(paths[:10])
    first, _ = _learn(taught)
    taught.accept(paths[10:14])
    second, _ = _learn(taught, update=True)
    assert second["run"] == first["run"]
    assert second["accepted"] == 14
    assert second["seconds"] < first["seconds"]
    with Project.open(taught.project) as opened, opened.read() as connection:
        found = latest_learning(connection)
        steps = [step for step, _ in runs.metrics(connection, second["run"])]
    assert found is not None
    assert found.settings["found"]["accepted"] == 14
    assert steps == [10, 14]


def test_a_damaged_model_and_a_deleted_cache_are_made_anew(taught: Taught) -> None:
    taught.accept(sorted(taught.truth)[:10])
    first, _ = _learn(taught)
    model = taught.project / "runs" / f"{first['run']:04d}" / "box_model.safetensors"
    model.write_bytes(b"no model")
    for file in (taught.project / "cache").rglob("*.np*"):
        file.write_bytes(b"torn")
    second, said = _learn(taught, update=True)
    assert "learned from the beginning" in said
    assert second["images"] == first["images"]


def test_only_the_next_images_of_the_queue(taught: Taught) -> None:
    paths = sorted(taught.truth)
    taught.accept(paths[:10])
    before = _proposals(taught)
    with Project.open(taught.project) as opened:
        ids = taught.ids(opened)
    result, _ = _learn(taught, first=(ids[paths[20]], ids[paths[0]]), only_first=True)
    assert result["images"] == 1  # the other one is decided
    now = _proposals(taught)
    assert [path for path in paths if now[path] != before[path]] == [paths[20]]


def test_a_cancelled_learning_leaves_the_proposals_and_the_next_takes_over(taught: Taught) -> None:
    taught.accept(sorted(taught.truth)[:10])
    before = _proposals(taught)
    cancel = threading.Event()

    def stop_at_the_heads(event: Event) -> None:
        if "Learning" in getattr(event, "message", ""):
            cancel.set()

    request = LearnRequest(str(taught.project), model=MODEL)
    with pytest.raises(JobCancelled):
        dispatch.run(request, Reporter(stop_at_the_heads, cancel))
    assert _proposals(taught) == before
    with Project.open(taught.project) as opened, opened.read() as connection:
        (record,) = runs.list_runs(connection, RunKind.LEARN)
        assert record.state is RunState.CANCELLED
    result, _ = _learn(taught)
    assert result["run"] == record.id


def test_other_settings_are_not_gone_on_with(taught: Taught) -> None:
    taught.accept(sorted(taught.truth)[:10])
    _learn(taught)
    events: list[Event] = []
    request = LearnRequest(str(taught.project), update=True, model=replace(MODEL, dims=20))
    assert dispatch.run(request, Reporter(events.append))["images"] > 0
    assert "goes with other features" in heard(list(events))


def test_a_model_of_another_run_is_not_gone_on_with(taught: Taught) -> None:
    """Its features mean something else, whoever brought its file here."""
    taught.accept(sorted(taught.truth)[:12])
    first, _ = _learn(taught)
    file = taught.project / "runs" / f"{first['run']:04d}" / "box_model.safetensors"
    model = load_box_model(file)
    assert model is not None
    save_box_model(replace(model, grids_key="of another run"), file)
    second, said = _learn(taught, update=True)
    assert "goes with other features" in said
    assert second["images"] == first["images"]
    now = load_box_model(file)
    assert now is not None
    assert now.grids_key == model.grids_key
    _, quiet = _learn(taught, update=True)
    assert "goes with other features" not in quiet


def test_without_maps_it_says_what_to_do(taught: Taught) -> None:
    with sqlite3.connect(taught.project / "project.sqlite") as raw:
        raw.execute("DELETE FROM score_maps")
    with pytest.raises(ProjectError, match="boxwright propose"):
        _learn(taught)


def test_a_run_that_is_no_training_is_named(taught: Taught) -> None:
    with pytest.raises(ProjectError, match="Run 2 is no training run"):
        _learn(taught, run=2)
    with pytest.raises(ProjectError, match="99"):
        _learn(taught, run=99)


def test_only_drawn_images_teach_nothing_and_that_is_said(taught: Taught) -> None:
    paths = sorted(taught.truth)[:5]
    taught.accept(paths)
    with Project.open(taught.project) as opened, opened.write() as connection:
        add_draws(connection, [taught.ids(opened)[path] for path in paths])
    result, said = _learn(taught)
    assert result["run"] is None
    assert "All 5 decided images were chosen by chance and only judge" in said


def test_the_request_travels(taught: Taught) -> None:
    request = LearnRequest(str(taught.project), update=True, first=(3, 1), model=MODEL)
    assert decode_request(encode(request)) == request
