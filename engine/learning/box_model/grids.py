"""The projected features of a project's images, computed where they are not cached."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.domain.errors import InputError
from engine.domain.settings import BoxModelSettings
from engine.jobs.reporter import Reporter
from engine.learning.box_model.cache import FeatureCache, Grid
from engine.learning.box_model.extraction import Extractor
from engine.learning.box_model.projection import (
    SAMPLE_IMAGES,
    Projection,
    fit_projection,
    load_projection,
    sampled_cells,
)

_PROJECTION = "projection.npz"
#: How many images one call of the network sees between two reports.
_CHUNK = 64


@dataclass(frozen=True, slots=True)
class GridImage:
    """``digest`` names the content of the file at ``path``."""

    path: Path
    digest: str


class Grids:
    """Grids (dims, h, w) of images; ``open_grids`` makes it."""

    def __init__(self, extractor: Extractor, projection: Projection, cache: FeatureCache) -> None:
        self._extractor = extractor
        self._projection = projection
        self._cache = cache

    @property
    def key(self) -> str:
        """Names network, layers, size and projection: a head fits grids of one key only."""
        return f"{self._extractor.key}-{self._projection.digest}"

    def of(self, images: Sequence[GridImage], reporter: Reporter) -> Iterator[tuple[int, Grid]]:
        """Index and grid of each image that can be read, in order; others are warned of."""
        for start in range(0, len(images), _CHUNK):
            reporter.progress(start, len(images), "images", "Reading features")
            chunk = images[start : start + _CHUNK]
            found = {i: self._cache.get(image.digest) for i, image in enumerate(chunk)}
            missing = [i for i, grid in found.items() if grid is None]
            paths = [chunk[i].path for i in missing]
            for indices, features in self._extractor.features(paths, reporter):
                for index, grid in zip(indices, self._projection.apply(features), strict=True):
                    self._cache.put(chunk[missing[index]].digest, grid)
                    found[missing[index]] = grid
                reporter.check()
            yield from ((start + i, grid) for i, grid in found.items() if grid is not None)
        reporter.progress(len(images), len(images), "images", "Reading features")


def open_grids(
    extractor: Extractor,
    images: Sequence[GridImage],
    folder: Path,
    settings: BoxModelSettings,
    reporter: Reporter,
) -> Grids:
    """The grids of a project's ``images``, cached under ``folder``.

    The projection is that of the cache, or is made from a sample of ``images`` (their labels and
    boxes do not enter). Raises InputError if no image can be read.
    """
    key = f"{extractor.key}-{settings.dims}"
    cache = FeatureCache(folder, key, settings.cache_bytes)
    path = cache.folder / _PROJECTION
    projection = load_projection(path)
    if projection is None:
        projection = _make_projection(extractor, images, settings.dims, reporter)
        for stale in cache.folder.glob("*.npy"):  # of a projection that is gone
            stale.unlink(missing_ok=True)
        projection.save(path)
        cache = FeatureCache(folder, key, settings.cache_bytes)
    return Grids(extractor, projection, cache)


def _make_projection(
    extractor: Extractor, images: Sequence[GridImage], dims: int, reporter: Reporter
) -> Projection:
    chosen = sorted(images, key=lambda image: image.digest)[:SAMPLE_IMAGES]
    paths = [image.path for image in chosen]
    cells = [sampled_cells(features) for _, features in extractor.features(paths, reporter)]
    if not cells:
        raise InputError("None of the images can be read.", remedy="Index the project again.")
    return fit_projection(np.concatenate(cells), dims)
