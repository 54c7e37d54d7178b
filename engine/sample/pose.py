"""How a bird holds itself: joints in lengths of its body, x ahead, y down from the belly."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from engine.sample.shapes import Point


@dataclass(frozen=True, slots=True)
class Pose:
    """``gaze`` is the direction of the bill in radians, down positive."""

    rump: Point
    breast: Point
    head: Point
    tail: Point
    wing_tip: Point
    gaze: float
    head_radius: float
    plump: float
    legs: float  # length below the belly; 0 when sitting or swimming


def make_pose(rng: np.random.Generator, stance: str) -> Pose:
    swimming = stance == "float"
    pitch = rng.uniform(0.0, 0.2) if swimming else rng.uniform(0.05, 0.75)
    feeding = not swimming and rng.random() < 0.15
    plump = rng.uniform(0.92, 1.12)
    turn = partial(_turned, pitch=float(pitch))
    breast = turn((0.24, -0.02))
    raised = rng.uniform(0.9, 1.35) if not feeding else rng.uniform(-0.25, 0.15)
    neck = rng.uniform(0.2, 0.34)
    head = (breast[0] + float(neck * np.cos(raised)), breast[1] - float(neck * np.sin(raised)))
    gaze = 0.5 if feeding else rng.uniform(-0.2, 0.22)
    cocked = rng.uniform(-0.14, 0.1)
    return Pose(
        rump=turn((-0.34, 0.0)),
        breast=breast,
        head=head,
        tail=turn((-0.34 - float(rng.uniform(0.36, 0.52)), float(cocked))),
        wing_tip=turn((-0.5, float(rng.uniform(-0.06, 0.04)))),
        gaze=float(gaze),
        head_radius=float(rng.uniform(0.125, 0.14)),
        plump=float(plump),
        legs=0.0 if swimming else float(rng.uniform(0.16, 0.3)),
    )


def _turned(point: Point, pitch: float) -> Point:
    cos, sin = float(np.cos(pitch)), float(np.sin(pitch))
    return (point[0] * cos + point[1] * sin, -point[0] * sin + point[1] * cos)
