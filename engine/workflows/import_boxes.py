"""Boxes of a file into the project: looked through first, then taken in as one step of undo."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

from engine.domain.errors import InputError
from engine.domain.imports import Existing, ImportAs, MatchBy
from engine.domain.records import ReviewState, RunKind, RunState
from engine.exchange.readers import detect_format, read
from engine.exchange.tables import write_rows
from engine.jobs.reporter import Reporter
from engine.jobs.requests import ImportRequest
from engine.store import runs as run_rows
from engine.store.classes import known_class_ids
from engine.store.imports import (
    ImportCounts,
    ImportedBox,
    ImportedImage,
    ImportRules,
    bring_classes,
    import_boxes,
    preview_import,
)
from engine.store.project import Connection, Project
from engine.store.staging import Problem, Staging
from engine.workflows.import_sorting import Sorted, sort_boxes
from engine.workflows.projects import open_project

#: How many of the things that could not be used the result names; the report has all.
_NAMED = 200
Choice = TypeVar("Choice", ImportAs, Existing, MatchBy, ReviewState)


def run(request: ImportRequest, reporter: Reporter) -> dict[str, Any]:
    """Import, or with ``dry_run`` only look; returns what changes and what cannot be used.

    Raises InputError, with nothing changed, for a file that is none of the format, or where a
    line cannot be used and ``skip_unusable`` is not set.
    """
    source = Path(request.source).expanduser()
    become = _choice(ImportAs, request.become)
    existing, match = _choice(Existing, request.existing), _choice(MatchBy, request.match)
    state = _choice(ReviewState, request.state)
    name = detect_format(source) if request.format == "auto" else request.format
    rules = ImportRules(become, existing, state)
    with open_project(request.project) as project, Staging() as staging:
        reading = read(
            source,
            name,
            lambda file, place, message: staging.add_problem(Problem(str(file), place, message)),
            request.one_based,
        )
        found = sort_boxes(project, reading, match, staging, reporter)
        if request.report is not None:
            _write_report(Path(request.report).expanduser(), staging)
        if request.dry_run:
            counts = _preview(project, found, rules)
        else:
            _check_usable(request, found, source)
            counts = _take_in(project, found, rules, source, reporter)
        result = _result(request, name, found, counts)
    if counts.images and not request.dry_run:
        reporter.artifact("import", path=str(source))
    return result


def _preview(project: Project, found: Sorted, rules: ImportRules) -> ImportCounts:
    """Classes that are not there yet get numbers that no class has."""
    with project.read() as connection:
        known = known_class_ids(connection)
        ids = {name: known.get(name, -1 - i) for i, name in enumerate(found.class_names)}
        return preview_import(connection, _images(found, ids), rules)


class _NothingChangesError(Exception):
    """Rolls back what an import that changes nothing has made: classes and a run."""


def _take_in(
    project: Project, found: Sorted, rules: ImportRules, source: Path, reporter: Reporter
) -> ImportCounts:
    total, counts = len(found.images), ImportCounts()
    with suppress(_NothingChangesError), project.write() as connection:
        ids = bring_classes(connection, found.class_names)
        if rules.become is ImportAs.PROPOSALS:
            rules = _with_run(connection, rules, source)
        _changes, counts = import_boxes(
            connection,
            _images(found, ids),
            rules,
            f"Import {rules.become.value}",
            lambda done: reporter.progress(min(done, total), total, "images", "Taking boxes in"),
            class_ids=set(ids.values()),
        )
        if not counts.images:
            raise _NothingChangesError
    return counts


def _with_run(connection: Connection, rules: ImportRules, source: Path) -> ImportRules:
    versions = {"boxwright": version("boxwright")}
    run_id = run_rows.start_run(connection, RunKind.IMPORT, {"source": source.name}, versions)
    run_rows.end_run(connection, run_id, RunState.FINISHED)
    return ImportRules(rules.become, rules.existing, rules.state, run_id)


def _images(found: Sorted, class_ids: dict[str, int]) -> Iterator[ImportedImage]:
    """The images of the file by their ids, with boxes or without."""
    numbers = [class_ids[name] for name in found.class_names]
    with_boxes: set[int] = set()
    for image_id, staged in found.staging.images():
        with_boxes.add(image_id)
        boxes = [ImportedBox(numbers[box.class_number], box.box, box.score) for box in staged]
        yield ImportedImage(image_id, boxes, *found.images[image_id])
    for image_id, (state, split) in found.images.items():
        if image_id not in with_boxes:
            yield ImportedImage(image_id, [], state, split)


def _check_usable(request: ImportRequest, found: Sorted, source: Path) -> None:
    if found.images_in_file and not found.images:
        first = next(chain(found.staging.problems(False, 1), found.staging.problems(True, 1)))
        raise InputError(
            f"None of its {found.images_in_file:,} images is in the project. {first.message}",
            path=source,
            remedy="Check that it belongs to these images, or match them in another way.",
        )
    count = found.staging.problem_count()
    if not count:
        return
    first = next(found.staging.problems(limit=1))
    if not request.skip_unusable:
        more = f" {count - 1:,} more cannot be used." if count > 1 else ""
        raise InputError(
            f"{first.message}{more} Nothing was changed.",
            path=first.file,
            place=first.place or None,
            remedy="Correct the file, or choose to import the rest (--skip-unusable).",
        )


def _result(
    request: ImportRequest, name: str, found: Sorted, counts: ImportCounts
) -> dict[str, Any]:
    staging = found.staging
    per_class = staging.boxes_per_class()
    problems = [[p.file, p.place, p.message] for p in staging.problems(limit=_NAMED)]
    is_truth = request.become == ImportAs.TRUTH.value
    empty = len(found.images) - staging.image_count() if is_truth else 0
    return {
        "format": name,
        "dry_run": request.dry_run,
        "images_in_file": found.images_in_file,
        "images_matched": len(found.images),
        "boxes": per_class.total(),
        "boxes_per_class": {n: per_class[i] for i, n in enumerate(found.class_names)},
        "new_classes": found.new_classes,
        "images_changed": counts.images,
        "images_kept": counts.kept,
        "boxes_added": counts.added,
        "boxes_removed": counts.removed,
        "images_without_truth": empty,
        "unmatched": found.unmatched,
        "unmatched_names": [p.message for p in staging.problems(False, _NAMED)],
        "problem_count": staging.problem_count(),
        "problems": problems,
    }


def _write_report(path: Path, staging: Staging) -> None:
    found = chain(staging.problems(), staging.problems(False))
    rows = ((problem.file, problem.place, problem.message) for problem in found)
    write_rows(path, ("file", "place", "problem"), rows)


def _choice(kind: type[Choice], value: str) -> Choice:
    try:
        return kind(value)
    except ValueError as error:
        known = ", ".join(item.value for item in kind)
        raise InputError(f"Unknown choice {value!r}.", remedy=f"Known: {known}.") from error
