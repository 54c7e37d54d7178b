"""The learning loop, replayed in memory by a simulated annotator."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from engine.domain.geometry import Box
from engine.domain.records import QueueEntry, ReviewState
from engine.domain.settings import BoxModelSettings
from engine.jobs.reporter import Reporter
from engine.learning.box_model.model import BoxModel
from engine.localization.asking import Asked, answer, look
from engine.localization.guarantee import Promise
from engine.store.value_queue import DEFAULT_SHARE, by_value, mixed
from engine.workflows.annotator import Costs, review, right_boxes
from engine.workflows.box_learning import learn
from engine.workflows.box_proposals import propose
from engine.workflows.evidence import Evidence, Known
from engine.workflows.learned_boxes import Learned, Proposed
from engine.workflows.learning_ground import Ground


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


def unlearned(ground: Ground, request: SimulateRequest, reporter: Reporter) -> Learned:
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


def shown_boxes(
    learned: Learned, ground: Ground, known: Sequence[Known], reporter: Reporter
) -> dict[int, Proposed]:
    images = [item.image for item in known]
    batches = propose(learned, images, ground.grids, ground.paths, reporter)
    return {item.image.id: item for batch in batches for item in batch}


class Loop:
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
        self._asked: list[Asked] = []
        self._promise = Promise(request.promise, iou_level=level)

    def run(self) -> Trace:
        learned = unlearned(self._ground, self._request, self._reporter)
        due = float(self._request.batch)
        while self._waiting:
            shown = shown_boxes(learned, self._ground, list(self._waiting.values()), self._reporter)
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
        known = (self._model, ground.guesses, ground.cuts)
        learned = learn(self._evidence, *arguments, settings, self._reporter, *known)
        self._model = learned.model
        return learned

    def _accepts_rest(self, learned: Learned, shown: Mapping[int, Proposed]) -> bool:
        """Whether the whole rest, or all of it that reaches a floor, is accepted; the loop ends
        once nothing is left."""
        drawn = self._evidence.drawn
        if self._level not in learned.quality:
            return False
        judged = shown_boxes(learned, self._ground, drawn, self._reporter)
        rows = [(judged[k.image.id], k) for k in drawn if k.image.id in judged]
        scores = [min(_quality(p, self._level)) for p, _ in rows]
        right = [_is_right(p, k.boxes, self._level) for p, k in rows]
        rest = {i: min(_quality(p, self._level)) for i, p in shown.items() if i in self._waiting}
        values = list(rest.values())
        at = look(scores, right, values, self._promise, self._asked)
        if at.number > 1:  # once at each checkpoint: a second question would pay for little
            return False
        found, cost = answer(scores, right, values, self._promise, self._asked)
        if cost is not None:
            self._asked.append(cost.asked)
        if found.floor is None:
            return False
        for image_id in [i for i, score in rest.items() if score >= found.floor]:
            known, proposed = self._waiting.pop(image_id), shown[image_id]
            boxes = [scored.box for scored in proposed.boxes]
            self._trace.add(0.0, len(boxes), right_boxes(boxes, known.boxes, self._level))
            self._trace.unseen += 1
        return not self._waiting


def _quality(proposed: Proposed, level: float) -> tuple[float, ...]:
    return proposed.quality.get(level, ())


def _is_right(proposed: Proposed, truth: Sequence[Box], level: float) -> bool:
    boxes = [scored.box for scored in proposed.boxes]
    return right_boxes(boxes, truth, level) == len(boxes)
