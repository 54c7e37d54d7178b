"""Killed processes, full disks, files without permission, two writers at once."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.domain.errors import StorageError
from engine.domain.geometry import Box
from engine.domain.records import ReviewState
from engine.store import annotations, images, review, sqlite
from engine.store.project import Project

posix_only = pytest.mark.skipif(os.name == "nt", reason="signals and limits of POSIX")

ACCEPTING = """
import sys
from pathlib import Path
from engine.domain.geometry import Box
from engine.store import annotations, review
from engine.store.project import Project
with Project.open(Path(sys.argv[1])) as project:
    while True:
        with project.read() as conn:
            states = annotations.review_states(conn)
        for image_id, state in states.items():
            if state == "unreviewed":
                with project.write() as conn:
                    box = Box(1, 2, 3 + image_id % 50, 40)
                    review.accept(conn, image_id, [review.ShownBox(1, box)], 0.5)
                print(image_id, flush=True)
"""


@posix_only
def test_every_acknowledged_act_outlives_a_kill(project: Project, make_image):
    with project.write() as conn:
        images.add_classes(conn, ["cat"])
        images.add_images(conn, [make_image(f"{i:05d}.jpg", 1) for i in range(3000)])
    project.close()
    acknowledged: set[int] = set()
    for round_ in range(10):
        acknowledged |= _accept_until_killed(project.folder, after=5 + 7 * round_)
        with Project.open(project.folder) as found, found.read() as conn:
            states = annotations.review_states(conn)
            kept = {id_ for id_, state in states.items() if state is ReviewState.ACCEPTED}
            assert acknowledged <= kept
            assert len(kept) - len(acknowledged) <= round_ + 1  # one unacknowledged act a kill
            boxes = annotations.annotations_of(conn, sorted(kept))
            for image_id, (annotation,) in boxes.items():
                assert annotation.box == Box(1, 2, 3 + image_id % 50, 40)
            operations = review.history(conn, limit=3000)
            assert {id_ for entry in operations for id_ in entry.image_ids} == kept
            assert conn.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    assert len(acknowledged) >= 10 * 5


def _accept_until_killed(folder: Path, after: int) -> set[int]:
    command = [sys.executable, "-c", ACCEPTING, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        lines = [child.stdout.readline() for _ in range(after)]
        child.send_signal(signal.SIGKILL)
        lines += child.stdout.readlines()
    return {int(line) for line in lines if line.endswith("\n")}


FILLING = """
import resource, sys
from pathlib import Path
from engine.domain.errors import StorageError
from engine.store import images
from engine.store.project import Project, ProjectSettings
project = Project.open(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
count = 0
try:
    while True:
        with project.write() as conn:
            images.add_images(conn, [
                images.NewImage(f"{count + i:06d}.jpg", None, 1, 1, "x" * 500, None, 1, 1)
                for i in range(200)])
        count += 200
        print(count, flush=True)
except StorageError as error:
    print(type(error).__name__, error, flush=True)
with project.read() as conn:
    print(len(images.list_images(conn)))
resource.setrlimit(resource.RLIMIT_FSIZE, (10, 300_000))
try:
    project.save_settings(ProjectSettings())
except StorageError as error:
    print(type(error).__name__, error)
"""


@posix_only
def test_a_full_disk_is_told_and_loses_nothing(project: Project):
    project.save_settings(project.settings())
    before = (project.folder / "settings.json").read_bytes()
    project.close()
    result = subprocess.run(
        [sys.executable, "-c", FILLING, str(project.folder)],
        capture_output=True,
        text=True,
        check=True,
    )
    *counts, error, read, settings_error = result.stdout.splitlines()
    assert counts, result.stdout
    assert error.startswith("StorageError")
    assert "Nothing was changed." in error
    assert str(project.database) in error
    assert settings_error.startswith("StorageError")
    assert read == counts[-1]
    with Project.open(project.folder) as found, found.write() as conn:
        assert len(images.list_images(conn)) == int(counts[-1])
        assert conn.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        images.add_classes(conn, ["goes on"])
    assert (project.folder / "settings.json").read_bytes() == before
    assert sorted(path.name for path in project.folder.iterdir()) == [
        "project.sqlite",
        "runs",
        "settings.json",
    ]


def test_a_full_database_rolls_one_human_act_back_whole(filled, human_rows):
    project, image_id = filled.project, filled.image_ids[0]
    before = human_rows(project)
    boxes = [review.ShownBox(1, Box(i / 100, 0, 50 + i / 100, 50)) for i in range(3000)]

    def accept_with_a_limit() -> None:
        with project.write() as conn:
            pages = conn.exec_driver_sql("PRAGMA page_count").scalar_one()
            conn.exec_driver_sql(f"PRAGMA max_page_count = {pages + 1}")
            review.accept(conn, image_id, boxes)

    with pytest.raises(StorageError, match="full") as caught:
        accept_with_a_limit()
    assert caught.value.path == str(project.database)
    assert human_rows(project) == before


CREATING = """
import resource, sys
from pathlib import Path
from engine.domain.errors import StorageError
from engine.store.project import Project
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    Project.create(Path(sys.argv[1]), Path(sys.argv[2]))
except StorageError as error:
    print(error)
"""


@posix_only
@pytest.mark.parametrize("was_there", [True, False])
def test_a_project_that_cannot_be_made_leaves_nothing(
    was_there: bool, tmp_path: Path, image_root: Path
):
    folder = tmp_path / "new"
    if was_there:
        folder.mkdir()
    result = subprocess.run(
        [sys.executable, "-c", CREATING, str(folder), str(image_root)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert str(folder / "project.sqlite:") in result.stdout
    assert (list(folder.iterdir()) == []) if was_there else not folder.exists()


AS_NOBODY = """
import os, sys
from pathlib import Path
from engine.domain.errors import StorageError
from engine.store import images
from engine.store.project import Project, ProjectSettings
if os.geteuid() == 0:
    os.setgid(65534); os.setuid(65534)
folder = Path(sys.argv[1])

def told(act):
    try:
        act()
        print("no error")
    except StorageError as error:
        print(error)

def add():
    with Project.open(folder) as project, project.write() as conn:
        images.add_classes(conn, ["cat"])

told(add)
told(lambda: Project.create(folder / "inner", folder))
"""


@pytest.fixture
def open_to_all() -> Iterator[Path]:
    """A folder that another user can enter, which pytest's own are not."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755)
    shutil.rmtree(folder)


@posix_only
def test_a_read_only_project_is_told(open_to_all: Path, snapshot: Callable[[Path], dict[str, str]]):
    folder = open_to_all / "project"
    Project.create(folder, open_to_all).close()
    for path in folder.rglob("*"):
        path.chmod(0o555 if path.is_dir() else 0o444)
    folder.chmod(0o555)
    before = snapshot(folder)
    result = subprocess.run(
        [sys.executable, "-c", AS_NOBODY, str(folder)], capture_output=True, text=True, check=True
    )
    add, create = result.stdout.splitlines()
    assert str(folder / "project.sqlite") in add
    assert "permissions" in add
    assert str(folder / "inner") in create
    assert "permissions" in create
    assert snapshot(folder) == before


def test_readers_pass_a_writer_and_keep_their_view(project: Project):
    with project.write() as conn, project.read() as reader:
        images.add_classes(conn, ["cat"])
        started = time.monotonic()
        assert images.list_classes(reader) == []
        assert time.monotonic() - started < 1.0
        conn.commit()
        assert images.list_classes(reader) == []
    with project.read() as reader:
        assert [record.name for record in images.list_classes(reader)] == ["cat"]


def test_a_second_writer_waits_for_its_turn(project: Project):
    with Project.open(project.folder) as other:
        holding, done = threading.Event(), threading.Event()

        def hold() -> None:
            with other.write() as conn:
                images.add_classes(conn, ["first"])
                holding.set()
                time.sleep(0.3)
            done.set()

        thread = threading.Thread(target=hold)
        thread.start()
        assert holding.wait(10)
        with project.write() as conn:
            assert done.wait(10)
            assert images.add_classes(conn, ["second"]) == {"first": 1, "second": 2}
        thread.join()


def test_a_writer_that_waits_too_long_is_told(project: Project, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.1)
    with (
        Project.open(project.folder) as other,
        project.write(),
        pytest.raises(StorageError, match="too long"),
        other.write(),
    ):
        pytest.fail("two writers at once")


def test_many_threads_write_through_one_project(project: Project):
    def work(name: str) -> None:
        for i in range(20):
            with project.write() as conn:
                images.add_classes(conn, [f"{name}{i}"])

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with project.read() as conn:
        assert len(images.list_classes(conn)) == 80
