"""What stands on the sheets: rows of panels from what a run sees in an image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtGui import QImage

from app.i18n import mark, percent, tr
from app.why import model
from app.why.bars import BarsPanel
from app.why.model import BACKGROUND, PART, ClassScore, Layer, Look, Marked, PointMaps, View
from app.why.panels import MapPanel, Panel
from app.why.plots import ChannelPanel, NotePanel
from app.why.sheet_layout import Row
from engine.localization.score_map import FloatMap

NO_PART = mark("This method has no such mask.")
NO_CHANNELS = mark("This method drops no channels.")
_SHOWN_CLASSES = 5


@dataclass(frozen=True, eq=False)
class Ground:
    """What lies beneath the maps: the photograph, its size in pixels, and the boxes on it.

    ``marks`` may be a list that changes while a slider moves. ``over``: maps lie over the photo.
    """

    size: tuple[int, int]
    photo: QImage | None
    marks: Sequence[Marked] = ()
    over: bool = False

    def input(self, title: str, marks: Sequence[Marked] | None = None) -> MapPanel:
        """The photograph with boxes."""
        shown = self.marks if marks is None else marks
        return MapPanel(title, self.size, self.photo, marks=shown, note=_pixels(self.size))

    def map(self, title: str, layer: Layer, marks: Sequence[Marked] = ()) -> MapPanel:
        """A map in cells, alone or over the photograph."""
        return MapPanel(title, self.size, self.photo if self.over else None, layer, marks)

    def overlay(self, title: str, layer: Layer, marks: Sequence[Marked] = ()) -> MapPanel:
        return MapPanel(title, self.size, self.photo, layer, marks, smooth=True)

    def heatmap(self, title: str, layer: Layer) -> MapPanel:
        return MapPanel(title, self.size, None, layer, smooth=True)


def map_rows(view: View, ground: Ground) -> list[Row]:
    """The image with the class maps, then each insertion point, the earliest layer first."""
    maps: list[Panel] = [
        ground.map(
            _class_title(c),
            model.score_layer(c.values),
            ground.marks if c is view.main else (),  # the box is that of the first map alone
        )
        for c in view.mapped
        if c.values is not None
    ]
    first = Row([ground.input(tr("Image")), *maps], tr("Class maps"), _cells(view))
    return [first, *(point_row(point, ground) for point in view.points)]


def point_row(point: PointMaps, ground: Ground) -> Row:
    rows, columns = point.attention.shape
    note = tr("{columns} × {rows} cells", columns=columns, rows=rows)
    if point.channels is not None:
        note += "\n" + tr("{count} channels", count=len(point.channels.attention))
    return Row(list(_point_panels(point, ground)), point.name, note)


def _point_panels(point: PointMaps, ground: Ground) -> list[Panel]:
    panels: list[Panel] = [ground.map(tr("Self-attention  A"), model.attention_layer(point))]
    if point.importance is not None:
        layer = model.importance_layer(point.importance)
        panels.append(ground.map(tr("Importance  I"), layer))
    erased = (
        (tr("Discriminative part"), point.part, PART, "A ≥ δh"),
        (tr("Background"), point.background, BACKGROUND, "A < δl"),
    )
    for title, mask, code, symbol in erased:
        if mask is None:
            panels.append(NotePanel(title, tr(NO_PART)))
        else:
            panels.append(ground.map(title, model.erased_layer(mask, code, symbol)))
    if point.drop_mask is not None:
        panels.append(ground.map(tr("Drop mask"), model.drop_layer(point)))
    if point.channels is None:
        panels.append(NotePanel(tr("Channel attention"), tr(NO_CHANNELS)))
    else:
        panels.append(ChannelPanel(point.channels))
    return panels


@dataclass(frozen=True, eq=False)
class Side:
    """The network's view before or after something was dropped."""

    heat: FloatMap
    marks: Sequence[Marked]
    classes: Sequence[ClassScore]


def drop_rows(
    before: Side, after: Side | None, hidden: FloatMap | None, ground: Ground, others: Panel | None
) -> list[Row]:
    """Before and after: the input, the map, over the image, what changed, the classes."""
    first = [*_side_panels(tr("Image"), before, ground), others, _bars(before, None)]
    rows = [Row([p for p in first if p is not None], tr("As it is"))]
    if after is not None:
        old = {c.class_id: c.probability for c in before.classes}
        change = model.difference_layer(after.heat, resampled(before.heat, after.heat.shape))
        panels = _side_panels(tr("What is taken away"), after, ground)
        if hidden is not None:
            layer = model.erased_layer(hidden, model.ERASED, "")
            panels[0] = MapPanel(
                tr("What is taken away"), ground.size, ground.photo, layer, before.marks
            )
        panels.append(MapPanel(tr("Change of the map"), ground.size, None, change, smooth=True))
        panels.append(_bars(after, old))
        rows.append(Row(panels, tr("Without it")))
    return rows


def _side_panels(title: str, side: Side, ground: Ground) -> list[Panel]:
    layer = Layer(side.heat, Look.SCORE, 0.0, 1.0)
    return [
        ground.input(title, side.marks),
        ground.heatmap(tr("Map of the class"), layer),
        ground.overlay(tr("Over the image"), layer, side.marks),
    ]


def _bars(side: Side, before: dict[int | None, float] | None) -> BarsPanel:
    return BarsPanel(tr("Classes"), model.foremost(side.classes, _SHOWN_CLASSES), before)


def resampled(values: FloatMap, shape: tuple[int, ...]) -> FloatMap:
    """The map on another grid, each cell with the value at its centre."""
    if values.shape == shape:
        return values
    rows = (2 * np.arange(shape[0]) + 1) * values.shape[0] // (2 * shape[0])
    columns = (2 * np.arange(shape[1]) + 1) * values.shape[1] // (2 * shape[1])
    picked: FloatMap = values[rows][:, columns]
    return picked


def _class_title(scored: ClassScore) -> str:
    name = tr("{name} (label)", name=scored.name) if scored.is_label else scored.name
    return f"{percent(scored.probability)}  {name}"


def _cells(view: View) -> str:
    main = view.main
    if main is None or main.values is None:
        return ""
    rows, columns = main.values.shape
    return tr("{columns} × {rows} cells", columns=columns, rows=rows)


def _pixels(size: tuple[int, int]) -> str:
    return f"{size[0]} × {size[1]} px"
