"""Whether few accepted boxes choose well: maps and their cut, and the box model against the maps.

    python -m tests.benchmarks.choices PROJECT --boxes boxes.csv --split splits.csv [--model]

On training rows alone. So many boxes of each class as ``--per-class`` names are drawn, and choose;
the other training rows judge. Told is the worth of the boxes (``calibration.quality_of``) less that
of the usual choice, the mean and the worst over draws. ``--usual`` takes a bad choice for the usual
one, to see whether a better one is found. With ``--model`` a box model is trained for each draw;
told are how many could be, the gain as it is judged out of fold and in truth, and the points of
GT-known Loc.
Nothing is written to the project but features to its cache.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.domain.settings import BoxModelSettings, BoxSettings, Normalisation
from engine.exchange.tables import read_splits
from engine.jobs.reporter import silent_reporter
from engine.localization.calibration import Cuts, choose_cut, cuts_of, overlaps_at, quality_of
from engine.workflows.box_learning import learn
from engine.workflows.box_proposals import propose
from engine.workflows.choosing import best_source, judge
from engine.workflows.evidence import Evidence, Known
from engine.workflows.learned_boxes import Learned, samples_of
from engine.workflows.learning_curve import draw_per_class
from engine.workflows.learning_ground import Ground, open_ground
from engine.workflows.projects import open_project
from engine.workflows.true_boxes import true_boxes_of_file

Floats = NDArray[np.float64]


def open_rows(given: argparse.Namespace) -> tuple[Ground, list[Known]]:
    """The project, and its training rows that have true boxes and maps of every source."""
    with open_project(str(given.project)) as project:
        truth = true_boxes_of_file(project, given.boxes)
        ground = open_ground(project, None, BoxModelSettings(), silent_reporter())
    splits = read_splits(given.split)
    return ground, [
        Known(image, tuple(truth[image.path]), image.class_id)
        for image in ground.images.values()
        if splits.get(image.path) == "train" and image.path in truth
        if all(image.id in source.maps for source in ground.sources)
    ]


def choosing(ground: Ground, known: Sequence[Known], usual: BoxSettings, given: list[int]) -> None:
    """Prints what the cut and the source that boxes choose are worth to the others."""
    cuts = {
        source.name: cuts_of(samples_of(known, source.maps), usual, tuple(Normalisation))
        for source in ground.sources
    }
    samples = {source.name: samples_of(known, source.maps) for source in ground.sources}
    before = quality_of(cuts[ground.guess].usual)
    place = {item.image.id: index for index, item in enumerate(known)}
    for count in given:
        gains = []
        for draw in range(60):
            rows = [place[k.image.id] for k in draw_per_class(known, count, draw)]
            judged = [
                judge(name, [samples[name][i] for i in rows], choose_cut(_part(own, rows), usual))
                for name, own in cuts.items()
            ]
            best = best_source(judged, ground.guess)
            others = [known[i] for i in sorted(set(range(len(known))) - set(rows))]
            if len(others) < 20:
                continue
            source = next(s for s in ground.sources if s.name == best.name)
            cut = best.cut.settings
            found = overlaps_at(samples_of(others, source.maps), cut, np.array([cut.threshold]))
            usual_worth = before[[place[k.image.id] for k in others]].mean()
            gains.append(float(quality_of(found[:, 0]).mean() - usual_worth))
        print(f"| {count} | {np.mean(gains):+.3f} | {min(gains):+.3f} |", flush=True)  # noqa: T201


def model(ground: Ground, known: Sequence[Known], counts: list[int], draws: int) -> None:
    """Prints what the box model gains over the maps, out of fold and in truth."""
    reporter = silent_reporter()
    for count in counts:
        rows = []
        for draw in range(draws):
            taught = draw_per_class(known, count, draw)
            ids = {item.image.id for item in taught}
            others = [item for item in known if item.image.id not in ids][:180]
            settings = replace(BoxModelSettings(), seed=draw)
            learned = learn(
                Evidence(taught), ground.sources, ground.usual, ground.grids, ground.paths,
                settings, reporter, guesses=ground.guesses, cuts=ground.cuts,
            )  # fmt: skip
            if learned.model is None:
                continue
            scores = {item.name: item.score for item in learned.judged}
            judged = scores["box model"] - scores[learned.source.name]
            found = [
                _overlaps(replace(learned, uses_model=u), ground, others) for u in (True, False)
            ]
            truth = [quality_of(overlaps).mean() for overlaps in found]
            hits = [100 * (overlaps >= 0.5).mean() for overlaps in found]
            rows.append((judged, truth[0] - truth[1], hits[0] - hits[1]))
        means = " | ".join(f"{value:+.3f}" for value in np.mean(rows, axis=0)) if rows else "none"
        print(f"| {count} | {len(rows)} | {means} |", flush=True)  # noqa: T201


def _overlaps(learned: Learned, ground: Ground, others: Sequence[Known]) -> Floats:
    images = [item.image for item in others]
    batches = propose(learned, images, ground.grids, ground.paths, silent_reporter())
    maps = {item.image.id: (item.values, item.threshold) for batch in batches for item in batch}
    cut = learned.calibration.settings
    samples = samples_of(others, {i: values for i, (values, _) in maps.items()})
    return overlaps_at(samples, cut, np.array([cut.threshold]))[:, 0]


def _part(cuts: Cuts, rows: list[int]) -> Cuts:
    return Cuts(cuts.normalisations, cuts.overlaps[:, rows], cuts.usual[rows], cuts.labels[rows])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("project", type=Path)
    parser.add_argument("--boxes", type=Path, required=True)
    parser.add_argument("--split", type=Path, required=True)
    parser.add_argument("--per-class", default="1,5,25")
    parser.add_argument("--usual", help="normalisation and threshold, for example ivr,0.5")
    parser.add_argument("--model", action="store_true")
    parser.add_argument("--draws", type=int, default=6)
    given = parser.parse_args()
    ground, known = open_rows(given)
    counts = [int(count) for count in given.per_class.split(",")]
    if given.model:
        model(ground, known, counts, given.draws)
        return
    usual = ground.usual
    if given.usual:
        name, threshold = given.usual.split(",")
        usual = replace(usual, normalisation=Normalisation(name), threshold=float(threshold))
    choosing(ground, known, usual, counts)


if __name__ == "__main__":
    main()
