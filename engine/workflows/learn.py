"""A person's boxes to better proposals for what is not reviewed."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from engine.domain.errors import CheckpointError
from engine.domain.records import ImageRecord, RunKind, RunState
from engine.jobs.reporter import Reporter
from engine.jobs.requests import LearnRequest
from engine.learning.box_model.files import load_box_model, save_box_model
from engine.learning.box_model.model import BoxModel
from engine.learning.versions import versions
from engine.store import proposals as proposal_rows
from engine.store import runs
from engine.store import score_maps as map_rows
from engine.store.classes import class_names
from engine.store.images import undecided_ids
from engine.store.learned import put_judged_draws
from engine.store.project import Connection, Project
from engine.store.proposals import NewProposal
from engine.store.score_maps import StoredMap
from engine.workflows.box_learning import FEWEST_ACCEPTED, learn
from engine.workflows.box_proposals import propose
from engine.workflows.evidence import Evidence, gather
from engine.workflows.findings import ReviewedDraw, findings, reviewed_draw
from engine.workflows.learned_boxes import Learned, Proposed
from engine.workflows.learning_ground import Ground, open_ground
from engine.workflows.projects import open_project, recorded_run
from engine.workflows.unusable import unusable_kept

MODEL_NAME = "box_model.safetensors"


def run(request: LearnRequest, reporter: Reporter) -> dict[str, Any]:
    """Learn and propose; returns what was learned from, what is used, and how sure it is.

    Nothing a person decided is touched, nor proposals that came from a file. With nothing accepted
    yet no proposal changes. Raises ProjectError if there are no score maps.
    """
    started = time.monotonic()
    with open_project(request.project) as project:
        evidence = gather(project, reporter)
        ground = open_ground(project, request.run, request.model, reporter)
        found = _facts(project, evidence, ground, reporter)
        if not evidence.accepted:
            return {**found, "run": None, "images": 0, "boxes": 0, "used": ground.guess}
        run_id, before = _begin(project, ground, request, reporter)
        reporter.artifact("run", [run_id])
        with unusable_kept(project, reporter), recorded_run(project, run_id):
            job = _Job(project, ground, run_id, reporter)
            learned = job.learn(evidence, request, before)
            found |= job.keep(learned, evidence, found)
            images, boxes = job.propose(learned, request)
    found |= {"run": run_id, "images": images, "boxes": boxes}
    return {**found, "seconds": time.monotonic() - started}


class _Job:
    """One learning run, from the evidence to the store."""

    def __init__(self, project: Project, ground: Ground, run_id: int, reporter: Reporter) -> None:
        self._project, self._ground = project, ground
        self._run_id, self._reporter = run_id, reporter

    def learn(self, evidence: Evidence, request: LearnRequest, before: BoxModel | None) -> Learned:
        ground = self._ground
        arguments = (ground.sources, ground.usual, ground.grids, ground.paths, request.model)
        known = (before, ground.guesses, ground.cuts)
        learned = learn(evidence, *arguments, self._reporter, *known)
        ground.cuts.save()
        if learned.model is not None:
            folder = self._project.runs_folder / f"{self._run_id:04d}"
            save_box_model(learned.model, folder / MODEL_NAME)
        return learned

    def keep(self, learned: Learned, evidence: Evidence, found: dict[str, Any]) -> dict[str, Any]:
        """Write what was found out with the run; returns it."""
        reviewed = self._review_draws(learned, evidence)
        judged = [item.judged for item in reviewed]
        facts = findings(learned, reviewed)
        metrics = {item["name"]: item["score"] for item in facts["judged"]}
        metrics |= {f"expected_error_{k}": v["expected_error"] for k, v in facts["quality"].items()}
        step = float(len(evidence.accepted))
        with self._project.write() as connection:
            settings = runs.get_run(connection, self._run_id).settings
            runs.set_run_settings(connection, self._run_id, {**settings, "found": found | facts})
            runs.add_metrics(connection, self._run_id, step, metrics)
            without = {k.image.id for k in evidence.drawn} - {j.image_id for j in judged}
            put_judged_draws(connection, self._run_id, judged, sorted(without))
        if not learned.uses_model:
            boxes = replace(learned.cut.settings, multiple=self._ground.usual.multiple)
            self._project.save_settings(replace(self._project.settings(), boxes=boxes))
        return facts

    def propose(self, learned: Learned, request: LearnRequest) -> tuple[int, int]:
        """Replace the proposals of undecided images; returns how many images and boxes."""
        with self._project.read() as connection:
            undecided = undecided_ids(connection)
        order = list(dict.fromkeys([*request.first, *self._ground.images]))
        if request.only_first:
            order = list(request.first)
        images = [self._ground.images[i] for i in order if i in undecided]
        count = boxes = 0
        for batch in self._proposals(learned, images):
            kept = self._store(learned, batch)
            count, boxes = count + len(kept), boxes + sum(len(item.boxes) for item in kept)
        return count, boxes

    def _proposals(
        self, learned: Learned, images: Sequence[ImageRecord]
    ) -> Iterator[list[Proposed]]:
        return propose(learned, images, self._ground.grids, self._ground.paths, self._reporter)

    def _store(self, learned: Learned, batch: Sequence[Proposed]) -> list[Proposed]:
        """In one transaction, and only where nobody has decided meanwhile."""
        with self._project.write() as connection:
            free = undecided_ids(connection) - _imported(connection, batch)
            kept = [item for item in batch if item.image.id in free]
            run_id = self._run_id
            if learned.uses_model or len(learned.source.run_ids) > 1:
                map_rows.put_maps(connection, run_id, [_map(item) for item in kept])
            else:
                (run_id,) = learned.source.run_ids
            rows = [row for item in kept for row in _rows(item)]
            ids = [item.image.id for item in kept]
            proposal_rows.replace_proposals(connection, run_id, ids, rows)
        self._reporter.artifact("proposals", ids)
        return kept

    def _review_draws(self, learned: Learned, evidence: Evidence) -> list[ReviewedDraw]:
        known = {item.image.id: item for item in evidence.drawn}
        images = [item.image for item in evidence.drawn]
        return [
            reviewed_draw(item, known[item.image.id])
            for batch in self._proposals(learned, images)
            for item in batch
        ]


def _facts(
    project: Project, evidence: Evidence, ground: Ground, reporter: Reporter
) -> dict[str, Any]:
    with project.read() as connection:
        names = class_names(connection)
    used = {image.class_id for image in ground.images.values() if image.class_id is not None}
    without = sorted(names[label] for label in used - evidence.classes)
    if evidence.accepted and without:
        reporter.warn(f"No box is accepted yet of {', '.join(without[:5])}: taken as the others.")
    if not evidence.accepted:
        reporter.warn(_nothing(evidence))
    return {
        "accepted": len(evidence.accepted),
        "rejected": len(evidence.rejected),
        "drawn": len(evidence.drawn),
        "classes_without": without,
        "fewest": FEWEST_ACCEPTED,
        "guesses": dict(ground.guesses),
        "guess": ground.guess,
    }


def _nothing(evidence: Evidence) -> str:
    if evidence.rejected and not evidence.drawn:
        count = len(evidence.rejected)
        return f"All {count} decided images were rejected, so that there is nothing to learn from."
    if evidence.drawn and not evidence.rejected:
        count = len(evidence.drawn)
        return (
            f"All {count} decided images were chosen by chance and only judge, so that there is"
            " nothing to learn from."
        )
    return "No box is accepted yet, so that there is nothing to learn from."


def _begin(
    project: Project, ground: Ground, request: LearnRequest, reporter: Reporter
) -> tuple[int, BoxModel | None]:
    """The learning run of this training, gone on with where there is one, and its box model."""
    parent = None if ground.training is None else ground.training.id
    with project.write() as connection:
        known = [r for r in runs.list_runs(connection, RunKind.LEARN) if r.parent_id == parent]
        free = [r for r in known if r.state is not RunState.RUNNING]
        if free:
            run_id = free[0].id
            runs.reopen_run(connection, run_id)
        else:
            settings = {"learn": asdict(request.model)}
            run_id = runs.start_run(connection, RunKind.LEARN, settings, versions(), parent)
            runs.set_run_folder(connection, run_id, f"runs/{run_id:04d}")
    return run_id, _model_before(project, run_id, reporter) if request.update else None


def _model_before(project: Project, run_id: int, reporter: Reporter) -> BoxModel | None:
    try:
        return load_box_model(project.runs_folder / f"{run_id:04d}" / MODEL_NAME)
    except CheckpointError as error:
        reporter.warn(f"{error} It is learned from the beginning.")
        return None


def _imported(connection: Connection, batch: Sequence[Proposed]) -> set[int]:
    """Images whose proposals a person brought from a file."""
    imports = {record.id for record in runs.list_runs(connection, RunKind.IMPORT)}
    if not imports:
        return set()
    found = proposal_rows.proposals_of(connection, [item.image.id for item in batch])
    return {i for i, own in found.items() if any(p.run_id in imports for p in own)}


def _map(item: Proposed) -> StoredMap:
    values = np.asarray(item.values, np.float16)
    return StoredMap(item.image.id, item.class_id, 1.0, values)


def _rows(item: Proposed) -> list[NewProposal]:
    def of(level: float, index: int) -> float | None:
        return item.quality[level][index] if level in item.quality else None

    return [
        NewProposal(
            image_id=item.image.id,
            class_id=item.class_id,
            box=scored.box,
            score=scored.score if of(0.5, index) is None else float(of(0.5, index) or 0.0),
            threshold=item.threshold,
            quality_50=of(0.5, index),
            quality_70=of(0.7, index),
        )
        for index, scored in enumerate(item.boxes)
    ]
