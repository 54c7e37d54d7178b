"""Inside a wood: blurred trunks, spots of light between leaves, a floor of litter."""

from __future__ import annotations

import cv2
import numpy as np

from engine.sample.frame import Frame, linear, mix, scaled, smooth
from engine.sample.noise import Field, look_up
from engine.sample.scenery.parts import (
    above_ground,
    blur,
    ground_noise,
    out_of_focus_lights,
    shift,
)


def paint(frame: Frame) -> Field:
    depth = _leaves(frame)
    depth = _trunks(frame, depth)
    region = above_ground(frame)
    lights = out_of_focus_lights(frame, int(frame.rng.integers(8, 30)), 0.035, region)
    depth = mix(depth, linear((206, 216, 150)), np.clip(lights * 0.35, 0, 0.75))
    return mix(_floor(frame), depth, blur(region, frame.side * 0.02))


def _leaves(frame: Frame) -> Field:
    du, dv = shift(frame)
    large = look_up(frame.textures.clouds, frame.x * 0.9 + du, frame.y * 0.9 + dv)
    small = look_up(frame.textures.ground, frame.x * 1.1 + dv, frame.y * 1.1 + du)
    tone = smooth(-1.8, 2.4, large + 0.5 * small)
    colour = mix(linear((20, 34, 20)), linear((118, 142, 68)), tone * frame.pick(0.6, 1.0))
    return blur(colour, frame.side * frame.pick(0.012, 0.03))


def _trunks(frame: Frame, behind: Field) -> Field:
    for _ in range(int(frame.rng.integers(3, 8))):
        x, half = frame.pick(0, frame.width), frame.side * frame.pick(0.012, 0.055)
        lean = frame.pick(-0.08, 0.08)
        wide = half * 1.5 + 0.08 * frame.horizon
        part = frame.region(x - wide, 0, x + wide, frame.horizon + 2 * half)
        if behind[part].size:
            behind[part] = _trunk(frame.cropped(part), x, half, lean, behind[part])
    return behind


def _trunk(frame: Frame, x: float, half: float, lean: float, behind: Field) -> Field:
    across = (frame.x - x - lean * (frame.y - frame.horizon)) / half
    du, dv = shift(frame)
    bark = look_up(frame.textures.ground, frame.x * 1.6 + du, frame.y * 0.3 + dv)
    lit = 0.75 + 0.5 * np.clip(across * frame.light.direction[0], -1, 1) + 0.18 * bark
    colour = scaled(linear((78, 64, 50)), np.clip(lit, 0.2, 2.0) * frame.pick(0.5, 1.2))
    foot = smooth(-2.0, 2.0, frame.horizon + half * 1.6 - frame.y)
    softness = frame.pick(0.3, 0.8)
    return mix(behind, colour, smooth(-softness, softness, 1 - np.abs(across)) * foot)


def _floor(frame: Frame) -> Field:
    large = ground_noise(frame, frame.textures.clouds, 70)
    litter = ground_noise(frame, frame.textures.ground, 300)
    moss = smooth(-0.4, 1.4, large)
    colour = mix(linear((98, 74, 50)), linear((74, 92, 44)), moss * frame.pick(0.3, 1.0))
    tone = np.clip(0.72 + 0.3 * litter + 0.12 * large, 0.15, 1.9)
    colour = scaled(colour, tone)
    _fallen_leaves(frame, colour, 150)
    dapple = smooth(0.6, 1.6, ground_noise(frame, frame.textures.clouds, 110))
    return scaled(colour, 1 + frame.pick(0.2, 1.0) * blur(dapple, 2.0))


def _fallen_leaves(frame: Frame, colour: Field, count: int) -> None:
    feet = np.sort(frame.rng.beta(1.4, 1.0, count)) * (frame.height - frame.horizon)
    for foot in feet:
        near = foot / frame.height
        centre = (int(frame.pick(0, frame.width)), int(frame.horizon + foot))
        size = frame.side * (0.004 + 0.035 * near) * frame.pick(0.6, 1.3)
        axes = (max(1, int(size)), max(1, int(size * frame.pick(0.25, 0.5))))
        brown = linear((150, 104, 56)) * frame.pick(0.3, 1.3)
        shade = tuple(float(c) for c in brown)
        cv2.ellipse(colour, centre, axes, frame.pick(-40, 40), 0, 360, shade, -1, cv2.LINE_AA)
