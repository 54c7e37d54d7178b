"""Dunes: wind ripples in perspective, long soft shadows, a pale sky."""

from __future__ import annotations

import numpy as np

from engine.sample.frame import Frame, linear, mix, scaled
from engine.sample.noise import Field
from engine.sample.scenery.parts import above_ground, blur, ground_noise, ridge, sky
from engine.sample.specs import Colour

SANDS: list[Colour] = [(214, 178, 122), (204, 160, 106), (222, 192, 148)]


def paint(frame: Frame) -> Field:
    sand = linear(SANDS[frame.rng.integers(len(SANDS))])
    heaven = sky(frame, (122, 164, 206), (226, 214, 194), frame.pick(0.0, 0.5))
    for lift, shade in ((0.12, 0.78), (0.06, 0.95)):
        dune = ridge(frame, frame.pick(0.4, 1.1) * lift, 0.1, 2.0)
        heaven = mix(heaven, sand * shade, dune)
    return mix(_floor(frame, sand), blur(heaven, frame.side * 0.008), above_ground(frame))


def _floor(frame: Frame, sand: Field) -> Field:
    dunes = ground_noise(frame, frame.textures.clouds, 45)
    ripples = ground_noise(frame, frame.textures.ripples, frame.pick(110, 170), 0.35)
    grit = ground_noise(frame, frame.textures.grain, 420)
    slope = np.gradient(ripples, axis=0) * 4.0
    tone = 0.92 + 0.12 * dunes + 0.13 * np.clip(slope, -1.5, 1.5) + 0.05 * grit
    ruddy = sand * np.asarray([1.06, 0.98, 0.88], np.float32)
    warm = mix(sand, ruddy, np.clip(dunes, 0, 1))
    pebbles = np.clip(ground_noise(frame, frame.textures.grain, 300) - 2.6, 0, 1)
    return scaled(warm, np.clip(tone, 0.3, 1.6) * (1 - 0.5 * pebbles))
