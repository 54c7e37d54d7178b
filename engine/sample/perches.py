"""What birds stand on, and what else stands about: rocks, posts, branches, reeds."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from engine.sample.frame import Frame, linear, mix, scaled, smooth
from engine.sample.noise import Field, look_up
from engine.sample.scenery.parts import blur, shift
from engine.sample.shapes import Point, capsule, coverage, inflated
from engine.sample.specs import Scenery

WOOD = (120, 102, 84)
BARK = (104, 86, 68)


def rock(frame: Frame, scenery: Scenery, foot: Point, unit: float, picture: Field) -> Field:
    """A boulder whose top is at ``foot``; ``unit`` is the length of a bird's body in pixels."""
    half, drop = unit * frame.pick(0.55, 1.1), unit * frame.pick(0.3, 0.55)
    x, y = (frame.x - foot[0]) / half, (frame.y - foot[1]) / drop
    du, dv = shift(frame)
    lumps = look_up(frame.textures.clouds, frame.x * 1.2 + du, frame.y * 1.2 + dv)
    grain = look_up(frame.textures.ground, frame.x * 1.6 + dv, frame.y * 1.6 + du)
    crown = np.abs(x) ** 2.6 + 0.1 * lumps * np.minimum(np.abs(x) * 2, 1)
    inside = np.minimum(y - crown + 0.12, (1.0 - y) * 0.9 + 0.05 * lumps) * drop
    relief = blur(inflated(-inside, drop * 0.6) + drop * 0.05 * (lumps + 0.5 * grain), 1.0)
    stone = np.clip(1 + 0.2 * grain + 0.15 * lumps, 0.3, 1.8)
    wet = 1 - 0.5 * smooth(0.5, 0.95, y)
    lit = scaled(_lit(frame, relief), stone * wet) * linear(scenery.rock)
    shadowed = scaled(picture, 1 - 0.55 * _pool(frame, (foot[0], foot[1] + drop), half, drop))
    return mix(shadowed, lit, coverage(-inside, 1.0))


def post(frame: Frame, _scenery: Scenery, foot: Point, unit: float, picture: Field) -> Field:
    """A weathered post from ``foot`` down to the ground, or out of the picture."""
    half = unit * frame.pick(0.1, 0.17)
    low = foot[1] + unit * frame.pick(0.9, 2.2)
    across = (frame.x - foot[0]) / half
    wave = 0.04 * half * np.sin(frame.y / half * 1.3)
    top = foot[1] + 0.05 * half * across**2
    inside = np.minimum(half - np.abs(frame.x - foot[0] + wave), frame.y - top)
    inside = np.minimum(inside, low - frame.y)
    du, dv = shift(frame)
    grain = look_up(frame.textures.ground, frame.x * 5.0 + du, frame.y * 0.35 + dv)
    round_ = np.sqrt(np.clip(1 - across**2, 0.05, 1))
    side = across * frame.light.direction[0]
    strength = 0.35 + 0.5 * round_ + 0.45 * np.clip(side, -0.4, 1) * frame.light.sun[1]
    wood = scaled(linear(WOOD), np.clip(1 + 0.28 * grain, 0.25, 1.8) * strength)
    shadowed = scaled(picture, 1 - 0.5 * _pool(frame, (foot[0], low), half * 1.5, half * 0.6))
    return mix(shadowed, wood, coverage(-inside, 1.0))


def branch(frame: Frame, _scenery: Scenery, foot: Point, unit: float, picture: Field) -> Field:
    """A branch through the picture below ``foot``, with a few twigs and leaves."""
    tilt, radius = frame.pick(-0.22, 0.22), unit * frame.pick(0.06, 0.1)
    reach = frame.width * 1.2
    start = (foot[0] - reach, foot[1] + radius - reach * tilt)
    end = (foot[0] + reach, foot[1] + radius + reach * tilt)
    du, dv = shift(frame)
    knots = look_up(frame.textures.clouds, frame.x * 1.3 + du, frame.y * 1.3 + dv)
    distance = capsule(frame.x, frame.y, start, end, radius, radius) - 0.12 * radius * knots
    for _ in range(int(frame.rng.integers(1, 4))):
        at = frame.pick(-1.2, 1.2) * unit
        root = (foot[0] + at, foot[1] + radius + at * tilt)
        tip = (root[0] + frame.pick(-0.6, 0.6) * unit, root[1] + frame.pick(0.2, 0.7) * unit)
        twig = capsule(frame.x, frame.y, root, tip, radius * 0.45, radius * 0.15)
        distance = np.minimum(distance, twig)
    bark = look_up(frame.textures.ground, frame.x * 0.9 + dv, frame.y * 3.5 + du)
    relief = inflated(distance, radius) + 0.12 * radius * bark
    wood = scaled(_lit(frame, relief), np.clip(1 + 0.3 * bark, 0.25, 1.8)) * linear(BARK)
    picture = mix(picture, wood, coverage(distance, 1.0))
    return _leaves(frame, foot, unit, tilt, picture)


def _leaves(frame: Frame, foot: Point, unit: float, tilt: float, picture: Field) -> Field:
    picture = np.ascontiguousarray(picture)
    for _ in range(int(frame.rng.integers(0, 14))):
        at = frame.pick(0.35, 2.2) * unit * frame.rng.choice([-1, 1])
        centre = (int(foot[0] + at), int(foot[1] + at * tilt + frame.pick(-0.1, 0.3) * unit))
        axes = (max(2, int(unit * frame.pick(0.08, 0.16))), max(1, int(unit * 0.05)))
        green = linear((112, 142, 58)) * frame.pick(0.35, 1.5)
        shade = tuple(float(c) for c in green)
        cv2.ellipse(picture, centre, axes, frame.pick(0, 180), 0, 360, shade, -1, cv2.LINE_AA)
    return picture


def reeds(frame: Frame, _scenery: Scenery, foot: Point, unit: float, picture: Field) -> Field:
    """A few thin stems that rise from ``foot``."""
    picture, origin = np.ascontiguousarray(picture), (frame.x[0, 0], frame.y[0, 0])
    for _ in range(int(frame.rng.integers(3, 12))):
        x, length = foot[0] + frame.pick(-0.4, 0.4) * unit, unit * frame.pick(0.5, 1.5)
        bend, t = frame.pick(-0.35, 0.35) * length, np.linspace(0, 1, 7)
        points = np.stack([x + bend * t**2, foot[1] - length * t], 1) - origin
        tan = linear((156, 140, 92)) * frame.pick(0.35, 1.2)
        shade = tuple(float(c) for c in tan)
        curve = [np.rint(points * 16).astype(np.int32)]
        cv2.polylines(picture, curve, False, shade, 2, cv2.LINE_AA, 4)
    return picture


def _lit(frame: Frame, relief: Field) -> Field:
    ny, nx = np.gradient(relief)
    nz = 1 / np.sqrt(nx * nx + ny * ny + 1)
    lx, ly, lz = frame.light.direction
    sun = np.clip((-nx * lx - ny * ly + lz) * nz, 0, None)
    sky = scaled(np.asarray(frame.light.sky, np.float32), 0.6 + 0.4 * ny * nz)
    return sky + scaled(np.asarray(frame.light.sun, np.float32), sun)


def _pool(frame: Frame, centre: Point, half: float, drop: float) -> Field:
    """Soft shadow on the ground around ``centre``."""
    x, y = (frame.x - centre[0]) / (half * 1.25), (frame.y - centre[1]) / (drop * 0.4)
    return np.asarray(np.exp(-((x * x + y * y) ** 1.5)), np.float32)


def put(
    perch: Perch, frame: Frame, scenery: Scenery, foot: Point, unit: float, picture: Field
) -> Field:
    """``picture`` with a ``perch`` painted in, which works on the part it can reach only."""
    if perch is branch:
        return branch(frame, scenery, foot, unit, picture)
    x, y = foot
    part = frame.region(x - 1.6 * unit, y - 1.7 * unit, x + 1.6 * unit, y + 2.4 * unit)
    if min(picture[part].shape) > 1:
        picture = picture.copy()
        picture[part] = perch(frame.cropped(part), scenery, foot, unit, picture[part])
    return picture


Perch = Callable[[Frame, Scenery, Point, float, Field], Field]
PERCHES: dict[str, Perch] = {"rock": rock, "post": post, "branch": branch}
DISTRACTORS: dict[str, tuple[Perch, ...]] = {
    "sea": (rock, post),
    "meadow": (rock, post, reeds),
    "sand": (rock, reeds, post),
    "forest": (rock, reeds),
    "snow": (rock, post, reeds),
}
