"""Does each measure of misdirection rank? Spearman's rank correlation with IoU to the true box.

    python -m tests.benchmarks.misdirection PROJECT --boxes boxes.csv --split splits.csv \\
        [--run RUN] [--threshold T] [--out figures.json]

Measures a copy of the project and prints a row per measure for the train rows, which weights and
reference points are chosen on, and for the test rows, which show whether the choice holds. IoU is
that of the proposed box. The last lines say what the first images of the combined ranking hold.
With several projects (``--load set_run.json set_other.json ...``) figures that were written before
are printed side by side, with the 10 % and 90 % points of all train rows, and what the rule of
``engine.localization.measures`` goes by: the mean over the data sets (the names up to the first
underscore) of the means over their runs, train rows, and the worst run; a plus is the right way.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from engine.cli.progress import terminal_reporter
from engine.exchange.tables import read_splits
from engine.jobs.requests import MeasureRequest
from engine.localization.measures import MEASURES, with_combined
from engine.localization.ranking import rank_correlation
from engine.store import images as image_rows
from engine.store.measures import all_measures
from engine.store.project import Project
from engine.workflows import measure

FIRST = 0.2  # of the images that a person would look at first
Rows = list[dict[str, Any]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("project", type=Path, nargs="?")
    parser.add_argument("--boxes", type=Path)
    parser.add_argument("--split", type=Path)
    parser.add_argument("--run", type=int)
    parser.add_argument("--threshold", type=float)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--load", type=Path, nargs="*")
    chosen = parser.parse_args()
    if chosen.load:
        show({path.stem: json.loads(path.read_text()) for path in chosen.load})
        return
    rows = measured(chosen)
    if chosen.out:
        chosen.out.write_text(json.dumps(rows))
    show({chosen.project.name: rows})


def measured(chosen: argparse.Namespace) -> Rows:
    """All measures of all images with a true box, with their split."""
    splits = read_splits(chosen.split)
    with tempfile.TemporaryDirectory() as folder:
        copy = shutil.copytree(chosen.project, Path(folder) / "project")
        with Project.open(copy) as project:
            _use_threshold(project, chosen.threshold)
        with terminal_reporter(False) as reporter:
            request = MeasureRequest(str(copy), chosen.run, boxes=str(chosen.boxes))
            found = measure.run(request, reporter)
        with Project.open(copy) as project, project.read() as connection:
            values = all_measures(connection, found["run"])
            paths = {image.id: image.path for image in image_rows.list_images(connection)}
    return [
        {"path": paths[i], "split": splits.get(paths[i], ""), **of_image}
        for i, of_image in values.items()
        if "iou" in of_image
    ]


def show(projects: dict[str, Rows]) -> None:
    """The table, a pair of columns (train, test) per project, then the combined ranking."""
    projects = {name: [with_combined(row) for row in rows] for name, rows in projects.items()}
    columns = [(name, split) for name in projects for split in ("train", "test")]
    heads = (f"{name} {split}" for name, split in columns)
    out = [["measure", "weight", *heads, "sets' mean", "worst run", "10 %", "90 %"]]
    for info in MEASURES:
        if info.name == "iou":
            continue
        rhos = {
            (name, split): rank_correlation(_of(projects[name], split), info.name)
            for name, split in columns
        }
        cells = ["–" if rho is None else f"{rho:+.2f}" for rho in rhos.values()]
        trained = {name: rho for (name, split), rho in rhos.items() if split == "train"}
        cells += _by_rule(trained, -1 if info.worst_first_descends else 1)
        train = [r[info.name] for rows in projects.values() for r in _of(rows, "train")]
        points = np.nanquantile(np.array(train, float), [0.1, 0.9]) if _some(train) else [0, 0]
        out.append([info.name, f"{info.weight:g}", *cells, *(f"{p:.2f}" for p in points)])
    counts = (str(len(_of(projects[n], s))) for n, s in columns)
    out.append(["images", "", *counts, "", "", "", ""])
    for row in out:
        sys.stdout.write("| " + " | ".join(row) + " |\n")
    for name, split in columns:
        _say_first(name, split, _of(projects[name], split))


def _say_first(name: str, split: str, rows: Rows) -> None:
    bad = np.array([row["misdirection"] if row.get("misdirection") else 0.0 for row in rows])
    wrong = np.array([row["iou"] for row in rows]) < 0.5
    first = np.argsort(-bad)[: round(FIRST * len(rows))]
    sys.stdout.write(
        f"{name} {split}: {100 * wrong.mean():.1f} % of the boxes are wrong (IoU < 0.5); "
        f"of the first {FIRST:.0%} by misdirection {100 * wrong[first].mean():.1f} %\n"
    )


def _by_rule(rhos: dict[str, float | None], sign: int) -> list[str]:
    """The mean over the data sets and the worst run; a plus is the right way."""
    sets: dict[str, list[float]] = {}
    for name, rho in rhos.items():
        if rho is not None:
            sets.setdefault(name.partition("_")[0], []).append(sign * rho)
    if not sets:
        return ["–", "–"]
    mean = np.mean([np.mean(runs) for runs in sets.values()])
    return [f"{mean:+.2f}", f"{min(min(runs) for runs in sets.values()):+.2f}"]


def _of(rows: Rows, split: str) -> Rows:
    return [row for row in rows if row["split"] == split]


def _some(values: list[Any]) -> bool:
    return any(value is not None for value in values)


def _use_threshold(project: Project, threshold: float | None) -> None:
    if threshold is not None:
        settings = project.settings()
        boxes = replace(settings.boxes, threshold=threshold)
        project.save_settings(replace(settings, boxes=boxes))


if __name__ == "__main__":
    main()
