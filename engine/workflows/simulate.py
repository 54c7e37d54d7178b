"""The loop replayed by a simulated annotator: what a correct box costs in a person's seconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from engine.domain.errors import InputError
from engine.jobs.reporter import Reporter
from engine.store.act_times import median_seconds
from engine.workflows.annotator import Costs, measured_costs, right_boxes
from engine.workflows.evidence import Known
from engine.workflows.learning_ground import Ground, open_ground
from engine.workflows.projects import open_project
from engine.workflows.replay import Loop, SimulateRequest, Trace, shown_boxes, unlearned
from engine.workflows.true_boxes import true_boxes_of_file

LEVELS = (0.5, 0.7)


@dataclass(frozen=True)
class StrategyResult:
    """Means over seeds. ``boxes`` of the replay at IoU 0.5; ``correct_*`` how many reached the
    level, by an annotator who insists on it; ``curve_*``: seconds, boxes, correct ones, of the
    first seed. ``unseen_*``: images accepted without a look."""

    seconds_per_box_50: float
    seconds_per_box_70: float
    boxes: float
    correct_50: float
    correct_70: float
    seconds_50: float
    seconds_70: float
    unseen_50: float
    unseen_70: float
    curve_50: list[tuple[float, int, int]]
    curve_70: list[tuple[float, int, int]]
    per_seed_50: list[float]
    per_seed_70: list[float]


def simulate(request: SimulateRequest, reporter: Reporter) -> dict[str, StrategyResult]:
    """Replay drawing everything, verifying without learning, and the loop; nothing is written.

    Raises InputError if no box fits the project.
    """
    if request.seeds < 1 or request.batch < 1 or request.growth < 1:
        raise InputError("Seeds and batch are at least 1, growth too.")
    with open_project(request.project) as project:
        truth = true_boxes_of_file(project, request.boxes)
        ground = open_ground(project, request.run, request.model, reporter)
        costs = request.costs
        if request.measured_times:
            with project.read() as connection:
                costs = measured_costs(median_seconds(connection), costs)
    by_path = {image.path: image for image in ground.images.values()}
    known = {
        by_path[path].id: Known(by_path[path], tuple(boxes), by_path[path].class_id)
        for path, boxes in truth.items()
        if path in by_path
    }
    found: dict[str, list[list[Trace]]] = {"draw_all": [], "verify_only": [], "loop": []}
    for seed in range(request.seeds):
        for name, traces in found.items():
            traces.append(
                [
                    _replay(name, request, ground, known, costs, level, seed, reporter)
                    for level in LEVELS
                ]
            )
    return {name: _result(traces) for name, traces in found.items()}


def _replay(
    name: str,
    request: SimulateRequest,
    ground: Ground,
    known: Mapping[int, Known],
    costs: Costs,
    level: float,
    seed: int,
    reporter: Reporter,
) -> Trace:
    if name == "draw_all":
        return _draw_all(known, costs)
    if name == "verify_only":
        return _verify_only(ground, known, costs, level, request, reporter)
    return Loop(request, ground, known, costs, level, seed, reporter).run()


def _draw_all(known: Mapping[int, Known], costs: Costs) -> Trace:
    trace = Trace()
    for item in known.values():
        count = len(item.boxes)
        trace.add(costs.move_on + costs.draw * count, count, count)
        trace.reviewed += 1
    trace.mark()
    return trace


def _verify_only(
    ground: Ground,
    known: Mapping[int, Known],
    costs: Costs,
    level: float,
    request: SimulateRequest,
    reporter: Reporter,
) -> Trace:
    """Yes or no to each box of the maps; what is wrong stays without a box."""
    trace = Trace()
    shown = shown_boxes(
        unlearned(ground, request, reporter), ground, list(known.values()), reporter
    )
    for image_id, item in known.items():
        boxes = [scored.box for scored in shown[image_id].boxes] if image_id in shown else []
        right = right_boxes(boxes, item.boxes, level)
        trace.add(costs.move_on + costs.verify * len(boxes), right, right)
        trace.reviewed += 1
    trace.mark()
    return trace


def _result(traces: Sequence[Sequence[Trace]]) -> StrategyResult:
    half, strict = zip(*traces, strict=True)
    costs = [[t.seconds / max(t.right, 1) for t in own] for own in (half, strict)]
    return StrategyResult(
        seconds_per_box_50=float(np.mean(costs[0])),
        seconds_per_box_70=float(np.mean(costs[1])),
        boxes=float(np.mean([t.boxes for t in half])),
        correct_50=float(np.mean([t.right for t in half])),
        correct_70=float(np.mean([t.right for t in strict])),
        seconds_50=float(np.mean([t.seconds for t in half])),
        seconds_70=float(np.mean([t.seconds for t in strict])),
        unseen_50=float(np.mean([t.unseen for t in half])),
        unseen_70=float(np.mean([t.unseen for t in strict])),
        curve_50=half[0].curve,
        curve_70=strict[0].curve,
        per_seed_50=costs[0],
        per_seed_70=costs[1],
    )
