"""The project's boxes to a format that a trainer reads."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from engine.domain.errors import InputError
from engine.domain.records import ReviewState
from engine.exchange.coco import write_coco
from engine.exchange.contents import Contents, checked
from engine.exchange.csv_boxes import write_csv
from engine.exchange.model import ExportSet
from engine.exchange.pictures import ImageFiles
from engine.exchange.target import check_target, check_writable, resolved
from engine.exchange.voc import write_voc
from engine.exchange.yolo import write_yolo, yolo_warnings
from engine.jobs.reporter import Reporter
from engine.jobs.requests import ExportRequest
from engine.store import runs as run_rows
from engine.store.left_boxes import images_with_left_boxes
from engine.store.project import Connection, Project
from engine.workflows.export_contents import ProjectImages
from engine.workflows.projects import open_project

WRITERS: dict[str, Callable[..., Sequence[Path]]] = {
    "coco": write_coco,
    "voc": write_voc,
    "yolo": write_yolo,
    "csv": write_csv,
}
NOTHING = "There is nothing to export: no image has what was asked for."
NOTHING_REMEDY = "Review some images, or include the unreviewed proposals."
#: How many of the files written the result names.
_NAMED = 20


def run(request: ExportRequest, reporter: Reporter) -> dict[str, Any]:
    """Export, or with ``dry_run`` only look; returns the counts and what was written."""
    if request.format not in WRITERS:
        known = ", ".join(sorted(WRITERS))
        raise InputError(f"Unknown format {request.format!r}.", remedy=f"Known formats: {known}.")
    mode = _image_files(request.images)
    out = Path(request.out).expanduser()
    with open_project(request.project) as project, project.read() as connection:
        contents = checked(collect(connection, project, request))
        if request.dry_run:
            counts = contents.survey(reporter)
            gone = 0 if mode is ImageFiles.LEAVE else _gone(contents, project)
            refusal = _refusal(request, project)
            if gone and gone == len(contents.paths):
                refusal.append(f"None of the {gone:,} images can be read: leave them out.")
            warnings = [*refusal, *_warnings(request, contents, project, gone)]
            about = {"out": str(out), "dry_run": True, "refused": bool(refusal)}
            return {**about, "warnings": warnings, **counts.as_dict()}
        if not contents.paths:
            raise InputError(NOTHING, path=project.folder, remedy=NOTHING_REMEDY)
        options: dict[str, Any] = {"images": mode, "overwrite": request.overwrite}
        if request.format == "voc":
            options["one_based"] = request.one_based
        written = WRITERS[request.format](contents, project.image_root, out, reporter, **options)
    reporter.artifact("export", path=str(out))
    return {
        "out": str(out),
        "images": contents.counts.images,
        "boxes": contents.counts.boxes,
        "files": [str(path) for path in written[:_NAMED]],
        "file_count": len(written),
    }


def collect(connection: Connection, project: Project, request: ExportRequest) -> ExportSet:
    """The chosen images and boxes, read from ``connection`` when they are gone through."""
    images = ProjectImages(connection, request)
    return ExportSet(images, images.classes, _provenance(connection, project, request))


def _refusal(request: ExportRequest, project: Project) -> list[str]:
    """Why the export would be refused, or nothing."""
    try:
        out = resolved(Path(request.out).expanduser())
        check_target(out, project.image_root.resolve(), request.overwrite)
        check_writable(out)
    except InputError as error:
        return [str(error)]
    if request.format in ("coco", "csv") and request.images == ImageFiles.JPEG:
        return ["COCO and CSV keep the images' names: choose copy, link or leave."]
    return []


def _warnings(request: ExportRequest, contents: Contents, project: Project, gone: int) -> list[str]:
    """What a person should know before the export is written."""
    found = [] if contents.counts.images else [f"{NOTHING} {NOTHING_REMEDY}"]
    if request.format == "yolo":
        found += yolo_warnings(contents.counts, ImageFiles(request.images))
    if ReviewState.REJECTED in request.states:
        found.append("Rejected images go out without boxes, as background.")
    if _goes_in_part(request, project):
        found.append(
            "Images some boxes of which are left undecided go out with their decided boxes only:"
            " what is left looks like background."
        )
    if 0 < gone < len(contents.paths):
        found.append(f"{gone:,} image files are gone or may not be read: they stay behind.")
    return found


def _gone(contents: Contents, project: Project) -> int:
    """How many of the image files cannot come along."""
    root = project.image_root
    return sum(not os.access(root / path, os.R_OK) for path in contents.paths)


def _goes_in_part(request: ExportRequest, project: Project) -> bool:
    """Whether a state is asked for whose images may have boxes that are left, and one has."""
    asked = {ReviewState.PARTLY, ReviewState.SKIPPED} & set(request.states)
    with project.read() as connection:
        return bool(asked) and bool(images_with_left_boxes(connection))


def _image_files(name: str) -> ImageFiles:
    try:
        return ImageFiles(name)
    except ValueError as error:
        known = ", ".join(ImageFiles)
        raise InputError(
            f"Unknown choice for the images {name!r}.", remedy=f"Known: {known}."
        ) from error


def _provenance(connection: Connection, project: Project, request: ExportRequest) -> dict[str, Any]:
    """Where the boxes come from, with no time of day: the same export gives the same bytes."""
    left_out = ("project", "out", "dry_run", "overwrite")
    chosen = {name: value for name, value in asdict(request).items() if name not in left_out}
    runs = [
        {"run": r.id, "kind": r.kind.value, "settings": r.settings, "versions": r.versions}
        for r in run_rows.list_runs(connection)
    ]
    return {
        "project": project.name,
        "boxwright": version("boxwright"),
        "include_unreviewed": request.include_unreviewed,
        "request": chosen,
        "runs": runs,
    }
