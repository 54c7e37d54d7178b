"""The loop replayed by a simulated annotator: what a correct box costs in a person's seconds."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from engine.domain.errors import InputError
from engine.domain.geometry import Box
from engine.domain.records import QueueEntry, ReviewState
from engine.domain.settings import BoxModelSettings
from engine.jobs.reporter import Reporter
from engine.learning.box_model.model import BoxModel
from engine.localization.guarantee import Promise, find_floor
from engine.store.act_times import median_seconds
from engine.store.value_queue import DEFAULT_SHARE, by_value, mixed
from engine.workflows.annotator import Costs, measured_costs, review, right_boxes
from engine.workflows.box_learning import Learned, Proposed, learn, propose
from engine.workflows.evidence import Evidence, Known
from engine.workflows.learning_ground import Ground, open_ground
from engine.workflows.projects import open_project
from engine.workflows.true_boxes import true_boxes_of_file

LEVELS = (0.5, 0.7)
#: How often the loop asks whether the rest may be accepted; the confidence is shared among them.
ATTEMPTS = 3


@dataclass(frozen=True)
class SimulateRequest:
    """``measured_times`` takes the costs from the project's own log where it has any.

    ``batch``: decisions before the first learning; ``growth``: by which factor of the reviewed
    images the next ones follow. ``share``: of the images drawn by chance. ``promise``: what the
    rest must hold to be accepted unseen (``accept_rest``)."""

    project: str
    boxes: Path
    costs: Costs = field(default_factory=Costs)
    measured_times: bool = False
    seeds: int = 1
    batch: int = 10
    growth: float = 1.4
    share: float = DEFAULT_SHARE
    promise: float = 0.95
    accept_rest: bool = True
    run: int | None = None
    model: BoxModelSettings = field(default_factory=BoxModelSettings)


@dataclass
class Trace:
    """One replay: seconds spent, boxes made, boxes right; ``curve``: these three as they grew.

    ``reviewed`` images by the person, ``unseen`` accepted without."""

    seconds: float = 0.0
    boxes: int = 0
    right: int = 0
    reviewed: int = 0
    unseen: int = 0
    curve: list[tuple[float, int, int]] = field(default_factory=list)

    def add(self, seconds: float, boxes: int, right: int) -> None:
        self.seconds, self.boxes, self.right = (
            self.seconds + seconds,
            self.boxes + boxes,
            self.right + right,
        )

    def mark(self) -> None:
        self.curve.append((round(self.seconds, 1), self.boxes, self.right))


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
    return _Loop(request, ground, known, costs, level, seed, reporter).run()


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
    shown = _shown(_unlearned(ground, request, reporter), ground, list(known.values()), reporter)
    for image_id, item in known.items():
        boxes = [scored.box for scored in shown[image_id].boxes] if image_id in shown else []
        right = right_boxes(boxes, item.boxes, level)
        trace.add(costs.move_on + costs.verify * len(boxes), right, right)
        trace.reviewed += 1
    trace.mark()
    return trace


def _unlearned(ground: Ground, request: SimulateRequest, reporter: Reporter) -> Learned:
    return learn(
        Evidence(),
        ground.sources,
        ground.usual,
        None,
        ground.paths,
        request.model,
        reporter,
        guesses=ground.guesses,
    )


def _shown(
    learned: Learned, ground: Ground, known: Sequence[Known], reporter: Reporter
) -> dict[int, Proposed]:
    images = [item.image for item in known]
    batches = propose(learned, images, ground.grids, ground.paths, reporter)
    return {item.image.id: item for batch in batches for item in batch}


class _Loop:
    """Review the next images by value and by chance, learn, propose anew, accept the rest."""

    def __init__(
        self,
        request: SimulateRequest,
        ground: Ground,
        known: Mapping[int, Known],
        costs: Costs,
        level: float,
        seed: int,
        reporter: Reporter,
    ) -> None:
        self._request, self._ground, self._known = request, ground, known
        self._costs, self._level, self._seed = costs, level, seed
        self._reporter = reporter
        self._trace = Trace()
        self._waiting = dict(known)
        self._evidence = Evidence()
        self._model: BoxModel | None = None
        self._draw = random.Random(seed)
        self._attempts = 0
        confidence = 1 - 0.05 / ATTEMPTS
        self._promise = Promise(request.promise, confidence, level)

    def run(self) -> Trace:
        learned = _unlearned(self._ground, self._request, self._reporter)
        due = float(self._request.batch)
        while self._waiting:
            shown = _shown(learned, self._ground, list(self._waiting.values()), self._reporter)
            if self._request.accept_rest and self._accepts_rest(learned, shown):
                break
            self._review(shown, max(1, round(due) - self._trace.reviewed))
            due = max(due + self._request.batch, due * self._request.growth)
            self._trace.mark()
            if self._waiting:
                learned = self._learn()
        self._trace.mark()
        return self._trace

    def _review(self, shown: Mapping[int, Proposed], count: int) -> None:
        count = min(count, len(self._waiting))
        number = round(self._request.share * count)
        drawn = set(self._draw.sample(sorted(self._waiting), min(number, len(self._waiting))))
        decided = Counter(k.label for k in [*self._evidence.accepted, *self._evidence.drawn])
        entries = [self._entry(k, shown) for i, k in self._waiting.items() if i not in drawn]
        for turn in mixed(by_value(entries, decided, self._seed), sorted(drawn), count):
            known = self._waiting.pop(turn.image_id)
            proposed = shown.get(turn.image_id)
            boxes = [scored.box for scored in proposed.boxes] if proposed else []
            done = review(boxes, known.boxes, self._level, self._costs)
            self._trace.add(done.seconds, done.boxes, done.boxes)
            self._trace.reviewed += 1
            kept = self._evidence.drawn if turn.drawn else self._evidence.accepted
            kept.append(known)

    def _entry(self, known: Known, shown: Mapping[int, Proposed]) -> QueueEntry:
        image, proposed = known.image, shown.get(known.image.id)
        quality = min(_quality(proposed, self._level), default=None) if proposed else None
        return QueueEntry(
            image.id,
            image.path,
            image.width,
            image.height,
            image.class_id,
            ReviewState.UNREVIEWED,
            quality,
            None,
            quality,
        )

    def _learn(self) -> Learned:
        ground, model = self._ground, self._request.model
        arguments = (ground.sources, ground.usual, ground.grids, ground.paths)
        settings = replace(model, seed=model.seed + self._seed)
        learned = learn(
            self._evidence, *arguments, settings, self._reporter, self._model, ground.guesses
        )
        self._model = learned.model
        return learned

    def _accepts_rest(self, learned: Learned, shown: Mapping[int, Proposed]) -> bool:
        """Whether the whole rest, or all of it that reaches a floor, is accepted; the loop ends
        once nothing is left."""
        drawn = self._evidence.drawn
        if self._level not in learned.quality or self._attempts >= ATTEMPTS:
            return False
        if len(drawn) < self._first_look() * 1.5**self._attempts:
            return False
        self._attempts += 1
        judged = _shown(learned, self._ground, drawn, self._reporter)
        rows = [(judged[k.image.id], k) for k in drawn if k.image.id in judged]
        scores = [min(_quality(p, self._level)) for p, _ in rows]
        right = [_is_right(p, k.boxes, self._level) for p, k in rows]
        rest = {i: min(_quality(p, self._level)) for i, p in shown.items() if i in self._waiting}
        found = find_floor(scores, right, list(rest.values()), self._promise)
        if found.floor is None:
            return False
        for image_id in [i for i, score in rest.items() if score >= found.floor]:
            known, proposed = self._waiting.pop(image_id), shown[image_id]
            boxes = [scored.box for scored in proposed.boxes]
            self._trace.add(0.0, len(boxes), right_boxes(boxes, known.boxes, self._level))
            self._trace.unseen += 1
        return not self._waiting

    def _first_look(self) -> int:
        """Draws that could pass without a miss, and some more."""
        share = self._promise.share
        return int(1.2 * np.log(1 - self._promise.confidence) / np.log(share)) + 1


def _quality(proposed: Proposed, level: float) -> tuple[float, ...]:
    return proposed.quality.get(level, ())


def _is_right(proposed: Proposed, truth: Sequence[Box], level: float) -> bool:
    boxes = [scored.box for scored in proposed.boxes]
    return right_boxes(boxes, truth, level) == len(boxes)


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
