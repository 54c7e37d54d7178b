"""The whole job on the sample without a window: index, train, propose, export, evaluate."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.domain.geometry import Box, iou
from engine.domain.records import ImageRecord
from engine.exchange.tables import BoxRow, read_boxes, read_splits
from engine.jobs.reporter import Reporter
from engine.jobs.requests import ExportRequest, ProposeRequest, TrainRequest
from engine.localization.evaluation import Evaluation
from engine.localization.score_map import normalise
from engine.store import images as image_rows
from engine.store import proposals as proposal_rows
from engine.store import score_maps as map_rows
from engine.store.project import Project
from engine.workflows import export, propose, train
from engine.workflows.contact_sheet import SheetRow, write_contact_sheet
from engine.workflows.evaluate import EvaluateRequest, evaluate_project
from engine.workflows.projects import open_project
from engine.workflows.sample import SAMPLE_BOXES, SAMPLE_TRAINING, Sample, make_sample

SHEET_IMAGES_PER_CLASS = 3


@dataclass(frozen=True)
class ClassResult:
    """Test images of a class: mean IoU of the proposed with the true box, share at least 0.5."""

    name: str
    images: int
    mean_iou: float
    hits: int


@dataclass(frozen=True)
class DemoResult:
    """Folders and files are absolute; ``seconds`` is from nothing to proposals, and in all."""

    project: Path
    exports: list[Path]
    contact_sheet: Path
    classes: list[ClassResult]
    evaluation: Evaluation
    seconds_to_proposals: float
    seconds: float


def run_demo(folder: Path, seed: int, reporter: Reporter) -> DemoResult:
    """Do the whole job in ``folder``; raises what the steps raise."""
    started = time.monotonic()
    sample = make_sample(folder, seed, reporter)
    project = str(sample.project)
    train.run(TrainRequest(project, SAMPLE_TRAINING, split=str(sample.files.splits_csv)), reporter)
    propose.run(ProposeRequest(project, boxes=SAMPLE_BOXES), reporter)
    to_proposals = time.monotonic() - started
    exports = [_export(sample, name, reporter) for name in ("coco", "voc")]
    test = {path for path, name in read_splits(sample.files.splits_csv).items() if name == "test"}
    with open_project(project) as opened:
        results = [
            r for r in _results(opened, read_boxes(sample.files.boxes_csv)) if r.path in test
        ]
        sheet = sample.project / "contact_sheet.png"
        write_contact_sheet(_sheet_rows(opened, results), sheet)
    evaluation = evaluate_project(
        EvaluateRequest(project, sample.files.boxes_csv, sample.files.splits_csv), reporter
    )
    return DemoResult(
        project=sample.project,
        exports=exports,
        contact_sheet=sheet,
        classes=_by_class(results),
        evaluation=evaluation,
        seconds_to_proposals=to_proposals,
        seconds=time.monotonic() - started,
    )


def _export(sample: Sample, name: str, reporter: Reporter) -> Path:
    out = sample.project / "export" / name
    request = ExportRequest(
        str(sample.project), name, str(out), include_unreviewed=True, overwrite=True
    )
    export.run(request, reporter)
    return out


@dataclass(frozen=True)
class _Result:
    path: str
    class_name: str
    image: ImageRecord
    truth: list[Box]
    proposed: list[Box]

    @property
    def iou(self) -> float:
        return max((iou(p, t) for p in self.proposed[:1] for t in self.truth), default=0.0)


def _results(project: Project, rows: Iterable[BoxRow]) -> list[_Result]:
    truth: dict[str, list[BoxRow]] = defaultdict(list)
    for row in rows:
        truth[row.image].append(row)
    with project.read() as connection:
        images = [i for i in image_rows.list_images(connection) if i.path in truth]
        proposals = proposal_rows.proposals_of(connection, [image.id for image in images])
    return [
        _Result(
            path=image.path,
            class_name=truth[image.path][0].class_name,
            image=image,
            truth=[row.box for row in truth[image.path]],
            proposed=[proposal.box for proposal in proposals.get(image.id, [])],
        )
        for image in images
    ]


def _by_class(results: list[_Result]) -> list[ClassResult]:
    grouped: dict[str, list[float]] = defaultdict(list)
    for result in results:
        grouped[result.class_name].append(result.iou)
    return [
        ClassResult(name, len(values), float(np.mean(values)), sum(v >= 0.5 for v in values))
        for name, values in sorted(grouped.items())
    ]


def _sheet_rows(project: Project, results: list[_Result]) -> list[SheetRow]:
    chosen: dict[str, list[_Result]] = defaultdict(list)
    for result in results:
        if len(chosen[result.class_name]) < SHEET_IMAGES_PER_CLASS:
            chosen[result.class_name].append(result)
    boxes = project.settings().boxes
    record = propose.latest_proposing(project)
    rows = []
    with project.read() as connection:
        for result in (r for name in sorted(chosen) for r in chosen[name]):
            image = result.image
            stored = map_rows.get_map(connection, record.id, image.id, image.class_id or 0)
            if stored is None:
                continue
            values = normalise(stored.values, boxes.normalisation, boxes.percentile)
            rows.append(
                SheetRow(
                    project.absolute(image.path),
                    image.width,
                    image.height,
                    result.truth,
                    result.proposed,
                    values,
                )
            )
    return rows
