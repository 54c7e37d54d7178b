"""Migrations and schema.py tell the same story; a migration happens whole or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect

from engine.domain.errors import ProjectError
from engine.store import images, schema, upgrade
from engine.store.project import Project

SECOND = '''"""Second."""
import sqlalchemy as sa
from alembic import op
revision = "9999"
down_revision = "{last}"

def upgrade() -> None:
    with op.batch_alter_table("images", recreate="always") as batch:
        batch.add_column(sa.Column("camera", sa.String))
    {more}
'''


def test_version_is_the_newest_migration():
    config = Config()
    config.set_main_option("script_location", str(upgrade.MIGRATIONS))
    config.set_main_option("path_separator", "newline")
    assert ScriptDirectory.from_config(config).get_heads() == [schema.VERSION]


def test_migrated_database_equals_schema(project: Project):
    with project.read() as conn:
        context = MigrationContext.configure(
            conn,
            opts={"compare_type": True, "target_metadata": schema.metadata},
        )
        assert compare_metadata(context, schema.metadata) == []


def test_migrated_constraints_equal_those_of_the_schema(project: Project):
    """Autogenerate looks at no check constraints and no names of keys."""
    fresh = create_engine("sqlite://")
    schema.metadata.create_all(fresh)
    expected, present = inspect(fresh), None
    with project.read() as conn:
        present = inspect(conn)
        for table in schema.metadata.tables:
            for kind in ("check_constraints", "pk_constraint", "foreign_keys", "indexes"):
                get = f"get_{kind}"
                assert _sorted(getattr(present, get)(table)) == _sorted(
                    getattr(expected, get)(table)
                ), (table, kind)
    fresh.dispose()


def _sorted(found: object) -> object:
    return sorted(found, key=repr) if isinstance(found, list) else found


@pytest.fixture
def second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """A program with a second migration that does ``more`` besides rebuilding a table."""

    def make(more: str) -> Path:
        scripts = tmp_path / "100 % migrations"
        shutil.copytree(upgrade.MIGRATIONS, scripts, ignore=shutil.ignore_patterns("__pycache__"))
        (scripts / "versions" / "9999_second.py").write_text(
            SECOND.format(more=more, last=schema.VERSION)
        )
        monkeypatch.setattr(schema, "VERSION", "9999")
        migrate = upgrade.migrate
        monkeypatch.setattr(upgrade, "migrate", lambda *args: migrate(*args, scripts=scripts))
        return scripts

    return make


def _fill(project: Project) -> None:
    with project.write() as conn:
        class_id = images.add_classes(conn, ["cat"])["cat"]
        (image_id,) = images.add_images(
            conn, [images.NewImage("a.jpg", class_id, 9, 9, None, None, 1, 1)]
        )
        from engine.store import review

        review.reject(conn, image_id)


def test_an_older_project_is_migrated_with_its_rows(
    project: Project, second: Callable[[str], Path]
):
    _fill(project)
    project.close()
    second("")
    for _ in range(2):
        with Project.open(project.folder) as migrated, migrated.read() as conn:
            assert "camera" in {column["name"] for column in inspect(conn).get_columns("images")}
            assert [entry.state for entry in images.queue(conn)] == ["rejected"]


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ("raise ZeroDivisionError", ZeroDivisionError),
        ("op.execute('DELETE FROM images')", ProjectError),  # leaves reviews without their image
    ],
)
def test_a_failed_migration_changes_nothing(
    more: str,
    error: type[Exception],
    project: Project,
    second: Callable[[str], Path],
    snapshot: Callable[[Path], dict[str, str]],
    monkeypatch: pytest.MonkeyPatch,
):
    _fill(project)
    project.close()
    present = schema.VERSION
    second(more)
    before = snapshot(project.folder)
    with pytest.raises(error):
        Project.open(project.folder)
    assert snapshot(project.folder) == before
    monkeypatch.setattr(schema, "VERSION", present)
    with Project.open(project.folder) as found, found.read() as conn:
        assert [entry.state for entry in images.queue(conn)] == ["rejected"]
