"""Paints the boxes in pixels of the screen: lines and handles keep their size at any zoom."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter, QTransform

from app.canvas import marks, palette
from app.canvas.box_table import BoxTable, device_edges
from app.canvas.labels import Label, LabelBoard, Words
from app.canvas.lines import Line, line_of
from app.canvas.outlines import Edges, Outline, paint_outlines
from app.i18n import decimal, mark, tr
from app.models.shapes import Shape
from engine.domain.geometry import Box

_LABEL_NEEDS = 26.0  # pixels of width below which a box carries no label
_MOST_LABELS = 100  # at once; more of them nobody reads
LATER = mark("later")  # on a box that was put off
DECIDED_SIGN = "✓"  # on a decided box beside undecided ones
_MOST_HANDLES = 30  # selected boxes that show handles and a label of their own


class BoxLayer:
    """Knows the boxes on the screen; the canvas asks it to paint those at rest and the others.

    What is selected, under the mouse or on the move is painted at every repaint, all that is not
    on the move once for every zoom and place. Rectangles are in logical pixels of the screen.
    """

    def __init__(self) -> None:
        self.table = BoxTable(())
        self.shown = True
        self._words_shown = True
        self._some_left = False
        self.draft: Box | None = None
        self.moving: Mapping[int, Box] = {}
        self.selected: frozenset[int] = frozenset()
        self.hovered: int | None = None
        self._names: Mapping[int, str] = {}
        self._colours: Mapping[int, QColor] = {}
        self._room = QRectF()
        self._to_screen = QTransform()
        self._board = LabelBoard()
        self._labels: dict[int, Label] | None = None

    def place(self, room: QRectF, to_screen: QTransform) -> None:
        """The widget, and the way from image pixels to it."""
        self._room, self._to_screen = QRectF(room), QTransform(to_screen)
        self._labels = None

    def set_shapes(self, shapes: Sequence[Shape], hidden: Collection[int]) -> None:
        """Other boxes; those of the classes in ``hidden`` are not shown."""
        self.table = BoxTable(shapes, hidden)
        self._some_left = any(shape.is_proposal for shape in shapes)
        self.moving = {}
        self._labels = None

    def set_classes(self, names: Mapping[int, str], colours: Mapping[int, str]) -> None:
        """Names and colours (``#rrggbb``) by class id."""
        self._names = names
        self._colours = {class_id: QColor(colour) for class_id, colour in colours.items()}
        self._labels = None

    def set_words_shown(self, shown: bool) -> None:
        """Whether boxes at rest have labels."""
        self._words_shown = shown
        self._labels = None

    @property
    def labels(self) -> Mapping[int, Label]:
        """The labels that have room on the screen, by index."""
        if self._labels is None:
            self._labels = self._place_labels() if self._words_shown else {}
        return self._labels

    def screen_box(self, box: Box) -> Box:
        rect = self._rect(box)
        return Box(rect.left(), rect.top(), rect.right(), rect.bottom())

    def paint_resting(self, painter: QPainter) -> None:
        resting = [i for i in self._on_screen() if i not in self.moving]
        self._paint_boxes(painter, resting)
        by_class: dict[int, list[Label]] = {}
        for label in self.labels.values():
            if label.index not in self.moving:
                by_class.setdefault(self.table.shapes[label.index].class_id, []).append(label)
        for class_id, labels in by_class.items():
            self._board.paint(painter, labels, self._colour_of(class_id))

    def paint_live(self, painter: QPainter) -> None:
        self._paint_hovered(painter)
        live = self._live()
        if len(live) <= _MOST_HANDLES:
            self._paint_boxes(painter, live)
            for index in live:
                self._paint_chosen(painter, index)
        else:
            self._paint_boxes(painter, live, palette.HANDLE)
        self._paint_draft(painter)

    def paint_within(self, painter: QPainter, area: QRectF, to_screen: QTransform) -> None:
        """The outlines in ``area`` another way: for a loupe."""
        if not self.shown:
            return
        kept = self._room, self._to_screen
        self._room, self._to_screen = area, to_screen
        self._paint_boxes(painter, self._on_screen())
        self._paint_draft(painter)
        self._room, self._to_screen = kept

    def _paint_boxes(
        self, painter: QPainter, indices: Sequence[int], instead: QColor | None = None
    ) -> None:
        """Their outlines, in their class's colour or another one instead; the line tells whether
        they are decided."""
        alike: dict[tuple[int, Line], list[int]] = {}
        for i in indices:
            shape = self.table.shapes[i]
            line = Line.SOLID if i in self.moving else line_of(shape)
            alike.setdefault((shape.class_id, line), []).append(i)
        ratio = painter.device().devicePixelRatioF()
        outlines = [
            Outline(self._edges(chosen, ratio), instead or self._colour_of(class_id), line)
            for (class_id, line), chosen in alike.items()
        ]
        paint_outlines(painter, outlines)

    def _paint_hovered(self, painter: QPainter) -> None:
        index = self.hovered
        if (
            index is None
            or index in self.selected
            or index in self.moving
            or index >= len(self.table.shapes)
        ):
            return
        rect = self._rect(self._box(index))
        marks.paint_tint(painter, rect, self._colour(index))
        if index not in self.labels:
            self._board.paint(painter, [self._own_label(index, rect)], self._colour(index))

    def _paint_chosen(self, painter: QPainter, index: int) -> None:
        rect = self._rect(self._box(index))
        label = self.labels.get(index) if index not in self.moving else None
        chosen = label or self._own_label(index, rect)
        self._board.paint(painter, [chosen], self._colour(index))
        marks.paint_handles(painter, rect)

    def _own_label(self, index: int, rect: QRectF) -> Label:
        return self._board.place_one(index, rect, self._words(index), self._room)

    def _edges(self, indices: Sequence[int], ratio: float) -> Edges:
        """Where these boxes are now, those on the move where they have been dragged to."""
        if not self.moving:
            return self.table.on_device(indices, self._to_screen, self._room, ratio)
        return self._edges_of([self._box(i) for i in indices], ratio)

    def _edges_of(self, boxes: Sequence[Box], ratio: float) -> Edges:
        rows = np.array([box.as_tuple() for box in boxes], np.float64).reshape(-1, 4)
        return device_edges(rows, self._to_screen, self._room, ratio)

    def _paint_draft(self, painter: QPainter) -> None:
        if self.draft is not None:
            edges = self._edges_of([self.draft], painter.device().devicePixelRatioF())
            paint_outlines(painter, [Outline(edges, palette.HANDLE)])

    def _live(self) -> list[int]:
        """What is selected or moves, as far as it is on the screen."""
        chosen = [i for i in self._on_screen() if i in self.selected and i not in self.moving]
        return sorted([*chosen, *self.moving])

    def _on_screen(self) -> list[int]:
        room = self._to_screen.inverted()[0].mapRect(self._room)
        return self.table.touching(Box(room.left(), room.top(), room.right(), room.bottom()))

    def _place_labels(self) -> dict[int, Label]:
        """Large boxes first: beside those there is room, and their names are sought first."""
        indices = np.array(self._on_screen(), np.int64)
        sides = self.table.edges[indices]
        sides = sides[:, 2:] - sides[:, :2]
        wide = sides[:, 0] * self._to_screen.m11() >= _LABEL_NEEDS
        order = indices[wide][np.argsort(-sides[wide].prod(axis=1), kind="stable")]
        tried = order[: 2 * _MOST_LABELS]
        scale, shift = self._to_screen.m11(), [self._to_screen.dx(), self._to_screen.dy()] * 2
        places = (self.table.edges[tried] * scale + shift).tolist()
        boxes = (
            (i, place, self._words(i)) for i, place in zip(tried.tolist(), places, strict=True)
        )
        return self._board.place_all(boxes, self._room, _MOST_LABELS)

    def _words(self, index: int) -> Words:
        shape = self.table.shapes[index]
        score = shape.score if shape.is_proposal else None
        said = "" if score is None else f"  {decimal(score, 2)}"
        if shape.skipped:
            said += f"  {tr(LATER)}"
        elif self._some_left and not shape.is_proposal:
            said += f"  {DECIDED_SIGN}"
        return self._names.get(shape.class_id, "?"), said

    def _colour(self, index: int) -> QColor:
        return self._colour_of(self.table.shapes[index].class_id)

    def _colour_of(self, class_id: int) -> QColor:
        return self._colours.get(class_id, palette.NO_CLASS)

    def _box(self, index: int) -> Box:
        return self.moving.get(index) or self.table.shapes[index].box

    def _rect(self, box: Box) -> QRectF:
        return self._to_screen.mapRect(QRectF(box.xmin, box.ymin, box.width, box.height))
