"""A small project with a training by each of two methods, and score maps of both."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from engine.domain.settings import BoxSettings, MapSettings, TrainSettings
from engine.jobs.catalogue import recipe
from engine.jobs.reporter import silent_reporter
from engine.jobs.requests import IndexRequest, ProposeRequest, TrainRequest
from engine.workflows import index, propose, train
from tests.pictures import write_pictures


def make_trained_project(folder: Path, per_class: int = 4) -> Path:
    """Runs 1 and 2 are a DGDM training and its maps, runs 3 and 4 a CAM training and its."""
    images = write_pictures(folder / "pictures", per_class)
    project, reporter = folder / "project", silent_reporter()
    index.run(IndexRequest(str(project), str(images)), reporter)
    for method in ("dgdm", "cam"):
        run = train.run(TrainRequest(str(project), tiny_settings(method)), reporter)["run"]
        maps = MapSettings(device="cpu")
        propose.run(ProposeRequest(str(project), run, maps, BoxSettings()), reporter)
    return project


def tiny_settings(method: str) -> TrainSettings:
    base = recipe("compact", method)
    return replace(base, epochs=2, image_size=32, resize_size=36, batch_size=6, device="cpu")
