"""Fewer numbers per cell: the principal components of the features of a sample of images."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.domain.errors import InputError

Floats = NDArray[np.float32]

#: Images whose features decide the projection, and how many of each one's cells.
SAMPLE_IMAGES = 64
_CELLS_EACH = 240


@dataclass(frozen=True)
class Projection:
    """``mean`` and ``spread`` (C,) of the features; ``axes`` (C, dims), scaled so that the
    projected numbers have a mean square of about 1."""

    mean: Floats
    spread: Floats
    axes: Floats

    @cached_property
    def digest(self) -> str:
        parts = (self.mean, self.spread, self.axes)
        content = b"".join(np.ascontiguousarray(part, np.float32).tobytes() for part in parts)
        return hashlib.sha256(content).hexdigest()[:16]

    def apply(self, grids: Floats) -> NDArray[np.float16]:
        """Features (B, C, h, w) to (B, dims, h, w)."""
        count, channels, height, width = grids.shape
        flat = grids.transpose(0, 2, 3, 1).reshape(-1, channels)
        small = ((flat - self.mean) / self.spread) @ self.axes
        shaped = small.reshape(count, height, width, -1).transpose(0, 3, 1, 2)
        return np.ascontiguousarray(shaped, np.float16)

    def save(self, path: Path) -> None:
        """Whole or not at all."""
        part = path.with_suffix(".part.npz")
        np.savez(part, mean=self.mean, spread=self.spread, axes=self.axes)
        part.replace(path)


def load_projection(path: Path) -> Projection | None:
    """The projection at ``path``, or None if there is none that can be read."""
    try:
        with np.load(path, allow_pickle=False) as kept:
            return Projection(kept["mean"], kept["spread"], kept["axes"])
    except (OSError, ValueError, KeyError, EOFError):  # a cache: it is made again
        return None


def fit_projection(cells: Floats, dims: int) -> Projection:
    """Principal components of standardised features of ``cells`` (n, C); at most C of them."""
    if len(cells) < 2:
        raise InputError("There are too few images to learn from.")
    mean, spread = cells.mean(0), cells.std(0) + 1e-3
    standard = (cells - mean) / spread
    values, vectors = np.linalg.eigh((standard.T @ standard / len(cells)).astype(np.float64))
    axes = vectors[:, ::-1][:, :dims]
    size = np.sqrt(max(values[::-1][:dims].mean(), 1e-6))
    return Projection(
        mean.astype(np.float32), spread.astype(np.float32), (axes / size).astype(np.float32)
    )


def sampled_cells(grids: Floats) -> Floats:
    """Up to some hundred cells of each image, (n, C), of features (B, C, h, w)."""
    count, channels, height, width = grids.shape
    step = max(1, height * width // _CELLS_EACH)
    flat = grids.reshape(count, channels, height * width)[:, :, ::step]
    found: Floats = flat.transpose(0, 2, 1).reshape(-1, channels)
    return found
