"""Open water under a sky, with swell, glitter and a few crests of foam."""

from __future__ import annotations

import numpy as np

from engine.sample.frame import Frame, linear, mix, scaled, smooth
from engine.sample.noise import Field
from engine.sample.scenery.parts import above_ground, blur, ground_noise, ridge, sky
from engine.sample.specs import Colour

SKIES: list[tuple[Colour, Colour]] = [
    ((92, 142, 200), (198, 214, 226)),
    ((128, 150, 172), (206, 208, 206)),
    ((104, 152, 196), (236, 214, 188)),
]
WATERS: list[tuple[Colour, Colour]] = [
    ((22, 74, 104), (110, 152, 176)),
    ((32, 88, 98), (128, 164, 172)),
    ((38, 66, 92), (124, 146, 168)),
]


def paint(frame: Frame) -> Field:
    top, bottom = SKIES[frame.rng.integers(len(SKIES))]
    heaven = sky(frame, top, bottom, frame.pick(0.2, 0.9))
    if frame.rng.random() < 0.4:
        coast = ridge(frame, frame.pick(0.02, 0.06), 0.6)
        heaven = mix(heaven, linear((126, 140, 150)), coast * 0.8)
    return mix(_water(frame), blur(heaven, 1.5), above_ground(frame))


def _water(frame: Frame) -> Field:
    deep, pale = WATERS[frame.rng.integers(len(WATERS))]
    swell = ground_noise(frame, frame.textures.ripples, 90, 0.55)
    chop = ground_noise(frame, frame.textures.ground, 260, 0.5)
    near = smooth(-0.05, 0.75, frame.below)
    colour = mix(linear(pale), linear(deep), near)
    # facets turned to the sky are pale, those turned to the viewer show the depth
    facing = 0.36 * swell + 0.26 * chop
    colour = scaled(colour, 1 + 0.55 * np.clip(facing, -0.9, 2.0))
    glitter = smooth(1.7, 3.0, swell + chop) * frame.pick(0.1, 0.6)
    foam = smooth(2.0, 2.9, 0.6 * swell + chop) * frame.pick(0.0, 0.7)
    light = np.asarray([0.9, 0.93, 0.95], np.float32)
    return mix(colour, light, np.clip(glitter + foam, 0.0, 0.9))
