"""The job by hand, from a folder of pictures to files that other programs read."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from pycocotools.coco import COCO
from typer.testing import CliRunner

from engine.cli.main import app
from engine.store import images, proposals
from engine.store.project import Project
from tests.e2e.conftest import PROGRAM, Boxwright, program_environment
from tests.pictures import COLOURS, write_pictures

PER_CLASS = 4
IMAGES = PER_CLASS * len(COLOURS)
TRAIN = ("--backbone", "compact", "--weights", "none", "--method", "dgdm")
COMMANDS = (
    "demo",
    "new",
    "open",
    "train",
    "propose",
    "export",
    "import",
    "evaluate",
    "status",
    "methods",
)


def _digests(root: Path) -> dict[str, str]:
    files = sorted(path for path in root.rglob("*") if path.is_file())
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def _json(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Pictures that every job reads and none may change."""
    folder = write_pictures(tmp_path_factory.mktemp("home") / "my pictures", PER_CLASS)
    before = _digests(folder)
    yield folder
    assert _digests(folder) == before


@pytest.fixture(scope="module")
def proposed(pictures: Path, boxwright: Boxwright) -> Path:
    """A project with a finished training and its proposals; the tests do not change it."""
    project = pictures.parent / "the project"
    _json(boxwright("new", project, "--images", pictures, "--json"))
    trained = _json(boxwright("train", project, *TRAIN, "--epochs", "2", "--json"))
    assert Path(trained["checkpoint"]).is_file()
    assert trained["metrics"]["loss"] > 0
    found = _json(boxwright("propose", project, "--json"))
    assert found["images"] == IMAGES
    assert found["boxes"] == IMAGES
    return project


def test_the_main_help_lists_every_command(boxwright: Boxwright) -> None:
    done = boxwright("--help")
    assert done.returncode == 0
    for command in COMMANDS:
        assert f" {command} " in done.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str) -> None:
    done = CliRunner().invoke(app, [command, "--help"])
    assert done.exit_code == 0
    assert "Examples:" in done.stdout
    assert f"boxwright {command}" in done.stdout.split("Examples:")[1]


def test_status_tells_what_is_there(boxwright: Boxwright, proposed: Path) -> None:
    told = _json(boxwright("status", proposed, "--json"))
    assert told["classes"] == dict.fromkeys(COLOURS, PER_CLASS)
    assert told["states"]["unreviewed"] == told["images"] == IMAGES
    assert [(run["kind"], run["state"]) for run in told["runs"]] == [
        ("propose", "finished"),
        ("train", "finished"),
    ]
    assert told["runs"][0]["parent_id"] == told["runs"][1]["id"]
    for_people = boxwright("status", proposed)
    assert for_people.returncode == 0
    assert f"{IMAGES} images" in for_people.stdout


def test_coco_is_read_by_pycocotools(
    boxwright: Boxwright, proposed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "coco out"
    export = ("export", proposed, "--format", "coco", "--out", out, "--include-unreviewed")
    told = _json(boxwright(*export, "--json"))
    assert told["boxes"] == IMAGES
    (file,) = (path for path in out.rglob("*.json") if "images" in json.loads(path.read_text()))
    coco = COCO(str(file))
    assert {category["name"] for category in coco.loadCats(coco.getCatIds())} == set(COLOURS)
    assert len(coco.getImgIds()) == IMAGES
    for annotation in coco.loadAnns(coco.getAnnIds()):
        image = coco.loadImgs(annotation["image_id"])[0]
        x, y, width, height = annotation["bbox"]
        assert 0 <= x < x + width <= image["width"]
        assert 0 <= y < y + height <= image["height"]
    assert boxwright(*export).returncode == 1, "a folder that is there is not replaced unasked"
    assert boxwright(*export, "--overwrite").returncode == 0


def test_voc_is_written_one_file_an_image(
    boxwright: Boxwright, proposed: Path, tmp_path: Path
) -> None:
    out = tmp_path / "voc"
    done = boxwright("export", proposed, "--format", "voc", "--out", out, "--include-unreviewed")
    assert done.returncode == 0, done.stderr
    files = sorted(out.rglob("Annotations/**/*.xml"))
    assert len(files) == IMAGES
    for file in files:
        root = ElementTree.parse(file).getroot()
        assert root.findtext("object/name") in COLOURS
        assert int(root.findtext("object/bndbox/xmin", "0")) >= 1
        assert int(root.findtext("object/bndbox/xmax", "0")) <= 64


def test_evaluation_against_true_boxes(
    boxwright: Boxwright, proposed: Path, tmp_path: Path
) -> None:
    """Boxes that are the whole image: a whole-image baseline hits them all."""
    boxes = tmp_path / "boxes.csv"
    with boxes.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["image", "class", "width", "height", "xmin", "ymin", "xmax", "ymax"])
        for name in COLOURS:
            for number in range(PER_CLASS):
                writer.writerow([f"{name}/{number}.png", name, 64, 48, 0, 0, 64, 48])
    told = _json(boxwright("evaluate", proposed, "--boxes", boxes, "--json"))
    assert told["images"] == IMAGES
    assert told["centre_box"] == 100
    for key in ("gt_known_loc", "top1_clas", "top1_loc", "max_box_acc", "max_box_acc_v2"):
        assert 0 <= told[key] <= 100
    assert told["top1_loc"] <= min(told["top1_clas"], told["gt_known_loc"])
    assert told["gt_known_loc"] <= told["max_box_acc"]
    # of fewer than six classes the label is always among the first five
    assert told["top5_loc"] == told["gt_known_loc"]
    low, high = told["intervals"]["gt_known_loc"]
    assert low <= told["gt_known_loc"] <= high
    assert [row["name"] for row in told["classes"]] == sorted(COLOURS)
    table = boxwright("evaluate", proposed, "--boxes", boxes, "--per-class")
    assert table.returncode == 0
    assert "GT-known Loc" in table.stdout
    assert "Top-5 Loc" in table.stdout
    assert "95 % interval" in table.stdout
    assert all(name in table.stdout for name in COLOURS)


def test_another_threshold_needs_no_network(
    boxwright: Boxwright, proposed: Path, tmp_path: Path
) -> None:
    project = shutil.copytree(proposed, tmp_path / "project")
    for checkpoint in project.rglob("*.safetensors"):
        checkpoint.unlink()
    told = _json(boxwright("propose", project, "--boxes-only", "--threshold", "0.5", "--json"))
    assert told["boxes"] == IMAGES


def test_a_threshold_for_one_class_leaves_the_others_theirs(
    boxwright: Boxwright, proposed: Path, tmp_path: Path
) -> None:
    project = shutil.copytree(proposed, tmp_path / "project")
    before = (project / "settings.json").read_bytes()
    again = ("propose", project, "--boxes-only", "--threshold", "0.5", "--json")
    told = _json(boxwright(*again, "--class", "red"))
    assert 0 < told["images"] < IMAGES
    assert (project / "settings.json").read_bytes() == before
    with Project.open(project) as opened, opened.read() as conn:
        thresholds = {
            (entry.path.split("/")[0], proposal.threshold)
            for entry in images.list_images(conn)
            for proposal in proposals.proposals_of(conn, [entry.id])[entry.id]
        }
    assert ("red", 0.5) in thresholds
    assert {threshold for folder, threshold in thresholds if folder != "red"} != {0.5}
    assert {threshold for folder, threshold in thresholds if folder == "red"} == {0.5}
    refused = boxwright(*again, "--class", "nobody")
    assert refused.returncode != 0
    assert "nobody" in refused.stderr
    assert "red" in refused.stderr


def test_labels_from_a_table(boxwright: Boxwright, pictures: Path, tmp_path: Path) -> None:
    labels = tmp_path / "labels.csv"
    labels.write_text("image,class\nred/0.png,warm\nblue/0.png,cold\nnone/9.png,cold\n")
    project = tmp_path / "project"
    done = boxwright("new", project, "--images", pictures, "--labels", labels)
    assert done.returncode == 0, done.stderr
    assert "none/9.png" in done.stderr, "an unknown image is named, and the rest goes on"
    told = _json(boxwright("status", project, "--json"))
    assert {"warm": 1, "cold": 1}.items() <= told["classes"].items()


def test_new_images_are_taken_in(boxwright: Boxwright, tmp_path: Path) -> None:
    pictures, project = write_pictures(tmp_path / "pictures", 1), tmp_path / "project"
    assert _json(boxwright("new", project, "--images", pictures, "--json"))["images"] == 3
    (pictures / "red" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    write_pictures(pictures, 2)
    again = boxwright("new", project, "--images", pictures, "--json")
    assert "red/broken.png" in again.stderr
    told = _json(again)
    assert (told["images"], told["problems"]) == (7, 1)


BAD_INPUT = {
    "no project": (("status", "{tmp}/none"), "no project"),
    "foreign database": (("status", "{foreign}"), "{foreign}"),
    "no folder": (("new", "{tmp}/p", "--images", "{tmp}/none"), "{tmp}/none"),
    "no images": (("new", "{tmp}/p", "--images", "{empty}"), "{empty}"),
    "wrong header": (
        ("new", "{tmp}/p", "--images", "{pictures}", "--labels", "{table}"),
        "{table}",
    ),
    "method": (("train", "{project}", "--method", "magic"), "dgdm"),
    "backbone": (("train", "{project}", "--backbone", "alexnet"), "squeezenet1_1"),
    "option": (("train", "{project}", "-o", "beta"), "beta"),
    "weights": (("train", "{project}", "--weights", "{table}"), "{table}"),
    "run": (("propose", "{project}", "--run", "999"), "999"),
    "boxes": (("evaluate", "{project}", "--boxes", "{table}"), "{table}"),
}


@pytest.mark.parametrize("case", BAD_INPUT)
def test_bad_input_is_told_in_one_message(
    case: str, boxwright: Boxwright, proposed: Path, pictures: Path, tmp_path: Path
) -> None:
    places = {
        "tmp": tmp_path,
        "project": proposed,
        "pictures": pictures,
        "empty": tmp_path / "empty",
        "table": tmp_path / "table.csv",
        "foreign": tmp_path / "foreign",
    }
    for name in ("empty", "foreign"):
        places[name].mkdir()
    places["table"].write_text("name;kind\nred/0.png;warm\n")
    database = sqlite3.connect(places["foreign"] / "project.sqlite")
    database.execute("CREATE TABLE other (id INTEGER)")
    database.close()
    arguments, words = BAD_INPUT[case]
    before = _digests(proposed)

    done = boxwright(*(argument.format(**places) for argument in arguments))

    assert done.returncode == 1, done.stdout
    assert done.stdout == ""
    assert words.format(**places) in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    if "project" not in arguments[1]:
        assert _digests(proposed) == before
    assert not (tmp_path / "p" / "project.sqlite").exists()


def test_a_wrong_command_line_is_another_exit_code(boxwright: Boxwright, proposed: Path) -> None:
    for arguments in (
        ("nonsense",),
        ("propose", proposed, "--threshold", "2"),
        ("export", proposed, "--format", "docx", "--out", "x"),
    ):
        done = boxwright(*arguments)
        assert done.returncode == 2, arguments
        assert "Traceback" not in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to one process")
def test_an_interrupted_training_goes_on_where_it_was(boxwright: Boxwright, tmp_path: Path) -> None:
    project = tmp_path / "project"
    boxwright("new", project, "--images", write_pictures(tmp_path / "pictures", 2))
    arguments = [PROGRAM, "train", str(project), *TRAIN, "--epochs", "60"]
    with subprocess.Popen(
        arguments, env=program_environment(), stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            _wait_for_checkpoint(project, process)
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 130, errors
    assert "Traceback" not in errors
    (stopped,) = _json(boxwright("status", project, "--json"))["runs"]
    assert stopped["state"] == "cancelled"

    resumed = _json(boxwright("train", project, "--resume", "--json"))
    assert (resumed["run"], resumed["epochs"]) == (stopped["id"], 60)
    (finished,) = _json(boxwright("status", project, "--json"))["runs"]
    assert finished["state"] == "finished"


def _wait_for_checkpoint(project: Path, process: subprocess.Popen[str]) -> None:
    until = time.monotonic() + 120
    while not list(project.rglob("epoch-*.safetensors")):
        assert process.poll() is None, "it ended before the first checkpoint"
        assert time.monotonic() < until
        time.sleep(0.05)
