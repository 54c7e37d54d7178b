"""Runs by rows, as in the paper's figures 1, 5 and 6."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.i18n import mark, tr
from app.why import model
from app.why.model import Layer, Look, Marked, PointMaps
from app.why.panels import MapPanel, Panel
from app.why.plots import NotePanel
from app.why.rows import Ground, resampled
from app.why.sheet_layout import Row
from engine.localization.score_map import FloatMap

NO_POINT = mark("This network has no such insertion point.")
REFERENCE = mark("The others are compared with this run.")


@dataclass(frozen=True, eq=False)
class RunPicture:
    """One run's side of a comparison: ``heat`` is the normalised map, or ``problem`` says why
    there is none. ``marks`` hold the true and the predicted box; ``points`` by their names."""

    title: str
    note: str
    heat: FloatMap | None
    marks: Sequence[Marked] = ()
    problem: str = ""
    points: Sequence[PointMaps] = ()


def compare_rows(
    pictures: Sequence[RunPicture], reference: int, point: str | None, ground: Ground
) -> list[Row]:
    """A row for each run: input, heatmap, overlap; how the heatmap differs from that of
    ``pictures[reference]``; and the self-attention and drop mask at ``point``, if any."""
    base = pictures[reference].heat if 0 <= reference < len(pictures) else None
    return [_row(picture, base, point, ground) for picture in pictures]


def _row(picture: RunPicture, base: FloatMap | None, point: str | None, ground: Ground) -> Row:
    if picture.heat is None:
        note = NotePanel(tr("No map"), picture.problem)
        return Row([ground.input(tr("Input"), picture.marks), note], picture.title, picture.note)
    layer = Layer(picture.heat, Look.SCORE, 0.0, 1.0)
    panels: list[Panel] = [
        ground.input(tr("Input"), picture.marks),
        ground.heatmap(tr("Heatmap"), layer),
        ground.overlay(tr("Overlap"), layer, picture.marks),
    ]
    if base is picture.heat:
        panels.append(NotePanel(tr("Difference"), tr(REFERENCE)))
    elif base is not None:
        change = model.difference_layer(picture.heat, resampled(base, picture.heat.shape))
        panels.append(MapPanel(tr("Difference"), ground.size, None, change, smooth=True))
    if point is not None:
        panels += _point_panels(picture, point, ground)
    return Row(panels, picture.title, picture.note)


def _point_panels(picture: RunPicture, name: str, ground: Ground) -> list[Panel]:
    """Of the paper's figure 6: what the module attends to, and what it would erase."""
    found = next((point for point in picture.points if point.name == name), None)
    if found is None:
        return [
            NotePanel(tr("Self-attention  A"), tr(NO_POINT)),
            NotePanel(tr("Drop mask"), tr(NO_POINT)),
        ]
    panels: list[Panel] = [ground.map(tr("Self-attention  A"), model.attention_layer(found))]
    if found.drop_mask is not None:
        title = tr("Drop mask") if found.own else tr("Drop mask DGDM would draw")
        panels.append(ground.map(title, model.drop_layer(found)))
    return panels
