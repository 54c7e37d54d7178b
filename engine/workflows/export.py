"""The project's boxes to a format that a trainer reads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from engine.domain.errors import InputError
from engine.domain.records import ImageRecord, ReviewState
from engine.exchange.coco import write_coco
from engine.exchange.model import ExportBox, ExportImage, ExportSet
from engine.exchange.pictures import ImageFiles
from engine.exchange.voc import write_voc
from engine.jobs.reporter import Reporter
from engine.jobs.requests import ExportRequest
from engine.store import annotations as annotation_rows
from engine.store import images as image_rows
from engine.store import proposals as proposal_rows
from engine.store import runs as run_rows
from engine.store.project import Connection, Project
from engine.workflows.projects import open_project

WRITERS: dict[str, Callable[..., list[Path]]] = {"coco": write_coco, "voc": write_voc}
EXPORTED_STATES = frozenset({ReviewState.ACCEPTED, ReviewState.CORRECTED})


def run(request: ExportRequest, reporter: Reporter) -> dict[str, Any]:
    """Export; returns what was written and the counts."""
    if request.format not in WRITERS:
        known = ", ".join(sorted(WRITERS))
        raise InputError(f"Unknown format {request.format!r}.", remedy=f"Known formats: {known}.")
    out = Path(request.out).expanduser()
    with open_project(request.project) as project:
        data = collect(project, request.include_unreviewed)
        if not data.images:
            raise InputError(
                "There is nothing to export: no image is accepted or corrected yet.",
                path=project.folder,
                remedy="Review some images, or include the unreviewed proposals.",
            )
        written = WRITERS[request.format](
            data,
            project.image_root,
            out,
            reporter,
            images=_image_files(request.images),
            overwrite=request.overwrite,
        )
    reporter.artifact("export", path=str(out))
    boxes = sum(len(image.boxes) for image in data.images)
    files = [str(path) for path in written]
    return {"out": str(out), "images": len(data.images), "boxes": boxes, "files": files}


def _image_files(name: str) -> ImageFiles:
    try:
        return ImageFiles(name)
    except ValueError as error:
        known = ", ".join(ImageFiles)
        raise InputError(
            f"Unknown choice for the images {name!r}.", remedy=f"Known: {known}."
        ) from error


def collect(project: Project, include_unreviewed: bool) -> ExportSet:
    """Annotations of accepted and corrected images; where asked, proposals of unreviewed ones."""
    with project.read() as connection:
        names = {record.id: record.name for record in image_rows.list_classes(connection)}
        images = image_rows.list_images(connection)
        states = annotation_rows.review_states(connection)
        boxes = _annotated(connection, names, states)
        if include_unreviewed:
            boxes |= _proposed(connection, names, states)
    chosen = [i for i in images if states.get(i.id) in EXPORTED_STATES or i.id in boxes]
    return ExportSet(
        images=[_export_image(image, names, boxes, states) for image in chosen],
        classes=list(names.values()),
        provenance=_provenance(project, include_unreviewed),
    )


Boxes = dict[int, list[ExportBox]]
States = dict[int, ReviewState]


def _annotated(connection: Connection, names: dict[int, str], states: States) -> Boxes:
    boxes: Boxes = defaultdict(list)
    for annotation in annotation_rows.all_annotations(connection):
        if states.get(annotation.image_id) in EXPORTED_STATES:
            boxes[annotation.image_id].append(
                ExportBox(
                    names[annotation.class_id],
                    annotation.box,
                    annotation.score,
                    annotation.origin,
                    annotation.run_id,
                )
            )
    return boxes


def _proposed(connection: Connection, names: dict[int, str], states: States) -> Boxes:
    boxes: Boxes = defaultdict(list)
    for proposal in proposal_rows.all_proposals(connection):
        if proposal.image_id not in states:
            name = names[proposal.class_id]
            boxes[proposal.image_id].append(
                ExportBox(name, proposal.box, proposal.score, None, proposal.run_id)
            )
    return boxes


def _export_image(
    image: ImageRecord, names: dict[int, str], boxes: Boxes, states: States
) -> ExportImage:
    return ExportImage(
        path=image.path,
        width=image.width,
        height=image.height,
        boxes=boxes.get(image.id, []),
        class_name=names[image.class_id] if image.class_id is not None else None,
        state=states.get(image.id, ReviewState.UNREVIEWED),
    )


def _provenance(project: Project, include_unreviewed: bool) -> dict[str, Any]:
    """Where the boxes come from, with no time of day: the same export gives the same bytes."""
    with project.read() as connection:
        runs = [
            {"run": r.id, "kind": r.kind.value, "settings": r.settings, "versions": r.versions}
            for r in run_rows.list_runs(connection)
        ]
    return {
        "project": project.name,
        "boxwright": version("boxwright"),
        "include_unreviewed": include_unreviewed,
        "runs": runs,
    }
