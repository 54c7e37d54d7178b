"""What several backgrounds are made of: skies, ground in perspective, distant hills and trees."""

from __future__ import annotations

import cv2
import numpy as np

from engine.sample.frame import Frame, linear, mix, smooth
from engine.sample.noise import SIDE, Field, look_up
from engine.sample.specs import Colour


def shift(frame: Frame) -> tuple[float, float]:
    """A chance place in a texture."""
    return frame.pick(0, SIDE), frame.pick(0, SIDE)


def sky(frame: Frame, top: Colour, bottom: Colour, cloud: float) -> Field:
    """A gradient down to the horizon, with clouds that flatten towards it."""
    height = np.clip(-frame.below, 0.0, 1.0)
    colour = mix(linear(bottom), linear(top), np.sqrt(height))
    far = 0.12 / (height + 0.06)
    du, dv = shift(frame)
    across = (frame.x - frame.width / 2) / frame.side
    cover = look_up(frame.textures.clouds, across * far * 140 + du, far * 150 + dv)
    white = np.asarray([0.86, 0.87, 0.9], np.float32)
    return mix(colour, white, cloud * smooth(-0.3, 1.6, cover))


def plane(frame: Frame, scale: float) -> tuple[Field, Field, Field]:
    """Texel coordinates of level ground, and how much detail survives the distance (0 to 1)."""
    drop = np.clip(frame.below, 0.008, None)
    distance = 0.3 / drop
    du, dv = shift(frame)
    across = (frame.x - frame.width / 2) / frame.side
    return across * distance * scale + du, distance * scale + dv, smooth(0.0, 0.16, drop)


def ground_noise(frame: Frame, texture: Field, scale: float, stretch: float = 1.0) -> Field:
    """``texture`` laid on the ground, fading to 0 towards the horizon."""
    u, v, detail = plane(frame, scale)
    return look_up(texture, u * stretch, v) * detail


def ridge(frame: Frame, lift: float, roughness: float, size: float = 1.0) -> Field:
    """Share (0 to 1) of each pixel covered by hills that rise ``lift`` of the height."""
    du, dv = shift(frame)
    columns = np.arange(frame.width, dtype=np.float32)[None]
    wide = look_up(frame.textures.clouds, columns * 0.35 / size + du, np.full_like(columns, dv))
    fine = look_up(frame.textures.grain, columns * 1.7 / size + du, np.full_like(columns, dv))
    crest = lift * (1 + 0.45 * wide + roughness * 0.25 * fine)
    return np.clip((frame.below + crest) * frame.height, 0.0, 1.0)


def above_ground(frame: Frame) -> Field:
    """1 above the horizon, 0 below, soft by two pixels."""
    return np.clip(0.5 - frame.below * frame.height / 2, 0.0, 1.0)


def blur(picture: Field, sigma: float) -> Field:
    """Gaussian blur; for wide ones at a quarter of the size, where the eye sees no difference."""
    if sigma < 0.3:
        return picture
    if sigma < 5:
        return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.float32)
    height, width = picture.shape[:2]
    small = cv2.resize(picture, (width // 4, height // 4), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma / 4)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)


def out_of_focus_lights(frame: Frame, count: int, radius: float, region: Field) -> Field:
    """(h, w) brightness of soft discs, as bright spots far behind the focus become."""
    layer = np.zeros((frame.height, frame.width), np.float32)
    for _ in range(count):
        x, y = frame.pick(0, frame.width), frame.pick(0, frame.height)
        if region[int(y), int(x)] > 0.5:
            size = max(2, int(frame.side * radius * frame.pick(0.5, 1.3)))
            disc = np.zeros_like(layer)
            cv2.circle(disc, (int(x), int(y)), size, frame.pick(0.2, 1.0), -1, cv2.LINE_AA)
            layer += disc
    return blur(layer, frame.side * 0.008)
