"""A project: one folder with a database, settings and the checkpoints of its runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, Engine, insert, select, update

from engine.domain.errors import InputError, ProjectError, StorageError
from engine.store import database_file, files, schema, sqlite, sqlite_errors, upgrade
from engine.store.settings import ProjectSettings, load_settings, save_settings

__all__ = ["DATABASE_NAME", "Connection", "Project", "ProjectSettings"]

DATABASE_NAME = "project.sqlite"
SETTINGS_NAME = "settings.json"
#: How many images ``relocate`` looks for in the new folder before it believes in it.
_RELOCATION_SAMPLE = 50


class Project:
    """An open project; a context manager. Safe to use from several threads and processes at once.

    ``image_root`` may have gone (a disk that is not there): see ``image_root_exists``.
    """

    def __init__(self, folder: Path, engine: Engine, name: str, image_root: Path) -> None:
        self.folder = folder
        self.name = name
        self.image_root = image_root
        self._engine = engine

    @classmethod
    def create(cls, folder: Path, image_root: Path, name: str | None = None) -> Project:
        """Make a project in ``folder``, new or empty, for the images under ``image_root``.

        Raises ProjectError or StorageError; nothing is then left behind.
        """
        folder, image_root = folder.absolute(), image_root.absolute()
        _check_free(folder)
        _check_image_root(image_root)
        with _new_folder(folder):
            _build_database(folder / DATABASE_NAME, name or folder.name, image_root)
            (folder / "runs").mkdir()
        return cls.open(folder)

    @classmethod
    def open(cls, folder: Path) -> Project:
        """Open the project in ``folder`` (its database file will do), migrating an older one.

        Raises ProjectError if it is missing, foreign, damaged or from a newer version, and
        StorageError if it cannot be read; nothing is changed then.
        """
        path = _database_path(folder)
        database_file.check_file(path)
        engine = sqlite.make_engine(path)
        try:
            upgrade.ensure_current(engine, path)
            with sqlite.reading(engine, path) as conn:
                row = conn.execute(select(schema.project)).one_or_none()
            if row is None:
                raise ProjectError(
                    "The project file is damaged: it names no image folder.",
                    path=path,
                    remedy="Restore the file from a backup, or make a new project.",
                )
        except BaseException:
            engine.dispose()
            raise
        return cls(path.parent, engine, row.name, Path(row.image_root))

    @property
    def database(self) -> Path:
        return self.folder / DATABASE_NAME

    @property
    def runs_folder(self) -> Path:
        return self.folder / "runs"

    @property
    def image_root_exists(self) -> bool:
        return self.image_root.is_dir()

    def read(self) -> AbstractContextManager[Connection]:
        """One consistent view of the project. Blocks nobody, and writing through it fails."""
        return sqlite.reading(self._engine, self.database)

    def write(self) -> AbstractContextManager[Connection]:
        """The one writer: committed at the end, rolled back on any error. Keep it short.

        Raises StorageError if the disk is full, the file read-only or another writer too slow.
        """
        return sqlite.writing(self._engine, self.database)

    def staging(self) -> AbstractContextManager[Connection]:
        """A connection for ``engine.store.staging``: rows on their way into the project."""
        return sqlite.staging(self._engine, self.database)

    def watch(self) -> database_file.ChangeWatch:
        """Tells of what other windows and jobs write; to be closed."""
        return database_file.ChangeWatch(self.database)

    def absolute(self, path: str) -> Path:
        """The file of a stored image path. Raises InputError if it lies outside the image root."""
        root = self.image_root.resolve()
        try:
            found = (root / path).resolve()
        except (OSError, ValueError, RuntimeError) as error:  # a NUL, a loop of links
            raise _outside(path) from error
        if not found.is_relative_to(root) or found == root:
            raise _outside(path)
        return found

    def relocate(self, new_root: Path) -> None:
        """Take ``new_root`` for the image root from now on, after the images have been moved.

        Raises ProjectError if it is no folder or none of the project's images is in it.
        """
        new_root = new_root.absolute()
        _check_image_root(new_root)
        with self.write() as conn:
            query = select(schema.images.c.path).limit(_RELOCATION_SAMPLE)
            paths = conn.execute(query).scalars().all()
            if paths and not any((new_root / path).is_file() for path in paths):
                raise ProjectError(
                    f"None of the project's images is in this folder, for example {paths[0]}.",
                    path=new_root,
                    remedy="Choose the folder that the images were moved to.",
                )
            conn.execute(update(schema.project).values(image_root=str(new_root)))
        self.image_root = new_root

    def settings(self) -> ProjectSettings:
        """The project's settings; defaults where none are kept or their file is damaged."""
        return load_settings(self.folder / SETTINGS_NAME)

    def save_settings(self, settings: ProjectSettings) -> None:
        """Keep ``settings``. Raises StorageError; the old ones are then as they were."""
        save_settings(self.folder / SETTINGS_NAME, settings)

    def close(self) -> None:
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _database_path(folder: Path) -> Path:
    folder = folder.absolute()
    path = folder / DATABASE_NAME if folder.is_dir() else folder
    if not path.is_file():
        raise ProjectError(
            "There is no project here.",
            path=folder,
            remedy="Choose a project folder, or make a new project.",
        )
    return path


def _outside(path: str) -> InputError:
    return InputError(
        "The path leaves the image folder.",
        path=path,
        remedy="Keep the images themselves, not links to elsewhere, under the image folder.",
    )


def _check_free(folder: Path) -> None:
    if (folder / DATABASE_NAME).exists():
        raise ProjectError(
            "There is a project in this folder already.", path=folder, remedy="Open it instead."
        )
    if folder.exists() and not folder.is_dir():
        raise ProjectError("This is a file.", path=folder, remedy="Choose a new or empty folder.")
    if folder.is_dir() and any(folder.iterdir()):
        raise ProjectError(
            "The folder is not empty.", path=folder, remedy="Choose a new or empty folder."
        )


def _check_image_root(image_root: Path) -> None:
    if not image_root.is_dir():
        raise ProjectError(
            "The image folder is not there.",
            path=image_root,
            remedy="Check the path, or connect the disk that it is on.",
        )


@contextmanager
def _new_folder(folder: Path) -> Iterator[None]:
    """Make ``folder``; leave nothing behind if the body fails."""
    was_there = folder.is_dir()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException as error:
        with suppress(OSError):
            for name in (DATABASE_NAME, f"{DATABASE_NAME}.new"):
                for suffix in ("", *database_file.COMPANIONS):
                    (folder / f"{name}{suffix}").unlink(missing_ok=True)
            if not was_there:
                folder.rmdir()
        if isinstance(error, OSError):
            raise StorageError(
                f"The project could not be made ({error.strerror}).",
                path=folder,
                remedy="Check the free space and the permissions of the folder, then try again.",
            ) from error
        raise


def _build_database(path: Path, name: str, image_root: Path) -> None:
    """Build the database under another name first, so that no half-made project is ever seen."""
    temporary = path.with_name(f"{path.name}.new")
    engine = sqlite.make_engine(temporary, create=True)
    try:
        with sqlite_errors.translated_errors(path):
            database_file.mark_as_project(engine)
        upgrade.migrate(engine, path)
        row = {"name": name, "image_root": str(image_root), "created_at": datetime.now(UTC)}
        with sqlite.writing(engine, path) as conn:
            conn.execute(insert(schema.project), row)
    finally:
        engine.dispose()
    files.sync_file(temporary)
    temporary.replace(path)
    files.sync_folder(path.parent)
