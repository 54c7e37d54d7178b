"""Exports and imports of a person who may not read or write everywhere: told by name, place and
remedy, and nothing is changed. Where the tests run as root, the program gives its rights up."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest

from engine.jobs.reporter import silent_reporter
from engine.jobs.requests import ExportRequest, ImportRequest, IndexRequest
from engine.workflows.dispatch import run
from tests.pictures import write_pictures

pytestmark = pytest.mark.skipif(os.name == "nt", reason="rights are other ones there")

NOBODY = 65534
FORMATS = ("coco", "voc", "yolo", "csv")

#: Does one request as somebody without rights. What it needs is loaded before, since the
#: interpreter itself may be closed to others.
PROGRAM = """
import json, os, sys
from engine.domain.errors import BoxwrightError
from engine.imaging.opening import opened
from engine.jobs import requests
from engine.jobs.failure import as_boxwright_error
from engine.jobs.reporter import Reporter
from engine.workflows import export, import_boxes
from engine.workflows.dispatch import run

own, warm, given, meanwhile = (json.loads(text) for text in sys.argv[1:])
for kind, values in warm:
    run(getattr(requests, kind)(**values), Reporter(lambda event: None))
if os.geteuid() == 0:
    os.setgroups([]); os.setgid(own); os.setuid(own)

def send(event):
    if meanwhile and getattr(event, "message", "") == meanwhile["at"]:
        import shutil
        for name in os.listdir(meanwhile["in"]):
            if name.endswith(".partial"):
                shutil.rmtree(os.path.join(meanwhile["in"], name))

kind, values = given
try:
    print(json.dumps({"result": run(getattr(requests, kind)(**values), Reporter(send))}))
except (BoxwrightError, OSError) as error:
    error = as_boxwright_error(error) if isinstance(error, OSError) else error
    path = None if error.path is None else str(error.path)
    print(json.dumps({"message": error.message, "path": path, "remedy": error.remedy}))
"""


@dataclass
class Place:
    """A project with boxes, its images, an export of each format, and a folder for what comes.
    All belong to somebody without rights."""

    top: Path
    made: Path

    @property
    def project(self) -> Path:
        return self.top / "project"

    @property
    def images(self) -> Path:
        return self.top / "images"

    @property
    def out(self) -> Path:
        return self.top / "out"

    def act(self, request: ExportRequest | ImportRequest, meanwhile: Any = None) -> dict[str, Any]:
        """What the program answers, or how it failed."""
        warm = Path(tempfile.mkdtemp())
        try:
            done = subprocess.run(
                [
                    *(sys.executable, "-c", PROGRAM, str(NOBODY)),
                    json.dumps(_like_it(self.made, warm)),
                    json.dumps(_plain(request)),
                    json.dumps(meanwhile),
                ],
                capture_output=True,
                text=True,
                check=False,
                timeout=120,
            )
        finally:
            shutil.rmtree(warm)
            give_away(self.project)
        assert done.returncode == 0, done.stderr
        answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return answer

    def export(self, format_name: str = "coco", out: Path | None = None, **more: Any) -> Any:
        meanwhile = more.pop("meanwhile", None)
        target = str(out or self.out / "x")
        return self.act(ExportRequest(str(self.project), format_name, target, **more), meanwhile)

    def take(self, source: Path, **more: Any) -> Any:
        return self.act(ImportRequest(str(self.project), str(source), existing="add", **more))


def _plain(request: Any) -> tuple[str, dict[str, Any]]:
    return type(request).__name__, asdict(request)


def _like_it(made: Path, out: Path) -> list[tuple[str, dict[str, Any]]]:
    """An export and an import of another project, which load all that they need."""
    project = str(made / "project")
    export = ExportRequest(project, "voc", str(out / "voc"), images="jpeg")
    taken = ImportRequest(project, str(made / "exports/csv"), existing="replace")
    return [_plain(export), _plain(taken)]


def give_away(top: Path) -> None:
    if os.geteuid() == 0:
        for path in [top, *top.rglob("*")]:
            os.chown(path, NOBODY, NOBODY, follow_symlinks=False)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    top = tmp_path_factory.mktemp("made")
    write_pictures(top / "images", per_class=3)
    rows = [
        f"{path.relative_to(top / 'images').as_posix()},thing,64,48,1,2,30,40"
        for path in sorted((top / "images").rglob("*.png"))
    ]
    header = "image,class,width,height,xmin,ymin,xmax,ymax"
    (top / "boxes.csv").write_text("\n".join([header, *rows]) + "\n")
    _fill(Place(top, top))
    return top


@pytest.fixture
def place(made: Path) -> Iterator[Place]:
    """Where another user can enter, which pytest's own folders are not."""
    top = Path(tempfile.mkdtemp())
    top.chmod(0o755)
    shutil.copytree(made / "images", top / "images")
    shutil.copy(made / "boxes.csv", top)
    found = Place(top, made)
    _fill(found)
    give_away(top)
    yield found
    for path in [top, *top.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755)
    shutil.rmtree(top)


def _fill(place: Place) -> None:
    project, out = str(place.project), place.top / "exports"
    run(IndexRequest(project, images=str(place.images)), silent_reporter())
    accepted = ImportRequest(project, str(place.top / "boxes.csv"), state="accepted")
    run(accepted, silent_reporter())
    for name in FORMATS:
        run(ExportRequest(project, name, str(out / name), images="copy"), silent_reporter())
    place.out.mkdir()


@pytest.fixture
def unchanged(place: Place) -> Callable[[], None]:
    """Nothing of the project's rows, of the exports and of the place for new ones is another."""

    def look() -> dict[str, bytes]:
        folders = (place.project, place.top / "exports", place.out)
        paths = [path for folder in folders for path in folder.rglob("*")]
        return {
            str(path): b"" if path.is_dir() else path.read_bytes()
            for path in paths
            if not path.name.endswith(("-wal", "-shm"))
        }

    before = look()

    def check() -> None:
        for path in place.top.rglob("*"):
            if not path.is_symlink():
                path.chmod(0o755)
        assert look() == before

    return check


def assert_told(answer: dict[str, Any], path: Path, *words: str) -> None:
    assert "message" in answer, answer
    assert answer["path"] == str(path)
    assert answer["remedy"]
    for word in words:
        assert word in f"{answer['message']} {answer['remedy']}", answer


def test_images_that_may_not_be_read_are_left_out_or_refused(place, unchanged):
    """One folder of them is told and left out; without any image there is no copy."""
    (place.images / "blue").chmod(0)
    looked = place.export("voc", images="copy", dry_run=True)
    assert "3 image files are gone or may not be read" in " ".join(looked["result"]["warnings"])
    place.images.chmod(0)
    looked = place.export("voc", images="copy", dry_run=True)["result"]
    assert looked["refused"]
    assert "None of the 9 images" in looked["warnings"][0]
    for mode in ("copy", "link", "jpeg"):
        answer = place.export("voc", images=mode)
        assert_told(answer, place.images / "blue/0.png", "None of the 9 images", "permissions")
    unchanged()


def test_images_of_one_folder_closed(place):
    (place.images / "blue").chmod(0)
    answer = place.export("voc", images="copy")
    assert answer["result"]["boxes"] == 9
    assert len(list((place.out / "x/JPEGImages").iterdir())) == 6


@pytest.mark.parametrize("format_name", FORMATS)
def test_closed_annotations(place, unchanged, format_name):
    folder = place.top / "exports" / format_name
    inside = {"coco": "annotations.json", "voc": "Annotations", "csv": "boxes.csv"}
    closed = folder / inside.get(format_name, "labels")
    closed.chmod(0)
    assert_told(place.take(folder), closed, "Permission denied", "permissions")
    closed.chmod(0o755)
    folder.chmod(0)
    answer = place.take(folder)
    assert "permissions" in answer["remedy"]
    assert str(folder) in answer["path"]
    unchanged()


@pytest.mark.parametrize("format_name", ["voc", "yolo"])
def test_one_closed_file_of_many(place, unchanged, format_name):
    folder = place.top / "exports" / format_name
    file = sorted(f for end in ("xml", "txt") for f in folder.rglob(f"[0-9blue]*.{end}"))[0]
    file.chmod(0)
    answer = place.take(folder)
    assert_told(answer, file, "Permission denied", "Nothing was changed", "--skip-unusable")
    unchanged()


def test_a_folder_in_the_place_of_a_file(place, unchanged):
    folder = place.top / "exports/coco"
    file = folder / "annotations.json"
    kept = file.read_bytes()
    file.unlink()
    file.mkdir()
    assert_told(place.take(folder, format="coco"), file, "no such file")
    file.rmdir()
    file.write_bytes(kept)
    unchanged()


@pytest.mark.parametrize("format_name", FORMATS)
def test_read_only_target(place, unchanged, format_name):
    place.out.chmod(0o555)
    answer = place.export(format_name)
    assert_told(answer, place.out / "x", "Permission denied", "choose another folder")
    warnings = place.export(format_name, dry_run=True)["result"]["warnings"]
    assert "Nothing can be written here (Permission denied)" in warnings[0]
    unchanged()


def test_closed_target(place, unchanged):
    place.out.chmod(0)
    assert_told(place.export(), place.out / "x", "Permission denied", "permissions")
    looked = place.export(dry_run=True)["result"]
    assert looked["refused"]
    assert "check the permissions" in looked["warnings"][0]
    unchanged()


def test_an_earlier_export_that_cannot_be_replaced(place, unchanged):
    (place.top / "exports").chmod(0o555)
    answer = place.export("coco", place.top / "exports/coco", overwrite=True)
    assert_told(answer, place.top / "exports/coco", "Permission denied")
    unchanged()


def test_read_only_project(place):
    """Exports read only; an import is refused, and goes through when the rights are back."""
    file = place.project / "project.sqlite"
    file.chmod(0o444)
    assert place.export(dry_run=True)["result"]["boxes"] == 9
    answer = place.take(place.top / "boxes.csv", become="truth")
    assert_told(answer, file, "cannot be written to", "permissions")
    file.chmod(0o644)  # and not those that SQLite has made beside it
    again = place.take(place.top / "boxes.csv", become="truth")
    assert again["result"]["boxes_added"] == 9


def test_read_only_folder_of_the_project(place, unchanged):
    place.project.chmod(0o555)
    answer = place.take(place.top / "exports/csv", become="truth")
    assert_told(answer, place.project / "project.sqlite", "permissions")
    unchanged()


@pytest.mark.parametrize("format_name", ["coco", "voc", "yolo", "csv"])
def test_folder_that_vanishes_while_it_is_written(place, unchanged, format_name):
    meanwhile = {"at": "Images", "in": str(place.out)}
    answer = place.export(format_name, images="copy", meanwhile=meanwhile)
    assert "No such file" in answer["message"]
    assert str(place.out / "x") in answer["path"]
    assert ".partial" not in answer["path"]
    unchanged()


def test_targets_that_are_links(place, unchanged):
    """What they lead to is written where it is new, and left alone where it is somebody's."""
    out = place.out / "x"
    out.symlink_to(place.top / "images")
    answer = place.export(overwrite=True)
    assert_told(answer, place.images, "folder of the images themselves")
    out.unlink()
    out.symlink_to(place.project)
    assert_told(place.export(overwrite=True), place.project, "is not an export", "another folder")
    out.unlink()
    out.symlink_to(out)
    assert_told(place.export(), out, "leads nowhere", "another folder")
    out.unlink()
    unchanged()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no disk that is always full")
def test_full_disk_for_the_report(place, unchanged):
    answer = place.take(place.top / "boxes.csv", report="/dev/full/report.csv", dry_run=True)
    assert_told(answer, Path("/dev/full/report.csv"), "could not be written")
    unchanged()
