"""What the painters of one picture share: its size, light, noise and chance."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from engine.sample.noise import Field, Textures
from engine.sample.specs import Colour


@dataclass(frozen=True, slots=True)
class Light:
    """``direction`` points to the sun: x right, y down, z to the viewer; colours are linear."""

    direction: tuple[float, float, float]
    sun: tuple[float, float, float]
    sky: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Frame:
    """``horizon`` in pixels from the top; ``x`` and ``y`` are the pixels' (height, width) grids."""

    width: int
    height: int
    horizon: float
    light: Light
    textures: Textures
    rng: np.random.Generator
    x: Field
    y: Field

    @property
    def side(self) -> int:
        """The shorter side, which lengths in the picture are relative to."""
        return min(self.width, self.height)

    @property
    def below(self) -> Field:
        """Distance below the horizon over the height of the picture; negative in the sky."""
        return (self.y - self.horizon) / self.height

    def region(self, left: float, top: float, right: float, bottom: float) -> tuple[slice, slice]:
        """The rows and columns of the picture between these edges."""
        columns = slice(int(max(left, 0)), int(min(max(right, 0), self.width)))
        return slice(int(max(top, 0)), int(min(max(bottom, 0), self.height))), columns

    def cropped(self, part: tuple[slice, slice]) -> Frame:
        """The same frame, painting ``part`` of it only; places keep their coordinates."""
        return replace(self, x=self.x[part], y=self.y[part])

    def pick(self, low: float, high: float) -> float:
        return float(self.rng.uniform(low, high))


def make_frame(
    size: tuple[int, int],
    horizon: float,
    light: Light,
    textures: Textures,
    rng: np.random.Generator,
) -> Frame:
    """``size`` is (width, height); ``horizon`` in pixels from the top."""
    width, height = size
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    return Frame(width, height, horizon, light, textures, rng, x, y)


def make_light(rng: np.random.Generator) -> Light:
    azimuth, elevation = rng.uniform(-1.1, 1.1), rng.uniform(0.5, 1.1)
    direction = (
        float(np.sin(azimuth) * np.cos(elevation)),
        float(-np.sin(elevation)),
        float(0.35 + 0.65 * np.cos(azimuth) * np.cos(elevation)),
    )
    length = float(np.linalg.norm(direction))
    x, y, z = (d / length for d in direction)
    strength, warmth = rng.uniform(0.7, 2.0), rng.uniform(0.0, 0.3)
    sun = (strength * (1 + warmth * 0.4), strength, strength * (1 - warmth))
    return Light((x, y, z), sun, (0.62, 0.7, 0.82))


def linear(colour: Colour) -> Field:
    """sRGB 0 to 255 as linear light 0 to 1 (gamma 2.2)."""
    return np.asarray((np.asarray(colour, np.float32) / 255) ** 2.2, np.float32)


def mix(a: Field, b: Field, share: Field | float) -> Field:
    """``a`` where ``share`` is 0, ``b`` where it is 1.

    ``share`` is one number or (h, w); ``a`` and ``b`` are (h, w, 3) or one colour (3,) each.
    """
    if not isinstance(share, np.ndarray):
        return np.asarray(a + (b - a) * np.float32(share), np.float32)
    share = np.asarray(share, np.float32)
    return cv2.add(_weighted(a, 1 - share), _weighted(b, share))  # type: ignore[return-value]


def scaled(colour: Field, gain: Field) -> Field:
    """``colour``, (h, w, 3) or (3,), times ``gain`` (h, w)."""
    return _weighted(colour, np.asarray(gain, np.float32))


def _weighted(colour: Field, weight: Field) -> Field:
    # numpy is several times slower than this on arrays whose last axis is three long
    if colour.ndim == 1:
        return np.asarray(cv2.merge([weight * channel for channel in colour]), np.float32)
    weights = cv2.merge([weight, weight, weight])
    return np.asarray(cv2.multiply(np.ascontiguousarray(colour, np.float32), weights), np.float32)


def smooth(low: float, high: float, values: Field) -> Field:
    """0 below ``low``, 1 above ``high``, without a corner in between."""
    t = np.clip((values - low) / (high - low), 0.0, 1.0)
    return np.asarray(t * t * (3 - 2 * t), np.float32)
