"""From a person's boxes to better proposals: the maps cut anew, or the box model, or neither.

The one place where learning is put together; the job, the learning curve and the simulated
annotator all call it. It reads and writes no store.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from engine.domain.geometry import Box
from engine.domain.records import ImageRecord
from engine.domain.settings import BoxModelSettings, BoxSettings, Normalisation
from engine.jobs.reporter import Reporter
from engine.learning.box_model.extent_maps import extent_map
from engine.learning.box_model.grids import GridImage, Grids
from engine.learning.box_model.model import (
    BoxModel,
    Example,
    fewest_seen,
    train_box_model,
    unseen_logits,
)
from engine.learning.box_model.prior import with_prior
from engine.localization.boxes import ScoredBox, derive_boxes
from engine.localization.calibration import Calibration, calibrate, overlaps_at, quality_of
from engine.localization.quality import QualityModel, cross_fitted, fit_quality
from engine.localization.quality_features import describe
from engine.localization.sample import Sample
from engine.workflows.evidence import Evidence, Known
from engine.workflows.map_sources import MapSource

Maps = NDArray[np.float32]

#: How the box model's maps are cut where nothing is known yet.
MODEL_CUT = BoxSettings(Normalisation.MAX, 40.0, 0.5)
#: Accepted images that each head has to learn from at least; with fewer the maps are kept.
FEWEST_IMAGES = 4
#: Objects looked for where a share of the accepted images has several.
MOST_OBJECTS = 8
#: So many boxes' worth of weight has the guess at the best source.
GUESS_BOXES = 10.0
#: See ``_ensemble_bonus``.
ENSEMBLE_BONUS = 0.06
_SEVERAL_SHARE = 0.1
_BATCH = 64
_MODEL_IMAGES = 2000  # more accepted images than these are sampled


@dataclass(frozen=True)
class Judgement:
    """``score``: worth of the boxes (``calibration.quality_of``) in the mean over ``boxes``
    accepted boxes; ``low`` and ``high``: its 95 % interval; ``hit_50``: share with IoU >= 0.5."""

    name: str
    score: float
    low: float
    high: float
    hit_50: float
    boxes: int


@dataclass(frozen=True, eq=False)
class Learned:
    """What came of it. ``source`` and ``cut``: the maps and how to cut them; ``model`` and
    ``model_cut``: the box model, None where it cannot be trained or the maps are better
    (``uses_model``). ``quality``: by IoU level. ``judged``: what was compared. ``unseen``: the maps
    that the accepted images get from heads that have not seen them, by image id."""

    source: MapSource
    cut: Calibration
    model: BoxModel | None = None
    model_cut: Calibration = field(default_factory=lambda: Calibration(MODEL_CUT))
    uses_model: bool = False
    objects: int = 1
    quality: Mapping[float, QualityModel] = field(default_factory=dict)
    judged: tuple[Judgement, ...] = ()
    unseen: Mapping[int, Maps] = field(default_factory=dict)
    tuning: tuple[Sample, ...] = ()

    @property
    def calibration(self) -> Calibration:
        return self.model_cut if self.uses_model else self.cut


@dataclass(frozen=True, slots=True, eq=False)
class Proposed:
    """The boxes of one image, best first, in pixels; ``quality``: P(IoU >= level) of each, by
    level; ``values``: the map they were cut from, ``threshold`` at which."""

    image: ImageRecord
    class_id: int
    boxes: tuple[ScoredBox, ...]
    quality: Mapping[float, tuple[float, ...]]
    values: NDArray[np.floating]
    threshold: float
    from_model: bool


def learn(
    evidence: Evidence,
    sources: Sequence[MapSource],
    usual: BoxSettings,
    grids: Grids | None,
    paths: Mapping[int, GridImage],
    settings: BoxModelSettings,
    reporter: Reporter,
    before: BoxModel | None = None,
    guesses: Mapping[str, float] | None = None,
) -> Learned:
    """Learn from ``evidence``; with none accepted the maps are cut as ``usual``.

    ``guesses``: how good each source was thought to be before anything was accepted. Without
    ``grids`` the box model is left out. Raises JobCancelled.
    """
    crowded = sum(len(known.boxes) > 1 for known in evidence.accepted)
    several = crowded > _SEVERAL_SHARE * len(evidence.accepted)
    usual = replace(usual, multiple=several or usual.multiple)
    judged, cuts = _judge_sources(evidence.accepted, sources, usual)
    if not judged:
        chosen = max(sources, key=lambda source: (guesses or {}).get(source.name, 0.0))
        return Learned(chosen, Calibration(usual))
    best = max(judged, key=lambda found: found.score + _head_start(found, guesses)).name
    source = next(s for s in sources if s.name == best)
    found = Learned(
        source,
        cuts[best],
        judged=tuple(judged),
        objects=MOST_OBJECTS if several else 1,
        tuning=tuple(_samples(evidence.accepted, source.maps)),
    )
    if grids is not None and len(evidence.accepted) >= FEWEST_IMAGES:
        found = _with_model(found, evidence, grids, paths, settings, reporter, before)
    return replace(found, quality=_quality(found, evidence.accepted))


def propose(
    learned: Learned,
    images: Sequence[ImageRecord],
    grids: Grids | None,
    paths: Mapping[int, GridImage],
    reporter: Reporter,
) -> Iterator[list[Proposed]]:
    """The proposals of ``images``, a batch at a time; without those that have neither features
    (for the box model) nor a score map. Raises JobCancelled."""
    for start in range(0, len(images), _BATCH):
        part = images[start : start + _BATCH]
        logits = _logits(learned, part, grids, paths, reporter)
        found = [_proposed(learned, image, logits.get(image.id)) for image in part]
        yield [item for item in found if item is not None]
        reporter.progress(start + len(part), len(images), "images", "Proposing")


def _head_start(judgement: Judgement, guesses: Mapping[str, float] | None) -> float:
    """What the guess is still worth: with few boxes chance decides between sources else."""
    if not guesses:
        return 0.0
    behind = guesses.get(judgement.name, min(guesses.values())) - max(guesses.values())
    return behind * GUESS_BOXES / (GUESS_BOXES + judgement.boxes)


def _judge_sources(
    accepted: Sequence[Known], sources: Sequence[MapSource], usual: BoxSettings
) -> tuple[list[Judgement], dict[str, Calibration]]:
    judged, cuts = [], {}
    for source in sources:
        samples = _samples(accepted, source.maps)
        if samples:
            cuts[source.name] = calibrate(samples, usual)
            judged.append(_judgement(source.name, cuts[source.name]))
    return judged, cuts


def _judgement(name: str, cut: Calibration) -> Judgement:
    overlaps = np.array(cut.overlaps)
    worth = quality_of(overlaps)
    # the half-width of a normal interval; two boxes more pull a small sample towards doubt
    half = 1.96 * float(np.sqrt((worth.var() + 0.25 / len(worth)) / len(worth)))
    mean = float(worth.mean())
    hits = float((overlaps >= 0.5).mean())
    return Judgement(name, mean, max(0.0, mean - half), min(1.0, mean + half), hits, len(worth))


def _with_model(
    found: Learned,
    evidence: Evidence,
    grids: Grids,
    paths: Mapping[int, GridImage],
    settings: BoxModelSettings,
    reporter: Reporter,
    before: BoxModel | None,
) -> Learned:
    known = _sampled([*evidence.accepted, *evidence.rejected], settings.seed)
    wanted = [k for k in known if k.image.id in paths]
    pairs = list(grids.of([paths[k.image.id] for k in wanted], reporter))
    maps = found.source.maps
    refuses = _reject_weight(evidence, settings)
    examples = [
        _example(wanted[i], with_prior(grid, maps.get(wanted[i].image.id)), refuses)
        for i, grid in pairs
    ]
    ids = [wanted[i].image.id for i, _ in pairs]
    if fewest_seen(examples, settings.members) < FEWEST_IMAGES:
        return found
    key = f"{grids.key} {found.source.name}"
    model = train_box_model(examples, settings, key, reporter, before)
    own = [i for i, example in enumerate(examples) if len(example.boxes)]
    logits = unseen_logits(model, [examples[i] for i in own])
    unseen = {ids[i]: extent_map(part, found.objects) for i, part in zip(own, logits, strict=True)}
    samples = _samples(evidence.accepted, unseen)
    usual = replace(MODEL_CUT, multiple=found.cut.settings.multiple)
    cut = calibrate(samples, usual, (Normalisation.MAX,))
    judged = (*found.judged, _judgement("box model", cut))
    maps_score = next(j.score for j in judged if j.name == found.source.name)
    uses = judged[-1].score + _ensemble_bonus(judged[-1]) >= maps_score
    return replace(
        found,
        model=model,
        model_cut=cut,
        uses_model=uses,
        judged=judged,
        unseen=unseen,
        tuning=tuple(samples) if uses else found.tuning,
    )


def _ensemble_bonus(judgement: Judgement) -> float:
    """What the box model does better than the judgement says: its heads are judged one by one, and
    each without a share of the boxes, which is a loss that shrinks as they grow in number."""
    return ENSEMBLE_BONUS * GUESS_BOXES / (GUESS_BOXES + judgement.boxes)


def _quality(learned: Learned, accepted: Sequence[Known]) -> dict[float, QualityModel]:
    rows, overlaps = training_rows(learned, accepted)
    if not len(rows):
        return {}
    return {level: fit_quality(rows, (overlaps >= level).tolist()) for level in (0.5, 0.7)}


def training_rows(
    learned: Learned, accepted: Sequence[Known]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Features (n, d) and IoU (n,) of the boxes that the accepted images get unseen."""
    maps = learned.unseen if learned.uses_model else learned.source.maps
    samples = _samples(accepted, maps)
    ids = [k.image.id for k in accepted if k.image.id in maps]
    rows = [
        _features(learned, image_id, sample.label, np.asarray(sample.values), None)
        for image_id, sample in zip(ids, samples, strict=True)
    ]
    overlaps = _overlaps(samples, learned.calibration) if samples else np.zeros(0)
    return np.array(rows), overlaps


def cross_fitted_quality(
    learned: Learned, accepted: Sequence[Known], level: float
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Estimates for the accepted images by models fitted without them, and what was true."""
    rows, overlaps = training_rows(learned, accepted)
    right = overlaps >= level
    if not len(rows):
        return np.zeros(0), right
    folds = [index % 5 for index in range(len(rows))]
    return cross_fitted(rows, right.tolist(), folds), right


def _features(
    learned: Learned,
    image_id: int,
    label: int | None,
    values: NDArray[np.floating],
    mirrored: Box | None,
) -> NDArray[np.float64]:
    settings = learned.calibration.for_class(label)
    box = derive_boxes(values, 1, 1, replace(settings, multiple=False))[0].box
    other = None
    if learned.uses_model and image_id in learned.source.maps:
        cut = replace(learned.cut.for_class(label), multiple=False)
        other = derive_boxes(learned.source.maps[image_id], 1, 1, cut)[0].box
    return describe(values, settings, box, other, mirrored)


def _proposed(
    learned: Learned, image: ImageRecord, logits: NDArray[np.float32] | None
) -> Proposed | None:
    values: NDArray[np.floating]
    class_id = image.class_id
    if class_id is None:
        class_id = learned.source.classes.get(image.id)
    if class_id is None:
        return None
    if logits is not None:
        values = extent_map(logits, learned.objects)
    elif image.id in learned.source.maps and not learned.uses_model:
        values = learned.source.maps[image.id]
    else:
        return None
    settings = learned.calibration.for_class(class_id)
    boxes = derive_boxes(values, image.width, image.height, settings)
    row = _features(learned, image.id, class_id, values, None)[None]
    quality = {
        level: (float(model.probabilities(row)[0]),) * len(boxes)
        for level, model in learned.quality.items()
    }
    return Proposed(
        image, class_id, tuple(boxes), quality, values, settings.threshold, logits is not None
    )


def _logits(
    learned: Learned,
    images: Sequence[ImageRecord],
    grids: Grids | None,
    paths: Mapping[int, GridImage],
    reporter: Reporter,
) -> dict[int, NDArray[np.float32]]:
    if not learned.uses_model or learned.model is None or grids is None:
        return {}
    wanted = [image for image in images if image.id in paths]
    pairs = list(grids.of([paths[image.id] for image in wanted], reporter))
    if not pairs:
        return {}
    maps = learned.source.maps
    stacked = np.stack([with_prior(grid, maps.get(wanted[i].id)) for i, grid in pairs])
    logits = learned.model.logits(stacked.astype(np.float32))
    return {wanted[i].id: z for (i, _), z in zip(pairs, logits, strict=True)}


def _reject_weight(evidence: Evidence, settings: BoxModelSettings) -> float:
    """Of one rejected image: a person may have meant the box and not the image, so that all of
    them together never outweigh the accepted ones."""
    share = len(evidence.accepted) / max(1, len(evidence.rejected))
    return settings.reject_weight * min(1.0, share)


def _example(known: Known, grid: NDArray[np.float16], reject_weight: float) -> Example:
    image = known.image
    size = np.array([image.width, image.height] * 2, np.float64)
    boxes = np.array([box.as_tuple() for box in known.boxes]).reshape(-1, 4) / size
    weight = 1.0 if known.boxes else reject_weight
    # not the id itself: images of one folder may have been accepted in steps of two
    fold = zlib.crc32(str(image.id).encode())
    return Example(grid, boxes, fold, weight)


def _samples(known: Sequence[Known], maps: Mapping[int, NDArray[np.floating]]) -> list[Sample]:
    return [
        Sample(
            values=maps[k.image.id],
            width=k.image.width,
            height=k.image.height,
            truth=k.boxes,
            label=-1 if k.label is None else k.label,
            predicted=-1 if k.label is None else k.label,
            name=k.image.path,
        )
        for k in known
        if k.image.id in maps
    ]


def _overlaps(samples: Sequence[Sample], cut: Calibration) -> NDArray[np.float64]:
    return np.array(
        [
            overlaps_at([s], settings, np.array([settings.threshold]))[0, 0]
            for s in samples
            for settings in [cut.for_class(s.label)]
        ]
    )


def _sampled(known: list[Known], seed: int) -> list[Known]:
    if len(known) <= _MODEL_IMAGES:
        return known
    chosen = np.random.default_rng(seed).permutation(len(known))[:_MODEL_IMAGES]
    return [known[index] for index in sorted(chosen)]
