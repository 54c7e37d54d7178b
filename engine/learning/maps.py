"""Score maps of images, a batch at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.domain.errors import InputError
from engine.domain.settings import MapSettings
from engine.jobs.reporter import Reporter
from engine.learning.allocation import keep_freed_memory
from engine.learning.data import Pixels, decode, decoding_pool, ordered_map, to_tensor
from engine.learning.device import choose_device
from engine.learning.network import Network
from engine.learning.views import averaged_maps, check_views


@dataclass(frozen=True)
class ImageMaps:
    """Scores and maps of the image at ``index`` of the paths that were given.

    ``probabilities``: (C,). ``maps``: per class index (h, w), not normalised, covering the whole
    image whatever its aspect.
    """

    index: int
    probabilities: NDArray[np.float32]
    maps: dict[int, NDArray[np.float16]]


def score_maps(
    network: Network,
    paths: Sequence[Path],
    labels: Sequence[int | None],
    settings: MapSettings,
    reporter: Reporter,
) -> Iterator[list[ImageMaps]]:
    """Maps for the image label (where there is one) and for the most probable class.

    Yields a list per batch, in order; a file that cannot be read is warned of and left out.
    Images are resized to the size that the network was trained with. Cancelling between two
    batches raises JobCancelled.
    """
    check_views(network, settings)
    keep_freed_memory()
    device = choose_device(settings.device)
    network.eval()
    network.place(device)
    done = 0
    reporter.progress(0, len(paths), "images", "Score maps")
    for found in _decoded(paths, network.settings.image_size, settings.batch_size):
        images = []
        for index, pixels in found:
            if isinstance(pixels, InputError):
                reporter.unreadable(pixels)
            else:
                images.append((index, pixels))
        if images:
            wanted = [labels[index] for index, _ in images]
            yield _maps_of_batch(network, images, wanted, settings)
        done += len(found)
        reporter.progress(done, len(paths), "images", "Score maps")


def _decoded(
    paths: Sequence[Path], side: int, batch_size: int
) -> Iterator[list[tuple[int, Pixels | InputError]]]:
    with decoding_pool() as pool:
        decoded = ordered_map(pool, lambda path: decode(path, side), paths, 2 * batch_size)
        batch: list[tuple[int, Pixels | InputError]] = []
        for index, pixels in enumerate(decoded):
            batch.append((index, pixels))
            if len(batch) == batch_size or index + 1 == len(paths):
                yield batch
                batch = []


def _maps_of_batch(
    network: Network,
    images: list[tuple[int, Pixels]],
    labels: list[int | None],
    settings: MapSettings,
) -> list[ImageMaps]:
    pixels = to_tensor(np.stack([pixels for _, pixels in images]))
    probabilities, of = averaged_maps(network, network.normalise(pixels), settings)
    top = probabilities.argmax(1)
    given = [t if label is None else label for t, label in zip(top.tolist(), labels, strict=True)]
    top_maps = _to_float16(of(top))
    label_maps = _to_float16(of(torch.tensor(given, device=top.device)))
    return [
        ImageMaps(
            index,
            probabilities[row].cpu().numpy(),
            {int(top[row]): top_maps[row], given[row]: label_maps[row]},
        )
        for row, (index, _) in enumerate(images)
    ]


def _to_float16(maps: Tensor) -> NDArray[np.float16]:
    found: NDArray[np.float16] = maps.detach().cpu().to(torch.float16).numpy()
    return found
