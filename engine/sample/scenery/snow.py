"""A snow field with soft drifts in blue shade, before dark spruces; sometimes it snows."""

from __future__ import annotations

import numpy as np

from engine.sample.frame import Frame, linear, mix, scaled
from engine.sample.noise import Field
from engine.sample.scenery.meadow import blades
from engine.sample.scenery.parts import above_ground, blur, ground_noise, ridge, sky


def paint(frame: Frame) -> Field:
    heaven = sky(frame, (168, 184, 204), (216, 220, 226), frame.pick(0.3, 1.0))
    hills = ridge(frame, frame.pick(0.08, 0.2), 0.3, 2.0)
    heaven = mix(heaven, linear((190, 202, 218)), hills)
    for darkness in (0.55, 0.85):
        heaven = mix(heaven, linear((58, 74, 84)), _spruces(frame) * darkness)
    return mix(_field(frame), blur(heaven, frame.side * 0.01), above_ground(frame))


def _spruces(frame: Frame) -> Field:
    """Pointed trees along the horizon."""
    cover = np.zeros((frame.height, frame.width), np.float32)
    for _ in range(int(frame.rng.integers(6, 22))):
        x, height = frame.pick(0, frame.width), frame.side * frame.pick(0.06, 0.22)
        part = frame.region(x - height, frame.horizon - height - 3, x + height, frame.horizon + 6)
        up = (frame.horizon + 3 - frame.y[part]) / height
        half = height * 0.2 * np.clip(1 - up, 0, 1) * (0.75 + 0.25 * np.sin(up * 40))
        inside = np.clip(half - np.abs(frame.x[part] - x), 0, 1) * (up > 0) * (up < 1)
        cover[part] = np.maximum(cover[part], inside)
    return cover


def _field(frame: Frame) -> Field:
    drifts = ground_noise(frame, frame.textures.clouds, 55)
    crust = ground_noise(frame, frame.textures.ground, 200)
    grain = ground_noise(frame, frame.textures.grain, 420)
    slope = np.gradient(blur(drifts, 2.0), axis=1) * 14 * np.sign(frame.light.direction[0])
    lit = np.clip(0.62 + 0.25 * slope + 0.1 * drifts + 0.06 * crust, 0, 1)
    colour = mix(linear((150, 172, 204)), linear((246, 246, 246)), lit)
    colour = scaled(colour, 1 + 0.035 * grain)
    if frame.rng.random() < 0.5:
        blades(frame, colour, linear((150, 128, 92)), int(frame.rng.integers(6, 40)))
    return colour
