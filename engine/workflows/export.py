"""The project's boxes to a format that a trainer reads."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from engine.domain.errors import InputError
from engine.domain.records import ImageRecord, ReviewState
from engine.exchange.coco import write_coco
from engine.exchange.model import ExportBox, ExportImage, ExportSet
from engine.exchange.voc import write_voc
from engine.jobs.reporter import Reporter
from engine.jobs.requests import ExportRequest
from engine.store import annotations as annotation_rows
from engine.store import images as image_rows
from engine.store import proposals as proposal_rows
from engine.store.project import Project
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
            data, project.image_root, out, reporter, overwrite=request.overwrite
        )
    reporter.artifact("export", path=str(out))
    boxes = sum(len(image.boxes) for image in data.images)
    files = [str(path) for path in written]
    return {"out": str(out), "images": len(data.images), "boxes": boxes, "files": files}


def collect(project: Project, include_unreviewed: bool) -> ExportSet:
    """Annotations of accepted and corrected images; where asked, proposals of unreviewed ones."""
    with project.read() as connection:
        names = {record.id: record.name for record in image_rows.list_classes(connection)}
        images = image_rows.list_images(connection)
        states = annotation_rows.review_states(connection)
        boxes: dict[int, list[ExportBox]] = {}
        for annotation in annotation_rows.all_annotations(connection):
            if states.get(annotation.image_id) in EXPORTED_STATES:
                boxes.setdefault(annotation.image_id, []).append(
                    ExportBox(
                        names[annotation.class_id],
                        annotation.box,
                        score=None,
                        origin=annotation.origin.value,
                        run_id=annotation.run_id,
                    )
                )
        if include_unreviewed:
            for proposal in proposal_rows.all_proposals(connection):
                if proposal.image_id not in states:
                    boxes.setdefault(proposal.image_id, []).append(
                        ExportBox(
                            names[proposal.class_id],
                            proposal.box,
                            score=proposal.score,
                            origin="proposal",
                            run_id=proposal.run_id,
                        )
                    )
    chosen = [i for i in images if states.get(i.id) in EXPORTED_STATES or i.id in boxes]
    return ExportSet(
        images=tuple(_export_image(image, names, boxes) for image in chosen),
        classes=tuple(names.values()),
        provenance={"project": project.name, "boxwright": version("boxwright")},
    )


def _export_image(
    image: ImageRecord, names: dict[int, str], boxes: dict[int, list[ExportBox]]
) -> ExportImage:
    return ExportImage(
        path=image.path,
        width=image.width,
        height=image.height,
        class_name=names[image.class_id] if image.class_id is not None else None,
        split=None,
        boxes=tuple(boxes.get(image.id, ())),
    )
