"""How a box is drawn, by what is decided about it: to be told apart without colour."""

from __future__ import annotations

from enum import Enum

from app.models.shapes import Shape


class Line(Enum):
    """The style of an outline."""

    SOLID = "solid"  # decided, a person's
    DASHED = "dashed"  # a proposal that waits
    DOTTED = "dotted"  # a proposal that a person has put off


def line_of(shape: Shape) -> Line:
    if not shape.is_proposal:
        return Line.SOLID
    return Line.DOTTED if shape.skipped else Line.DASHED
