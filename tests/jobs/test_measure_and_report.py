"""Measuring and reporting on a real project, by the workflows and by the command line."""

from __future__ import annotations

import shutil
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from engine.cli.main import app
from engine.domain.errors import InputError, JobCancelled, ProjectError
from engine.jobs.events import Artifact, Event, Progress, Warned
from engine.jobs.reporter import Reporter, silent_reporter
from engine.jobs.requests import MeasureRequest, ReportRequest
from engine.localization.measures import COMBINED, MEASURES, Needs
from engine.reporting import words
from engine.store import measures as measure_rows
from engine.store.images import list_images
from engine.store.project import Project
from engine.workflows import measure, report
from tests.jobs.trained_project import make_trained_project

DGDM_TRAINED, DGDM, CAM_TRAINED, CAM = 1, 2, 3, 4


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_trained_project(tmp_path_factory.mktemp("trained"))


@pytest.fixture
def project(trained: Path, tmp_path: Path) -> Path:
    return shutil.copytree(trained, tmp_path / "project")


@pytest.fixture
def boxes(project: Path, tmp_path: Path) -> Path:
    """A table of true boxes: the middle of every picture."""
    with Project.open(project) as opened, opened.read() as connection:
        rows = [
            f"{i.path},{i.path.split('/')[0]},64,48,16,12,48,36" for i in list_images(connection)
        ]
    table = tmp_path / "boxes.csv"
    table.write_text("\n".join(["image,class,width,height,xmin,ymin,xmax,ymax", *rows]))
    return table


def stored(project: Path, run_id: int) -> dict[int, dict[str, float | None]]:
    with Project.open(project) as opened, opened.read() as connection:
        return measure_rows.all_measures(connection, run_id)


def test_every_measure_of_every_image_is_stored(project: Path, boxes: Path) -> None:
    events: list[Event] = []
    request = MeasureRequest(str(project), DGDM_TRAINED, boxes=str(boxes), device="cpu")
    result = measure.run(request, Reporter(events.append, interval=0))
    assert result["run"] == DGDM
    assert result["images"] == 12
    found = stored(project, DGDM)
    assert len(found) == 12
    for values in found.values():
        assert values.keys() == {info.name for info in MEASURES}
        assert all(v is None or -1 <= v <= 1 for n, v in values.items() if n != "components")
    shown = [i for e in events if isinstance(e, Artifact) for i in e.ids]
    assert sorted(shown) == sorted(found)
    assert any(isinstance(event, Progress) and event.done == 12 for event in events)


def test_quick_measures_are_the_same_without_the_network(project: Path) -> None:
    measure.run(MeasureRequest(str(project), DGDM, device="cpu"), silent_reporter())
    full = stored(project, DGDM)
    measure.run(MeasureRequest(str(project), CAM, quick=True), silent_reporter())
    measure.run(MeasureRequest(str(project), DGDM, quick=True), silent_reporter())
    again = stored(project, DGDM)
    of_map = {info.name for info in MEASURES if info.needs is Needs.MAP}
    assert {n for values in stored(project, CAM).values() for n in values} == of_map
    for image_id, values in full.items():
        assert {n: again[image_id][n] for n in of_map - {COMBINED}} == {
            n: values[n] for n in of_map - {COMBINED}
        }


def test_measuring_can_be_stopped_and_keeps_its_batches(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measure, "QUICK_BATCH", 4)
    cancel = threading.Event()

    def listen(event: Event) -> None:
        if isinstance(event, Artifact):
            cancel.set()

    with pytest.raises(JobCancelled):
        measure.run(MeasureRequest(str(project), DGDM, quick=True), Reporter(listen, cancel))
    assert len(stored(project, DGDM)) == 4


def test_a_run_without_maps_is_refused(project: Path) -> None:
    with pytest.raises(ProjectError, match="no run 99"):
        measure.run(MeasureRequest(str(project), 99), silent_reporter())


def test_the_report_compares_runs(project: Path, boxes: Path, tmp_path: Path) -> None:
    out = tmp_path / "out" / "deep"
    request = ReportRequest(str(project), str(out), (DGDM, CAM), str(boxes), examples=3)
    result = report.run(request, silent_reporter())
    assert result["runs"] == [DGDM, CAM]
    page = (out / "misdirection.html").read_text("utf-8")
    assert "Runs side by side" in page
    assert "DGDM · Compact · attended map · run 2" in page
    assert "CAM · Compact · attended map · run 4" in page
    assert "Ranked by the share of the heat" in page
    assert page.count("<img") == 3 * (2 * 6 + 2 * (3 + 3)) + 2 * 3
    assert (out / "misdirection.pdf").read_bytes().startswith(b"%PDF-")
    assert str(tmp_path) not in page
    assert {path.name for path in out.iterdir()} == {"misdirection.html", "misdirection.pdf"}


def test_runs_that_are_not_both_measured_are_compared_by_their_maps(
    project: Path, boxes: Path
) -> None:
    measure.run(MeasureRequest(str(project), DGDM, device="cpu"), silent_reporter())
    request = ReportRequest(str(project), "unused", (DGDM, CAM), str(boxes), examples=1)
    with Project.open(project) as opened:
        parts = report.gather(opened, request, silent_reporter()).runs
        alone = report.gather(opened, replace(request, runs=(DGDM,)), silent_reporter()).runs
    assert [part.full for part in parts] == [False, False]
    assert parts[0].means["necessity"] is None
    (full,) = alone
    assert full.full
    assert full.means["necessity"] is not None
    assert full.means["misdirection"] != parts[0].means["misdirection"]


def test_a_run_that_is_measured_in_part_is_not_taken_for_a_measured_one(project: Path) -> None:
    measure.run(MeasureRequest(str(project), DGDM, device="cpu"), silent_reporter())
    request = ReportRequest(str(project), "unused", (DGDM,), examples=1)
    half = dict(sorted(stored(project, DGDM).items())[:6])
    with Project.open(project) as opened:
        with opened.write() as connection:
            measure_rows.forget_measures(connection, DGDM)
            measure_rows.put_measures(connection, DGDM, half)
        (part,) = report.gather(opened, request, silent_reporter()).runs
    assert (part.asked, part.images, part.full) == (6, 12, False)
    assert part.means["necessity"] is None
    assert "6 of 12 pictures" in words.measured(part)


def test_the_report_without_boxes_ranks_by_misdirection(project: Path, tmp_path: Path) -> None:
    report.run(ReportRequest(str(project), str(tmp_path / "out")), silent_reporter())
    page = (tmp_path / "out" / "misdirection.html").read_text("utf-8")
    assert "Ranked by misdirection." in page
    assert "Where the heat lies<br>" not in page


def test_a_picture_that_is_gone_is_left_out_of_the_examples(trained: Path, tmp_path: Path) -> None:
    shutil.copytree(trained.parent, tmp_path / "copy")
    project = tmp_path / "copy" / "project"
    with Project.open(project) as opened:
        opened.relocate(tmp_path / "copy" / "pictures")
    for picture in (tmp_path / "copy" / "pictures" / "red").iterdir():
        picture.unlink()
    events: list[Event] = []
    request = ReportRequest(str(project), str(tmp_path / "out"), examples=12)
    report.run(request, Reporter(events.append))
    page = (tmp_path / "out" / "misdirection.html").read_text("utf-8")
    assert page.count('alt="heatmap"') == 8
    assert sum(isinstance(event, Warned) for event in events) == 4


def test_a_report_that_is_stopped_leaves_the_old_one(project: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "misdirection.html").write_text("old")
    cancel = threading.Event()

    def listen(event: Event) -> None:
        if isinstance(event, Progress) and event.message.startswith("Drawing"):
            cancel.set()

    request = ReportRequest(str(project), str(out))
    with pytest.raises(JobCancelled):
        report.run(request, Reporter(listen, cancel, interval=0))
    assert (out / "misdirection.html").read_text() == "old"
    assert len(list(out.iterdir())) == 1


def test_a_file_is_no_place_for_a_report(project: Path, boxes: Path) -> None:
    with pytest.raises(InputError, match="file"):
        report.run(ReportRequest(str(project), str(boxes)), silent_reporter())


def test_the_commands(project: Path, boxes: Path, tmp_path: Path) -> None:
    runner = CliRunner()
    measured = runner.invoke(app, ["measure", str(project), "--quick", "--boxes", str(boxes)])
    assert measured.exit_code == 0, measured.output
    assert "Run 4: 12 images, mean misdirection 0." in measured.output
    out = tmp_path / "r"
    written = runner.invoke(
        app, ["report", str(project), "--out", str(out), "--run", "2", "--json"]
    )
    assert written.exit_code == 0, written.output
    assert (out / "misdirection.pdf").is_file()
    refused = runner.invoke(app, ["measure", str(tmp_path)])
    assert refused.exit_code == 1
