"""Making, opening and refusing projects."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.domain.errors import InputError, ProjectError
from engine.store import images, review
from engine.store.project import Project

Snapshot = Callable[[Path], dict[str, str]]


def test_created_project_opens_again_by_folder_and_by_file(tmp_path: Path, image_root: Path):
    folder = tmp_path / "Vögel 100 %#?"
    with Project.create(folder, image_root) as made:
        assert made.name == "Vögel 100 %#?"
    assert sorted(path.name for path in folder.iterdir()) == ["project.sqlite", "runs"]
    for place in (folder, folder / "project.sqlite"):
        with Project.open(place) as found:
            assert (found.folder, found.name) == (folder, "Vögel 100 %#?")
            assert found.image_root == image_root
            assert found.runs_folder == folder / "runs"


def test_create_takes_an_empty_folder_and_a_name(tmp_path: Path, image_root: Path):
    (tmp_path / "empty").mkdir()
    with Project.create(tmp_path / "empty", image_root, "Birds") as made:
        assert made.name == "Birds"


@pytest.mark.parametrize("kind", ["project", "foreign folder", "file", "no images"])
def test_create_refuses_and_leaves_everything_as_it_was(
    kind: str, tmp_path: Path, image_root: Path, snapshot: Snapshot
):
    folder = tmp_path / "place"
    if kind == "project":
        Project.create(folder, image_root).close()
    elif kind == "foreign folder":
        folder.mkdir()
        (folder / "thesis.txt").write_text("mine")
    elif kind == "file":
        folder.write_text("mine")
    root = image_root / "nowhere" if kind == "no images" else image_root
    before = snapshot(tmp_path)
    with pytest.raises(ProjectError) as caught:
        Project.create(folder, root)
    assert caught.value.remedy
    assert caught.value.path == str(root if kind == "no images" else folder)
    assert snapshot(tmp_path) == before


def _garbage(path: Path) -> None:
    path.write_bytes(os.urandom(20_000))


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:9000])


def _truncated_in_header(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:50])


def _overwritten_pages(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[100:] = os.urandom(len(content) - 100)
    path.write_bytes(content)


def _foreign(path: Path) -> None:
    path.unlink()
    with sqlite3.connect(path) as raw:
        raw.execute("CREATE TABLE photos (id INTEGER)")
    raw.close()


def _newer(path: Path) -> None:
    _execute(path, "UPDATE alembic_version SET version_num = '0999'")


def _no_version(path: Path) -> None:
    _execute(path, "DELETE FROM alembic_version")


def _strange_version(path: Path) -> None:
    _execute(path, "UPDATE alembic_version SET version_num = 'abc'")


def _no_version_table(path: Path) -> None:
    _execute(path, "DROP TABLE alembic_version")


def _no_project_row(path: Path) -> None:
    _execute(path, "DELETE FROM project")


def _execute(path: Path, statement: str) -> None:
    raw = sqlite3.connect(path, isolation_level=None)
    raw.execute(statement)
    raw.close()


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (Path.unlink, "no project here"),
        (_garbage, "no project file, or it is damaged"),
        (_empty, "no project file, or it is damaged"),
        (_truncated_in_header, "no project file, or it is damaged"),
        (_truncated, "damaged"),
        (_overwritten_pages, "damaged"),
        (_foreign, "another program"),
        (_newer, "newer Boxwright"),
        (_no_version, "damaged"),
        (_strange_version, "damaged"),
        (_no_version_table, "damaged"),
        (_no_project_row, "damaged"),
    ],
)
def test_open_refuses_what_is_no_sound_project_and_changes_nothing(
    spoil: Callable[[Path], None], expected: str, project: Project, snapshot: Snapshot
):
    project.close()
    spoil(project.database)
    before = snapshot(project.folder)
    with pytest.raises(ProjectError, match=expected) as caught:
        Project.open(project.folder)
    assert str(project.folder) in str(caught.value)
    assert caught.value.remedy
    assert snapshot(project.folder) == before


def test_damage_found_while_reading_is_told(project: Project):
    with project.write() as conn:
        images.add_images(
            conn, [images.NewImage(f"{i:05d}", None, 1, 1, None, None, 1, 1) for i in range(5000)]
        )
    project.close()
    content = bytearray(project.database.read_bytes())
    middle = len(content) // 8192 * 4096
    content[middle : middle + 40_000] = b"\xff" * 40_000
    project.database.write_bytes(content)
    with Project.open(project.folder) as damaged, pytest.raises(ProjectError, match="damaged"):
        _read_all(damaged)


def _read_all(project: Project) -> None:
    with project.read() as conn:
        images.list_images(conn)
        images.queue(conn)


def test_open_of_a_missing_folder_says_where(tmp_path: Path):
    with pytest.raises(ProjectError, match="nowhere"):
        Project.open(tmp_path / "nowhere")


def test_opening_an_up_to_date_project_leaves_alembic_out(project: Project):
    project.close()
    code = (
        "import sys; from pathlib import Path; from engine.store.project import Project;"
        f"Project.open(Path({str(project.folder)!r})).close(); print('alembic' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (result.stdout.strip(), result.stderr) == ("False", "")


def test_writes_are_rolled_back_on_any_error(project: Project):
    def fail_in_the_middle() -> None:
        with project.write() as conn:
            images.add_classes(conn, ["cat"])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_in_the_middle()
    with project.read() as conn:
        assert images.list_classes(conn) == []


def test_writing_through_a_reading_connection_fails_loudly(project: Project):
    from sqlalchemy.exc import OperationalError

    with pytest.raises(OperationalError, match="readonly"), project.read() as conn:
        images.add_classes(conn, ["cat"])
    with project.write() as conn:  # the same pooled connection may write again
        assert images.add_classes(conn, ["cat"]) == {"cat": 1}


def test_rows_must_refer_to_rows_that_are_there(project: Project):
    from sqlalchemy.exc import IntegrityError

    with pytest.raises(IntegrityError), project.write() as conn:
        images.add_images(conn, [images.NewImage("a", 7, 1, 1, None, None, 1, 1)])


def test_absolute_joins_with_the_image_root(project: Project, image_root: Path):
    assert project.absolute("cat/ä.jpg") == image_root.resolve() / "cat" / "ä.jpg"


@pytest.mark.parametrize(
    "path", ["../x.jpg", "a/../../x.jpg", "/etc/passwd", "", ".", "a\0b", "link/x.jpg", "loop/x"]
)
def test_absolute_refuses_paths_that_leave_the_image_root(
    path: str, project: Project, image_root: Path, tmp_path: Path
):
    (image_root / "link").symlink_to(tmp_path)
    (image_root / "loop").symlink_to(image_root / "loop")
    with pytest.raises(InputError) as caught:
        project.absolute(path)
    assert caught.value.path == path


def test_absolute_follows_links_that_stay_inside(project: Project, image_root: Path):
    (image_root / "real").mkdir()
    (image_root / "link").symlink_to(image_root / "real")
    assert project.absolute("link/x.jpg") == image_root.resolve() / "real" / "x.jpg"


def test_a_moved_image_root_is_noticed_and_relocated(
    project: Project, image_root: Path, tmp_path: Path
):
    (image_root / "a.jpg").write_bytes(b"x")
    with project.write() as conn:
        images.add_images(conn, [images.NewImage("a.jpg", None, 1, 1, None, None, 1, 1)])
    moved = shutil.move(image_root, tmp_path / "moved")
    with Project.open(project.folder) as found:
        assert not found.image_root_exists
        found.relocate(moved)
        assert found.image_root_exists
        assert found.absolute("a.jpg").read_bytes() == b"x"
    with Project.open(project.folder) as found:
        assert found.image_root == moved


def test_relocate_refuses_a_folder_without_the_images(project: Project, tmp_path: Path):
    with project.write() as conn:
        images.add_images(conn, [images.NewImage("a.jpg", None, 1, 1, None, None, 1, 1)])
    (tmp_path / "other").mkdir()
    before = project.image_root
    for wrong in (tmp_path / "other", tmp_path / "nowhere"):
        with pytest.raises(ProjectError):
            project.relocate(wrong)
    assert project.image_root == before
    with Project.open(project.folder) as found:
        assert found.image_root == before


def test_two_open_projects_see_each_others_acts(project: Project):
    with project.write() as conn:
        (image_id,) = images.add_images(
            conn, [images.NewImage("a.jpg", None, 9, 9, None, None, 1, 1)]
        )
    with Project.open(project.folder) as other:
        with other.write() as conn:
            review.reject(conn, image_id)
        with project.read() as conn:
            assert review.undo_name(conn) == "Reject"
