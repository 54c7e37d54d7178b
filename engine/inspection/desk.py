"""From a question to its answer. One desk serves one project; it is not safe for threads."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from engine.domain.errors import BoxwrightError, InputError
from engine.inspection import drops
from engine.inspection.map_measures import Case, Judged, from_map
from engine.inspection.masks import point_masks
from engine.inspection.network_measures import Batch, Check, from_network
from engine.inspection.networks import Networks
from engine.inspection.pictures import Pictures
from engine.inspection.subject import CLASSES_TOLD, Subject
from engine.inspection.truth import known_boxes
from engine.jobs import inspection as talk
from engine.jobs.events import Failed
from engine.jobs.failure import last_word
from engine.learning.inspecting import observing
from engine.localization.measures import with_combined
from engine.store.images import get_image
from engine.store.project import Project
from engine.store.score_maps import get_map


class Desk:
    """Answers; between two passes of a network it calls the ``check`` it is given, which may
    raise JobCancelled."""

    def __init__(self, project: Project, device: str = "auto") -> None:
        self._project = project
        self._networks = Networks(project, device)
        self._pictures = Pictures(project)
        self._answers: dict[type, Callable[[Any, Check, float], talk.Answer]] = {
            talk.InspectImage: self._inspect,
            talk.DropQuestion: self._drop,
            talk.AlternativesQuestion: self._alternatives,
            talk.MeasuresQuestion: self._measures,
            talk.CompareRuns: self._compare,
        }

    def answer(self, question: talk.Question, check: Check) -> talk.Answer:
        """Raises BoxwrightError for what a person can act on, and what ``check`` raises."""
        check()
        return self._answers[type(question)](question, check, time.perf_counter())

    def _subject(self, run_id: int, image_id: int) -> Subject:
        with self._project.read() as connection:
            image = get_image(connection, image_id)
        opened = self._networks.open(run_id)
        pixels = self._pictures.read(image, opened.side)
        return Subject(opened, image, pixels[None], self._project.settings().boxes)

    def _inspect(
        self, question: talk.InspectImage, check: Check, start: float
    ) -> talk.ImageInspected:
        subject = self._subject(question.run_id, question.image_id)
        check()
        with observing(subject.opened.network, question.seed) as points:
            view = subject.look()
        label = [] if subject.label is None else [subject.label]
        told = max(question.top, CLASSES_TOLD)
        return talk.ImageInspected(
            id=question.id,
            run_id=question.run_id,
            image_id=question.image_id,
            run_title=subject.opened.title,
            width=subject.image.width,
            height=subject.image.height,
            label=subject.image.class_id,
            classes=subject.scores(view, told, label),
            maps=tuple(
                subject.class_map(view, index)
                for index in subject.ranked(view, question.top, label)
            ),
            points=tuple(map(point_masks, points)),
            seconds=time.perf_counter() - start,
        )

    def _drop(self, question: talk.DropQuestion, check: Check, start: float) -> talk.DropShown:
        subject = self._subject(question.run_id, question.image_id)
        if not isinstance(question.how, talk.DropMasks) and not question.how.box.has_extent:
            raise InputError("The box covers nothing.", remedy="Draw it larger.")
        view = subject.look()
        index = subject.chosen(view, question.class_id)
        check()
        after, hidden = drops.drop(subject, question.how, index)
        before = subject.seen(view, index, [score.class_name for score in after.classes])
        return talk.DropShown(
            id=question.id,
            run_id=question.run_id,
            image_id=question.image_id,
            before=before,
            after=after,
            hidden=talk.encode_array(hidden, talk.ArrayKind.MASK),
            seconds=time.perf_counter() - start,
        )

    def _alternatives(
        self, question: talk.AlternativesQuestion, check: Check, start: float
    ) -> talk.AlternativesFound:
        subject = self._subject(question.run_id, question.image_id)
        found = drops.alternatives(subject, question.class_id, question.seed, check)
        return talk.AlternativesFound(
            id=question.id,
            run_id=question.run_id,
            image_id=question.image_id,
            of=found.of,
            base=found.base,
            boxes=found.others,
            seconds=time.perf_counter() - start,
        )

    def _measures(
        self, question: talk.MeasuresQuestion, check: Check, start: float
    ) -> talk.MeasuresFound:
        subject = self._subject(question.run_id, question.image_id)
        image = subject.image
        index = subject.chosen(subject.look(), None)
        with self._project.read() as connection:
            truth = known_boxes(connection, [image]).get(image.id, [])
            class_id = subject.opened.class_ids[index]
            stored = get_map(connection, subject.opened.run.id, image.id, class_id)
        check()
        values = subject.look().maps(np.array([index]))[0] if stored is None else stored.values
        case = Case(image.width, image.height, values, truth)
        judged = Judged.of(case, subject.boxes)
        found = from_map(judged)
        if not question.quick:
            batch = Batch(
                subject.opened, subject.boxes, subject.pixels, np.array([index]), [judged]
            )
            found |= from_network(batch, check)[0]
        return talk.MeasuresFound(
            id=question.id,
            run_id=question.run_id,
            image_id=question.image_id,
            values=with_combined(found),
            seconds=time.perf_counter() - start,
        )

    def _compare(self, question: talk.CompareRuns, check: Check, start: float) -> talk.RunsCompared:
        views = []
        for run_id in question.run_ids:
            check()
            views.append(self._view(run_id, question))
        return talk.RunsCompared(
            id=question.id,
            image_id=question.image_id,
            views=tuple(views),
            seconds=time.perf_counter() - start,
        )

    def _view(self, run_id: int, question: talk.CompareRuns) -> talk.RunView:
        """What one run sees, or why it sees nothing: the others are still worth showing."""
        try:
            subject = self._subject(run_id, question.image_id)
            with observing(subject.opened.network, question.seed) as points:
                view = subject.look()
            seen = subject.seen(view, subject.chosen(view, question.class_id))
        except BoxwrightError as error:
            failure = last_word(error)
            assert isinstance(failure, Failed)
            return talk.RunView(run_id, f"run {run_id}", "", failure=failure)
        return talk.RunView(
            run_id,
            subject.opened.title,
            subject.opened.network.settings.method,
            seen,
            points=tuple(map(point_masks, points)),
        )
