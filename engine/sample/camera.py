"""What a camera makes of the light: exposure, vignette, noise, tone curve, 8 bits."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.sample.frame import scaled
from engine.sample.noise import SIDE, Field

_BLACK = 0.008  # what counts as no light, which keeps the shadows deep


def expose(light: Field, film: Field, rng: np.random.Generator) -> NDArray[np.uint8]:
    """(h, w, 3) linear light to sRGB as a small camera would give it; ``film`` as in Textures."""
    height, width = light.shape[:2]
    balance = np.exp(rng.normal(0, 0.022, 3)).astype(np.float32)
    mean = float(light.mean())
    gain = (rng.uniform(0.26, 0.36) / max(mean, 0.02)) ** 0.4
    vignette = _vignette(height, width, rng)
    signal = _curve(np.clip(scaled(light * (balance * gain), vignette) - _BLACK, 0, None))
    return _noisy(signal, film, rng)


def _vignette(height: int, width: int, rng: np.random.Generator) -> Field:
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None] * (height / width)
    x = np.linspace(-1, 1, width, dtype=np.float32)[None]
    return np.asarray(1 / (1 + rng.uniform(0.05, 0.28) * (x * x + y * y)) ** 2, np.float32)


def _curve(signal: Field) -> Field:
    """Gamma, with highlights rolled off rather than clipped."""
    rolled = signal * (1 + signal / 2.4) / (1 + signal * 0.72)
    return np.asarray(cv2.pow(np.clip(rolled, 0, 1), 1 / 2.2), np.float32)


def _noisy(signal: Field, film: Field, rng: np.random.Generator) -> NDArray[np.uint8]:
    height, width = signal.shape[:2]
    top, left = rng.integers(SIDE - height), rng.integers(SIDE - width)
    grain = film[top : top + height, left : left + width]
    strength = np.float32(rng.uniform(0.02, 0.05)) * (1.2 - signal)
    return np.rint(np.clip(signal + grain * strength, 0, 1) * 255).astype(np.uint8)
