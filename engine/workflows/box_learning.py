"""From a person's boxes to better proposals: the maps cut anew, or the box model, or neither.

The one place where learning is put together; the job, the learning curve and the simulated
annotator all call it. It reads and writes no store.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.domain.settings import BoxModelSettings, BoxSettings, Normalisation
from engine.jobs.reporter import Reporter
from engine.learning.box_model.extent_maps import extent_map
from engine.learning.box_model.grids import GridImage, Grids
from engine.learning.box_model.model import (
    BoxModel,
    Example,
    fewest_seen,
    fits,
    train_box_model,
    unseen_views,
)
from engine.learning.box_model.prior import with_prior
from engine.localization.calibration import Calibration, calibrate, choose_cut, spread
from engine.workflows.box_proposals import fit_qualities, lessons_of
from engine.workflows.choosing import Judged, best_source, judge, model_is_better
from engine.workflows.cut_cache import CutCache
from engine.workflows.evidence import Evidence, Known
from engine.workflows.learned_boxes import MODEL_CUT, Learned, samples_of
from engine.workflows.map_sources import MapSource

#: Accepted images, of all and of each head, below which the maps are kept: with six and eight the
#: model was better than them on one development set and worse on the other (training rows).
FEWEST_ACCEPTED, FEWEST_IMAGES = 10, 4
OTHER_FEATURES = (
    "What was learned before goes with other features, settings, maps or numbers of objects: it is"
    " learned from the beginning."
)
#: Objects looked for where a share of the accepted images has several.
MOST_OBJECTS = 8
_SEVERAL_SHARE = 0.1
_MODEL_IMAGES = 2000  # more accepted images than these are sampled


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
    cuts: CutCache | None = None,
) -> Learned:
    """Learn from ``evidence``; with none accepted the maps are cut as ``usual``.

    ``guesses``: how good each source was thought to be before anything was accepted. Without
    ``grids`` the box model is left out. ``cuts``: what is known of cuts. Raises JobCancelled.
    """
    crowded = sum(len(known.boxes) > 1 for known in evidence.accepted)
    several = crowded > _SEVERAL_SHARE * len(evidence.accepted)
    usual = replace(usual, multiple=several or usual.multiple)
    judged = _judge_sources(evidence.accepted, sources, usual, cuts or CutCache())
    guessed = max(sources, key=lambda source: (guesses or {}).get(source.name, 0.0))
    if not judged:
        return Learned(guessed, Calibration(usual))
    best = best_source(judged, guessed.name)
    source = next(s for s in sources if s.name == best.name)
    found = Learned(
        source,
        best.cut,
        judged=tuple(item.judgement for item in judged),
        objects=MOST_OBJECTS if several else 1,
        tuning=tuple(samples_of(evidence.accepted, source.maps)),
        prior=guessed,  # the guess stays as boxes come, so that an update can go on
    )
    found = _with_second(found, judged, sources)
    if grids is not None and len(evidence.accepted) >= FEWEST_ACCEPTED:
        found = _with_model(found, best, evidence, grids, paths, settings, reporter, before)
    lessons = lessons_of(found, evidence.accepted)
    return replace(found, lessons=lessons, quality=fit_qualities(lessons))


def _with_second(found: Learned, judged: Sequence[Judged], sources: Sequence[MapSource]) -> Learned:
    """With the next best maps of a single run: another layer, kind or method."""
    single = {s.name: s for s in sources if len(s.run_ids) == 1 and s.name != found.source.name}
    others = [item for item in judged if item.name in single]
    if not others:
        return found
    best = max(others, key=lambda item: item.judgement.score)
    return replace(found, second=single[best.name], second_cut=best.cut)


def _judge_sources(
    accepted: Sequence[Known], sources: Sequence[MapSource], usual: BoxSettings, cuts: CutCache
) -> list[Judged]:
    found = []
    for source in sources:
        samples = spread(samples_of(accepted, source.maps))
        if samples:
            cut = choose_cut(cuts.cuts_of(samples, usual), usual)
            found.append(judge(source.name, samples, cut))
    return found


def _with_model(
    found: Learned,
    maps: Judged,
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
    prior = found.prior or found.source
    refuses = _reject_weight(evidence, settings)
    examples = [
        _example(wanted[i], with_prior(grid, prior.maps.get(wanted[i].image.id)), refuses)
        for i, grid in pairs
    ]
    ids = [wanted[i].image.id for i, _ in pairs]
    if fewest_seen(examples, settings.members) < FEWEST_IMAGES:
        return found
    key = f"{grids.key} {prior.name}"
    several = found.objects > 1
    if before is not None and not fits(before, settings, key, len(examples[0].grid), several):
        reporter.warn(OTHER_FEATURES)
        before = None
    model = train_box_model(examples, settings, key, reporter, before, several=several)
    own = [i for i, example in enumerate(examples) if len(example.boxes)]
    views = unseen_views(model, [examples[i] for i in own])
    unseen, mirrored = (
        {ids[i]: extent_map(part, found.objects) for i, part in zip(own, logits, strict=True)}
        for logits in (views.mean(0), views[1])
    )
    samples = samples_of(evidence.accepted, unseen)
    usual = replace(MODEL_CUT, multiple=found.cut.settings.multiple)
    cut = calibrate(samples, usual, (Normalisation.MAX,))
    own_judged = judge("box model", spread(samples), cut)
    uses = model_is_better(own_judged, maps)
    return replace(
        found,
        model=model,
        model_cut=cut,
        uses_model=uses,
        judged=(*found.judged, own_judged.judgement),
        unseen=unseen,
        mirrored=mirrored,
        tuning=tuple(samples) if uses else found.tuning,
    )


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


def _sampled(known: list[Known], seed: int) -> list[Known]:
    if len(known) <= _MODEL_IMAGES:
        return known
    chosen = np.random.default_rng(seed).permutation(len(known))[:_MODEL_IMAGES]
    return [known[index] for index in sorted(chosen)]
