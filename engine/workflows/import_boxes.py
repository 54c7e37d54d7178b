"""Boxes of a file into the project: looked through first, then taken in as one step of undo."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
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
    ImportRules,
    bring_classes,
    preview_import,
    take_in,
    taking_in,
)
from engine.store.project import Connection
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
    with (
        _looked_through_once(),
        open_project(request.project) as project,
        project.staging() as connection,
    ):
        staging = Staging(connection)
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
            counts = _preview(found, rules)
        else:
            _check_usable(request, found, source)
            counts = _take_in(found, rules, source, reporter)
        result = _result(request, name, found, counts)
    if counts.images and not request.dry_run:
        reporter.artifact("import", path=str(source))
    return result


@contextmanager
def _looked_through_once() -> Iterator[None]:
    """What is there before stays to the end, so that the garbage collector, which a million new
    objects wake again and again, need not look at it each time: that is a tenth of the work."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _preview(found: Sorted, rules: ImportRules) -> ImportCounts:
    """Classes that are not there yet get numbers that no class has."""
    known = known_class_ids(found.staging.connection)
    ids = [known.get(name, -1 - number) for number, name in enumerate(found.class_names)]
    return preview_import(found.staging, ids, rules)


def _take_in(found: Sorted, rules: ImportRules, source: Path, reporter: Reporter) -> ImportCounts:
    with taking_in(found.staging) as connection:
        counts = _preview(found, rules)
        if not counts.images:
            return counts
        ids = bring_classes(connection, found.class_names)
        found.staging.set_classes([ids[name] for name in found.class_names])
        if rules.become is ImportAs.PROPOSALS:
            rules = _with_run(connection, rules, source)
        take_in(
            found.staging,
            rules,
            f"Import {rules.become.value}",
            lambda done, total: reporter.progress(done, total, "boxes", "Taking boxes in"),
            new_classes=ids.values(),
        )
    return counts


def _with_run(connection: Connection, rules: ImportRules, source: Path) -> ImportRules:
    versions = {"boxwright": version("boxwright")}
    run_id = run_rows.start_run(connection, RunKind.IMPORT, {"source": source.name}, versions)
    run_rows.end_run(connection, run_id, RunState.FINISHED)
    return replace(rules, run_id=run_id)


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
    nothing_known = found.without_boxes - found.empty if is_truth else 0
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
        "images_known_empty": found.empty if is_truth else 0,
        "images_without_truth": nothing_known,
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
