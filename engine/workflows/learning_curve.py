"""How much a number of accepted boxes per class is worth, told on images that chose nothing."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.domain.errors import InputError
from engine.domain.geometry import Box, iou
from engine.domain.records import ImageRecord
from engine.domain.settings import BoxModelSettings
from engine.exchange.tables import read_splits
from engine.jobs.reporter import Reporter
from engine.localization.sample import Sample
from engine.localization.sweep import sweep
from engine.workflows.box_learning import learn
from engine.workflows.box_proposals import propose
from engine.workflows.evidence import Evidence, Known
from engine.workflows.learned_boxes import Learned, Proposed
from engine.workflows.learning_ground import Ground, open_ground
from engine.workflows.projects import open_project
from engine.workflows.true_boxes import true_boxes_of_file

#: Thresholds that are tried on the accepted boxes, and how many of these are averaged.
THRESHOLDS = np.round(np.arange(0.02, 0.98, 0.02), 2)
_WINDOW = 5


@dataclass(frozen=True)
class CurveRequest:
    """``boxes`` and ``split`` are CSV files; boxes are accepted on the rows named train and
    figures come from those named test. ``seeds``: repetitions, each with boxes drawn anew."""

    project: str
    boxes: Path
    split: Path
    per_class: tuple[int, ...] = (0, 1, 5, 30)
    seeds: int = 3
    run: int | None = None
    model: BoxModelSettings = field(default_factory=BoxModelSettings)


@dataclass(frozen=True)
class CurvePoint:
    """Figures in percent on the test rows. ``seconds``: learning, without computing features.

    ``gt_known_loc``: the best box of the image, cut as calibrated. ``max_box_acc`` and
    ``max_box_acc_v2``: as Choe et al. 2020, the thresholds chosen on the accepted boxes by heads
    that had not seen them. ``from_model``: whether the box model proposed; ``source``: the maps.
    """

    per_class: int
    seed: int
    gt_known_loc: float
    max_box_acc: float
    max_box_acc_v2: float
    seconds: float
    accepted: int
    from_model: bool
    source: str


def learning_curve(request: CurveRequest, reporter: Reporter) -> list[CurvePoint]:
    """A point for each number of boxes per class and each seed; the project stays as it was.

    Raises InputError if the files do not fit the project or name no row of train or test.
    """
    _check(request)
    with open_project(request.project) as project:
        truth = true_boxes_of_file(project, request.boxes)
        ground = open_ground(project, request.run, request.model, reporter)
    splits = read_splits(request.split)
    by_path = {image.path: image for image in ground.images.values()}
    known = [_known(by_path[path], boxes) for path, boxes in truth.items() if path in by_path]
    train = [item for item in known if splits.get(item.image.path) == "train"]
    test = [item for item in known if splits.get(item.image.path) == "test"]
    if not train or not test:
        name = "train" if not train else "test"
        raise InputError(f"No row of split {name} has a true box.", path=request.split)
    points = []
    for count in request.per_class:
        for seed in range(request.seeds):
            points.append(_point(request, ground, train, test, count, seed, reporter))
    return points


def _check(request: CurveRequest) -> None:
    if not request.per_class or min(request.per_class) < 0 or request.seeds < 1:
        raise InputError(
            "The numbers of boxes per class are 0 or more, and there is at least one seed.",
            remedy="For example: --per-class 0,1,5,30 --seeds 3",
        )


def _known(image: ImageRecord, boxes: Sequence[Box]) -> Known:
    return Known(image, tuple(boxes), image.class_id)


def draw_per_class(known: Sequence[Known], count: int, seed: int) -> list[Known]:
    """``count`` of each class, or all where there are fewer, in an order that chance chose."""
    draw = np.random.default_rng([seed, 7])
    by_class: dict[int | None, list[Known]] = defaultdict(list)
    for item in sorted(known, key=lambda item: item.image.path):
        by_class[item.label].append(item)
    return [
        own[index]
        for own in by_class.values()
        for index in draw.permutation(len(own))[:count].tolist()
    ]


def _point(
    request: CurveRequest,
    ground: Ground,
    train: Sequence[Known],
    test: Sequence[Known],
    count: int,
    seed: int,
    reporter: Reporter,
) -> CurvePoint:
    accepted = draw_per_class(train, count, seed)
    if ground.grids is not None:  # features are computed once, and are not part of the learning
        for _ in ground.grids.of([ground.paths[k.image.id] for k in [*accepted, *test]], reporter):
            pass
    started = time.monotonic()
    settings = request.model if seed == 0 else _seeded(request.model, seed)
    learned = learn(
        Evidence(accepted),
        ground.sources,
        ground.usual,
        ground.grids,
        ground.paths,
        settings,
        reporter,
        guesses=ground.guesses,
        cuts=ground.cuts,
    )
    seconds = time.monotonic() - started
    images = [item.image for item in test]
    batches = propose(learned, images, ground.grids, ground.paths, reporter)
    proposed = {item.image.id: item for batch in batches for item in batch}
    figures = _figures(learned, proposed, test, reporter)
    return CurvePoint(
        count, seed, *figures, seconds, len(accepted), learned.uses_model, learned.source.name
    )


def _seeded(settings: BoxModelSettings, seed: int) -> BoxModelSettings:
    return replace(settings, seed=settings.seed + seed)


def _figures(
    learned: Learned, proposed: dict[int, Proposed], test: Sequence[Known], reporter: Reporter
) -> tuple[float, float, float]:
    """GT-known Loc, MaxBoxAcc and MaxBoxAccV2; an image without a proposal is missed."""
    settings = learned.calibration.settings
    thresholds = [settings.threshold] * 4
    if learned.tuning:
        curves = sweep(learned.tuning, settings, THRESHOLDS, reporter)
        rows = [curves.largest, *curves.every]
        thresholds = [_best(row.mean(0), settings.threshold) for row in rows]
    samples = [_sample(k, proposed[k.image.id]) for k in test if k.image.id in proposed]
    tried = np.unique(thresholds)
    hits = sweep(samples, settings, tried, reporter)
    at = [int(np.searchsorted(tried, threshold)) for threshold in thresholds]
    percent = 100.0 / len(test)
    known = sum(_is_hit(proposed[k.image.id], k) for k in test if k.image.id in proposed)
    levels = [hits.every[i, :, at[1 + i]].sum() for i in range(3)]
    largest = float(hits.largest[:, at[0]].sum())
    return known * percent, largest * percent, float(np.mean(levels)) * percent


def _best(share: NDArray[np.float64], usual: float) -> float:
    """The threshold with most hits around it; of equal ones that nearest to the usual one."""
    smooth = np.convolve(np.pad(share, _WINDOW // 2, mode="edge"), np.ones(_WINDOW), "valid")
    candidates = THRESHOLDS[smooth >= smooth.max() - 1e-9]
    return float(candidates[np.argmin(np.abs(candidates - usual))])


def _is_hit(proposed: Proposed, known: Known) -> bool:
    best = proposed.boxes[0].box
    return max(iou(best, box) for box in known.boxes) >= 0.5


def _sample(known: Known, proposed: Proposed) -> Sample:
    label = -1 if known.label is None else known.label
    image = known.image
    return Sample(proposed.values, image.width, image.height, known.boxes, label, label)
