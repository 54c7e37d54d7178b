"""Grass in sunlight, blade by blade where it is near, before a blurred line of trees."""

from __future__ import annotations

import cv2
import numpy as np

from engine.sample.frame import Frame, linear, mix, scaled
from engine.sample.noise import Field
from engine.sample.scenery.parts import (
    above_ground,
    blur,
    ground_noise,
    out_of_focus_lights,
    ridge,
    sky,
)
from engine.sample.specs import Colour

GREENS: list[Colour] = [(112, 136, 52), (86, 128, 58), (138, 146, 72)]
FLOWERS: list[Colour] = [(238, 214, 70), (240, 238, 230), (190, 150, 214)]


def paint(frame: Frame) -> Field:
    heaven = sky(frame, (120, 164, 208), (212, 222, 224), frame.pick(0.2, 0.8))
    trees = ridge(frame, frame.pick(0.05, 0.16), 1.6)
    heaven = mix(heaven, scaled(linear((58, 82, 50)), _mottled(frame)), trees)
    return mix(_grass(frame), blur(heaven, frame.side * 0.012), above_ground(frame))


def _mottled(frame: Frame) -> Field:
    du, dv = frame.pick(0, 512), frame.pick(0, 512)
    height, width = frame.y.shape
    rows = (np.arange(height)[:, None] + int(dv)) % 512
    columns = (np.arange(width)[None] + int(du)) % 512
    return np.asarray(
        np.clip(1 + 0.35 * frame.textures.ground[rows, columns], 0.3, 2.2), np.float32
    )


def _grass(frame: Frame) -> Field:
    base = linear(GREENS[frame.rng.integers(len(GREENS))])
    patches = ground_noise(frame, frame.textures.clouds, 60)
    tufts = ground_noise(frame, frame.textures.ground, 330)
    tone = np.clip(0.8 + 0.16 * patches + 0.26 * tufts, 0.25, 1.9)
    dry = linear((168, 156, 92))
    colour = mix(base, dry, np.clip(0.2 + 0.22 * patches, 0, 0.6))
    colour = blur(scaled(colour, tone), 0.8)
    blades(frame, colour, base, 420)
    return _flowered(frame, colour)


def blades(
    frame: Frame, colour: Field, base: Field, count: int, nearest: float = 0.0, solid: bool = False
) -> None:
    """Draw single blades into ``colour``, far ones first, longer the nearer.

    They root ``nearest`` of the height or more below the horizon; ``solid`` draws ones instead of
    shades of ``base``, for a mask.
    """
    top = frame.horizon + nearest * frame.height
    rng, t = frame.rng, np.linspace(0, 1, 5)[None]
    foot = np.sort(rng.beta(1.6, 1.0, (count, 1)), axis=0) * (frame.height * 1.08 - top)
    near = foot / frame.height + nearest
    length = frame.side * (0.02 + 0.17 * near) * rng.uniform(0.5, 1.3, (count, 1))
    root = rng.uniform(-0.05, 1.05, (count, 1)) * frame.width
    bend = rng.uniform(-0.6, 0.6, (count, 1)) * length
    curves = np.stack([root + bend * t**2, top + foot - length * t], 2)
    points = np.rint(curves * 16).astype(np.int32)
    shades = base * rng.uniform(0.35, 1.7, (count, 1)) * (1 + 0.3 * rng.random((count, 3)))
    colours = np.ones_like(shades) if solid else shades
    thick = 1 + ((near[:, 0] > 0.45) & (rng.random(count) < 0.5))
    for curve, shade, width in zip(points, colours.tolist(), thick.tolist(), strict=True):
        cv2.polylines(colour, [curve], False, shade, width, cv2.LINE_AA, 4)


def _flowered(frame: Frame, colour: Field) -> Field:
    flower = linear(FLOWERS[frame.rng.integers(len(FLOWERS))])
    region = (frame.below > 0.02).astype(np.float32)
    count = int(frame.rng.integers(0, 26))
    spots = out_of_focus_lights(frame, count, 0.01, region)
    return mix(colour, flower, np.clip(spots * 1.2, 0, 0.9))
