"""The generated sample project: images, true boxes kept apart, and an indexed project."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engine.domain.settings import BoxSettings
from engine.jobs.catalogue import recipe
from engine.jobs.reporter import Reporter
from engine.jobs.requests import IndexRequest, SampleRequest
from engine.sample.generate import SampleFiles, generate
from engine.store.project import DATABASE_NAME
from engine.workflows import index
from engine.workflows.projects import open_project

#: What trains well on the sample from nothing within two minutes on two cores.
SAMPLE_TRAINING = recipe("compact")
#: The best threshold on the train rows of the sample, whose maps are sharper than a photograph's.
SAMPLE_BOXES = BoxSettings(threshold=0.35)


@dataclass(frozen=True)
class Sample:
    """``project`` is the project's folder; the files are beside it."""

    project: Path
    files: SampleFiles


def run(request: SampleRequest, reporter: Reporter) -> dict[str, Any]:
    sample = make_sample(Path(request.project).expanduser(), request.seed, reporter)
    return {
        "project": str(sample.project),
        "images": str(sample.files.images),
        "boxes": str(sample.files.boxes_csv),
        "split": str(sample.files.splits_csv),
    }


def make_sample(folder: Path, seed: int, reporter: Reporter) -> Sample:
    """Generate into ``folder`` and index; what is there already is kept."""
    files = generate(folder, seed, reporter)
    project = folder / "project"
    is_new = not (project / DATABASE_NAME).exists()
    index.run(IndexRequest(str(project), str(files.images)), reporter)
    if is_new:  # so that the window offers it
        with open_project(str(project)) as opened:
            kept = replace(opened.settings(), train=SAMPLE_TRAINING, boxes=SAMPLE_BOXES)
            opened.save_settings(kept)
    return Sample(project, files)
