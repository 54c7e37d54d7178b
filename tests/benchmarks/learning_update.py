"""One update after ten decisions, through the real job: from the request to the last new box.

    python -m tests.benchmarks.learning_update PROJECT --boxes boxes.csv [--rounds 3]

The project is copied; nothing is written to it. True boxes of ``--accepted`` images are accepted,
it learns once from nothing, and then, round by round, ten more are accepted and it learns again in
an engine process that was ready for it, as the window has it: the 200 images next in the queue
first. Told are the seconds until these have their new boxes, until all have, and the processor
seconds from the request on.
"""

from __future__ import annotations

import argparse
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from engine.jobs.events import Artifact, Event, Failed
from engine.jobs.requests import LearnRequest
from engine.jobs.wire import decode_event, encode
from engine.store.images import list_images, undecided_ids
from engine.store.project import Project
from engine.store.review import ShownBox, accept
from engine.workflows.true_boxes import true_boxes_of_file

NEXT = 200
EACH = 10
_IDLE = 2.0  # seconds without work after which an engine is ready


@dataclass(frozen=True)
class Timed:
    """Seconds until the first images have new boxes, until the end, and of the processor."""

    first: float
    whole: float
    processor: float


def measure(project: Path, boxes: Path, accepted: int, rounds: int) -> list[Timed]:
    """The learning from nothing, then ``rounds`` updates."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "project"
        shutil.copytree(project, copy)
        order = _shuffled(copy, boxes)
        _accept(copy, boxes, order[:accepted])
        found = [_learn(copy, False)]
        for number in range(rounds):
            start = accepted + number * EACH
            _accept(copy, boxes, order[start : start + EACH])
            found.append(_learn(copy, True))
    return found


def _shuffled(folder: Path, boxes: Path) -> list[str]:
    with Project.open(folder) as project:
        paths = sorted(true_boxes_of_file(project, boxes))
    random.Random(0).shuffle(paths)
    return paths


def _accept(folder: Path, boxes: Path, paths: list[str]) -> None:
    with Project.open(folder) as project:
        truth = true_boxes_of_file(project, boxes)
        with project.read() as connection:
            images = {image.path: image for image in list_images(connection)}
        with project.write() as connection:
            for path in paths:
                image = images[path]
                shown = [ShownBox(image.class_id or 1, box) for box in truth[path]]
                accept(connection, image.id, shown)


def _learn(folder: Path, update: bool) -> Timed:
    with Project.open(folder) as project, project.read() as connection:
        first = tuple(sorted(undecided_ids(connection))[:NEXT])
    request = LearnRequest(str(folder), update=update, first=first)
    with _ready_engine() as process:
        before, started = _processor(process), time.perf_counter()
        proposed, shown, used = 0, 0.0, 0.0
        for event in _events(process, request):
            used = max(used, _processor(process))
            if isinstance(event, Failed):
                raise RuntimeError(event.message)
            if isinstance(event, Artifact) and event.kind == "proposals":
                proposed += len(event.ids)
                if not shown and proposed >= len(first):
                    shown = time.perf_counter() - started
        return Timed(shown, time.perf_counter() - started, used - before)


def _ready_engine() -> subprocess.Popen[bytes]:
    """As the window has it: started halfway between two learnings, idle when it is asked."""
    command = [sys.executable, "-P", "-m", "engine.worker", "--ready", "LearnRequest"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    used = -1.0
    while _processor(process) > used:
        used = _processor(process)
        time.sleep(_IDLE)
    return process


def _events(process: subprocess.Popen[bytes], request: LearnRequest) -> Iterator[Event]:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(encode(request))
    process.stdin.flush()
    for line in process.stdout:
        yield decode_event(line)


def _processor(process: subprocess.Popen[bytes]) -> float:
    try:
        used = psutil.Process(process.pid).cpu_times()
    except psutil.Error:
        return 0.0
    return float(used.user + used.system)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("project", type=Path)
    parser.add_argument("--boxes", type=Path, required=True)
    parser.add_argument("--accepted", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    print("| learning | next 200 images | all images | processor |")  # noqa: T201
    print("|---|---|---|---|")  # noqa: T201
    for number, timed in enumerate(
        measure(given.project, given.boxes, given.accepted, given.rounds)
    ):
        name = f"update {number}" if number else "from nothing"
        figures = f"{timed.first:.1f} s | {timed.whole:.1f} s | {timed.processor:.1f} s"
        print(f"| {name} | {figures} |", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
