"""One image before one run's network, and what is seen there as it travels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.domain.records import ImageRecord
from engine.domain.settings import BoxSettings
from engine.inspection.networks import Opened
from engine.inspection.occlusion import Pixels
from engine.jobs import inspection as talk
from engine.learning.inspecting import Look, look
from engine.localization.boxes import LiveBoxes

#: Classes whose probabilities are told, most probable first.
CLASSES_TOLD = 5


@dataclass(frozen=True)
class Subject:
    """``pixels`` (1, S, S, 3); ``boxes``: how boxes are derived in the project."""

    opened: Opened
    image: ImageRecord
    pixels: Pixels
    boxes: BoxSettings

    @property
    def label(self) -> int | None:
        """The network's index of the image label; None without one, or an unknown one."""
        return self.opened.index_of(self.image.class_id)

    def look(self, pixels: Pixels | None = None) -> Look:
        """The network's view of the image, or of ``pixels`` in its place."""
        shown = self.pixels if pixels is None else pixels
        return look(self.opened.network, shown, self.opened.maps)

    def chosen(self, seen: Look, class_id: int | None) -> int:
        """The class asked for, else the image label, else the most probable one, as an index."""
        for index in (self.opened.index_of(class_id), self.label):
            if index is not None:
                return index
        return int(seen.probabilities[0].argmax())

    def seen(self, view: Look, index: int, also: Sequence[str] = ()) -> talk.Seen:
        """What travels of a look at class ``index``; classes named in ``also`` are told too."""
        more = [index, *(self.opened.names.index(name) for name in also)]
        return talk.Seen(self.class_map(view, index), self.scores(view, CLASSES_TOLD, more))

    def class_map(self, view: Look, index: int) -> talk.ClassMap:
        values = view.maps(np.array([index]))[0]
        score = self.score(view.probabilities[0], index)
        return talk.ClassMap(score, talk.encode_array(values), self.found(values, score))

    def found(
        self, values: NDArray[np.float32], score: talk.ClassScore
    ) -> tuple[talk.FoundBox, ...]:
        """The boxes of a map, best first."""
        image = self.image
        live = LiveBoxes(values, image.width, image.height, self.boxes, score.probability)
        boxes = live.at(self.boxes.threshold)
        return tuple(talk.FoundBox(scored.box, scored.score) for scored in boxes)

    def scores(self, view: Look, top: int, more: Sequence[int] = ()) -> tuple[talk.ClassScore, ...]:
        """The ``top`` most probable classes and ``more``, by falling probability."""
        return tuple(
            self.score(view.probabilities[0], index) for index in self.ranked(view, top, more)
        )

    def ranked(self, view: Look, top: int, more: Sequence[int] = ()) -> list[int]:
        """Indices of the ``top`` most probable classes and ``more``, by falling probability."""
        order = np.argsort(-view.probabilities[0], kind="stable").tolist()
        return [index for at, index in enumerate(order) if at < top or index in more]

    def score(self, probabilities: NDArray[np.float32], index: int) -> talk.ClassScore:
        opened = self.opened
        return talk.ClassScore(
            opened.class_ids[index], opened.names[index], float(probabilities[index])
        )
