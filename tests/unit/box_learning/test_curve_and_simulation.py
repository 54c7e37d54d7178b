"""The learning curve and the simulated annotator: figures, and a project that stays as it was."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from engine.cli.main import app
from engine.domain.errors import InputError
from engine.domain.geometry import Box
from engine.jobs.reporter import silent_reporter
from engine.workflows.annotator import Costs, measured_costs, review, right_boxes
from engine.workflows.learning_curve import CurveRequest, learning_curve
from engine.workflows.replay import SimulateRequest
from engine.workflows.simulate import simulate
from tests.unit.box_learning.conftest import MODEL, PER_CLASS, Taught


def _rows(project: Path) -> str:
    with sqlite3.connect(project / "project.sqlite") as raw:
        content = "\n".join(raw.iterdump())
    settings = (project / "settings.json").read_bytes()
    return hashlib.sha256(content.encode() + settings).hexdigest()


def test_more_boxes_are_worth_more_and_the_project_stays(taught: Taught) -> None:
    before = _rows(taught.project)
    request = CurveRequest(str(taught.project), taught.boxes, taught.split, (0, 9), 1, model=MODEL)
    none, many = learning_curve(request, silent_reporter())
    assert _rows(taught.project) == before
    assert (none.per_class, none.accepted, none.from_model) == (0, 0, False)
    assert (many.accepted, many.from_model) == (18, True)
    assert many.gt_known_loc > none.gt_known_loc
    assert 0 <= many.max_box_acc_v2 <= 100


def test_the_test_rows_choose_nothing(taught: Taught, tmp_path: Path) -> None:
    """With other true boxes on the test rows the learning is the same, only the figures differ."""
    text = taught.boxes.read_text()
    moved = tmp_path / "moved.csv"
    lines = [text.splitlines()[0]]
    for line in text.splitlines()[1:]:
        fields = line.split(",")
        if int(fields[0][-6:-4]) >= 9:
            fields[4:] = ["0", "0", "3", "3"]
        lines.append(",".join(fields))
    moved.write_text("\n".join(lines) + "\n")
    request = CurveRequest(str(taught.project), taught.boxes, taught.split, (5,), 1, model=MODEL)
    (true,) = learning_curve(request, silent_reporter())
    (other,) = learning_curve(replace(request, boxes=moved), silent_reporter())
    assert (true.source, true.from_model) == (other.source, other.from_model)
    assert other.gt_known_loc == 0


def test_the_command_prints_a_list_of_objects(taught: Taught) -> None:
    files = ["--boxes", str(taught.boxes), "--split", str(taught.split)]
    command = ["learning-curve", str(taught.project), *files, "--per-class", "0", "--seeds", "2"]
    done = CliRunner().invoke(app, [*command, "--json"])
    assert done.exit_code == 0, done.output
    points = json.loads(done.stdout)
    wanted = {"per_class", "seed", "gt_known_loc", "max_box_acc", "max_box_acc_v2", "seconds"}
    assert [point["seed"] for point in points] == [0, 1]
    assert all(wanted <= point.keys() for point in points)


def test_bad_input_is_told(taught: Taught, tmp_path: Path) -> None:
    empty = tmp_path / "splits.csv"
    empty.write_text("image,class,split\nblue/00.png,blue,val\n")
    request = CurveRequest(str(taught.project), taught.boxes, empty, (1,), 1, model=MODEL)
    with pytest.raises(InputError, match="No row of split train"):
        learning_curve(request, silent_reporter())
    with pytest.raises(InputError, match="0 or more"):
        learning_curve(replace(request, per_class=(-1,)), silent_reporter())
    files = ["--boxes", str(taught.boxes), "--split", str(taught.split)]
    command = ["learning-curve", str(taught.project), *files, "--per-class", "one"]
    text = CliRunner().invoke(app, command)
    assert text.exit_code == 1


def test_the_loop_is_replayed_and_the_project_stays(taught: Taught) -> None:
    before = _rows(taught.project)
    request = SimulateRequest(str(taught.project), taught.boxes, batch=10, growth=2, model=MODEL)
    found = simulate(request, silent_reporter())
    assert _rows(taught.project) == before
    images = 2 * PER_CLASS
    draw, verify, loop = found["draw_all"], found["verify_only"], found["loop"]
    assert (draw.boxes, draw.correct_50, draw.correct_70) == (images, images, images)
    assert draw.seconds_per_box_50 == pytest.approx(7.4)
    assert verify.correct_70 <= verify.correct_50 <= images
    assert verify.seconds_50 == pytest.approx(images * 2.0)
    assert loop.correct_50 == images  # too few images to accept any unseen
    assert loop.unseen_50 == 0
    assert 2.0 <= loop.seconds_per_box_50 <= loop.seconds_per_box_70
    assert loop.curve_50[-1][1] == images


COSTS = Costs()
TRUE = Box(0, 0, 10, 10)


def test_a_good_box_costs_a_look() -> None:
    assert review([TRUE], [TRUE], 0.5, COSTS).seconds == pytest.approx(2.0)


def test_a_wrong_box_is_mended_or_drawn_anew() -> None:
    assert review([Box(5, 0, 15, 10)], [TRUE], 0.5, COSTS).seconds == pytest.approx(6.0)
    assert review([Box(50, 50, 60, 60)], [TRUE], 0.5, COSTS).seconds == pytest.approx(9.4)
    assert review([], [TRUE], 0.5, COSTS).seconds == pytest.approx(7.4)


def test_each_box_serves_one_object() -> None:
    twice = [TRUE, TRUE]
    assert right_boxes(twice, [TRUE], 0.5) == 1
    assert right_boxes([TRUE], [TRUE, Box(1, 0, 11, 10)], 0.5) == 1
    both = review([TRUE], [TRUE, Box(30, 30, 40, 40)], 0.5, COSTS)
    assert (both.boxes, both.seconds) == (2, pytest.approx(9.0))


def test_measured_times_take_the_place_of_the_usual_ones() -> None:
    found = measured_costs({"Accept": 1.1, "Resize box": 3.0, "Move box": 2.5}, COSTS)
    assert found == Costs(1.1, 2.5, 7.0, 0.4)
