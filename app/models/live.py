"""Proposals derived again from the stored score maps while a person moves the slider."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from app.models.shapes import Shape
from engine.domain.settings import BoxSettings
from engine.localization.boxes import LiveBoxes
from engine.store.score_maps import StoredMap


class LiveProposals:
    """The boxes of one image's maps (most certain class first) under ``settings``."""

    def __init__(
        self,
        maps: Sequence[StoredMap],
        run_id: int,
        width: int,
        height: int,
        settings: BoxSettings,
    ) -> None:
        self.run_id = run_id
        self._maps = maps
        self._size = (width, height)
        self._settings = settings
        self._boxes = self._prepare()

    @property
    def settings(self) -> BoxSettings:
        return self._settings

    @property
    def heat(self) -> NDArray[np.float32]:
        """The first map, normalised to [0, 1], on its working grid."""
        return self._boxes[0].grid

    def apply(self, settings: BoxSettings) -> None:
        """Other settings; another threshold alone costs next to nothing."""
        same_maps = replace(settings, threshold=0.0) == replace(self._settings, threshold=0.0)
        self._settings = settings
        if not same_maps:
            self._boxes = self._prepare()

    def shapes(self) -> list[Shape]:
        """The proposals under the present settings, best score first."""
        found = [
            Shape(stored.class_id, scored.box, run_id=self.run_id, score=scored.score)
            for stored, live in zip(self._maps, self._boxes, strict=True)
            for scored in live.at(self._settings.threshold)
        ]
        return sorted(found, key=lambda shape: -(shape.score or 0.0))

    def _prepare(self) -> list[LiveBoxes]:
        return [
            LiveBoxes(stored.values, *self._size, self._settings, stored.probability)
            for stored in self._maps
        ]
