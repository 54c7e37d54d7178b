"""How long a person waits for the why view: the real process, from question to answer.

    python -m tests.benchmarks.inspection IMAGES [--backbone squeezenet1_1] [--count 40]

Makes a project of the folder IMAGES with an untrained network (its weights change no time), starts
the inspection process, and asks of one image after another, none of them twice: what an image costs
that has just been chosen, decoding and the check that it is unchanged included. Then the other
questions, of images that have been chosen. Prints median and 95th percentile in milliseconds, and
the median of the processor time that an answer took: on a machine with other work to do it tells
more, and on a free one the answer takes no longer than that. Last, what a new threshold costs in
the window's own process.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import psutil

from engine.domain.geometry import Box
from engine.domain.records import RunKind, RunState
from engine.domain.settings import BoxSettings
from engine.jobs import inspection as talk
from engine.jobs.catalogue import recipe
from engine.jobs.reporter import silent_reporter
from engine.jobs.requests import IndexRequest
from engine.learning.checkpoints import CheckpointInfo, save_checkpoint
from engine.learning.network import build_network
from engine.localization.boxes import LiveBoxes
from engine.store import images as image_rows
from engine.store import runs
from engine.store.project import Project
from engine.workflows import index
from tests.jobs.inspector_process import Inspector

Ask = Callable[[int], talk.Question]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("images", type=Path)
    parser.add_argument("--backbone", default="squeezenet1_1")
    parser.add_argument("--count", type=int, default=40)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "project"
        index.run(IndexRequest(str(project), str(chosen.images)), silent_reporter())
        run_id, ids = add_untrained_run(project, chosen.backbone)
        random.Random(0).shuffle(ids)
        start = time.perf_counter()
        with Inspector(project) as inspector:
            inspector.receive()
            say("start of the process", [time.perf_counter() - start])
            start = time.perf_counter()
            inspector.ask(talk.InspectImage(id=0, run_id=run_id, image_id=ids[0]))
            say("the very first image", [time.perf_counter() - start])
            measure(inspector, run_id, ids[1 : chosen.count + 1])
    threshold_times()


def add_untrained_run(project: Path, backbone: str) -> tuple[int, list[int]]:
    """A training run with a checkpoint, as if trained; its id and the images'."""
    settings = replace(recipe(backbone), weights="none")
    with Project.open(project) as opened:
        with opened.write() as connection:
            names = [record.name for record in image_rows.list_classes(connection)]
            run_id = runs.start_run(connection, RunKind.TRAIN, {"train": asdict(settings)}, {})
            runs.set_run_folder(connection, run_id, f"runs/{run_id:04d}")
            runs.end_run(connection, run_id, RunState.FINISHED)
            ids = [image.id for image in image_rows.list_images(connection)]
        info = CheckpointInfo(1, settings, tuple(names), "")
        folder = opened.runs_folder / f"{run_id:04d}"
        save_checkpoint(folder, info, build_network(settings, names), {})
    return run_id, ids


def measure(inspector: Inspector, run_id: int, ids: list[int]) -> None:
    box = Box(40, 40, 160, 160)
    drops = {"drop masks": talk.DropMasks(), "block": talk.HideBlock(box=box)}
    questions: dict[str, Ask] = {
        "image just chosen": lambda i: talk.InspectImage(id=i, run_id=run_id, image_id=i),
        "image seen before": lambda i: talk.InspectImage(id=i, run_id=run_id, image_id=i),
        **{
            f"drop it: {name}": lambda i, how=how: talk.DropQuestion(
                id=i, run_id=run_id, image_id=i, how=how
            )
            for name, how in drops.items()
        },
        "alternatives": lambda i: talk.AlternativesQuestion(id=i, run_id=run_id, image_id=i),
        "all measures": lambda i: talk.MeasuresQuestion(id=i, run_id=run_id, image_id=i),
    }
    for name, ask in questions.items():
        wanted = ids if "chosen" in name else ids[-12:]
        process = psutil.Process(inspector.process.pid)
        taken = [timed(inspector, process, ask(image_id)) for image_id in wanted]
        say(name, [wall for wall, _ in taken], [worked for _, worked in taken])


def timed(
    inspector: Inspector, process: psutil.Process, question: talk.Question
) -> tuple[float, float]:
    """Seconds from question to answer, and of processor time over all threads."""
    before, start = sum(process.cpu_times()[:2]), time.perf_counter()
    answer = inspector.ask(question)
    took = time.perf_counter() - start
    if isinstance(answer, talk.Refused):
        raise SystemExit(answer.failure.message)
    return took, sum(process.cpu_times()[:2]) - before


def threshold_times() -> None:
    """A slider drawn over a stored map of 14 x 14, 500 positions."""
    values = np.random.default_rng(0).random((14, 14)).astype(np.float16)
    live = LiveBoxes(values, 500, 375, BoxSettings())
    times = []
    for threshold in np.linspace(0.01, 0.99, 500):
        start = time.perf_counter()
        live.at(float(threshold))
        times.append(time.perf_counter() - start)
    say("threshold to box", times)


def say(name: str, seconds: list[float], worked: list[float] | None = None) -> None:
    median, late = np.quantile(np.array(seconds) * 1000, [0.5, 0.95])
    busy = "" if worked is None else f"{1000 * float(np.median(worked)):.0f}"
    sys.stdout.write(f"| {name} | {len(seconds)} | {median:.1f} | {late:.1f} | {busy} |\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
