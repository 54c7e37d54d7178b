"""Folder or CSV to the project's images."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from engine.datasets import Dataset, open_dataset
from engine.domain.errors import InputError
from engine.domain.records import KnownFile
from engine.domain.settings import ClassFrom
from engine.indexing.label_csv import read_labels
from engine.indexing.scan import FoundImage, scan
from engine.jobs.reporter import Reporter
from engine.jobs.requests import IndexRequest
from engine.store import images as image_rows
from engine.store.images import NewImage
from engine.store.project import DATABASE_NAME, Project
from engine.workflows.projects import open_or_create
from engine.workflows.truth import take_truth

BATCH = 500
T = TypeVar("T")


def run(request: IndexRequest, reporter: Reporter) -> dict[str, Any]:
    """Index ``request.images``; returns counts and the project's folder."""
    root = Path(request.images).expanduser().resolve()
    if not root.is_dir():
        raise InputError("There is no such folder of images.", path=root)
    if request.dataset is not None:
        if request.labels:
            raise InputError("A data set has image labels of its own.", path=request.labels)
        dataset = open_dataset(root, request.dataset)
        return index_dataset(Path(request.project), dataset, reporter)
    labels = None
    if request.labels:
        table = read_labels(Path(request.labels).expanduser(), root)
        labels = table.labels
        for warning in table.warnings:
            reporter.warn(warning)
    class_from = request.class_from or _class_from(Path(request.project))
    known = _known_files(Path(request.project), root)
    found = scan(root, labels, reporter, class_from=class_from, known=known)
    first = next(found)  # a folder without images fails here, before a project is made
    with open_or_create(Path(request.project), root) as project:
        project.save_settings(replace(project.settings(), class_from=class_from))
        counts = _store(project, _chain(first, found), reporter)
        counts["gone"] = _mark_gone(project, counts.pop("paths"))
    return {"project": str(project.folder), **counts}


def _class_from(folder: Path) -> ClassFrom:
    """As the project in ``folder`` was made."""
    folder = folder.expanduser()
    if not (folder / DATABASE_NAME).exists():
        return ClassFrom.FIRST
    with Project.open(folder) as project:
        return project.settings().class_from


def _known_files(folder: Path, root: Path) -> dict[str, KnownFile]:
    """What the project in ``folder`` knows of the files in ``root``; nothing of another root's."""
    folder = folder.expanduser()
    if not (folder / DATABASE_NAME).exists():
        return {}
    with Project.open(folder) as project, project.read() as connection:
        return image_rows.known_files(connection) if project.image_root == root else {}


def index_dataset(folder: Path, dataset: Dataset, reporter: Reporter) -> dict[str, Any]:
    """Index the images that the data set names into the project ``folder``, with its truth."""
    found = scan(dataset.root, dataset.labels(), reporter, labelled_only=True)
    first = next(found)
    with open_or_create(folder, dataset.root.resolve()) as project:
        counts = _store(project, _chain(first, found), reporter)
        missing = len(dataset.images) - len(counts["paths"])
        counts["gone"] = _mark_gone(project, counts.pop("paths"))
        truth = take_truth(project, dataset, reporter)
    if missing:
        reporter.warn(
            f"Not below {dataset.root}, though the data set names them: {missing} images."
        )
    told = {"dataset": dataset.name, "missing": missing}
    return {"project": str(folder), **counts, **told, **truth}


def _store(project: Project, found: Iterable[FoundImage], reporter: Reporter) -> dict[str, Any]:
    paths: set[str] = set()
    classes: set[str] = set()
    problems = 0
    for batch in _batches(found, BATCH):
        names = {image.class_name for image in batch if image.class_name}
        with project.write() as connection:
            ids = image_rows.add_classes(connection, sorted(names))
            added = image_rows.add_images(connection, [_row(image, ids) for image in batch])
        reporter.artifact("images", added)
        paths.update(image.path for image in batch)
        classes |= names
        for image in batch:
            if image.problem:
                problems += 1
                reporter.warn(f"{image.path}: {image.problem}")
    return {"images": len(paths), "problems": problems, "classes": len(classes), "paths": paths}


def _row(image: FoundImage, class_ids: dict[str, int]) -> NewImage:
    return NewImage(
        path=image.path,
        class_id=class_ids[image.class_name] if image.class_name else None,
        width=image.width,
        height=image.height,
        digest=image.digest,
        problem=image.problem,
        bytes=image.bytes,
        modified_ns=image.modified_ns,
    )


def _mark_gone(project: Project, present: set[str]) -> int:
    """Keep rows whose file is gone, with that as their problem: a person's boxes hang on them."""
    with project.read() as connection:
        known = image_rows.list_images(connection)
    gone = [image.id for image in known if image.path not in present]
    if gone:
        with project.write() as connection:
            image_rows.mark_gone(connection, gone)
    return len(gone)


def _chain(first: T, rest: Iterator[T]) -> Iterator[T]:
    yield first
    yield from rest


def _batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
