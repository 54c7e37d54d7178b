"""What a drag does, from press to release: move or resize boxes, draw one, select some, pan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from PySide6.QtCore import QPointF

from app.canvas.grips import Grip, dragged, moved_together, spanned
from engine.domain.geometry import Box

#: Pixels of the screen below which a drag was meant as a click.
CLICK_SLACK = 3.0


class Stage(Protocol):
    """What a gesture needs of the canvas."""

    def pan(self, dx: float, dy: float) -> None: ...

    def preview_boxes(self, boxes: Mapping[int, Box]) -> None: ...

    def preview_draft(self, box: Box | None) -> None: ...

    def preview_band(self, band: Box | None) -> None: ...

    def finish_boxes(self, boxes: Mapping[int, Box], grip: Grip) -> None: ...

    def finish_draft(self, box: Box) -> None: ...

    def finish_click(self, at: Point) -> None: ...

    def select(self, indices: frozenset[int]) -> None: ...

    def select_within(self, area: Box, base: frozenset[int]) -> None: ...

    def image_size(self) -> tuple[int, int]: ...

    def snap(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Point:
    """A place of the mouse, on the screen and in the image."""

    screen: QPointF
    image: QPointF


class Gesture(Protocol):
    def move(self, to: Point) -> None: ...

    def release(self) -> None: ...

    def cancel(self) -> None: ...


@dataclass
class PanGesture:
    stage: Stage
    last: Point

    def move(self, to: Point) -> None:
        delta = to.screen - self.last.screen
        self.last = to
        self.stage.pan(delta.x(), delta.y())

    def release(self) -> None:
        """Nothing to do: panning acts at once."""

    def cancel(self) -> None:
        """Nothing to take back: panning changes no box."""


@dataclass
class DragGesture:
    """Moves all of ``boxes``, or stretches them by the edges of ``grip``."""

    stage: Stage
    start: Point
    grip: Grip
    boxes: Mapping[int, Box]
    now: dict[int, Box] = field(default_factory=dict)

    def move(self, to: Point) -> None:
        if not self.now and not _beyond_click(self.start, to):
            return
        delta = to.image - self.start.image
        self.now = self._dragged(delta.x(), delta.y())
        self.stage.preview_boxes(self.now)

    def release(self) -> None:
        changed = {i: box for i, box in self.now.items() if box != self.boxes[i]}
        if changed:
            self.stage.finish_boxes(changed, self.grip)
        self.stage.preview_boxes({})

    def cancel(self) -> None:
        self.stage.preview_boxes({})

    def _dragged(self, dx: float, dy: float) -> dict[int, Box]:
        width, height = self.stage.image_size()
        snap = self.stage.snap()
        if self.grip == Grip.MOVE:
            return moved_together(self.boxes, dx, dy, width, height, snap)
        return {
            index: dragged(box, self.grip, dx, dy, width, height, snap)
            for index, box in self.boxes.items()
        }


@dataclass
class DrawGesture:
    stage: Stage
    start: Point
    last: Point

    def move(self, to: Point) -> None:
        self.last = to
        self.stage.preview_draft(self._box())

    def release(self) -> None:
        self.stage.preview_draft(None)
        box = self._box()
        if _beyond_click(self.start, self.last) and box.has_extent:
            self.stage.finish_draft(box)

    def cancel(self) -> None:
        self.stage.preview_draft(None)

    def _box(self) -> Box:
        a, b = self.start.image, self.last.image
        size, snap = self.stage.image_size(), self.stage.snap()
        return spanned(a.x(), a.y(), b.x(), b.y(), *size, snap)


@dataclass
class ClickGesture:
    """A press that means the place where it is let go."""

    stage: Stage
    last: Point

    def move(self, to: Point) -> None:
        self.last = to

    def release(self) -> None:
        self.stage.finish_click(self.last)

    def cancel(self) -> None:
        """Nothing has happened yet."""


@dataclass
class BandGesture:
    """Selects the boxes that a rubber band touches, beside those in ``base``.

    A mere click selects ``base`` with ``clicked`` in the other state, or ``base`` alone.
    """

    stage: Stage
    start: Point
    base: frozenset[int]
    before: frozenset[int]
    clicked: frozenset[int] = frozenset()
    area: Box | None = None

    def move(self, to: Point) -> None:
        if self.area is None and not _beyond_click(self.start, to):
            return
        a, b = self.start.image, to.image
        self.area = Box(a.x(), a.y(), b.x(), b.y()).normalised()
        self.stage.preview_band(self.area)
        self.stage.select_within(self.area, self.base)

    def release(self) -> None:
        self.stage.preview_band(None)
        if self.area is None:
            self.stage.select(self.base ^ self.clicked)

    def cancel(self) -> None:
        self.stage.preview_band(None)
        self.stage.select(self.before)


def _beyond_click(a: Point, b: Point) -> bool:
    delta = b.screen - a.screen
    return max(abs(delta.x()), abs(delta.y())) >= CLICK_SLACK
