"""A small project with images, a run, score maps and proposals."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from engine.domain.geometry import Box
from engine.domain.records import RunKind
from engine.store import images, proposals, runs
from engine.store.project import Project


@pytest.fixture
def image_root(tmp_path: Path) -> Path:
    root = tmp_path / "images"
    root.mkdir()
    return root


@pytest.fixture
def project(tmp_path: Path, image_root: Path) -> Iterator[Project]:
    with Project.create(tmp_path / "project", image_root) as made:
        yield made


@dataclass(frozen=True)
class Filled:
    """What ``fill`` has put into the project."""

    project: Project
    image_ids: list[int]
    class_ids: list[int]
    run_id: int


def new_image(path: str, class_id: int | None = None, **changes: Any) -> images.NewImage:
    values = {
        "width": 100,
        "height": 80,
        "digest": None,
        "problem": None,
        "bytes": 1000,
        "modified_ns": 1,
    }
    return images.NewImage(path=path, class_id=class_id, **(values | changes))


def fill(project: Project, count: int = 6) -> Filled:
    """``count`` images of two classes, each with one proposal."""
    with project.write() as conn:
        class_ids = list(images.add_classes(conn, ["cat", "dog"]).values())
        found = [new_image(f"{i % 2}/{i:04d}.jpg", class_ids[i % 2]) for i in range(count)]
        ids = images.add_images(conn, found)
        run_id = runs.start_run(conn, RunKind.PROPOSE, {}, {})
        boxes = [
            proposals.NewProposal(id_, class_ids[0], Box(10, 10, 50, 50), 0.5, 0.2) for id_ in ids
        ]
        proposals.replace_proposals(conn, run_id, ids, boxes)
    return Filled(project, ids, class_ids, run_id)


@pytest.fixture
def filled(project: Project) -> Filled:
    return fill(project)


@pytest.fixture
def make_image() -> Callable[..., images.NewImage]:
    return new_image


@pytest.fixture
def snapshot() -> Callable[[Path], dict[str, str]]:
    """Every file under a folder with its hash, to see that nothing has changed."""

    def take(folder: Path) -> dict[str, str]:
        return {
            str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            if path.is_file()
            else "folder"
            for path in sorted(folder.rglob("*"))
        }

    return take


@pytest.fixture
def human_rows() -> Callable[[Project], dict[str, list[Any]]]:
    """Every annotation and review, as they stand in the database."""
    from sqlalchemy import select

    from engine.store.schema import HUMAN_TABLES

    def dump(project: Project) -> dict[str, list[Any]]:
        with project.read() as conn:
            return {
                table.name: [
                    tuple(row) for row in conn.execute(select(table).order_by(*table.primary_key))
                ]
                for table in HUMAN_TABLES
            }

    return dump
