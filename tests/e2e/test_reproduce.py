"""A cut-down grid of a paper's table by the real program, stopped midway and gone on with."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from engine.domain.records import RunKind, RunState
from engine.store import runs
from engine.store.project import Project
from engine.workflows.paper_tables import TABLES
from tests.e2e.conftest import PROGRAM, Boxwright, program_environment
from tests.pictures import COLOURS, write_pictures

PER_CLASS = 12
SIZE = (64, 48)
CELLS = 4  # ADL and DGDM, two seeds; the three backbones of the table are one here


def _true_box(path: Path, colour: tuple[int, int, int]) -> tuple[int, int, int, int]:
    """Of the coloured square, from the pixels."""
    with Image.open(path) as image:
        rows, columns = np.nonzero((np.asarray(image.convert("RGB")) == colour).all(axis=2))
    corners = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    left, top, right, bottom = (int(corner) for corner in corners)
    return left, top, right, bottom


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("squares")
    write_pictures(folder / "images", PER_CLASS, SIZE)
    boxes, splits = ["image,class,width,height,xmin,ymin,xmax,ymax"], ["image,class,split"]
    for name, colour in COLOURS.items():
        for number in range(PER_CLASS):
            path = f"{name}/{number}.png"
            box = _true_box(folder / "images" / path, colour)
            boxes.append(",".join(map(str, (path, name, *SIZE, *box))))
            splits.append(f"{path},{name},{'train' if number % 3 else 'test'}")
    (folder / "boxes.csv").write_text("\n".join(boxes) + "\n")
    (folder / "splits.csv").write_text("\n".join(splits) + "\n")
    return folder


def _arguments(data: Path, out: Path, *more: str) -> list[str]:
    chosen = ("--backbone", "compact", "--weights", "none", "--epochs", "2", "--seeds", "0,1")
    return ["reproduce", "table4", "--data", str(data), "--out", str(out), *chosen, *more]


def _wait_for(files: Path, pattern: str, count: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 200
    while len(list(files.glob(pattern))) < count:
        assert process.poll() is None, "it ended before it could be stopped"
        assert time.monotonic() < deadline
        time.sleep(0.005)


def _trainings(out: Path) -> list[RunState]:
    with Project.open(out / "project") as project, project.read() as connection:
        return [record.state for record in runs.list_runs(connection, RunKind.TRAIN)]


def _results(out: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in (out / "cells").glob("*.json")}


@pytest.mark.slow
def test_a_grid_that_was_killed_goes_on_and_repeats_nothing(
    data: Path, tmp_path: Path, boxwright: Boxwright
) -> None:
    out = tmp_path / "out"
    process = subprocess.Popen(
        [PROGRAM, *_arguments(data, out)],
        env=program_environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(out / "cells", "*.json", 1, process)
        _wait_for(out / "project" / "runs" / "0003", "epoch-*.json", 1, process)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    done = _results(out)
    assert 1 <= len(done) < CELLS
    assert len(_trainings(out)) == 2

    finished = boxwright(*_arguments(data, out, "--json"))
    assert finished.returncode == 0, finished.stderr
    told = json.loads(finished.stdout)
    assert _results(out).items() > done.items()
    assert len(_results(out)) == CELLS
    assert _trainings(out) == [RunState.FINISHED] * CELLS  # the one that was killed went on
    assert not list(out.rglob("epoch-*.safetensors"))
    _check_table(told)
    _check_cells(told, out)
    again = boxwright(*_arguments(data, out))
    assert again.returncode == 0, again.stderr
    assert "| DGDM | compact | 87.38 / " in again.stdout
    assert any(row["resumed"] for row in told["rows"])  # whose time is told as a part of it
    assert "+ |\n" in again.stdout
    assert "\n+ without what was trained before" in again.stdout
    assert len(_trainings(out)) == CELLS


def _check_table(told: dict[str, Any]) -> None:
    assert told["images"] == len(COLOURS) * PER_CLASS // 3
    assert told["figures"] == ["top1_loc", "top1_clas"]
    published = [(row["method"], row["published"]) for row in told["rows"]]
    assert published == [(row.method, row.published) for row in TABLES["table4"].rows]
    assert len({tuple(row["cells"]) for row in told["rows"]}) == 2
    for row in told["rows"]:
        loc, clas = row["measured"]["top1_loc"], row["measured"]["top1_clas"]
        assert 0 <= loc["low"] <= loc["mean"] <= loc["high"] <= clas["high"] <= 100
        assert row["seconds"] > 0
        assert row["peak_mb"] > 50


def _check_cells(told: dict[str, Any], out: Path) -> None:
    """A row's figures are those of its cells' evaluations."""
    for row in told["rows"]:
        files = [out / "cells" / f"{name}.json" for name in row["cells"]]
        found = [json.loads(file.read_text())["evaluation"]["top1_loc"] for file in files]
        spread = row["measured"]["top1_loc"]
        assert (spread["low"], spread["high"]) == (min(found), max(found))
        assert spread["mean"] == pytest.approx(sum(found) / len(found))


def test_results_of_other_data_are_not_mixed(data: Path, tmp_path: Path) -> None:
    from engine.datasets import open_dataset
    from engine.domain.errors import InputError
    from engine.jobs.reporter import silent_reporter
    from engine.workflows.reproduce import first_classes, prepare

    dataset = open_dataset(data)
    fewer = first_classes(dataset, 2)
    assert {image.class_name for image in fewer.images} == {"blue", "green"}
    prepare(fewer, tmp_path, silent_reporter())
    prepare(fewer, tmp_path, silent_reporter())
    with pytest.raises(InputError, match="other data"):
        prepare(dataset, tmp_path, silent_reporter())


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("table9",), "Known: table1, table2, table3, table4"),
        (("table1", "--seeds", "0,x"), "is no list of seeds"),
        (("table1", "--backbone", "vgg99"), "vgg99"),
    ],
)
def test_what_cannot_be_run_is_told(
    arguments: tuple[str, ...], told: str, data: Path, tmp_path: Path, boxwright: Boxwright
) -> None:
    done = boxwright("reproduce", *arguments, "--data", data, "--out", tmp_path / "out")
    assert done.returncode == 1
    assert told in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.shared
def test_published_figures_are_those_of_the_paper(shared_data: Path) -> None:
    """Every row of a preset is a line of the paper, its numbers in this order."""
    text = (shared_data.parent / "paper" / "dgdm.txt").read_text()
    lines = [line.replace("$", " ").replace("\\", " ").split() for line in text.splitlines()]
    for table in TABLES.values():
        for row in table.rows:
            wanted = [row.published[name] for name in table.figures if row.published.get(name)]
            assert any(_holds(line, wanted) for line in lines), row


def _holds(line: list[str], wanted: list[float]) -> bool:
    found = [float(word) for word in line if word.replace(".", "", 1).isdigit()]
    return [number for number in found if number in wanted] == wanted
