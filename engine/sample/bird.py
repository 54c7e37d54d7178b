"""A bird as a small lit relief: shape from joined strokes, plumage painted on, then shaded."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from engine.sample.frame import Light, linear, mix, scaled, smooth
from engine.sample.noise import SIDE, Field, Textures, look_up
from engine.sample.pose import Pose
from engine.sample.shapes import (
    Point,
    along,
    capsule,
    coverage,
    ellipse,
    inflated,
    joined,
)
from engine.sample.specs import Species


@dataclass(frozen=True, slots=True)
class Cutout:
    """Linear ``colour`` (h, w, 3) and ``alpha`` (h, w); ``foot`` is where the feet stand in it."""

    colour: Field
    alpha: Field
    foot: Point


class Canvas:
    """The grid that one bird is painted on, ``scale`` pixels to a length of the body."""

    def __init__(self, scale: float, textures: Textures, rng: np.random.Generator) -> None:
        self.scale, self.textures, self.rng = scale, textures, rng
        self.left, self.top = -0.98, -0.78
        width, height = round(2.0 * scale), round(1.36 * scale)
        rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
        self.x = columns / scale + self.left
        self.y = rows / scale + self.top

    def streaks(self, angle: float, long: float, fine: float) -> Field:
        """Noise drawn out along ``angle``: barbs and rows of feathers."""
        cos, sin = float(np.cos(angle)), float(np.sin(angle))
        u = (self.x * cos + self.y * sin) * long + self.rng.uniform(0, SIDE)
        v = (-self.x * sin + self.y * cos) * fine + self.rng.uniform(0, SIDE)
        return look_up(self.textures.ground, u, v)

    def over(self, colour: Field, paint: Field, distance: Field, softness: float = 0.0) -> Field:
        """``paint`` laid over ``colour`` where ``distance`` is negative."""
        share = smooth(softness, -softness, distance) if softness else self.cover(distance)
        return mix(colour, paint, share)

    def pixel(self, x: float, y: float) -> Point:
        return (x - self.left) * self.scale, (y - self.top) * self.scale

    def cover(self, distance: Field) -> Field:
        return coverage(distance, self.scale)


def paint_bird(
    species: Species,
    pose: Pose,
    scale: float,
    light: Light,
    bounce: Field,
    textures: Textures,
    rng: np.random.Generator,
) -> Cutout:
    """``bounce`` is the linear colour of the light that comes back from the ground."""
    canvas = Canvas(scale, textures, rng)
    body = _body(canvas, pose)
    wing = _wing(canvas, pose)
    colour = _plumage(canvas, species, pose, wing)
    height = inflated(body, 0.22) + 0.35 * inflated(wing, 0.07)
    fluff = 0.006 * canvas.streaks(0.6, 160, 420)
    colour = _shaded(canvas, colour, height, light, bounce, wing)
    alpha = canvas.cover(body + fluff)
    colour, alpha = _crest(canvas, species, pose, colour, alpha)
    colour, alpha = _bill(canvas, species, pose, colour, alpha, light)
    colour = _eye(canvas, pose, colour)
    return _with_legs(canvas, species, pose, colour, alpha)


def _body(canvas: Canvas, pose: Pose) -> Field:
    x, y, p = canvas.x, canvas.y, pose.plump
    trunk = joined(
        capsule(x, y, pose.rump, (0.0, 0.01), 0.12 * p, 0.215 * p),
        capsule(x, y, (0.0, 0.01), pose.breast, 0.215 * p, 0.165 * p),
        0.08,
    )
    neck = capsule(x, y, pose.breast, pose.head, 0.14 * p, pose.head_radius * 0.9)
    head = ellipse(x, y, pose.head, (pose.head_radius * 1.12, pose.head_radius), pose.gaze)
    tail = capsule(x, y, pose.rump, pose.tail, 0.075, 0.045)
    shape = joined(trunk, joined(neck, head, 0.05), 0.09)
    return joined(shape, tail, 0.07)


def _wing(canvas: Canvas, pose: Pose) -> Field:
    shoulder = (pose.breast[0] - 0.13, pose.breast[1] + 0.02)
    return capsule(canvas.x, canvas.y, shoulder, pose.wing_tip, 0.135 * pose.plump, 0.02)


def _plumage(canvas: Canvas, species: Species, pose: Pose, wing: Field) -> Field:
    x, y = canvas.x, canvas.y
    angle = float(np.arctan2(pose.breast[1] - pose.rump[1], pose.breast[0] - pose.rump[0]))
    cos, sin = np.cos(angle), np.sin(angle)
    across = -(x * sin) + y * cos
    barbs = canvas.streaks(angle, 70, 260)
    mottle = canvas.streaks(angle, 60, 90)
    tint = 1 + canvas.rng.normal(0, 0.04, 3).astype(np.float32)
    tone = canvas.rng.uniform(0.8, 1.25)
    belly = smooth(-0.02, 0.16, across + 0.03 * mottle)
    colour = mix(linear(species.back) * tint * tone, linear(species.belly) * tint, belly)
    tail = along(x, y, pose.rump, pose.tail)
    colour = mix(colour, linear(species.wing), smooth(0.1, 0.35, tail))
    colour = scaled(colour, np.clip(1 + 0.13 * barbs + 0.1 * mottle, 0.4, 1.7))
    colour = canvas.over(colour, _wing_feathers(canvas, species, pose) * tone, wing)
    return _marks(canvas, species, pose, colour, barbs)


def _wing_feathers(canvas: Canvas, species: Species, pose: Pose) -> Field:
    """Rows of rounded coverts in front, long dark quills with pale edges behind."""
    shoulder = (pose.breast[0] - 0.02, pose.breast[1] + 0.02)
    dx, dy = pose.wing_tip[0] - shoulder[0], pose.wing_tip[1] - shoulder[1]
    length = float(np.hypot(dx, dy))
    s = ((canvas.x - shoulder[0]) * dx + (canvas.y - shoulder[1]) * dy) / length
    t = (-(canvas.x - shoulder[0]) * dy + (canvas.y - shoulder[1]) * dx) / length
    s = s + 0.008 * canvas.streaks(0.3, 60, 60)
    row = np.floor(s * 16)
    in_row = s * 16 - row
    column = t * 19 + 0.5 * np.mod(row, 2)
    side = np.abs(column - np.floor(column) - 0.5) * 2
    covert = smooth(0.55, 1.0, in_row + 0.45 * side * side)
    quill = np.abs(np.mod(t * 26 + s * 5, 1.0) - 0.5) * 2
    behind = smooth(0.26, 0.34, s)
    edge = covert + (smooth(0.72, 0.98, quill) - covert) * behind
    base = scaled(linear(species.wing), 1.35 - 1.1 * np.clip(s, 0, 0.6))
    barbs = canvas.streaks(float(np.arctan2(dy, dx)), 60, 420)
    feathers = mix(base, linear(species.wing_edge), edge * 0.42)
    return scaled(feathers, np.clip(1 + 0.1 * barbs, 0.6, 1.5))


def _marks(canvas: Canvas, species: Species, pose: Pose, colour: Field, barbs: Field) -> Field:
    """The part that tells the species, where it is a patch of plumage."""
    r, (hx, hy) = pose.head_radius, pose.head
    paint = scaled(linear(species.part_colour), np.clip(1 + 0.12 * barbs, 0.6, 1.5))
    fx, fy = float(np.cos(pose.gaze)), float(np.sin(pose.gaze))
    x, y = canvas.x, canvas.y
    if species.part == "cap":
        patch = ellipse(
            x, y, (hx - 0.1 * r + 0.5 * r * fy, hy - 0.62 * r), (r, 0.55 * r), pose.gaze
        )
    elif species.part == "mask":
        start = (hx + r * fx * 1.0, hy + r * fy * 1.0)
        patch = capsule(x, y, start, (hx - r * fx * 0.9, hy - r * fy * 0.9), 0.28 * r, 0.4 * r)
    elif species.part == "throat":
        chin = (hx + r * (0.45 * fx - 0.5 * fy), hy + r * (0.45 * fy + 0.5 * fx))
        nx, ny = hx - pose.breast[0], hy - pose.breast[1]
        neck = float(np.hypot(nx, ny))
        end = (
            pose.breast[0] + 0.3 * nx - 0.1 * ny / neck,
            pose.breast[1] + 0.3 * ny + 0.1 * nx / neck,
        )
        patch = capsule(x, y, chin, end, 0.42 * r, 0.75 * r)
    else:
        return colour
    return canvas.over(colour, paint, patch + 0.008 * barbs, 0.014)


def _shaded(
    canvas: Canvas, colour: Field, height: Field, light: Light, bounce: Field, wing: Field
) -> Field:
    """Hemisphere light from the sky, the ground's from below, the sun with a soft terminator."""
    relief = cv2.GaussianBlur(height, (0, 0), max(0.8, canvas.scale * 0.012)) * canvas.scale
    relief = relief + 0.35 * canvas.streaks(0.2, 160, 200)
    ny, nx = np.gradient(relief)
    nz = 1 / np.sqrt(nx * nx + ny * ny + 1)
    nx, ny = -nx * nz, -ny * nz
    lx, ly, lz = light.direction
    up = 0.5 - 0.5 * ny
    ambient = mix(bounce * 0.9, np.asarray(light.sky, np.float32), up)
    sun = np.clip((nx * lx + ny * ly + nz * lz) * 0.85 + 0.15, 0, None)
    under = cv2.GaussianBlur(canvas.cover(wing - 0.01), (0, 0), canvas.scale * 0.03)
    creased = 1 - 0.45 * np.clip(under - canvas.cover(wing), 0, 1)
    lit = ambient + scaled(np.asarray(light.sun, np.float32), sun)
    return scaled(colour * lit, creased)


def _crest(
    canvas: Canvas, species: Species, pose: Pose, colour: Field, alpha: Field
) -> tuple[Field, Field]:
    if species.part != "crest":
        return colour, alpha
    r, (hx, hy) = pose.head_radius, pose.head
    paint = linear(species.part_colour)
    for angle in np.linspace(-0.25, 1.0, 6) + canvas.rng.normal(0, 0.05, 6):
        root = (hx + 0.3 * r - 0.5 * r * angle, hy - 0.75 * r)
        length = r * canvas.rng.uniform(1.0, 1.5)
        tip = (
            root[0] - length * np.sin(0.35 + angle * 0.8),
            root[1] - length * np.cos(0.35 + angle),
        )
        feather = capsule(
            canvas.x, canvas.y, root, (float(tip[0]), float(tip[1])), 0.3 * r, 0.06 * r
        )
        shade = canvas.rng.uniform(0.75, 1.5) * (0.7 + 0.6 * along(canvas.x, canvas.y, root, tip))
        share = canvas.cover(feather)
        colour = mix(colour, scaled(paint, shade), share)
        alpha = np.maximum(alpha, share)
    return colour, alpha


def _bill(
    canvas: Canvas, species: Species, pose: Pose, colour: Field, alpha: Field, light: Light
) -> tuple[Field, Field]:
    r, (hx, hy) = pose.head_radius, pose.head
    fx, fy = float(np.cos(pose.gaze)), float(np.sin(pose.gaze))
    root = (hx + fx * r * 0.95, hy + fy * r * 0.95 + 0.01)
    length = species.bill_length * canvas.rng.uniform(0.9, 1.1)
    tip = (root[0] + fx * length, root[1] + fy * length + 0.02)
    width = 0.032 + 0.09 * (species.bill_length - 0.14)
    bill = capsule(canvas.x, canvas.y, root, tip, width, 0.006)
    level = (canvas.y - root[1] - (canvas.x - root[0]) * np.tan(pose.gaze)) / width
    shine = 1.1 - 0.45 * level + 0.5 * np.exp(-(((level + 0.45) / 0.22) ** 2))
    gap = 1 - 0.6 * np.exp(-(((level - 0.15) / 0.12) ** 2))
    strength = 0.45 + 0.4 * light.sun[1]
    paint = scaled(linear(species.bill), np.clip(shine * gap * strength, 0.05, 2.5))
    share = canvas.cover(bill)
    return mix(colour, paint, share), np.maximum(alpha, share)


def _eye(canvas: Canvas, pose: Pose, colour: Field) -> Field:
    r, (hx, hy) = pose.head_radius, pose.head
    centre = (hx + 0.38 * r, hy - 0.12 * r + 0.3 * r * float(np.sin(pose.gaze)))
    distance = ellipse(canvas.x, canvas.y, centre, (r, r), 0.0) + r
    colour = canvas.over(colour, np.full(3, 0.2, np.float32), distance - 0.23 * r, 0.006)
    colour = canvas.over(colour, np.full(3, 0.008, np.float32), distance - 0.2 * r)
    spark = (centre[0] - 0.06 * r, centre[1] - 0.08 * r)
    glint = ellipse(canvas.x, canvas.y, spark, (r, r), 0.0) + r
    return canvas.over(colour, np.full(3, 1.5, np.float32), glint - 0.055 * r)


def _with_legs(canvas: Canvas, species: Species, pose: Pose, colour: Field, alpha: Field) -> Cutout:
    ground = 0.2 * pose.plump + pose.legs
    if pose.legs == 0:
        return Cutout(colour, alpha, canvas.pixel(0.0, 0.1 * pose.plump))
    paint = linear(species.leg)
    behind = np.zeros_like(alpha)
    for hip, foot in ((-0.02, 0.0), (0.07, 0.1)):
        knee = (hip - 0.03, 0.19 + 0.3 * pose.legs)
        shank = capsule(canvas.x, canvas.y, knee, (foot, ground), 0.016, 0.011)
        thigh = capsule(canvas.x, canvas.y, (hip, 0.16), knee, 0.05, 0.018)
        toes = capsule(
            canvas.x, canvas.y, (foot - 0.05, ground), (foot + 0.09, ground), 0.009, 0.008
        )
        behind = np.maximum(behind, canvas.cover(np.minimum(np.minimum(shank, thigh), toes)))
    colour = mix(paint * 0.7, colour, alpha)
    return Cutout(colour, np.maximum(alpha, behind), canvas.pixel(0.0, ground))
