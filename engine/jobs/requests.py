"""What a job is asked: one frozen dataclass per job; paths are text, so that it travels as JSON."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.domain.settings import (
    BoxModelSettings,
    BoxSettings,
    ClassFrom,
    MapSettings,
    TrainSettings,
)


@dataclass(frozen=True, slots=True)
class IndexRequest:
    """Bring the images under ``images`` into ``project`` (made if it is not there).

    Classes come from the folder names, or from the CSV ``labels`` (header ``image,class``). Where
    ``dataset`` names the layout of a public data set (or ``auto``), ``images`` is its folder, and
    its image labels, splits and true boxes come along. ``class_from``: which of nested folders
    names the class; None for what the project was made with, the first if it is new.
    """

    project: str
    images: str
    labels: str | None = None
    dataset: str | None = None
    class_from: ClassFrom | None = None


@dataclass(frozen=True, slots=True)
class TrainRequest:
    """Train on the labelled images; only on the rows named train where a ``split`` CSV is given.

    ``resume`` goes on with the newest training run, if it stopped before its end, and takes its
    settings.
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
    and annotations stay untouched either way. With ``class_name`` only images of that label are
    proposed for, and the project's own settings stay.
    """

    project: str
    run: int | None = None
    maps: MapSettings = field(default_factory=MapSettings)
    boxes: BoxSettings = field(default_factory=BoxSettings)
    boxes_only: bool = False
    include_decided: bool = False
    class_name: str | None = None


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """Write boxes to folder ``out`` as ``format`` (``coco``, ``voc``, ``yolo`` or ``csv``).

    ``states``: review states whose images go out with their annotations; with
    ``include_unreviewed`` the proposals of unreviewed images go too, from ``min_score`` on.
    ``classes``: only these (None: all). ``images``: ``leave`` them where they are, ``copy``,
    ``link``, or write upright ``jpeg``. ``split``: ``none``, ``imported`` (as an import or the
    table ``splits_csv`` says) or ``ratio``: train, val and test by ``ratios`` and ``seed``, within
    each class if ``stratified``. ``one_based`` is for VOC. With ``dry_run`` nothing is written:
    the result tells counts and warnings.
    """

    project: str
    format: str
    out: str
    include_unreviewed: bool = False
    overwrite: bool = False
    images: str = "leave"
    states: tuple[str, ...] = ("accepted", "corrected")
    classes: tuple[str, ...] | None = None
    min_score: float = 0.0
    split: str = "none"
    ratios: tuple[float, ...] = (0.7, 0.15, 0.15)
    seed: int = 0
    stratified: bool = True
    splits_csv: str | None = None
    one_based: bool = True
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """Take the boxes of ``source`` (a file or folder of ``format``) into ``project``.

    ``format`` may be ``auto``. ``become``, ``existing`` and ``match`` are values of
    ``engine.domain.imports``. ``state``: the review state of the images that get annotations,
    where the file does not say one. ``one_based``: whether VOC counts pixels from 1; None finds
    out. ``skip_unusable`` imports the rest where lines cannot be used; else nothing is imported
    then. ``report``: a CSV file to list all of those lines in. ``dry_run`` changes nothing and
    tells what would change.
    """

    project: str
    source: str
    format: str = "auto"
    become: str = "annotations"
    existing: str = "keep"
    match: str = "auto"
    state: str = "unreviewed"
    one_based: bool | None = None
    skip_unusable: bool = False
    report: str | None = None
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class MeasureRequest:
    """Measure how misdirected the attention of run ``run`` is, and keep it with its images.

    ``run``: a proposing run, or a training whose newest proposing run counts (None: the newest).
    ``quick``: from the stored score maps alone, without the network. ``boxes``: a CSV of true
    boxes; else those that were imported, else the accepted ones.
    """

    project: str
    run: int | None = None
    quick: bool = False
    boxes: str | None = None
    device: str = "auto"


@dataclass(frozen=True, slots=True)
class ReportRequest:
    """Write the misdirection report of ``runs`` (None: the newest) into folder ``out``.

    What has not been measured yet is measured from the stored maps. ``boxes`` as for measuring.
    ``examples``: how many images to show of each run, from either end.
    """

    project: str
    out: str
    runs: tuple[int, ...] | None = None
    boxes: str | None = None
    examples: int = 12


@dataclass(frozen=True, slots=True)
class LearnRequest:
    """Learn from what a person accepted, and give unreviewed images better proposals.

    ``run``: the training whose maps and features count (None: the newest maps, all compared).
    ``update``: go on from what was learned before, in seconds. ``first``: images to propose for
    before the others, such as the next ones of the queue; with ``only_first`` for no others.
    """

    project: str
    run: int | None = None
    update: bool = False
    first: tuple[int, ...] = ()
    only_first: bool = False
    model: BoxModelSettings = field(default_factory=BoxModelSettings)


@dataclass(frozen=True, slots=True)
class QuickStartRequest:
    """Train with each of ``trainings``, propose with each, and keep what looks best.

    Which method serves best depends on the images; nobody knows before a box is accepted. A
    training that is there already, finished and with these settings, is not repeated.
    """

    project: str
    trainings: tuple[TrainSettings, ...]
    split: str | None = None
    maps: MapSettings = field(default_factory=MapSettings)
    boxes: BoxSettings = field(default_factory=BoxSettings)


@dataclass(frozen=True, slots=True)
class SampleRequest:
    """Generate the sample project in folder ``project``."""

    project: str
    seed: int = 0


Request = (
    IndexRequest
    | TrainRequest
    | ProposeRequest
    | ExportRequest
    | ImportRequest
    | SampleRequest
    | MeasureRequest
    | ReportRequest
    | LearnRequest
    | QuickStartRequest
)
