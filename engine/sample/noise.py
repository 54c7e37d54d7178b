"""Fractal noise: textures that repeat without a seam, and looking them up anywhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.floating[Any]]

#: Side of a texture in texels.
SIDE = 512


@dataclass(frozen=True, slots=True)
class Textures:
    """Each (SIDE, SIDE), mean 0, standard deviation 1."""

    clouds: Field  # large soft forms
    ground: Field  # forms of every size
    grain: Field  # small forms
    ripples: Field  # long crests across, short along
    film: Field  # (SIDE, SIDE, 3): what a sensor adds


def make_textures(rng: np.random.Generator) -> Textures:
    return Textures(
        clouds=_spectral(rng, 1.9, 1.0),
        ground=_spectral(rng, 1.25, 1.0),
        grain=_spectral(rng, 0.55, 1.0),
        ripples=_band(rng, 22.0, 6.0, 5.0),
        film=np.asarray(
            cv2.GaussianBlur(rng.standard_normal((SIDE, SIDE, 3), np.float32), (0, 0), 0.6),
            np.float32,
        ),
    )


def look_up(texture: Field, u: Field, v: Field) -> Field:
    """The texture at column ``u`` and row ``v`` in texels, repeating, linearly interpolated."""
    result = cv2.remap(
        texture,
        _wrapped(u),
        _wrapped(v),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_WRAP,
    )
    return np.asarray(result, np.float32)


def _wrapped(coordinate: Field) -> Field:
    turns = np.floor(np.asarray(coordinate, np.float32) * np.float32(1 / SIDE))
    return np.asarray(coordinate - turns * np.float32(SIDE), np.float32)


def _frequencies() -> tuple[Field, Field]:
    fy = np.fft.fftfreq(SIDE, 1 / SIDE).astype(np.float32)[:, None]
    fx = np.fft.rfftfreq(SIDE, 1 / SIDE).astype(np.float32)[None]
    return fx, fy


def _filtered(rng: np.random.Generator, gain: Field) -> Field:
    white = rng.standard_normal((SIDE, SIDE), np.float32)
    noise = np.fft.irfft2(np.fft.rfft2(white) * gain, (SIDE, SIDE)).astype(np.float32)
    return np.asarray((noise - noise.mean()) / noise.std(), np.float32)


def _spectral(rng: np.random.Generator, slope: float, stretch: float) -> Field:
    fx, fy = _frequencies()
    radius = np.hypot(fx, fy * stretch)
    radius[0, 0] = np.inf
    return _filtered(rng, np.maximum(radius, 3.0) ** -slope)


def _band(rng: np.random.Generator, rows: float, spread: float, across: float) -> Field:
    """Crests along the columns' direction: about ``rows`` of them over the texture."""
    fx, fy = _frequencies()
    gain = np.exp(-(((np.abs(fy) - rows) / spread) ** 2) - (fx / across) ** 2)
    return _filtered(rng, gain.astype(np.float32))
