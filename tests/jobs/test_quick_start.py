"""Two methods trained and compared by the real workflows, on a tiny set."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.domain.errors import InputError
from engine.domain.records import RunKind
from engine.domain.settings import BoxSettings, TrainSettings
from engine.imaging.writing import write_png
from engine.jobs.reporter import Reporter
from engine.jobs.requests import IndexRequest, QuickStartRequest
from engine.store import proposals, runs
from engine.store.project import Project
from engine.workflows import dispatch

SETTINGS = TrainSettings(
    backbone="compact", weights="none", epochs=1, batch_size=4, image_size=32, resize_size=36
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    draw = np.random.default_rng(0)
    for class_name, colour in (("red", 0), ("blue", 2)):
        for number in range(4):
            pixels = draw.integers(0, 90, (40, 48, 3), dtype=np.uint8)
            pixels[10:30, 12:36, colour] = 250
            folder = tmp_path / "images" / class_name
            folder.mkdir(parents=True, exist_ok=True)
            write_png(folder / f"{number}.png", pixels)
    folder = tmp_path / "project"
    dispatch.run(IndexRequest(str(folder), str(tmp_path / "images")), Reporter(lambda _event: None))
    return folder


def request(project: Path, *methods: str) -> QuickStartRequest:
    trainings = tuple(replace(SETTINGS, method=name) for name in methods)
    return QuickStartRequest(str(project), trainings, boxes=BoxSettings(threshold=0.3))


def test_both_are_trained_and_the_better_looking_is_proposed(project: Path):
    result = dispatch.run(request(project, "cam", "dgdm"), Reporter(lambda _event: None))
    with Project.open(project) as opened, opened.read() as conn:
        trained = {r.id: r.settings["train"]["method"] for r in runs.list_runs(conn, RunKind.TRAIN)}
        parents = {r.id: r.parent_id for r in runs.list_runs(conn, RunKind.PROPOSE)}
        shown = {proposal.run_id for proposal in proposals.all_proposals(conn)}
    assert [trained[run] for run in result["trained"]] == ["cam", "dgdm"]
    guesses = {int(run): guess for run, guess in result["guesses"].items()}
    assert set(guesses) == set(trained)
    assert all(0 <= guess <= 1 for guess in guesses.values())
    assert guesses[result["used"]] == max(guesses.values())
    assert {parents[run] for run in shown} == {result["used"]}
    assert result["images"] == 8


def test_a_finished_training_is_not_repeated(project: Path):
    first = dispatch.run(request(project, "cam"), Reporter(lambda _event: None))
    both = dispatch.run(request(project, "cam", "dgdm"), Reporter(lambda _event: None))
    assert both["trained"][0] == first["trained"][0]
    with Project.open(project) as opened, opened.read() as conn:
        assert len(runs.list_runs(conn, RunKind.TRAIN)) == 2


def test_no_method_is_refused(project: Path):
    with pytest.raises(InputError, match="No method"):
        dispatch.run(request(project), Reporter(lambda _event: None))
