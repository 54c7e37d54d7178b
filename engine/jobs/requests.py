"""What a job is asked: one frozen dataclass per job; paths are text, so that it travels as JSON."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.domain.settings import BoxSettings, MapSettings, TrainSettings


@dataclass(frozen=True, slots=True)
class IndexRequest:
    """Bring the images under ``images`` into ``project`` (made if it is not there).

    Classes come from the folder names, or from the CSV ``labels`` (header ``image,class``).
    """

    project: str
    images: str
    labels: str | None = None


@dataclass(frozen=True, slots=True)
class TrainRequest:
    """Train on the labelled images; only on the rows named train where a ``split`` CSV is given.

    ``resume`` goes on with the latest unfinished training run and takes its settings.
    """

    project: str
    settings: TrainSettings = field(default_factory=TrainSettings)
    split: str | None = None
    resume: bool = False


@dataclass(frozen=True, slots=True)
class ProposeRequest:
    """Compute score maps and boxes with training run ``run`` (the latest finished if None).

    With ``boxes_only`` no network runs: boxes are derived again from the stored maps.
    ``include_decided`` proposes for images too that a person has decided; their review state
    and annotations stay untouched either way.
    """

    project: str
    run: int | None = None
    maps: MapSettings = field(default_factory=MapSettings)
    boxes: BoxSettings = field(default_factory=BoxSettings)
    boxes_only: bool = False
    include_decided: bool = False


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """Write the decided boxes to folder ``out`` as ``format`` (``coco`` or ``voc``).

    ``images``: ``leave`` them where they are, ``copy``, ``link``, or write upright ``jpeg``.
    """

    project: str
    format: str
    out: str
    include_unreviewed: bool = False
    overwrite: bool = False
    images: str = "leave"


@dataclass(frozen=True, slots=True)
class SampleRequest:
    """Generate the sample project in folder ``project``."""

    project: str
    seed: int = 0


Request = IndexRequest | TrainRequest | ProposeRequest | ExportRequest | SampleRequest
