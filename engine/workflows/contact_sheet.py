"""A picture of results: input with true box red and proposed box green, and the score map over it.

The layout of figures 1 and 5 of the paper.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.domain.geometry import Box
from engine.imaging.decoding import read_rgb
from engine.imaging.writing import write_png

CELL_WIDTH, CELL_HEIGHT, GAP = 240, 180, 6
TRUE_RED, PROPOSED_GREEN = (230, 40, 40), (40, 220, 60)

Image = NDArray[np.uint8]


@dataclass(frozen=True)
class SheetRow:
    """``values``: the normalised score map (h, w) in [0, 1]; boxes in pixels of the image."""

    path: Path
    width: int
    height: int
    truth: Sequence[Box]
    proposed: Sequence[Box]
    values: NDArray[np.float32]


def write_contact_sheet(rows: Sequence[SheetRow], out: Path, columns: int = 3) -> None:
    """Write a PNG with ``columns`` images a line, each as input and overlay side by side."""
    cells = [_cell(row) for row in rows]
    blank = np.full_like(cells[0], 255)
    cells += [blank] * (-len(cells) % columns)
    lines = [np.hstack(cells[i : i + columns]) for i in range(0, len(cells), columns)]
    write_png(out, np.ascontiguousarray(np.vstack(lines)))


def _cell(row: SheetRow) -> Image:
    scale = min(CELL_WIDTH / row.width, CELL_HEIGHT / row.height)
    size = (max(1, round(row.width * scale)), max(1, round(row.height * scale)))
    picture = read_rgb(row.path, size=size)
    overlay = _overlay(picture, row.values)
    for box in row.truth:
        _draw(picture, box.scaled(scale, scale), TRUE_RED)
    for box in row.proposed:
        _draw(picture, box.scaled(scale, scale), PROPOSED_GREEN)
    return np.hstack([_framed(picture), _framed(overlay)])


def _overlay(picture: Image, values: NDArray[np.float32]) -> Image:
    height, width = picture.shape[:2]
    smooth = cv2.resize(values.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    colours = cv2.applyColorMap((smooth.clip(0, 1) * 255).astype(np.uint8), cv2.COLORMAP_INFERNO)
    blended = cv2.addWeighted(picture, 0.45, cv2.cvtColor(colours, cv2.COLOR_BGR2RGB), 0.55, 0)
    return np.asarray(blended, dtype=np.uint8)


def _draw(picture: Image, box: Box, colour: tuple[int, int, int]) -> None:
    top_left = (round(box.xmin), round(box.ymin))
    bottom_right = (round(box.xmax) - 1, round(box.ymax) - 1)
    cv2.rectangle(picture, top_left, bottom_right, colour, 2)


def _framed(picture: Image) -> Image:
    frame = np.full((CELL_HEIGHT + GAP, CELL_WIDTH + GAP, 3), 255, np.uint8)
    height, width = picture.shape[:2]
    top, left = (CELL_HEIGHT + GAP - height) // 2, (CELL_WIDTH + GAP - width) // 2
    frame[top : top + height, left : left + width] = picture
    return frame
