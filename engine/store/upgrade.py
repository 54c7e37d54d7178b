"""Bringing a database to the present schema. Imports alembic only when there is work for it."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from engine.domain.errors import ProjectError
from engine.store import schema
from engine.store.sqlite import migrating, reading

MIGRATIONS = Path(__file__).parent / "migrations"


def ensure_current(engine: Engine, path: Path) -> None:
    """Migrate the project at ``path`` if it is older.

    Raises ProjectError, and changes nothing, if it is newer than this program or holds no version.
    """
    with reading(engine, path) as conn:
        version = _version(conn)
    if version is None or not version.isdigit():
        raise ProjectError(
            "The project file holds no schema version: it is damaged.",
            path=path,
            remedy="Nothing was changed. Restore the file from a backup, or make a new project.",
        )
    if version > schema.VERSION:
        raise ProjectError(
            f"The project was made by a newer Boxwright (schema {version},"
            f" this program knows up to {schema.VERSION}).",
            path=path,
            remedy="Nothing was changed. Update Boxwright to open it.",
        )
    if version < schema.VERSION:
        migrate(engine, path)


def _version(conn: Connection) -> str | None:
    if not inspect(conn).has_table("alembic_version"):
        return None
    return conn.execute(text("SELECT version_num FROM alembic_version")).scalar()


def migrate(engine: Engine, path: Path, scripts: Path = MIGRATIONS) -> None:
    """Run the missing migrations in one transaction: all of them or none."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    # Alembic interpolates its options; a percent sign in a path must be doubled.
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    with migrating(engine, path) as conn:
        config.attributes["connection"] = conn
        command.upgrade(config, "head")
